/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_gate.h - the one way in which a guest under a NUMA policy gets memory.
 *
 * We populate most of a built guest ourselves. What libxenguest populates (the
 * special pages, ioreq pages and ACPI tables of a build, all pages of a
 * restore) it asks libxenctrl for by xc_domain_populate_physmap_exact. Both are
 * shared libraries, and mem_gate.c defines that function too: the dynamic
 * linker takes the definition in the executable, so the calls come to us, and
 * an open gate names the node of each page. While no gate is open the function
 * does what libxenctrl's does. */
#ifndef XG_MEM_GATE_H
#define XG_MEM_GATE_H

#include <xenctrl.h>

#include "mem_multi.h"
#include "numa_place.h"
#include "numa_reserve.h"

/* What became of a plan. */
struct mem_tally {
    uint64_t pages[NUMA_NODES_MAX];
    uint64_t spilled; /* pages that are not on the node planned for them */
    uint64_t extents_1g, extents_2m, extents_4k;
};

struct mem_gate;

/* Finds memory for extents that libxenguest asks for, all of them or fails with
 * *err filled. As in Xen's interface the frames are guest pfns, which for a PV
 * guest become the mfns. */
typedef int mem_gate_place(struct mem_gate *gate, unsigned int order,
                           xen_pfn_t *frames, unsigned long nr_frames,
                           struct xg_error *err);

/* Zeroed but for the borrowed pointers and `keep_to_plan` before its first use.
 */
struct mem_gate {
    const struct xg_ctx *ctx;
    const struct numa_plan *plan; /* NULL: Xen says where, no node is named */
    const struct numa_vnodes *vnodes; /* NULL: the plan deals alone */
    /* Fail rather than take a page from outside the plan's nodes; in a build,
     * one of the guest's own from another of them than it was planned for. */
    bool keep_to_plan;
    struct numa_reserve *reserve; /* counted down */
    struct mem_tally tally;

    mem_gate_place *place; /* while the gate is open */
    void *data;            /* for `place` */
    struct xg_error err;   /* why the last of them failed */
};

/* Takes what is asked for, from exactly that node, as far as it has it, and
 * counts it; the asker leaves ->flags and ->done to be set here. Errors: the
 * hypervisor's, which are not for want of memory. */
int mem_gate_take(struct mem_gate *gate, struct mem_ask *ask,
                  struct xg_error *err);

/* Takes what all of these ask for, each from exactly its node if there is a
 * plan, as far as there is memory, in one hypercall; and counts it. Errors:
 * ENOMEM for our own buffers; the hypervisor's, which are not for want of
 * memory. */
int mem_gate_take_many(struct mem_gate *gate, struct mem_ask *asks,
                       unsigned int nr_asks, struct xg_error *err);

/* Takes all that is asked for: from that node, and what it has not got from the
 * others in the plan's order; that counts as spilled. Errors: ENOMEM if the
 * nodes that may be used have not got it; the hypervisor's. */
int mem_gate_take_near(struct mem_gate *gate, struct mem_ask ask,
                       struct xg_error *err);

/* From now on libxenguest's requests for this domain go to `place`, which finds
 * `data` in the gate. One gate of the process can be open; it must stay where
 * it is until it is closed. Closing one that is not open does nothing. */
void mem_gate_open(struct mem_gate *gate, mem_gate_place *place, void *data);
void mem_gate_close(struct mem_gate *gate);

/* From now on `progress` is told, too, what libxenguest takes while no gate is
 * open: all that a restore without a policy takes. NULL: no more. */
void mem_gate_watch(struct progress *progress);

/* A `place` for the pages that libxenguest adds to a guest that we populated:
 * on the home node. */
mem_gate_place mem_gate_place_home;

uint64_t mem_tally_pages(const struct mem_tally *tally);

#endif
