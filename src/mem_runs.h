/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_runs.h - which guest frames go to which node (pure). */
#ifndef XG_MEM_RUNS_H
#define XG_MEM_RUNS_H

#include "numa_place.h"

/* Guest frames in a row. */
struct mem_run {
    uint64_t pfn, pages;
    unsigned int node; /* that they come from; 0 until they are dealt out */
};

/* Grows as needed. */
struct mem_runs {
    struct mem_run *run; /* owned */
    size_t nr, room;
};

/* How a node's pages are asked for. */
struct mem_extents {
    uint64_t of_1g, of_2m, of_4k;
};

/* Whether the run can begin with an extent of this size. */
bool mem_run_fits(const struct mem_run *run, unsigned int order);

/* Appends a run, if it has pages; joins it to the last one if it follows that
 * on the same node. Errors: ENOMEM. */
int mem_runs_add(struct mem_runs *runs, struct mem_run run,
                 struct xg_error *err);

/* Sorts by frame, and joins what follows each other. */
void mem_runs_sort(struct mem_runs *runs);

/* Puts those of one node together, nodes in the plan's order, which all of them
 * are in; runs that are sorted by frame stay so on each. Errors: ENOMEM. */
int mem_runs_group(struct mem_runs *runs, const struct numa_plan *plan,
                   struct xg_error *err);

/* Appends the RAM of an HVM or PVH guest, which ends at low_end below 4 GiB and
 * at high_end above (in bytes; 0: none is above), but for the hole_pages of the
 * VGA hole (0: it has none). Errors: ENOMEM. */
int mem_runs_add_ram(struct mem_runs *memory, uint64_t low_end,
                     uint64_t high_end, uint64_t hole_pages,
                     struct xg_error *err);

/* The largest extents, none larger than `largest`, that runs which are sorted
 * can be asked for in; adds to those of each node. */
void mem_runs_extents(const struct mem_runs *runs, unsigned int largest,
                      struct mem_extents extents[NUMA_NODES_MAX]);

void mem_runs_free(struct mem_runs *runs);

/* *from takes the place of *to, and is empty. */
void mem_runs_move(struct mem_runs *to, struct mem_runs *from);

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
 * something. If there are virtual nodes, each frame goes where its own is,
 * whatever the plan. Appends to *dealt, which is the caller's also on failure,
 * in no order. `vnodes` may be NULL. Errors: ENOMEM; ERANGE if the plan is
 * short, or for memory that is in no virtual node. */
int mem_runs_deal(const struct mem_runs *memory, const struct numa_plan *plan,
                  const struct numa_vnodes *vnodes, struct mem_runs *dealt,
                  struct xg_error *err);

#define cleanup_mem_runs xg_cleanup(mem_runs_free)

#endif
