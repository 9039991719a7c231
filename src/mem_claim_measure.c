/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_claim_measure.c - how much of a node can be claimed, where the library
 * does not tell what others have claimed: claims that are tried tell. */
#include "mem_claim.h"

#include <errno.h>
#include <string.h>

#include "compat/claim_compat.h"
#include "numbers.h"

/* Whether so many pages of a node can be claimed: 1, 0, or -1 if that can't be
 * asked. A claim of the toolstack's loses no page by it: what is not tried on
 * the node is claimed of any. */
static int can_claim(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                     enum mem_claim_kind kind, unsigned int node,
                     uint64_t pages)
{
    uint64_t had = info->outstanding_pages;
    const struct xg_claim claims[] = {
        { .node = node, .pages = pages },
        { .node = XG_CLAIM_ANY_NODE, .pages = number_minus(had, pages) },
    };
    int rc;

    if (kind == MEM_CLAIM_SET) {
        rc = xg_xc_claim_set(ctx->xch, ctx->domid, claims, had > pages ? 2 : 1);
    } else {
        rc = xg_xc_claim_node(ctx->xch, ctx->domid, node, pages);
        if (rc == 0)
            rc = xg_xc_claim_host(ctx->xch, ctx->domid, 0);
    }
    if (rc == 0)
        return 1;
    return errno == ENOMEM ? 0 : -1;
}

/* 1 if the node is short, with what there is in *claimable; 0 if it isn't, or
 * not any more; or -1. */
static int measure_node(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                        enum mem_claim_kind kind, unsigned int node,
                        uint64_t wanted, uint64_t *claimable)
{
    uint64_t had = 0, lacked = wanted;
    int answer = can_claim(ctx, info, kind, node, wanted);

    while (answer == 0 && lacked - had > 1) {
        uint64_t middle = had + (lacked - had) / 2;

        answer = can_claim(ctx, info, kind, node, middle);
        if (answer > 0)
            had = middle;
        else
            lacked = middle;
        answer = answer < 0 ? -1 : 0;
    }
    /* If others have given up theirs meanwhile, that is not the limit. */
    if (answer == 0)
        answer = can_claim(ctx, info, kind, node, lacked);
    if (answer == 0)
        *claimable = had;
    return answer < 0 ? -1 : !answer;
}

int mem_claim_measure(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                      const struct mem_claim_request *request,
                      enum mem_claim_kind kind,
                      uint64_t claimable[NUMA_NODES_MAX])
{
    int nr_short = 0;

    /* A claim on one node can't be tried without giving up the toolstack's. */
    if (kind != MEM_CLAIM_SET && info->outstanding_pages)
        return -1;

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        int is_short;

        if (!request->pages[node])
            continue;
        is_short = measure_node(ctx, info, kind, node, request->pages[node],
                                &claimable[node]);
        nr_short = is_short < 0 ? -1 : nr_short + is_short;
        if (is_short < 0)
            break;
    }
    if (kind == MEM_CLAIM_SET &&
        mem_claim_put_back(ctx, info, request->toolstack_node) < 0)
        xg_log_at(ctx->log, LOG_WARNING, "claims that were tried: %s",
                  strerror(errno));
    return nr_short;
}
