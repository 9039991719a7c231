/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * ctx.c - the handles that all work on one domain shares. */
#include "ctx.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "xs_wait.h"

/* What the opening of Xen's interfaces says of the machine, or of us. */
static const char *hint_of(int code)
{
    switch (code) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
        return ": this is no dom0, or its xen-privcmd is not loaded (modprobe "
               "xen-privcmd)";
    case EACCES:
    case EPERM:
        return ": only root of a dom0 may";
    default:
        return "";
    }
}

int xg_ctx_open(struct xg_ctx *ctx, uint32_t domid, struct xg_log *log,
                struct xg_error *err)
{
    *ctx = (struct xg_ctx){ .domid = domid, .log = log };

    errno = 0;
    ctx->xch = xc_interface_open(&log->xtl, &log->xtl, 0);
    if (!ctx->xch)
        return xg_fail_errno(err, "xc_interface_open",
                             "Xen can't be reached by /dev/xen/privcmd: %s%s",
                             strerror(xg_errno()), hint_of(errno));

    xs_wait_open(log);
    ctx->xsh = XS_ASK("", xs_open, 0);
    if (!ctx->xsh)
        return xg_fail_errno(
            err, "xs_open",
            "Xenstore can't be reached: %s: does xenstored run, and "
            "are we root?",
            strerror(xg_errno()));
    return 0;
}

void xg_ctx_close(struct xg_ctx *ctx)
{
    if (ctx->xsh)
        xs_close(ctx->xsh);
    if (ctx->xch)
        xc_interface_close(ctx->xch);
    xs_wait_close();
    ctx->xsh = NULL;
    ctx->xch = NULL;
}

/* libxenguest has failures without an errno: what kind the last one is of. */
static int code_of(const xc_error *last)
{
    switch (last ? last->code : XC_ERROR_NONE) {
    case XC_INVALID_KERNEL:
        return ENOEXEC;
    case XC_INVALID_PARAM:
        return EINVAL;
    case XC_OUT_OF_MEMORY:
        return ENOMEM;
    default:
        return EIO;
    }
}

/* libxenguest says where in its source it gave up: "panic: FILE:LINE: TEXT". */
static const char *without_place(const char *message)
{
    const char *text =
        strncmp(message, "panic: ", 7) ? NULL : strstr(message + 7, ": ");

    return text ? text + 2 : message;
}

int(xg_fail_xc)(const struct xg_ctx *ctx, struct xg_error *err,
                const char *what, const char *fmt, ...)
{
    const xc_error *last = xc_get_last_error(ctx->xch);
    int code = errno;
    char text[sizeof(err->text)];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    errno = code ? code : code_of(last);
    (void)xg_fail_errno(err, what, "%s: %s", text,
                        code ? strerror(code) : "failed");
    if (last && last->code != XC_ERROR_NONE && last->message[0]) {
        size_t used = strlen(err->text);

        snprintf(err->text + used, sizeof(err->text) - used, " (%s)",
                 without_place(last->message));
    }
    xc_clear_last_error(ctx->xch);
    return -1;
}

void xg_forget_errors(const struct xg_ctx *ctx)
{
    errno = 0;
    xc_clear_last_error(ctx->xch);
    ctx->log->complaint[0] = '\0';
}

const char *xg_first_complaint(const struct xg_ctx *ctx)
{
    return ctx->log->complaint;
}

int xg_fail_migration(const struct xg_ctx *ctx, struct xg_error *err,
                      const char *what)
{
    const char *complaint = xg_first_complaint(ctx);

    return xg_fail_xc(ctx, err, what, "domain %u%s%s", ctx->domid,
                      complaint[0] ? ": " : "", complaint);
}

int xg_ctx_domain_info(const struct xg_ctx *ctx, xc_domaininfo_t *info,
                       struct xg_error *err)
{
    int found;

    xg_forget_errors(ctx);
    found = xc_domain_getinfolist(ctx->xch, ctx->domid, 1, info);
    if (found < 0)
        return xg_fail_xc(ctx, err, "xc_domain_getinfolist", "domain %u%s",
                          ctx->domid, hint_of(errno));

    /* The list starts at the first domain from domid on, whichever that is. */
    if (found == 0 || info->domain != ctx->domid)
        return xg_fail(err, "xc_domain_getinfolist", ESRCH,
                       "domain %u does not exist: xl list shows those that do",
                       ctx->domid);
    return 0;
}

/* Domains in one list from Xen. */
#define BATCH 256u

int xg_ctx_list_domains(const struct xg_ctx *ctx, xc_domaininfo_t **list,
                        unsigned int *nr_domains, struct xg_error *err)
{
    uint32_t first = 0;
    int found;

    *list = NULL;
    *nr_domains = 0;
    do {
        size_t most = *nr_domains + BATCH;
        xc_domaininfo_t *longer = realloc(*list, most * sizeof(**list));

        if (!longer)
            return xg_fail_errno(err, "realloc", "%zu domains", most);
        *list = longer;
        xg_forget_errors(ctx);
        found =
            xc_domain_getinfolist(ctx->xch, first, BATCH, longer + *nr_domains);
        if (found < 0)
            return xg_fail_xc(ctx, err, "xc_domain_getinfolist",
                              "domains from %u on", first);
        *nr_domains += (unsigned int)found;
        if (found)
            first = longer[*nr_domains - 1].domain + 1u;
    } while (found == (int)BATCH);
    return 0;
}
