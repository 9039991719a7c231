/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_holds.h - what holds for each plan, whatever the host and the demand.
 * For unit tests and fuzz targets: who includes it says what HOLDS(condition)
 * does. */
#ifndef XG_NUMA_HOLDS_H
#define XG_NUMA_HOLDS_H

#include "numa_place.h"

static uint64_t free_of(const struct numa_host *host, uint64_t nodes)
{
    uint64_t sum = 0;

    FOR_EACH_NODE (node, nodes & host->nodes)
        sum += host->node[node].free_pages;
    return sum;
}

static uint64_t planned_on(const struct numa_plan *plan, uint64_t nodes)
{
    uint64_t sum = 0;

    FOR_EACH_NODE (node, nodes)
        sum += plan->pages[node];
    return sum;
}

/* Whether a node may be there for its CPUs alone. */
static bool is_for_cpus(const struct numa_host *host,
                        const struct numa_request *request, unsigned int node)
{
    return host->node[node].threads && request->rule != NUMA_INTERLEAVE;
}

/* All of the demand, from what nodes have, and from no other nodes. */
static void pages_hold(const struct numa_host *host,
                       const struct numa_request *request,
                       const struct numa_plan *plan)
{
    HOLDS(planned_on(plan, ~UINT64_C(0)) == request->pages);
    HOLDS(planned_on(plan, plan->nodes) == request->pages);
    HOLDS(!(plan->nodes & ~host->nodes));
    FOR_EACH_NODE (node, plan->nodes)
        HOLDS(plan->pages[node] <= host->node[node].free_pages);
    HOLDS(plan->nodes & NUMA_BIT(plan->home));
    FOR_EACH_NODE (node, plan->nodes & ~NUMA_BIT(plan->home))
        HOLDS(plan->pages[node] || is_for_cpus(host, request, node));
    HOLDS(plan->spills || !(plan->nodes & ~request->candidates));
}

/* The nodes to turn to are each named once, the home node first, those of the
 * plan among them. Returns them. */
static uint64_t order_holds(const struct numa_host *host,
                            const struct numa_plan *plan)
{
    uint64_t ordered = 0;

    HOLDS(plan->nr_order > 0 && plan->nr_order <= NUMA_NODES_MAX);
    HOLDS(plan->order[0] == plan->home);
    for (unsigned int i = 0; i < plan->nr_order; i++) {
        HOLDS(!(ordered & NUMA_BIT(plan->order[i])));
        ordered |= NUMA_BIT(plan->order[i]);
    }
    HOLDS(!(plan->nodes & ~ordered) && !(ordered & ~host->nodes));
    return ordered;
}

#endif
