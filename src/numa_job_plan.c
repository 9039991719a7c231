/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_job_plan.c - plan where a guest's memory goes, and reserve it. */
#include "numa_job_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "numa_job_vnodes.h"
#include "numa_where.h"
#include "numbers.h"

static bool is_strict(const struct numa_job *job)
{
    return job->policy.rule == NUMA_STRICT;
}

static void log_node(const struct numa_job *job, unsigned int node,
                     const struct numa_planning *planning)
{
    const struct numa_node *this = &job->host.node[node];
    const struct {
        uint64_t pages;
        const char *text;
    } parts[] = {
        { this->claimed_pages, "more are claimed by others" },
        { this->low_pages, "are low memory" },
        { planning->reserved[node], "are other builders'" },
    };

    xg_info(job->ctx->log, "node %u: %s are free", node,
            MEMORY_TEXT(planning->free_pages[node]));
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (parts[i].pages)
            xg_info(job->ctx->log, "node %u: %s %s", node,
                    MEMORY_TEXT(parts[i].pages), parts[i].text);
    if (planning->claimable[node] != UINT64_MAX)
        xg_info(job->ctx->log, "node %u: %s can be claimed", node,
                MEMORY_TEXT(planning->claimable[node]));
}

/* A restored guest may have some all the same. */
static void log_vnodes_off(const struct numa_job *job)
{
    bool learns = numa_job_learns_vnodes(job);
    bool is_auto = job->policy.vnodes == NUMA_VNODES_AUTO;
    char value[NUMA_LIST_BYTES];

    xg_log_at(job->ctx->log, is_auto || learns ? LOG_INFO : LOG_WARNING,
              "%s/vnodes: '%s' counts as off%s: %s",
              numa_policy_dir(&job->policy, NUMA_KEY_VNODES),
              numa_policy_value(&job->policy, NUMA_KEY_VNODES, value),
              learns ? " for the plan" : "", job->vnodes_off.text);
}

static void log_planning(const struct numa_job *job,
                         const struct numa_planning *planning)
{
    const struct numa_plan *plan = &job->plan;

    if (xg_error_is_set(&planning->unreserved))
        xg_log_at(job->ctx->log, LOG_WARNING, "no memory is reserved: %s",
                  planning->unreserved.text);
    FOR_EACH_NODE (node, job->host.nodes)
        log_node(job, node, planning);
    if (!planning->planned)
        return;
    xg_info(job->ctx->log, "planned in %" PRId64 " us: nodes %s, home %u%s%s",
            planning->took_us, NODES_TEXT(plan->nodes), plan->home,
            plan->by_cores ? ", in proportion to cores" : "",
            plan->spills ? ", for want of nodes that hold it" : "");
    if (plan->stripe_pages)
        xg_info(job->ctx->log, "in stripes of %s",
                MEMORY_TEXT(plan->stripe_pages));
    FOR_EACH_NODE (node, plan->nodes)
        xg_info(job->ctx->log, "planned on node %u: %s", node,
                MEMORY_TEXT(plan->pages[node]));
    if (xg_error_is_set(&job->vnodes_off))
        log_vnodes_off(job);
    if (job->nodes_without_vnodes)
        xg_info(job->ctx->log, "without virtual nodes it would be on nodes %s",
                NODES_TEXT(job->nodes_without_vnodes));
}

/* A stream may hold less than the domain may have: unless it is strict, a
 * restore takes what there is, with -mem_pnode on that node. */
static void limit_to_host(const struct numa_job *job,
                          struct numa_request *request)
{
    uint64_t nodes =
        request->rule == NUMA_PNODE ? request->candidates : job->host.nodes;
    uint64_t free_pages = 0;

    if (!job->demand.restore || is_strict(job))
        return;
    FOR_EACH_NODE (node, nodes)
        free_pages += job->host.node[node].free_pages;
    if (free_pages && free_pages < request->pages)
        request->pages = free_pages;
}

static int place(struct numa_job *job, struct xg_error *err)
{
    struct numa_request request = job->request;

    if (job->on_pnode)
        request.candidates = request.preferred;
    limit_to_host(job, &request);
    return numa_job_plan_vnodes(job, &request, err);
}

/* Pages that others hold of a node, and its low_pages before hold_back lowered
 * them. */
struct held {
    uint64_t pages, low_pages;
};

static void hold_back(struct numa_job *job,
                      const struct numa_planning *planning,
                      struct held held[NUMA_NODES_MAX])
{
    FOR_EACH_NODE (i, job->host.nodes) {
        struct numa_node *node = &job->host.node[i];
        uint64_t use =
            number_min(number_minus(node->free_pages, planning->reserved[i]),
                       planning->claimable[i]);

        held[i] = (struct held){ node->free_pages - use, node->low_pages };
        node->free_pages = use;
        node->low_pages = number_min(node->low_pages, use);
    }
}

/* At most so many pages of a node; returns how many. */
static uint64_t let_go(struct numa_node *node, struct held *held,
                       uint64_t pages)
{
    pages = number_min(pages, held->pages);
    held->pages -= pages;
    node->free_pages += pages;
    node->low_pages = number_min(held->low_pages, node->free_pages);
    return pages;
}

/* No more than what is missing, of as few nodes as can be: those of which
 * others hold the most. With -mem_pnode, of that node. */
static void let_go_of_the_missing(struct numa_job *job,
                                  struct held held[NUMA_NODES_MAX])
{
    uint64_t missing = job->request.pages;
    uint64_t nodes = job->policy.rule == NUMA_PNODE ? job->request.candidates
                                                    : job->host.nodes;

    FOR_EACH_NODE (node, nodes)
        missing = number_minus(missing, job->host.node[node].free_pages);
    while (missing && nodes) {
        unsigned int most = numa_nodes_first(nodes);

        FOR_EACH_NODE (node, nodes)
            if (held[node].pages > held[most].pages)
                most = node;
        nodes &= ~NUMA_BIT(most);
        missing -= let_go(&job->host.node[most], &held[most], missing);
    }
}

int numa_job_plan_on(struct numa_job *job, struct numa_planning *planning,
                     struct xg_error *err)
{
    struct held held[NUMA_NODES_MAX];

    hold_back(job, planning, held);
    if (place(job, err) == 0)
        return 0;
    if (is_strict(job) || planning->patient || err->code != ENOMEM)
        return -1;

    /* Placement is no reason for best effort to fail. Whether there is memory
     * for everybody is for the claim to say, if there is one: with -mem_pnode
     * the toolstack's. */
    planning->heedless = true;
    let_go_of_the_missing(job, held);
    if (place(job, err) == 0)
        return 0;
    /* Shares of virtual nodes may need more than the sum. */
    FOR_EACH_NODE (node, job->host.nodes)
        (void)let_go(&job->host.node[node], &held[node], UINT64_MAX);
    return place(job, err);
}

/* ---- reserve ---- */

void numa_job_list_taken(const struct numa_job *job, uint64_t extra_pages,
                         uint64_t pages[NUMA_NODES_MAX])
{
    const struct numa_plan *plan = &job->plan;
    uint64_t room = number_minus(job->host.node[plan->home].free_pages,
                                 plan->pages[plan->home]);

    memcpy(pages, plan->pages, NUMA_NODES_MAX * sizeof(*pages));
    pages[plan->home] += number_min(room, extra_pages);
}

/* Reservations protect a plan, which -mem_pnode does not make; only strict
 * can't do without. `err` is why they can't be had. */
static bool may_go_without(struct numa_job *job, struct numa_planning *planning,
                           const struct xg_error *err)
{
    if (is_strict(job))
        return false;
    planning->unreserved = *err;
    /* That of a plan before this one, whose claim was not to be had. */
    numa_reserve_free(&job->reserve);
    return true;
}

static int reserve(struct numa_job *job, struct xg_error *err)
{
    const struct numa_plan *plan = &job->plan;
    struct numa_reservation taken = { .nr_order = 0 };
    uint64_t besides;

    numa_job_list_taken(job, job->request.extra_pages, taken.pages);
    /* Of what comes besides the HAP pool is renewed first. */
    besides = taken.pages[plan->home] - plan->pages[plan->home];
    taken.last_pages = number_minus(besides, job->hap_pages);
    if (!plan->stripe_pages)
        for (unsigned int i = 0; i < plan->nr_order; i++)
            taken.order[taken.nr_order++] = (uint8_t)plan->order[i];
    sandbox_will_remove(job->ctx->sandbox);
    return numa_reserve_set(numa_reserve_dir(), job->ctx->domid, &taken,
                            &job->reserve, err);
}

/* Under one lock: others see our reservation before they look for memory. Their
 * reservations are read before the free memory is: what a builder takes in
 * between is then counted twice, rather than not at all. The claim that the
 * domain may have is the toolstack's; where it passes -mem_pnode it claims on
 * that node. */
static int plan_and_reserve(struct numa_job *job,
                            struct numa_planning *planning,
                            struct xg_error *err)
{
    const struct numa_patience patience = numa_where_patience();
    cleanup_close int lock_fd = -1;
    int64_t from_us;

    /* Who has waited in vain does not wait again. */
    if (!xg_error_is_set(&planning->unreserved) &&
        (numa_lock_take(job->ctx, numa_reserve_dir(), &patience, &lock_fd,
                        err) < 0 ||
         numa_reserve_sum(job->ctx, numa_reserve_dir(), &job->reserve,
                          planning->reserved, err) < 0) &&
        !may_go_without(job, planning, err))
        return -1;
    if (numa_host_read_free(job->ctx, job->demand.mem_pnode, &job->host, err) <
        0)
        return -1;
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        planning->free_pages[node] = job->host.node[node].free_pages;

    from_us = clock_thread_us();
    planning->planned = numa_job_plan_on(job, planning, err) == 0;
    planning->took_us = clock_thread_us() - from_us;
    if (!planning->planned)
        return -1;
    if (!xg_error_is_set(&planning->unreserved) && reserve(job, err) < 0 &&
        !may_go_without(job, planning, err))
        return -1;
    return 0;
}

int numa_job_plan(struct numa_job *job, struct numa_planning *planning,
                  struct xg_error *err)
{
    int rc;

    memset(planning->free_pages, 0, sizeof(planning->free_pages));
    memset(planning->reserved, 0, sizeof(planning->reserved));
    planning->planned = planning->heedless = false;
    rc = plan_and_reserve(job, planning, err);
    log_planning(job, planning);
    return rc;
}
