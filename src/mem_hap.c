/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_hap.c - the memory of an HVM or PVH guest's page tables. */
#include "mem_hap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <xen/domctl.h>

#include "multicall.h"
#include "numbers.h"

/* Xen's interface has MiB, rounded up. */
bool mem_hap_size(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                  uint64_t *pages)
{
    struct xg_error why;
    unsigned int mib = 0;

    *pages = 0;
    if (!(info->flags & XEN_DOMINF_hap))
        return true;
    xg_forget_errors(ctx);
    if (xc_shadow_control(ctx->xch, ctx->domid,
                          XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, &mib, 0) < 0) {
        xg_fail_xc(ctx, &why, "xc_shadow_control", "size of the HAP pool");
        xg_log_at(ctx->log, LOG_WARNING, "the HAP pool stays where it is: %s",
                  why.text);
        return false;
    }
    *pages = mib * MIB_PAGES;
    return true;
}

static void add_resize(struct multicall *multi, uint64_t pages)
{
    struct xen_domctl *domctl =
        multicall_add_domctl(multi, XEN_DOMCTL_shadow_op);

    domctl->u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION;
    domctl->u.shadow_op.mb = (uint32_t)(pages / MIB_PAGES);
}

/* Whatever becomes of the larger one, the smaller one follows. */
static int resize_twice(struct multicall *multi, const struct xg_ctx *ctx,
                        uint64_t pages, struct xg_error *err)
{
    if (multicall_alloc(multi, ctx, 2,
                        2 * MULTICALL_BYTES(sizeof(struct xen_domctl)),
                        err) < 0)
        return -1;
    add_resize(multi, 2 * pages);
    add_resize(multi, pages);
    return multicall_run(multi, err);
}

int mem_hap_renew(const struct xg_ctx *ctx, uint64_t pages,
                  struct xg_error *err)
{
    cleanup_multicall struct multicall multi = { 0 };

    if (!pages)
        return 0;
    if (resize_twice(&multi, ctx, pages, err) < 0)
        return -1;
    if (multicall_result(&multi, 1) < 0)
        xg_log_at(ctx->log, LOG_WARNING,
                  "the HAP pool stays larger than its %s: %s",
                  MEMORY_TEXT(pages), strerror(errno));
    if (multicall_result(&multi, 0) < 0)
        xg_log_at(ctx->log, LOG_WARNING, "the HAP pool stays where it is: %s",
                  strerror(errno));
    else
        xg_info(ctx->log, "HAP pool of %s renewed", MEMORY_TEXT(pages));
    return 0;
}
