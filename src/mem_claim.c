/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_claim.c - stake a claim on host memory, per NUMA node where Xen can. */
#include "mem_claim.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "compat/claim_compat.h"

#define MIB_PAGES (1u << (20 - XC_PAGE_SHIFT))

const char *mem_claim_name(enum mem_claim_kind kind)
{
    static const char *const names[] = { "none", "toolstack", "host", "node",
                                         "set" };

    return names[kind];
}

static uint64_t mib_up(uint64_t pages)
{
    return (pages + MIB_PAGES - 1) / MIB_PAGES;
}

/* The library or the hypervisor does not know this way: EINVAL is what an
 * older one says to flags that it does not know, EPERM what one with FLASK says
 * to a call that its policy does not know, or does not allow. */
static bool is_refused(int code)
{
    return code == ENOSYS || code == EOPNOTSUPP || code == EINVAL ||
           code == EPERM;
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

static int claim_set(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                     const struct mem_claim_request *request)
{
    struct xg_claim claims[NUMA_NODES_MAX];
    uint32_t nr_claims = list_claims(request, claims);

    (void)info;
    return xg_xc_claim_set(ctx->xch, ctx->domid, claims, nr_claims);
}

static int claim_node(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                      const struct mem_claim_request *request)
{
    struct xg_claim claims[NUMA_NODES_MAX];

    /* Claims on a second node would replace the first one's. A claim that is
     * there is the toolstack's. */
    if (list_claims(request, claims) != 1 || info->outstanding_pages) {
        errno = EOPNOTSUPP;
        return -1;
    }
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
    return xg_xc_claim_host(ctx->xch, ctx->domid,
                            info->tot_pages + sum_pages(request));
}

/* Xen refuses a claim for more than the domain may have, which what comes
 * besides is included in. */
static void limit_to_domain(const xc_domaininfo_t *info,
                            struct mem_claim_request *request)
{
    uint64_t room = info->max_pages - info->tot_pages;
    uint64_t sum = sum_pages(request), over = sum > room ? sum - room : 0;

    for (unsigned int i = 0; i <= NUMA_NODES_MAX && over; i++) {
        uint64_t *pages = &request->pages[i ? i - 1 : request->home];
        uint64_t cut = over < *pages ? over : *pages;

        *pages -= cut;
        over -= cut;
    }
}

/* Strongest first. */
static const struct way {
    enum mem_claim_kind kind;
    const char *call;
    int (*claim)(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                 const struct mem_claim_request *request);
} ways[] = {
    { MEM_CLAIM_SET, "xc_domain_claim_memory", claim_set },
    { MEM_CLAIM_NODE, "xc_domain_claim_pages_node", claim_node },
    { MEM_CLAIM_HOST, "xc_domain_claim_pages", claim_host },
};

static bool is_wanted(enum mem_claim_kind kind, enum numa_claim how,
                      bool toolstack_claimed)
{
    if (kind == MEM_CLAIM_HOST)
        return how != NUMA_CLAIM_NODE && !toolstack_claimed;
    return how != NUMA_CLAIM_HOST;
}

int mem_claim_check(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                    uint64_t pages, struct xg_error *err)
{
    uint64_t claimed = 0, have = 0;
    xc_physinfo_t host = { 0 };

    if (xc_physinfo(ctx->xch, &host) < 0)
        return xg_fail_xc(ctx, err, "xc_physinfo", "host memory");

    if (host.outstanding_pages > info->outstanding_pages)
        claimed = host.outstanding_pages - info->outstanding_pages;
    if (host.free_pages > claimed)
        have = host.free_pages - claimed;
    xg_info(ctx->log, "need %" PRIu64 " pages, host has %" PRIu64, pages, have);
    if (pages > have)
        return xg_fail(err, __func__, ENOMEM,
                       "the guest needs %" PRIu64 " MiB, the host has %" PRIu64
                       " MiB free, of which others have claimed %" PRIu64
                       " MiB: %" PRIu64 " MiB are missing",
                       mib_up(pages), (uint64_t)host.free_pages / MIB_PAGES,
                       mib_up(claimed), mib_up(pages - have));
    return 0;
}

/* Why a way failed, for another reason than that it is not known. */
static int fail_to_claim(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                         const struct way *way,
                         const struct mem_claim_request *request,
                         struct xg_error *err)
{
    int code = errno;

    if (way->kind == MEM_CLAIM_HOST && code == ENOMEM &&
        mem_claim_check(ctx, info, sum_pages(request), err) < 0)
        return -1;
    /* Nodes, or what was missing is there again. */
    errno = code;
    return xg_fail_xc(ctx, err, way->call, "claim for domain %u", ctx->domid);
}

int mem_claim_stake(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                    const struct mem_claim_request *request,
                    enum mem_claim_kind *kind, struct xg_error *err)
{
    bool toolstack_claimed = info->outstanding_pages > 0;
    struct mem_claim_request within = *request;
    int refusal = ENOSYS;

    limit_to_domain(info, &within);
    *kind = toolstack_claimed ? MEM_CLAIM_TOOLSTACK : MEM_CLAIM_NONE;
    if (request->how == NUMA_CLAIM_OFF)
        return 0;

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        if (!is_wanted(ways[i].kind, request->how, toolstack_claimed))
            continue;

        xg_forget_errors(ctx);
        if (ways[i].claim(ctx, info, &within) == 0) {
            *kind = ways[i].kind;
            xg_info(ctx->log, "claimed the memory with %s", ways[i].call);
            return 0;
        }
        if (!is_refused(errno)) {
            *kind = ways[i].kind;
            return fail_to_claim(ctx, info, &ways[i], &within, err);
        }
        if (errno == EPERM)
            refusal = EPERM;
        xg_info(ctx->log, "%s: %s", ways[i].call, strerror(errno));
    }

    if (toolstack_claimed)
        return 0;
    if (request->how == NUMA_CLAIM_NODE)
        return xg_fail(err, __func__, refusal,
                       "platform/numa/claim: 'node' can't be had from this "
                       "hypervisor");
    if (refusal == EPERM)
        xg_log_at(ctx->log, LOG_WARNING, "no memory is claimed: %s",
                  strerror(refusal));
    return 0;
}

uint64_t mem_claim_find_short(const struct xg_ctx *ctx,
                              const xc_domaininfo_t *info,
                              const struct mem_claim_request *request)
{
    struct mem_claim_request within = *request;
    struct xg_claim claims[NUMA_NODES_MAX];
    uint64_t nodes = 0;
    uint32_t nr_claims;

    limit_to_domain(info, &within);
    nr_claims = list_claims(&within, claims);
    /* To look would cost a toolstack's claim. */
    if (nr_claims == 1 || info->outstanding_pages)
        return NUMA_BIT(request->home);

    for (uint32_t i = 0; i < nr_claims; i++)
        if (xg_xc_claim_set(ctx->xch, ctx->domid, &claims[i], 1) < 0 &&
            errno == ENOMEM)
            nodes |= NUMA_BIT(claims[i].node);
    (void)xg_xc_claim_host(ctx->xch, ctx->domid, 0);
    return nodes;
}

/* Pages beyond those that the domain has, which holds no claim. */
static int claim_residual(const struct xg_ctx *ctx, unsigned int home,
                          uint64_t pages)
{
    xc_domaininfo_t info;
    struct xg_error err;

    if (home != MEM_CLAIM_ANYWHERE) {
        if (xg_xc_claim_node(ctx->xch, ctx->domid, home, pages) == 0)
            return 0;
        if (!is_refused(errno))
            return -1;
    }
    if (xg_ctx_domain_info(ctx, &info, &err) < 0)
        return -1;
    return xg_xc_claim_host(ctx->xch, ctx->domid, info.tot_pages + pages);
}

int mem_claim_settle(const struct xg_ctx *ctx, enum mem_claim_kind kind,
                     unsigned int home, uint64_t residual_pages,
                     struct xg_error *err)
{
    const struct xg_claim residual = { .node = home, .pages = residual_pages };
    int code = residual_pages ? ENOSYS : 0; /* why it can't be had */

    /* A set replaces the claim that is there; others come one at a time. */
    if (residual_pages && home != MEM_CLAIM_ANYWHERE) {
        if (xg_xc_claim_set(ctx->xch, ctx->domid, &residual, 1) == 0)
            return 0;
        code = errno;
    }

    xg_forget_errors(ctx);
    if (kind != MEM_CLAIM_NONE && xg_xc_claim_host(ctx->xch, ctx->domid, 0) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_claim_pages",
                          "giving up what is left of the claim");

    if (is_refused(code))
        code = claim_residual(ctx, home, residual_pages) < 0 ? errno : 0;
    if (code)
        xg_log_at(ctx->log, LOG_WARNING,
                  "platform/numa/residual-claim: %" PRIu64 " pages: %s",
                  residual_pages, strerror(code));
    return 0;
}
