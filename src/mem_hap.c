/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_hap.c - the memory of an HVM or PVH guest's page tables. */
#include "mem_hap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "numbers.h"

/* Xen's interface has MiB, rounded up. */
int mem_hap_size(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                 uint64_t *pages, struct xg_error *err)
{
    unsigned int mib = 0;

    *pages = 0;
    if (!(info->flags & XEN_DOMINF_hap))
        return 0;
    xg_forget_errors(ctx);
    if (xc_shadow_control(ctx->xch, ctx->domid,
                          XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, &mib, 0) < 0)
        return xg_fail_xc(ctx, err, "xc_shadow_control",
                          "size of the HAP pool");
    *pages = mib * MIB_PAGES;
    return 0;
}

static int resize(const struct xg_ctx *ctx, uint64_t pages)
{
    unsigned int mib = (unsigned int)(pages / MIB_PAGES);

    xg_forget_errors(ctx);
    return xc_shadow_control(ctx->xch, ctx->domid,
                             XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &mib, 0);
}

void mem_hap_renew(const struct xg_ctx *ctx, uint64_t pages)
{
    int code = 0;

    if (!pages)
        return;
    if (resize(ctx, 2 * pages) < 0)
        code = errno;
    if (resize(ctx, pages) < 0)
        xg_log_at(ctx->log, LOG_WARNING,
                  "the HAP pool stays larger than its %s: %s",
                  MEMORY_TEXT(pages), strerror(errno));
    if (code)
        xg_log_at(ctx->log, LOG_WARNING, "the HAP pool stays where it is: %s",
                  strerror(code));
    else
        xg_info(ctx->log, "HAP pool of %s renewed", MEMORY_TEXT(pages));
}
