/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_plan.h - a demand into the planner, for targets that have a host: what
 * must hold for each plan. */
#ifndef FUZZ_PLAN_H
#define FUZZ_PLAN_H

#include <errno.h>

#include "fuzz.h"

#define HOLDS(condition) assert(condition)
#include "../unit/numa_holds.h"

static void take_request(struct fuzz_input *input, const struct numa_host *host,
                         struct numa_request *request)
{
    *request = (struct numa_request){ .candidates = host->nodes };
    request->rule = NUMA_BEST_EFFORT +
                    (enum numa_rule)fuzz_take(input, 1) % NUMA_INTERLEAVE;
    request->pages = 1 + fuzz_take(input, 5);
    request->extra_pages = fuzz_take(input, 3);
    request->vcpus = 1 + (unsigned int)fuzz_take(input, 1);
    request->candidates ^= fuzz_take(input, 2);
    request->excluded = fuzz_take(input, 2) & ~request->candidates;
    request->preferred = fuzz_take(input, 2);
}

static void check_plan(const struct numa_host *host,
                       const struct numa_request *request,
                       const struct numa_plan *plan)
{
    pages_hold(host, request, plan);
    (void)order_holds(host, plan);
}

static void check_vnodes(struct fuzz_input *input, const struct numa_host *host,
                         const struct numa_request *request)
{
    struct numa_vnodes_request shape = {
        .nr_vcpus = request->vcpus,
        .vcpus_per_socket = (unsigned int)fuzz_take(input, 1),
    };
    unsigned int nr = (unsigned int)fuzz_take(input, 1) % 40;
    static struct numa_vnodes vnodes;
    struct numa_plan plan;
    struct xg_error err;
    uint64_t nodes = 0;

    shape.nr_ram =
        mem_layout_pvh_ram(request->pages << XC_PAGE_SHIFT, shape.ram);
    if (numa_vnodes_make(&shape, nr, &vnodes, &err) < 0 ||
        numa_place_vnodes(host, request, &vnodes, &plan, &err) < 0)
        return;
    check_plan(host, request, &plan);
    assert(!plan.spills && plan.home == vnodes.vnode[0].node);
    for (unsigned int i = 0; i < vnodes.nr; i++) {
        assert(!(nodes & NUMA_BIT(vnodes.vnode[i].node)));
        nodes |= NUMA_BIT(vnodes.vnode[i].node);
        assert(plan.pages[vnodes.vnode[i].node] << XC_PAGE_SHIFT ==
               vnodes.vnode[i].bytes);
    }
    assert(nodes == plan.nodes);
}

/* Takes a demand and plans it. False: there is no room for it. */
static bool fuzz_plan(struct fuzz_input *input, const struct numa_host *host,
                      struct numa_plan *plan)
{
    struct numa_request request;
    struct numa_plan again;
    struct xg_error err;
    uint64_t allowed;
    bool is_made;

    take_request(input, host, &request);
    allowed = request.rule == NUMA_STRICT ? request.candidates : host->nodes;
    is_made = numa_place(host, &request, plan, &err) == 0;
    if (is_made) {
        check_plan(host, &request, plan);
        assert(numa_place(host, &request, &again, &err) == 0);
        assert(!memcmp(plan, &again, sizeof(*plan)));
    } else {
        assert(err.code == ENOMEM && free_of(host, allowed) < request.pages);
    }
    if (request.rule != NUMA_INTERLEAVE)
        check_vnodes(input, host, &request);
    return is_made;
}

#endif
