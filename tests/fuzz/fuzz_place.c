/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_place.c - topology, load and demand into the planner: what must hold for
 * each plan. One to eight nodes, so that thousands of inputs a second can be
 * tried; test_numa_place.c has random hosts of up to 64. */
#include <errno.h>

#include "fuzz.h"

#define HOLDS(condition) assert(condition)
#include "../unit/numa_holds.h"

static struct numa_host host;

static void take_host(struct fuzz_input *input)
{
    unsigned int nr_nodes = 1 + (unsigned int)fuzz_take(input, 1) % 8;
    unsigned int gaps = (unsigned int)fuzz_take(input, 1);
    uint8_t kind = (uint8_t)fuzz_take(input, 1);

    memset(&host, 0, sizeof(host));
    for (unsigned int node = 0; nr_nodes && node < NUMA_NODES_MAX; node++) {
        struct numa_node *this = &host.node[node];

        if (gaps >> node % 8 & 1 && node + nr_nodes < NUMA_NODES_MAX)
            continue;
        nr_nodes--;
        host.nodes |= NUMA_BIT(node);
        /* Of the 52 bits of an address Xen counts pages in 40. */
        this->free_pages = fuzz_take(input, kind & 1 ? 5 : 3);
        this->low_pages = fuzz_take(input, kind & 2 ? 3 : 0);
        if (this->low_pages > this->free_pages)
            this->low_pages = this->free_pages;
        this->size_pages =
            this->free_pages + fuzz_take(input, kind & 4 ? 3 : 0);
        this->cores = (unsigned int)fuzz_take(input, 1);
        this->threads = this->cores << (kind >> 3 & 1);
        this->load = (unsigned int)fuzz_take(input, kind & 16 ? 2 : 0);
        this->device_distance =
            (unsigned int)fuzz_take(input, kind & 32 ? 1 : 0);
    }
    memset(host.distance, 21, sizeof(host.distance));
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        host.distance[node][node] = 10;
    FOR_EACH_NODE (a, kind & 64 ? host.nodes : 0)
        FOR_EACH_NODE (b, host.nodes)
            numa_host_set_distance(&host, a, b, (uint32_t)fuzz_take(input, 1));
}

static void take_request(struct fuzz_input *input, struct numa_request *request)
{
    *request = (struct numa_request){ .candidates = host.nodes };
    request->rule = NUMA_BEST_EFFORT +
                    (enum numa_rule)fuzz_take(input, 1) % NUMA_INTERLEAVE;
    request->pages = 1 + fuzz_take(input, 5);
    request->extra_pages = fuzz_take(input, 3);
    request->vcpus = 1 + (unsigned int)fuzz_take(input, 1);
    request->candidates ^= fuzz_take(input, 2);
    request->excluded = fuzz_take(input, 2) & ~request->candidates;
    request->preferred = fuzz_take(input, 2);
}

static void check_plan(const struct numa_request *request,
                       const struct numa_plan *plan)
{
    pages_hold(&host, request, plan);
    (void)order_holds(&host, plan);
}

static void check_vnodes(struct fuzz_input *input, struct numa_request *request)
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
        numa_place_vnodes(&host, request, &vnodes, &plan, &err) < 0)
        return;
    check_plan(request, &plan);
    assert(!plan.spills && plan.home == vnodes.vnode[0].node);
    for (unsigned int i = 0; i < vnodes.nr; i++) {
        assert(!(nodes & NUMA_BIT(vnodes.vnode[i].node)));
        nodes |= NUMA_BIT(vnodes.vnode[i].node);
        assert(plan.pages[vnodes.vnode[i].node] << XC_PAGE_SHIFT ==
               vnodes.vnode[i].bytes);
    }
    assert(nodes == plan.nodes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = { data, bytes };
    struct numa_request request;
    struct numa_plan plan, again;
    struct xg_error err;
    uint64_t allowed;

    take_host(&input);
    take_request(&input, &request);
    allowed = request.rule == NUMA_STRICT ? request.candidates : host.nodes;
    if (numa_place(&host, &request, &plan, &err) < 0) {
        assert(err.code == ENOMEM && free_of(&host, allowed) < request.pages);
    } else {
        check_plan(&request, &plan);
        assert(numa_place(&host, &request, &again, &err) == 0);
        assert(!memcmp(&plan, &again, sizeof(plan)));
    }
    if (request.rule != NUMA_INTERLEAVE)
        check_vnodes(&input, &request);
    return 0;
}
