/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa.c - one domain's NUMA policy, from its keys to what came of it. */
#include "numa.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "mem_special.h"
#include "numa_affinity.h"

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
    if (claim_is_gone && numa_job_claim(job, err) < 0)
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
    if (mem_claim_settle(job->ctx, job->claim,
                         nodes ? job->plan.home : MEM_CLAIM_ANYWHERE,
                         job->policy.residual_pages, err) < 0)
        return -1;
    job->settled = true;
    return numa_result_publish(job, nodes, err);
}

void numa_job_free(struct numa_job **job)
{
    struct numa_job *old = *job;
    struct xg_error ignored;

    if (!old)
        return;
    /* Of a guest that came to nothing. The toolstack's claim stays its own. */
    if (!old->settled && old->claim != MEM_CLAIM_NONE &&
        old->claim != MEM_CLAIM_TOOLSTACK)
        (void)mem_claim_settle(old->ctx, old->claim, old->plan.home, 0,
                               &ignored);
    numa_reserve_free(&old->reserve);
    numa_host_free(&old->host);
    numa_policy_free(&old->policy);
    free(old);
    *job = NULL;
}
