/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_job_finish.c - what came of a NUMA policy: affinities, claim, and what
 * the toolstack is told. */
#include "numa_job.h"

#include <inttypes.h>

#include "node_affinity.h"
#include "numa_job_vnodes.h"
#include "numbers.h"
#include "xs.h"

#define MOST_PAIRS (16 + NUMA_NODES_MAX + NUMA_VNODES_MAX)

struct result {
    struct xs_pair pair[MOST_PAIRS];
    unsigned int nr;
};

static void put_text(struct result *result, const char *key, const char *value)
{
    struct xs_pair *pair = &result->pair[result->nr++];

    snprintf(pair->key, sizeof(pair->key), "%s", key);
    snprintf(pair->value, sizeof(pair->value), "%s", value);
}

static void put_number(struct result *result, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    put_text(result, key, text);
}

static void put_pages(const struct numa_job *job, struct result *result)
{
    const struct mem_tally *tally = &job->gate.tally;
    uint64_t outside = 0;

    FOR_EACH_NODE (node, job->host.nodes) {
        char key[32];

        if (!tally->pages[node])
            continue;
        snprintf(key, sizeof(key), "pages/%u", node);
        put_number(result, key, tally->pages[node]);
        if (!(job->request.candidates & NUMA_BIT(node)))
            outside += tally->pages[node];
    }
    put_number(result, "spilled", tally->spilled);
    put_number(result, "outside", outside);
    put_number(result, "extents/1g", tally->extents_1g);
    put_number(result, "extents/2m", tally->extents_2m);
    put_number(result, "extents/4k", tally->extents_4k);
}

static void put_vnodes(const struct numa_job *job, struct result *result)
{
    put_number(result, "vnodes", job->vnodes.nr);
    for (unsigned int i = 0; i < job->vnodes.nr; i++) {
        char key[32];

        snprintf(key, sizeof(key), "vnode/%u", i);
        put_number(result, key, job->vnodes.vnode[i].node);
    }
}

/* Pages that did not come through our gate are on nodes that nobody told us. */
static int check_counted(const struct numa_job *job, struct xg_error *err)
{
    uint64_t counted = mem_tally_pages(&job->gate.tally);
    xc_domaininfo_t info;

    if (xg_ctx_domain_info(job->ctx, &info, err) < 0)
        return -1;
    if (info.tot_pages - job->info.tot_pages != counted)
        xg_log_at(job->ctx->log, LOG_WARNING,
                  "the domain has %s, of which we placed %s: the others "
                  "follow its node affinity",
                  MEMORY_TEXT(info.tot_pages), MEMORY_TEXT(counted));
    return 0;
}

static unsigned int cores_of(const struct numa_job *job, uint64_t nodes)
{
    unsigned int cores = 0;

    FOR_EACH_NODE (node, nodes)
        cores += job->host.node[node].cores;
    return cores;
}

/* Whether the plan has cores for more of the vCPUs than these nodes. */
static bool lacks_cores(const struct numa_job *job, uint64_t nodes)
{
    unsigned int cores = cores_of(job, nodes);

    return job->request.rule != NUMA_PRIO_MEM_ONLY &&
           cores < job->request.vcpus &&
           cores < cores_of(job, nodes | job->plan.nodes);
}

/* The nodes that the guest's memory is on in the end, which may be more than
 * were planned, or fewer: a stream may hold less than the domain may have. And
 * those that were planned for their pCPUs, whose vCPUs are there in any case.
 */
static uint64_t final_nodes(const struct numa_job *job)
{
    const struct numa_plan *plan = &job->plan;
    uint64_t nodes = 0;

    FOR_EACH_NODE (node, job->host.nodes)
        if (job->gate.tally.pages[node] ||
            (plan->nodes & NUMA_BIT(node) && !plan->pages[node]))
            nodes |= NUMA_BIT(node);
    return !nodes || lacks_cores(job, nodes) ? nodes | plan->nodes : nodes;
}

/* The plan's, or the node with the most if none came from there. */
static unsigned int final_home(const struct numa_job *job)
{
    const uint64_t *pages = job->gate.tally.pages;
    unsigned int home = job->plan.home;

    if (pages[home])
        return home;
    FOR_EACH_NODE (node, job->host.nodes)
        if (pages[node] > pages[home])
            home = node;
    return home;
}

static int publish(const struct numa_job *job, struct xg_error *err)
{
    struct result result = { .nr = 0 };

    put_text(&result, "policy", numa_rule_name(job->policy.rule));
    put_text(&result, "claim", mem_claim_name(job->claim));
    if (numa_job_has_plan(job)) {
        put_text(&result, "nodes", NODES_TEXT(final_nodes(job)));
        put_number(&result, "home", final_home(job));
        put_text(&result, "affinity",
                 numa_affinity_name(job->nr_pinned ? job->policy.affinity
                                                   : NUMA_AFFINITY_NONE));
        put_pages(job, &result);
        if (job->policy.vnodes)
            put_vnodes(job, &result);
    }
    return xs_put_dir(job->ctx, NUMA_RESULT_DIR, result.pair, result.nr, err);
}

/* A restored guest has virtual nodes whether Xen knows of them or not. */
static int tell_vnodes(const struct numa_job *job, struct xg_error *err)
{
    if (numa_job_tell_vnodes(job, err) == 0)
        return 0;
    if (!job->demand.restore)
        return -1;
    xg_log_at(job->ctx->log, LOG_WARNING,
              "Xen does not know of the guest's virtual nodes: %s", err->text);
    return 0;
}

int numa_job_finish(struct numa_job *job, struct xg_error *err)
{
    struct mem_claim_residual residual = {
        .pages = job->policy.residual_pages,
        .home = MEM_CLAIM_ANYWHERE,
        .dir = numa_policy_dir(&job->policy, NUMA_KEY_RESIDUAL_CLAIM),
    };

    mem_gate_close(&job->gate);
    numa_reserve_free(&job->reserve);
    if (numa_job_has_plan(job)) {
        uint64_t nodes = final_nodes(job);

        residual.home = final_home(job);
        if ((nodes != job->plan.nodes && numa_job_pin(job, nodes, err) < 0) ||
            node_affinity_leave(job->ctx, nodes, err) < 0 ||
            check_counted(job, err) < 0 || tell_vnodes(job, err) < 0)
            return -1;
    }
    job->has_residual = residual.pages;
    return mem_claim_settle(job->ctx, job->claim, &residual, err);
}

void numa_job_keep(struct numa_job *job)
{
    struct xg_error err;

    job->kept = true;
    if (numa_policy_acts(&job->policy) && publish(job, &err) < 0)
        xg_log_at(job->ctx->log, LOG_WARNING, "%s is not written: %s",
                  NUMA_RESULT_DIR, err.text);
}
