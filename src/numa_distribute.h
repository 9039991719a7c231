/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_distribute.h - how a demand is spread over a set of nodes (private to
 * the planner; numa_place.h has numa_distribute itself). */
#ifndef XG_NUMA_DISTRIBUTE_H
#define XG_NUMA_DISTRIBUTE_H

#include "numa_place.h"

/* Appends nodes to the order, home first, then by distance from it; nodes that
 * don't reach all that are there already are left out. */
void numa_order_nodes(const struct numa_host *host, uint64_t nodes,
                      struct numa_plan *plan);

/* Gives each node of the order in turn what it can take of `left` pages.
 * Returns the pages that are still left. */
uint64_t numa_fill(const struct numa_host *host,
                   const struct numa_request *request, uint64_t left,
                   struct numa_plan *plan);

/* Sets plan->nodes: nodes with pages, the home node, and those of `nodes` with
 * CPUs. */
void numa_note_nodes(const struct numa_host *host, uint64_t nodes,
                     struct numa_plan *plan);

#endif
