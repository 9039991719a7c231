/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_hap.c - the memory of an HVM or PVH guest's page tables. */
#include "mem_hap.h"

#include <errno.h>
#include <string.h>

#include <xen/domctl.h>

#include "multicall.h"
#include "numbers.h"

/* Renewed in parts, since nothing can end a call to Xen, and so that the host
 * need not have room for a second pool. */
#define PART_PAGES (256 * MIB_PAGES)

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

/* Xen takes pages from one end of the pool's list and adds them at the other
 * one (hap_set_allocation in xen/arch/x86/mm/hap/hap.c): the oldest go.
 * Whatever becomes of the larger pool, the smaller one follows. `left`: the
 * pages that are not new yet. Returns 0 if this part of them is, 1 if it is
 * not. */
static int renew_part(const struct xg_ctx *ctx, uint64_t pages, uint64_t left,
                      uint64_t part, struct xg_error *err)
{
    cleanup_multicall struct multicall multi = { 0 };

    if (multicall_alloc(&multi, ctx, 2,
                        2 * MULTICALL_BYTES(sizeof(struct xen_domctl)),
                        err) < 0)
        return -1;
    add_resize(&multi, pages + part);
    add_resize(&multi, pages);
    if (multicall_run(&multi, err) < 0)
        return -1;
    if (multicall_result(&multi, 1) < 0) {
        xg_log_at(ctx->log, LOG_WARNING,
                  "the HAP pool stays larger than its %s: %s",
                  MEMORY_TEXT(pages), strerror(errno));
        return 1;
    }
    if (multicall_result(&multi, 0) < 0) {
        xg_log_at(ctx->log, LOG_WARNING,
                  "%s of the HAP pool stay where they are: %s",
                  MEMORY_TEXT(left), strerror(errno));
        return 1;
    }
    return 0;
}

int mem_hap_renew(const struct xg_ctx *ctx, uint64_t pages,
                  struct xg_error *err)
{
    for (uint64_t left = pages, part; left; left -= part) {
        int rc;

        part = number_min(left, PART_PAGES);
        rc = renew_part(ctx, pages, left, part, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
    if (pages)
        xg_info(ctx->log, "HAP pool of %s renewed", MEMORY_TEXT(pages));
    return 0;
}
