/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xs.c - Xenstore, as values below the domain's own path. */
#include "xs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "numbers.h"
#include "xs_wait.h"

/* How often a transaction is tried again when others' writes conflict with it:
 * a limit, so that a busy Xenstore can't keep us for ever. */
#define TRIES_MAX 100

static const char *full_path(const struct xg_ctx *ctx, const char *path,
                             char full[XS_PATH_BYTES])
{
    if (path[0] == '/')
        return path;
    snprintf(full, XS_PATH_BYTES, "/local/domain/%u/%s", ctx->domid, path);
    return full;
}

/* Why a call of libxenstore failed, which does not always say so. */
static int fail(struct xg_error *err, const char *call, const char *path)
{
    errno = xg_errno();
    return xg_fail_errno(err, call, "%s: %s", path, strerror(errno));
}

int xs_get(const struct xg_ctx *ctx, const char *path, char **value,
           struct xg_error *err)
{
    char full[XS_PATH_BYTES];
    unsigned int bytes;

    *value = XS_ASK(path, xs_read, ctx->xsh, XBT_NULL,
                    full_path(ctx, path, full), &bytes);
    if (!*value && errno != ENOENT)
        return fail(err, "xs_read", path);

    if (*value && !**value) {
        free(*value);
        *value = NULL;
        xg_info(ctx->log, "%s is empty", path);
        return 0;
    }
    xg_info(ctx->log, "%s = %s", path, *value ? *value : "(absent)");
    return 0;
}

/* Why a value is not taken as it stands; in the order of enum number_doubt. */
static const char *const doubts[] = {
    NULL,
    "has something behind the number",
    "is not a number",
    "is too large",
};

uint64_t xs_number(const struct xg_ctx *ctx, const char *path, const char *text,
                   const struct xs_range *range)
{
    struct number number = number_read(text);
    uint64_t value = number.negative ? -number.magnitude : number.magnitude;
    const uint64_t least = -(uint64_t)range->min;
    const char *doubt = doubts[number.doubt];

    if (number.negative && number.magnitude > least) {
        value = range->clamp ? (uint64_t)range->min : 0;
        doubt = "is too small";
    } else if (!number.negative && (number.magnitude > range->max ||
                                    number.doubt == NUMBER_TOO_LARGE)) {
        value = range->clamp ? range->max : 0;
        doubt = doubts[NUMBER_TOO_LARGE];
    }
    if (doubt)
        xg_log_at(ctx->log, LOG_WARNING,
                  value >> 63 && range->min < 0
                      ? "%s: '%s' %s: counts as %" PRId64
                      : "%s: '%s' %s: counts as %" PRIu64,
                  path, text, doubt, value);
    return value;
}

bool xs_bool(const struct xg_ctx *ctx, const char *path, const char *text)
{
    struct number number;
    bool on;

    if (!strcasecmp(text, "true"))
        return true;
    if (!strcasecmp(text, "false"))
        return false;

    number = number_read(text);
    on = number.magnitude != 0 && number.doubt != NUMBER_TOO_LARGE;
    if (number.doubt != NUMBER_WHOLE)
        xg_log_at(ctx->log, LOG_WARNING, "%s: '%s' %s: counts as %s", path,
                  text, doubts[number.doubt], on ? "true" : "false");
    return on;
}

int xs_list(const struct xg_ctx *ctx, const char *path, char ***names,
            unsigned int *nr_names, struct xg_error *err)
{
    char full[XS_PATH_BYTES];

    *nr_names = 0;
    *names = XS_ASK(path, xs_directory, ctx->xsh, XBT_NULL,
                    full_path(ctx, path, full), nr_names);
    if (!*names && errno != ENOENT)
        return fail(err, "xs_directory", path);
    if (!*names)
        *nr_names = 0;
    return 0;
}

int xs_put(const struct xg_ctx *ctx, const char *path, const char *value,
           struct xg_error *err)
{
    char full[XS_PATH_BYTES];

    if (!XS_ASK(path, xs_write, ctx->xsh, XBT_NULL, full_path(ctx, path, full),
                value, strlen(value)))
        return fail(err, "xs_write", path);

    xg_info(ctx->log, "wrote %s = %s", path, value);
    return 0;
}

/* Whoever destroys a domain removes its folder, which is not to come back. */
static int check_there(const struct xg_ctx *ctx, xs_transaction_t transaction,
                       struct xg_error *err)
{
    char path[XS_PATH_BYTES];
    unsigned int bytes;
    cleanup_free char *value = NULL;

    snprintf(path, sizeof(path), "/local/domain/%u", ctx->domid);
    value = XS_ASK(path, xs_read, ctx->xsh, transaction, path, &bytes);
    return value ? 0 : fail(err, "xs_read", path);
}

static int put_all(const struct xg_ctx *ctx, xs_transaction_t transaction,
                   const char *dir, const struct xs_pair *pairs,
                   unsigned int nr_pairs, struct xg_error *err)
{
    char full[XS_PATH_BYTES], path[XS_PATH_BYTES + 64];

    full_path(ctx, dir, full);
    if (check_there(ctx, transaction, err) < 0)
        return -1;
    if (!XS_ASK(dir, xs_rm, ctx->xsh, transaction, full) && errno != ENOENT)
        return fail(err, "xs_rm", dir);
    for (unsigned int i = 0; i < nr_pairs; i++) {
        snprintf(path, sizeof(path), "%s/%s", full, pairs[i].key);
        if (!XS_ASK(path, xs_write, ctx->xsh, transaction, path, pairs[i].value,
                    (unsigned int)strlen(pairs[i].value)))
            return fail(err, "xs_write", path);
    }
    return 0;
}

int xs_put_dir(const struct xg_ctx *ctx, const char *dir,
               const struct xs_pair *pairs, unsigned int nr_pairs,
               struct xg_error *err)
{
    for (unsigned int tries = 1;; tries++) {
        xs_transaction_t transaction =
            XS_ASK(dir, xs_transaction_start, ctx->xsh);

        if (!transaction)
            return fail(err, "xs_transaction_start", dir);
        if (put_all(ctx, transaction, dir, pairs, nr_pairs, err) < 0) {
            XS_ASK(dir, xs_transaction_end, ctx->xsh, transaction, true);
            return -1;
        }
        if (XS_ASK(dir, xs_transaction_end, ctx->xsh, transaction, false))
            break;
        /* Somebody else wrote something; that says nothing about us. */
        if (errno != EAGAIN || tries == TRIES_MAX)
            return fail(err, "xs_transaction_end", dir);
    }
    for (unsigned int i = 0; i < nr_pairs; i++)
        xg_info(ctx->log, "wrote %s/%s = %s", dir, pairs[i].key,
                pairs[i].value);
    return 0;
}
