/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_claim.c - stake a claim on host memory, per NUMA node where Xen can. */
#include "mem_claim.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "compat/claim_compat.h"
#include "numbers.h"

const char *mem_claim_name(enum mem_claim_kind kind)
{
    static const char *const names[] = { "none", "toolstack", "host", "node",
                                         "set" };

    return names[kind];
}

/* By FLASK: EPERM is what it says to a call that its policy does not know,
 * EACCES to one that it does not allow. */
static bool is_forbidden(int code)
{
    return code == EPERM || code == EACCES;
}

/* The library or the hypervisor does not know this kind of claim, or allow it:
 * EINVAL is what an older one says to flags that it does not know. */
static bool is_refused(int code)
{
    return code == ENOSYS || code == EOPNOTSUPP || code == EINVAL ||
           is_forbidden(code);
}

/* Fills claims with what the request has per node; returns their number. */
static uint32_t list_claims(const struct mem_claim_request *request,
                            struct xg_claim claims[NUMA_NODES_MAX])
{
    uint32_t nr_claims = 0;

    for (uint32_t node = 0; node < NUMA_NODES_MAX; node++)
        if (request->pages[node])
            claims[nr_claims++] = (struct xg_claim){
                .node = node,
                .pages = request->pages[node],
            };
    return nr_claims;
}

static uint64_t nodes_of(const struct mem_claim_request *request)
{
    uint64_t nodes = 0;

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        if (request->pages[node])
            nodes |= NUMA_BIT(node);
    return nodes;
}

/* The domain has a claim of the toolstack's on just the request's node. */
static bool toolstack_has_node(const xc_domaininfo_t *info,
                               const struct mem_claim_request *request)
{
    return info->outstanding_pages && request->toolstack_node &&
           nodes_of(request) == request->toolstack_node;
}

/* The domain has a claim of the toolstack's that only a set may replace. */
static bool only_set_replaces(const xc_domaininfo_t *info,
                              const struct mem_claim_request *request)
{
    return info->outstanding_pages &&
           (!request->toolstack_node || toolstack_has_node(info, request));
}

static int claim_set(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                     const struct mem_claim_request *request)
{
    struct xg_claim claims[NUMA_NODES_MAX];
    uint32_t nr_claims = list_claims(request, claims);

    (void)info;
    return xg_xc_claim_set(ctx->xch, ctx->domid, claims, nr_claims);
}

/* Claims but for sets come one at a time. */
static int give_up(const struct xg_ctx *ctx, const xc_domaininfo_t *info)
{
    if (!info->outstanding_pages)
        return 0;
    if (xg_xc_claim_host(ctx->xch, ctx->domid, 0) < 0)
        return -1;
    xg_forget_errors(ctx); /* before the claim that follows */
    return 0;
}

static int claim_node(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                      const struct mem_claim_request *request)
{
    struct xg_claim claims[NUMA_NODES_MAX];

    if (list_claims(request, claims) != 1 || only_set_replaces(info, request)) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (give_up(ctx, info) < 0)
        return -1;
    return xg_xc_claim_node(ctx->xch, ctx->domid, claims[0].node,
                            claims[0].pages);
}

static uint64_t sum_pages(const struct mem_claim_request *request)
{
    uint64_t pages = 0;

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        pages += request->pages[node];
    return pages;
}

static int claim_host(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                      const struct mem_claim_request *request)
{
    if (give_up(ctx, info) < 0)
        return -1;
    return xg_xc_claim_host(ctx->xch, ctx->domid,
                            info->tot_pages + sum_pages(request));
}

/* Xen refuses a claim beyond the domain's limit, and extra pages count towards
 * it: cuts the request, the home node's pages first. */
static void limit_to_domain(const xc_domaininfo_t *info,
                            struct mem_claim_request *request)
{
    uint64_t room = info->max_pages - info->tot_pages;
    uint64_t sum = sum_pages(request), over = number_minus(sum, room);

    for (unsigned int i = 0; i <= NUMA_NODES_MAX && over; i++) {
        uint64_t *pages = &request->pages[i ? i - 1 : request->home];
        uint64_t cut = number_min(over, *pages);

        *pages -= cut;
        over -= cut;
    }
}

/* Strongest first. */
static const struct kind {
    enum mem_claim_kind kind;
    const char *call;
    int (*claim)(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                 const struct mem_claim_request *request);
} kinds[] = {
    { MEM_CLAIM_SET, "xc_domain_claim_memory", claim_set },
    { MEM_CLAIM_NODE, "xc_domain_claim_pages_node", claim_node },
    { MEM_CLAIM_HOST, "xc_domain_claim_pages", claim_host },
};

static bool is_wanted(enum mem_claim_kind kind, const xc_domaininfo_t *info,
                      const struct mem_claim_request *request)
{
    if (kind == MEM_CLAIM_HOST)
        return request->how != NUMA_CLAIM_NODE &&
               !only_set_replaces(info, request);
    return request->how != NUMA_CLAIM_HOST;
}

int mem_claim_check(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                    uint64_t pages, struct xg_error *err)
{
    xc_physinfo_t host = { 0 };
    uint64_t claimed, have;

    xg_forget_errors(ctx);
    if (xc_physinfo(ctx->xch, &host) < 0)
        return xg_fail_xc(ctx, err, "xc_physinfo", "host memory");

    claimed = number_minus(host.outstanding_pages, info->outstanding_pages);
    have = number_minus(host.free_pages, claimed);
    xg_info(ctx->log, "need %s, host has %s", MEMORY_TEXT(pages),
            MEMORY_TEXT(have));
    if (pages > have)
        return xg_fail(err, __func__, ENOMEM,
                       "the guest needs %" PRIu64 " MiB, the host has %" PRIu64
                       " MiB free, of which others have claimed %" PRIu64
                       " MiB: %" PRIu64 " MiB are missing",
                       number_mib_up(pages),
                       (uint64_t)host.free_pages / MIB_PAGES,
                       number_mib_up(claimed), number_mib_up(pages - have));
    return 0;
}

/* ---- the toolstack's claim ---- */

int mem_claim_put_back(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                       uint64_t toolstack_node)
{
    const struct xg_claim whole = {
        .node = toolstack_node ? numa_nodes_first(toolstack_node)
                               : XG_CLAIM_ANY_NODE,
        .pages = info->outstanding_pages,
    };

    if (whole.pages && xg_xc_claim_set(ctx->xch, ctx->domid, &whole, 1) == 0)
        return 0;
    if (xg_xc_claim_host(ctx->xch, ctx->domid, 0) < 0)
        return -1;
    if (!whole.pages ||
        (toolstack_node &&
         xg_xc_claim_node(ctx->xch, ctx->domid, whole.node, whole.pages) == 0))
        return 0;
    return xg_xc_claim_host(ctx->xch, ctx->domid,
                            info->tot_pages + whole.pages);
}

/* Whoever refuses a claim may have given up the older one first. */
static void keep(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                 uint64_t toolstack_node)
{
    struct xg_error ignored;
    xc_domaininfo_t now;

    if (xg_ctx_domain_info(ctx, &now, &ignored) == 0 &&
        now.outstanding_pages >= info->outstanding_pages)
        return;
    if (mem_claim_put_back(ctx, info, toolstack_node) < 0)
        xg_log_at(ctx->log, LOG_WARNING,
                  "the toolstack's claim of %s is lost: %s",
                  MEMORY_TEXT(info->outstanding_pages), strerror(errno));
}

/* ---- staking ---- */

/* Why a claim of a kind failed, for another reason than that it is not known.
 * One that was there may have been given up for it. */
static int fail_to_claim(const struct xg_ctx *ctx, const struct kind *failed,
                         const struct mem_claim_request *request,
                         enum mem_claim_kind *kind, struct xg_error *err)
{
    int code = errno;
    struct xg_error ignored;
    xc_domaininfo_t now;

    *kind = failed->kind;
    if (code == ENOMEM && xg_ctx_domain_info(ctx, &now, &ignored) == 0 &&
        mem_claim_check(ctx, &now, sum_pages(request), err) < 0) {
        *kind = MEM_CLAIM_HOST;
        return -1;
    }
    /* Nodes lack it, or the host has by now what it lacked. */
    errno = code;
    return xg_fail_xc(ctx, err, failed->call, "claim for domain %u",
                      ctx->domid);
}

/* A library that claims on one node may have what another plan needs. */
static int fail_without_nodes(const xc_domaininfo_t *info,
                              const struct mem_claim_request *request, int code,
                              struct xg_error *err)
{
    uint64_t nodes = nodes_of(request);
    char which[NUMA_LIST_BYTES + 32] = "";

    if (xg_xc_has_claim_node() && nodes & (nodes - 1))
        snprintf(which, sizeof(which), " for the nodes %s at once",
                 NODES_TEXT(nodes));
    return xg_fail(err, "mem_claim_stake", code,
                   "%s/claim: 'node' can't be had from this hypervisor%s%s",
                   request->dir, which,
                   info->outstanding_pages
                       ? " in the place of the claim that is there"
                       : "");
}

static int stake_strongest(const struct xg_ctx *ctx,
                           const xc_domaininfo_t *info,
                           const struct mem_claim_request *request,
                           enum mem_claim_kind *kind, struct xg_error *err)
{
    int refusal = ENOSYS;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!is_wanted(kinds[i].kind, info, request))
            continue;

        xg_forget_errors(ctx);
        if (kinds[i].claim(ctx, info, request) == 0) {
            *kind = kinds[i].kind;
            return 0;
        }
        if (!is_refused(errno))
            return fail_to_claim(ctx, &kinds[i], request, kind, err);
        if (is_forbidden(errno))
            refusal = errno;
        xg_info(ctx->log, "%s: %s", kinds[i].call, strerror(errno));
    }

    if (request->how == NUMA_CLAIM_NODE && !toolstack_has_node(info, request))
        return fail_without_nodes(info, request, refusal, err);
    if (is_forbidden(refusal) && !info->outstanding_pages)
        xg_log_at(ctx->log, LOG_WARNING, "no memory is claimed: %s",
                  strerror(refusal));
    return 0;
}

/* Whether the library has a kind that fits the request. */
static bool is_had(enum mem_claim_kind kind, const xc_domaininfo_t *info,
                   const struct mem_claim_request *request)
{
    uint64_t nodes = nodes_of(request);

    if (kind == MEM_CLAIM_SET)
        return xg_xc_has_claim_set();
    if (kind == MEM_CLAIM_NODE)
        return xg_xc_has_claim_node() && !(nodes & (nodes - 1)) &&
               !only_set_replaces(info, request);
    return true;
}

int mem_claim_foresee(const xc_domaininfo_t *info,
                      const struct mem_claim_request *request,
                      enum mem_claim_kind *kind, struct xg_error *err)
{
    struct mem_claim_request within = *request;

    limit_to_domain(info, &within);
    *kind = info->outstanding_pages ? MEM_CLAIM_TOOLSTACK : MEM_CLAIM_NONE;
    if (request->how == NUMA_CLAIM_OFF)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!is_wanted(kinds[i].kind, info, &within) ||
            !is_had(kinds[i].kind, info, &within))
            continue;
        *kind = kinds[i].kind;
        return 0;
    }
    return request->how == NUMA_CLAIM_NODE && !toolstack_has_node(info, &within)
               ? fail_without_nodes(info, request, ENOSYS, err)
               : 0;
}

int mem_claim_stake(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                    struct mem_claim_request *request,
                    enum mem_claim_kind *kind, struct xg_error *err)
{
    int rc;

    limit_to_domain(info, request);
    *kind = info->outstanding_pages ? MEM_CLAIM_TOOLSTACK : MEM_CLAIM_NONE;
    if (request->how == NUMA_CLAIM_OFF)
        return 0;

    rc = stake_strongest(ctx, info, request, kind, err);
    if (info->outstanding_pages && (rc < 0 || *kind == MEM_CLAIM_TOOLSTACK))
        keep(ctx, info, request->toolstack_node);
    return rc;
}

void mem_claim_log(const struct xg_ctx *ctx, enum mem_claim_kind kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (kinds[i].kind == kind)
            xg_info(ctx->log, "claimed the memory with %s", kinds[i].call);
}

/* ---- the end ---- */

/* Pages beyond those that the domain has, which holds no claim. */
static int claim_residual(const struct xg_ctx *ctx,
                          const struct mem_claim_residual *residual)
{
    xc_domaininfo_t info;
    struct xg_error err;

    if (residual->home != MEM_CLAIM_ANYWHERE) {
        if (xg_xc_claim_node(ctx->xch, ctx->domid, residual->home,
                             residual->pages) == 0)
            return 0;
        if (!is_refused(errno))
            return -1;
    }
    if (xg_ctx_domain_info(ctx, &info, &err) < 0)
        return -1;
    return xg_xc_claim_host(ctx->xch, ctx->domid,
                            info.tot_pages + residual->pages);
}

int mem_claim_give_up(const struct xg_ctx *ctx, struct xg_error *err)
{
    xg_forget_errors(ctx);
    if (xg_xc_claim_host(ctx->xch, ctx->domid, 0) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_claim_pages",
                          "giving up what is left of the claim");
    return 0;
}

int mem_claim_settle(const struct xg_ctx *ctx, enum mem_claim_kind kind,
                     const struct mem_claim_residual *residual,
                     struct xg_error *err)
{
    int code = 0; /* why what is to stay claimed can't be had */

    /* A set replaces the claim that is there; others come one at a time. */
    if (residual->pages) {
        const struct xg_claim claim = { residual->home, residual->pages };

        code = ENOSYS;
        if (residual->home != MEM_CLAIM_ANYWHERE) {
            if (xg_xc_claim_set(ctx->xch, ctx->domid, &claim, 1) == 0)
                return 0;
            code = errno;
        }
    }

    if (kind != MEM_CLAIM_NONE && mem_claim_give_up(ctx, err) < 0)
        return -1;
    if (is_refused(code))
        code = claim_residual(ctx, residual) < 0 ? errno : 0;
    if (code)
        xg_log_at(ctx->log, LOG_WARNING, "%s/residual-claim: %s: %s",
                  residual->dir, MEMORY_TEXT(residual->pages), strerror(code));
    return 0;
}
