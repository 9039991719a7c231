/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * by_hand.c - without a toolstack, what an option leaves open the domain
 * tells. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "by_hand.h"

#include <errno.h>
#include <limits.h>

#include "domain.h"
#include "image_file.h"
#include "numbers.h"
#include "options_table.h"
#include "xs.h"

/* ---- sizes ---- */

static int fill_sizes(const xc_domaininfo_t *info, struct xg_options *opts,
                      struct xg_error *err)
{
    /* One size alone counts as both: it is no wish for populating on demand. */
    if (opts->mem_max_mib < 0)
        opts->mem_max_mib = opts->mem_start_mib;
    if (opts->mem_max_mib < 0)
        opts->mem_max_mib = domain_fitting_mib(info);
    if (opts->mem_start_mib < 0)
        opts->mem_start_mib = opts->mem_max_mib;
    if (opts->mem_max_mib > 0)
        return 0;
    return xg_fail(err, "by_hand_fill", EINVAL,
                   "domain %u may have no memory: raise its limit, as with xl "
                   "mem-max %u MIB",
                   (unsigned int)info->domain, (unsigned int)info->domain);
}

/* ---- images ---- */

/* xenopsd and libxl note them in the VM's folder, where the domain's `vm`
 * points; NULL for a domain without one. */
static int read_folder(const struct xg_ctx *ctx, char **folder,
                       struct xg_error *err)
{
    if (xs_get(ctx, "vm", folder, err) < 0)
        return -1;
    if (*folder && (*folder)[0] != '/') {
        free(*folder);
        *folder = NULL;
    }
    return 0;
}

/* A value that was not given is NULL. */
static int fill_text(const struct xg_ctx *ctx, const char *folder,
                     const char *key, const char **option, char **owned,
                     const char *otherwise, struct xg_error *err)
{
    char path[XS_PATH_BYTES];

    if (*option)
        return 0;
    snprintf(path, sizeof(path), "%s/image/%s", folder ? folder : "", key);
    if (folder && xs_get(ctx, path, owned, err) < 0)
        return -1;
    *option = *owned ? *owned : otherwise;
    return 0;
}

static int fill_images(const struct xg_ctx *ctx, struct by_hand *by_hand,
                       struct xg_error *err)
{
    static const char *const loaders[] = { HVMLOADER_PATHS, NULL };
    struct xg_options *opts = &by_hand->opts;
    bool is_hvm = opts->mode == MODE_HVM_BUILD;
    cleanup_free char *folder = NULL;

    if (read_folder(ctx, &folder, err) < 0 ||
        fill_text(ctx, folder, "kernel", &opts->image, &by_hand->image,
                  is_hvm ? image_file_first(loaders) : NULL, err) < 0)
        return -1;
    if (!opts->image)
        return xg_fail(err, "by_hand_fill", EINVAL,
                       "missing command line options: -image: Xenstore names "
                       "no kernel for domain %u",
                       ctx->domid);
    if (is_hvm)
        return 0;

    if (!opts->features)
        opts->features = "";
    if (fill_text(ctx, folder, "cmdline", &opts->cmdline, &by_hand->cmdline, "",
                  err) < 0)
        return -1;
    return opts->mode == MODE_LINUX_BUILD
               ? fill_text(ctx, folder, "ramdisk", &opts->ramdisk,
                           &by_hand->ramdisk, "", err)
               : 0;
}

/* ---- event channels ---- */

static int fill_port(const struct xg_ctx *ctx, const char *key, int remote,
                     int *port, struct xg_error *err)
{
    cleanup_free char *text = NULL;
    long long number;
    char value[16];

    if (*port >= 0)
        return 0;
    if (xs_get(ctx, key, &text, err) < 0)
        return -1;
    if (text && number_parse_decimal(text, &number) == 0 && number > 0 &&
        number <= INT_MAX) {
        *port = (int)number;
        return 0;
    }

    xg_forget_errors(ctx);
    *port = xc_evtchn_alloc_unbound(ctx->xch, ctx->domid, (uint32_t)remote);
    if (*port < 0)
        return xg_fail_xc(ctx, err, "xc_evtchn_alloc_unbound",
                          "%s of domain %u", key, ctx->domid);
    /* For the next try, and whoever serves the guest. */
    snprintf(value, sizeof(value), "%d", *port);
    return xs_put(ctx, key, value, err);
}

/* ---- all of it ---- */

int by_hand_fill(const struct xg_ctx *ctx, const struct xg_options *given,
                 struct by_hand *by_hand, struct xg_error *err)
{
    struct xg_options *opts = &by_hand->opts;
    uint64_t required = options_modes[given->mode].required;
    xc_domaininfo_t info;

    *opts = *given;
    if (given->controloutfd >= 0 || !(required & ~given->given))
        return 0;
    if (xg_ctx_domain_info(ctx, &info, err) < 0 ||
        domain_check_empty(&info, err) < 0)
        return -1;

    if (required & BIT(IMAGE) && (fill_sizes(&info, opts, err) < 0 ||
                                  fill_images(ctx, by_hand, err) < 0))
        return -1;
    if (fill_port(ctx, "store/port", opts->store_domid, &opts->store_port,
                  err) < 0)
        return -1;
    return fill_port(ctx, "console/port", opts->console_domid,
                     &opts->console_port, err);
}

void by_hand_free(struct by_hand *by_hand)
{
    free(by_hand->image);
    free(by_hand->cmdline);
    free(by_hand->ramdisk);
    *by_hand = (struct by_hand){ 0 };
}
