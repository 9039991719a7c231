/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa.c - one domain's NUMA policy, from its keys to what came of it. */
#include "numa.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "mem_special.h"
#include "numa_affinity.h"

#define RUN_DIR "/run/xenguest"

/* Plans made anew when others claimed the memory meanwhile. */
#define PLANS_MAX 4

static const char *run_dir(void)
{
    const char *dir = secure_getenv("XENGUEST_RUN_DIR"); /* for tests */

    return dir ? dir : RUN_DIR;
}

/* ---- plan, reserve, claim ---- */

static int plan_for_pnode(struct numa_job *job, struct xg_error *err)
{
    unsigned int node = (unsigned int)job->demand.mem_pnode;
    uint64_t have = job->host.node[node].free_pages;

    if (have < job->demand.pages)
        return xg_fail(err, "numa_job_prepare", ENOMEM,
                       "-mem_pnode %u: needs %" PRIu64
                       " pages, the node has %" PRIu64 " free",
                       node, job->demand.pages, have);
    job->plan = (struct numa_plan){
        .nodes = NUMA_BIT(node),
        .home = node,
        .order = { node },
        .nr_order = 1,
    };
    job->plan.pages[node] = job->demand.pages;
    return 0;
}

static void log_plan(const struct numa_job *job, const struct timespec *from)
{
    struct timespec to;
    char list[NUMA_LIST_BYTES];

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    xg_info(job->ctx->log,
            "planned in %lld us: nodes %s, home %u, stripes of %" PRIu64
            " pages%s",
            (long long)(to.tv_sec - from->tv_sec) * 1000000 +
                (to.tv_nsec - from->tv_nsec) / 1000,
            numa_nodes_format(job->plan.nodes, list), job->plan.home,
            job->plan.stripe_pages,
            job->plan.spills ? ", for want of nodes that hold it" : "");
    FOR_EACH_NODE (node, job->plan.nodes)
        xg_info(job->ctx->log, "planned on node %u: %" PRIu64 " pages", node,
                job->plan.pages[node]);
}

static int make_plan(struct numa_job *job, uint64_t avoid, struct xg_error *err)
{
    struct timespec from;

    if (job->demand.mem_pnode >= 0)
        return plan_for_pnode(job, err);

    /* Nodes whose memory others have claimed, which their free memory does not
     * show. */
    FOR_EACH_NODE (node, avoid & job->host.nodes)
        job->host.node[node].free_pages = 0;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    if (numa_place(&job->host, &job->request, &job->plan, err) < 0)
        return -1;
    log_plan(job, &from);
    return 0;
}

/* What the plan takes, by node, with what comes besides. */
static void list_taken(const struct numa_job *job,
                       uint64_t pages[NUMA_NODES_MAX])
{
    memcpy(pages, job->plan.pages, NUMA_NODES_MAX * sizeof(*pages));
    pages[job->plan.home] += job->request.extra_pages;
}

/* Under one lock: others see our reservation before they look for memory. They
 * are read before the free memory is: what a builder takes in between is then
 * counted twice, rather than not at all. */
static int plan_and_reserve(struct numa_job *job, uint64_t avoid,
                            struct xg_error *err)
{
    cleanup_close int lock_fd = -1;
    uint64_t pages[NUMA_NODES_MAX];

    if (numa_reserve_lock(run_dir(), &lock_fd, err) < 0 ||
        numa_reserve_sum(run_dir(), &job->reserve, pages, err) < 0 ||
        numa_job_read_host(job, err) < 0)
        return -1;

    for (unsigned int node = 0;
         job->demand.mem_pnode < 0 && node < NUMA_NODES_MAX; node++) {
        uint64_t *have = &job->host.node[node].free_pages;

        if (pages[node])
            xg_info(job->ctx->log,
                    "node %u: %" PRIu64 " pages are other builders'", node,
                    pages[node]);
        *have = *have > pages[node] ? *have - pages[node] : 0;
    }

    if (make_plan(job, avoid, err) < 0)
        return -1;
    list_taken(job, pages);
    return numa_reserve_set(run_dir(), job->ctx->domid, pages, &job->reserve,
                            err);
}

static int claim(struct numa_job *job, struct xg_error *err)
{
    struct mem_claim_request request = {
        .how = job->policy.claim,
        .home = job->plan.home,
    };
    xc_domaininfo_t info;

    list_taken(job, request.pages);
    if (job->policy.rule == NUMA_ANY)
        request.pages[0] = job->demand.pages + NUMA_EXTRA_PAGES;
    if (xg_ctx_domain_info(job->ctx, &info, err) < 0)
        return -1;
    return mem_claim_stake(job->ctx, &info, &request, &job->claim, err);
}

int numa_job_prepare(struct numa_job *job, struct xg_error *err)
{
    uint64_t avoid = 0;

    if (job->policy.rule == NUMA_ANY)
        return claim(job, err);

    for (unsigned int i = 0; i < PLANS_MAX; i++) {
        if (plan_and_reserve(job, avoid, err) < 0)
            return -1;
        if (claim(job, err) == 0)
            return 0;
        if (err->code != ENOMEM || job->claim == MEM_CLAIM_HOST)
            return -1;
        xg_info(job->ctx->log, "node %u is not as free as it looks: %s",
                job->plan.home, err->text);
        avoid |= NUMA_BIT(job->plan.home);
    }
    return -1;
}

/* ---- affinities ---- */

static int pin_vcpus(struct numa_job *job, uint64_t nodes, struct xg_error *err)
{
    cleanup_free uint8_t *cpus = NULL;
    struct vcpu_pin pin = {
        .how = job->policy.affinity,
        .nr_cpus = job->host.nr_cpus,
        .strict = job->policy.rule == NUMA_STRICT,
    };

    if (numa_affinity_cpus(&job->host, nodes, job->plan.home, &cpus, err) < 0)
        return -1;
    pin.cpus = cpus;
    return vcpu_affinity_apply(job->ctx, job->platform, &pin, err);
}

int numa_job_pin(const struct xg_ctx *ctx, const struct xs_platform *platform,
                 struct numa_job *job, struct xg_error *err)
{
    if (!job || job->policy.rule == NUMA_ANY)
        return vcpu_affinity_apply(ctx, platform, NULL, err);

    if (pin_vcpus(job, job->plan.nodes, err) < 0)
        return -1;
    return numa_affinity_set_nodes(ctx,
                                   job->demand.library_populates
                                       ? job->plan.nodes
                                       : NUMA_BIT(job->plan.home),
                                   err);
}

/* ---- populating ---- */

static int populate(struct numa_job *job, struct xc_dom_image *dom,
                    struct xg_error *err)
{
    bool claim_is_gone;

    if (mem_populate_prepare(dom, job->library_hooks, &claim_is_gone, err) < 0)
        return -1;
    if (claim_is_gone && claim(job, err) < 0)
        return -1;

    job->populate = (struct mem_populate){
        .ctx = job->ctx,
        .plan = &job->plan,
        .strict = job->policy.rule == NUMA_STRICT,
        .reserve = &job->reserve,
    };
    return mem_populate_image(&job->populate, dom, err);
}

/* libxenguest gives a hook nothing but the image; the hooks are in the job. */
static struct numa_job *job_of(struct xc_dom_image *dom)
{
    return (struct numa_job *)((char *)dom->arch_hooks -
                               offsetof(struct numa_job, hooks));
}

static int meminit(struct xc_dom_image *dom)
{
    struct numa_job *job = job_of(dom);

    return populate(job, dom, &job->err);
}

static int alloc_magic_pages(struct xc_dom_image *dom)
{
    struct numa_job *job = job_of(dom);
    int rc = job->library_hooks->alloc_magic_pages(dom);

    return rc ? rc : mem_special_settle(&job->populate, dom, &job->err);
}

void numa_job_hook(struct numa_job *job, struct xc_dom_image *dom)
{
    if (job->policy.rule == NUMA_ANY)
        return;
    job->library_hooks = dom->arch_hooks;
    job->hooks = *dom->arch_hooks;
    job->hooks.meminit = meminit;
    job->hooks.alloc_magic_pages = alloc_magic_pages;
    dom->arch_hooks = &job->hooks;
}

unsigned int numa_job_memflags(const struct numa_job *job)
{
    if (job->policy.rule == NUMA_ANY ||
        job->plan.nodes != NUMA_BIT(job->plan.home))
        return 0;
    return job->policy.rule == NUMA_STRICT ? XENMEMF_exact_node(job->plan.home)
                                           : XENMEMF_node(job->plan.home);
}

/* ---- the end ---- */

/* The nodes that the guest's memory is on in the end. */
static uint64_t final_nodes(const struct numa_job *job)
{
    uint64_t nodes = job->plan.nodes;

    if (!job->populate.tally.spilled)
        return nodes;
    FOR_EACH_NODE (node, job->host.nodes) {
        nodes &= ~NUMA_BIT(node);
        if (job->populate.tally.pages[node])
            nodes |= NUMA_BIT(node);
    }
    return nodes;
}

int numa_job_finish(struct numa_job *job, struct xg_error *err)
{
    uint64_t nodes = 0;

    numa_reserve_free(&job->reserve);
    if (job->policy.rule != NUMA_ANY) {
        nodes = final_nodes(job);
        if (nodes != job->plan.nodes && pin_vcpus(job, nodes, err) < 0)
            return -1;
        if (numa_affinity_set_nodes(job->ctx, nodes, err) < 0)
            return -1;
    }
    if (mem_claim_settle(job->ctx, job->claim, job->plan.home,
                         job->policy.residual_pages, err) < 0)
        return -1;
    return numa_result_publish(job, nodes, err);
}

void numa_job_free(struct numa_job **job)
{
    if (!*job)
        return;
    numa_reserve_free(&(*job)->reserve);
    numa_host_free(&(*job)->host);
    numa_policy_free(&(*job)->policy);
    free(*job);
    *job = NULL;
}
