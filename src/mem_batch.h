/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_batch.h - ask Xen for many extents of a guest's memory at once. */
#ifndef XG_MEM_BATCH_H
#define XG_MEM_BATCH_H

#include <xenctrl.h>
#include <xenguest.h>

#include "mem_gate.h"
#include "mem_runs.h"

/* Asks for extents, many at once, in the order in which they come. Zeroed but
 * for what the caller wants. */
struct mem_batch {
    struct xc_dom_image *dom; /* borrowed: the guest */

    /* NULL: frames are marked for populating on demand. */
    struct mem_gate *gate;

    /* Frames without RAM by way of which the pages go to the guest's cache for
     * populating on demand, and not to the frames that are asked for; 0 pages:
     * none. As aligned as the extents. */
    struct mem_run by_way;

    /* mem_batch.c's own */
    xen_pfn_t *extents; /* pfns; for a PV guest Xen answers with mfns */
    xen_pfn_t *pfns;
    /* Each for neighbours in `extents` that are of one node and size. */
    struct mem_ask *asks;
    unsigned int nr, nr_asks;
    uint64_t pages, most_pages; /* that are in it; that may be */
    /* Nodes that have no more extents of that size. */
    uint64_t short_of_1g, short_of_2m, short_of_4k;
};

/* Errors: ENOMEM; then, too, the batch is safe to free. */
int mem_batch_alloc(struct mem_batch *batch, struct xg_error *err);

void mem_batch_free(struct mem_batch *batch);

/* Asks for all of *runs, each from its node and in the order in which they are
 * there, in the largest extents that fit, none smaller than `smallest`. Returns
 * in *runs what is left, in no order: what is not so aligned, and what was not
 * to be had. Errors: ENOMEM; the hypervisor's, which are not for want of
 * memory. */
int mem_batch_place(struct mem_batch *batch, unsigned int smallest,
                    struct mem_runs *runs, struct xg_error *err);

#define cleanup_mem_batch xg_cleanup(mem_batch_free)

#endif
