/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_populate.h - fill a guest with memory, each page from the node that the
 * plan names. */
#ifndef XG_MEM_POPULATE_H
#define XG_MEM_POPULATE_H

#include <xenctrl.h>
#include <xenguest.h>

#include "mem_runs.h"
#include "numa_reserve.h"

/* What became of the plan. */
struct mem_tally {
    uint64_t pages[NUMA_NODES_MAX];
    uint64_t spilled; /* pages that are not on the node planned for them */
    uint64_t extents_1g, extents_2m, extents_4k;
};

struct mem_populate {
    const struct xg_ctx *ctx;
    const struct numa_plan *plan;
    bool strict; /* fail rather than take a page from another node */
    struct numa_reserve *reserve; /* counted down */
    struct mem_tally tally;
    struct mem_run by_way; /* while a PoD cache is filled: see mem_batch.h */
};

/* Tells Xen of a 32-bit PV guest, before it has memory; that costs a claim that
 * it has. `library` are libxenguest's own hooks for the image. Errors: the
 * hypervisor's. */
int mem_populate_prepare(struct xc_dom_image *dom,
                         const struct xc_dom_arch *library, bool *claim_is_gone,
                         struct xg_error *err);

/* Populates what libxenguest's own way for this kind of guest would, and leaves
 * the image as that does; the image has been parsed, and its size set. Errors:
 * ENOMEM where the nodes have less than it looked; the hypervisor's. */
int mem_populate_image(struct mem_populate *populate, struct xc_dom_image *dom,
                       struct xg_error *err);

/* Populates `pages` more from pfn on, from the home node, or what that has not
 * got from the others of the plan; *missing is what none of them has. */
int mem_populate_more(struct mem_populate *populate, struct xc_dom_image *dom,
                      uint64_t pfn, uint64_t pages, uint64_t *missing,
                      struct xg_error *err);

#endif
