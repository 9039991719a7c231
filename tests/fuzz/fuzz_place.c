/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_place.c - topology, load and demand into the planner: what must hold for
 * each plan. One to eight nodes, so that thousands of inputs a second can be
 * tried; test_numa_place.c has random hosts of up to 64. */
#include "fuzz_plan.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = { data, bytes };
    struct numa_plan plan;

    take_host(&input);
    (void)fuzz_plan(&input, &host, &plan);
    return 0;
}
