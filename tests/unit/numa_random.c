/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_random.c - hosts and demands made up from a seed. */
#include "numa_random.h"

#include <string.h>

#include "numbers.h"

uint64_t random_next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned int random_below(uint64_t *seed, unsigned int limit)
{
    return (unsigned int)(random_next(seed) % limit);
}

enum shape {
    FLAT,
    SOCKETS,
    RINGS,
    UNKNOWN,
    ANY_DISTANCE,
    NR_SHAPES
};

static unsigned int distance_of(uint64_t *seed, enum shape shape,
                                unsigned int a, unsigned int b)
{
    if (a == b)
        return 10;
    switch (shape) {
    case FLAT:
        return 21;
    case SOCKETS:
        return a / 4 == b / 4 ? 12 : a / 8 == b / 8 ? 21 : 32;
    case RINGS:
        return 12 + 4 * (a > b ? a - b : b - a);
    case UNKNOWN:
        return NUMA_DISTANCE_UNKNOWN;
    case ANY_DISTANCE:
    case NR_SHAPES:
        break;
    }
    return 11 + random_below(seed, 40);
}

static void random_distances(uint64_t *seed, struct numa_host *host)
{
    enum shape shape = (enum shape)random_below(seed, NR_SHAPES);
    bool gaps = random_below(seed, 8) == 0;

    for (unsigned int a = 0; a < NUMA_NODES_MAX; a++)
        for (unsigned int b = 0; b <= a; b++) {
            unsigned int distance = distance_of(seed, shape, a, b);

            if (gaps && a != b && random_below(seed, 6) == 0)
                distance = NUMA_DISTANCE_UNKNOWN;
            numa_host_set_distance(host, a, b, distance);
            numa_host_set_distance(host, b, a, distance);
        }
}

void random_host(uint64_t *seed, unsigned int nr_nodes, struct numa_host *host)
{
    bool alike = random_below(seed, 3) == 0;
    bool numbered_on = random_below(seed, 4) != 0;
    bool idle = random_below(seed, 3) == 0;
    unsigned int cores = 1 + random_below(seed, 32),
                 smt = random_below(seed, 2);
    unsigned int node = 0;

    memset(host, 0, sizeof(*host));
    random_distances(seed, host);

    for (; nr_nodes; nr_nodes--, node++) {
        struct numa_node *this;

        while (!numbered_on && node + nr_nodes < NUMA_NODES_MAX &&
               random_below(seed, 4) == 0)
            node++;
        this = &host->node[node];
        host->nodes |= NUMA_BIT(node);
        this->cores = cores;
        this->free_pages = 4 * PAGES_1G;
        if (!alike) {
            this->cores = random_below(seed, 8) ? random_below(seed, 32) : 0;
            this->free_pages = random_below(seed, 1u << 22);
            if (random_below(seed, 8) == 0)
                this->free_pages = random_below(seed, 2048);
        }
        this->threads = this->cores << smt;
        this->size_pages = this->free_pages + random_below(seed, 1u << 22);
        if (random_below(seed, 8) == 0)
            this->device_distance = random_below(seed, 50);
        /* One after the other: operands come in any order. */
        if (!idle)
            this->load = random_below(seed, 2 * this->cores + 1);
        if (!idle)
            this->load *= NUMA_LOAD_VCPU / (1 + random_below(seed, 4));
        /* Low memory is on the first node, or on any. */
        if (random_below(seed, node ? 16 : 2) == 0)
            this->low_pages = random_below(seed, 1u << 20);
        if (this->low_pages > this->free_pages)
            this->low_pages = this->free_pages;
    }
}

void random_request(uint64_t *seed, const struct numa_host *host,
                    struct numa_request *request)
{
    static const enum numa_rule rules[] = { NUMA_BEST_EFFORT,
                                            NUMA_BEST_EFFORT_HARD,
                                            NUMA_PRIO_MEM_ONLY, NUMA_STRICT,
                                            NUMA_INTERLEAVE };
    uint64_t all = 0, most = 0;

    FOR_EACH_NODE (node, host->nodes) {
        all += host->node[node].free_pages;
        if (host->node[node].free_pages > most)
            most = host->node[node].free_pages;
    }

    *request = (struct numa_request){ .candidates = host->nodes };
    /* One by one: the members of an initialiser come in any order. */
    request->rule = rules[random_below(seed, 5)];
    request->extra_pages = random_below(seed, 2) ? 512 : 0;
    if (random_below(seed, 4) == 0)
        request->extra_pages = 65536;
    request->vcpus = random_below(seed, 2) ? 8 : 128;
    request->vcpus = 1 + random_below(seed, request->vcpus);
    /* Half of them fit one node, as most guests do. */
    most = random_below(seed, 2) ? most + 1 : all + all / 8 + 1;
    request->pages = 1 + random_next(seed) % most;
    if (random_below(seed, 4) == 0)
        request->candidates &= random_next(seed);
    if (random_below(seed, 4) == 0)
        request->excluded = random_next(seed) & ~request->candidates;
    if (random_below(seed, 4) == 0)
        request->preferred = NUMA_BIT(random_below(seed, 8));
}
