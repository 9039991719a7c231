/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_rivals.h - the two planners that Xen's users have today, as their
 * documentation describes them, to compare ours with. */
#ifndef NUMA_RIVALS_H
#define NUMA_RIVALS_H

#include "numa_place.h"

/* Where a guest's vCPUs may run, and where its pages are. */
struct placement {
    uint64_t cpu_nodes;
    uint64_t pages[NUMA_NODES_MAX];
};

/* The sets of nodes that a rival looks at, the best first. */
struct rival_sets;

/* What xl and xapi count besides free memory. */
struct rival_host {
    struct numa_host host;
    unsigned int bound_vcpus[NUMA_NODES_MAX];
    unsigned int times_chosen[NUMA_NODES_MAX];
    const struct rival_sets *sets; /* borrowed */
};

/* For all hosts with these distances; the caller frees it. NULL: no memory. */
struct rival_sets *rival_sets_make(const struct numa_host *host);

/* xapi's best-effort: up to 16 nodes, all sets of nodes in the order of their
 * largest, then of their mean distance; above, single nodes only. The first one
 * whose free memory and CPUs suffice, of equal ones that whose nodes have been
 * chosen the least often since the host started. None: all nodes. The vCPUs get
 * its CPUs as soft affinity; Xen spreads the memory evenly over their nodes. */
void place_as_xapi(struct rival_host *host, uint64_t pages, unsigned int vcpus,
                   struct placement *out);

/* xl's automatic placement: up to 16 nodes, the fewest nodes whose free memory
 * and CPUs suffice, of those the ones with the fewest vCPUs bound to them, then
 * the most free memory; distances don't count. None: all nodes. The memory as
 * above. */
void place_as_xl(struct rival_host *host, uint64_t pages, unsigned int vcpus,
                 struct placement *out);

void place_as_we_do(struct rival_host *host, uint64_t pages, unsigned int vcpus,
                    struct placement *out);

/* The mean distance of a vCPU to a page. */
double placement_distance(const struct numa_host *host,
                          const struct placement *placement);

#endif
