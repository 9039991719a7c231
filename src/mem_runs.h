/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_runs.h - which guest frames go to which node (pure). */
#ifndef XG_MEM_RUNS_H
#define XG_MEM_RUNS_H

#include "numa_place.h"

/* Guest frames in a row. */
struct mem_run {
    uint64_t pfn, pages;
};

/* Grows as needed. */
struct mem_runs {
    struct mem_run *run; /* owned */
    size_t nr, room;
};

/* Appends a run; joins it to the last one if it follows that. Errors: ENOMEM.
 */
int mem_runs_add(struct mem_runs *runs, uint64_t pfn, uint64_t pages,
                 struct xg_error *err);

void mem_runs_free(struct mem_runs *runs);

uint64_t mem_runs_pages(const struct mem_runs *runs);

/* Who gets the next frames of a guest. */
struct mem_dealer {
    const struct numa_plan *plan;
    uint64_t left[NUMA_NODES_MAX]; /* pages that a node is still to get */
    unsigned int turn;             /* place in the plan's order */
};

void mem_dealer_begin(struct mem_dealer *dealer, const struct numa_plan *plan);

/* The node for the frames from run.pfn on, and in *pages how many of them: a
 * multiple of `grain` that does not go beyond a multiple of `stripe` (0: the
 * node gets all it should at once). NUMA_NODES_MAX: no node is still to get
 * `grain` pages, which run.pages is no less than. */
unsigned int mem_dealer_next(struct mem_dealer *dealer, struct mem_run run,
                             uint64_t grain, uint64_t stripe, uint64_t *pages);

/* Deals a guest's memory out to the nodes of a plan, whose pages add up to it:
 * in stripes, or one node after the other in the plan's order. Frames that make
 * up a superpage stay together; what is over goes to those who still lack
 * something. by_node[] has NUMA_NODES_MAX lists, owned by the caller also on
 * failure. Errors: ENOMEM. */
int mem_runs_deal(const struct mem_runs *memory, const struct numa_plan *plan,
                  struct mem_runs *by_node, struct xg_error *err);

#define cleanup_mem_runs xg_cleanup(mem_runs_free)

#endif
