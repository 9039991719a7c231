/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_batch.c - ask Xen for many extents of a guest's memory at once.
 *
 * A batch that comes back short tells that its node has no more extents of that
 * size; none are then asked for there again, but smaller ones. */
#include "mem_batch.h"

#include <errno.h>
#include <string.h>

/* A hypercall can't be killed, and shows no progress: it is to last some tenths
 * of a second. What takes time are the extents, a microsecond or so each, and
 * scrubbing them where that is still to be done, some GiB a second; on an
 * emulated host (tests/host/cases/numa-kill.sh) ten times as long. So there are
 * at most so many extents in one, and, of whatever size, 1 GiB. */
#define BATCH (1u << 16)
#define BATCH_PAGES (UINT64_C(1) << 18)

void mem_batch_free(struct mem_batch *batch)
{
    free(batch->extents);
    free(batch->pfns);
}

int mem_batch_alloc(struct mem_batch *batch, struct xg_error *err)
{
    batch->extents = malloc(BATCH * sizeof(*batch->extents));
    batch->pfns = malloc(BATCH * sizeof(*batch->pfns));
    if (!batch->extents || !batch->pfns)
        return xg_fail(err, "malloc", errno, "%u extents", BATCH);
    return 0;
}

static bool is_full(const struct mem_batch *batch)
{
    uint64_t most = BATCH_PAGES;

    if (batch->by_way.pages && batch->by_way.pages < most)
        most = batch->by_way.pages;
    return batch->nr == BATCH ||
           (batch->nr + UINT64_C(1)) << batch->order > most;
}

/* The frames that the pages are to be at, if only for a moment. */
static void list_extents(struct mem_batch *batch)
{
    for (unsigned int i = 0; i < batch->nr; i++)
        batch->extents[i] =
            batch->by_way.pages
                ? batch->by_way.pfn + ((xen_pfn_t)i << batch->order)
                : batch->pfns[i];
}

/* A PV guest is told of each of its machine frames. */
static void note_frames(struct xc_dom_image *dom, const struct mem_batch *batch,
                        unsigned int nr)
{
    if (dom->container_type != XC_DOM_PV_CONTAINER)
        return;
    for (unsigned int i = 0; i < nr; i++)
        for (xen_pfn_t k = 0; k < (xen_pfn_t)1 << batch->order; k++)
            dom->pv_p2m[batch->pfns[i] + k] = batch->extents[i] + k;
}

static int move_to_cache(struct xc_dom_image *dom, struct mem_batch *batch,
                         unsigned int nr, struct xg_error *err)
{
    if (!batch->by_way.pages || !nr)
        return 0;
    list_extents(batch);
    errno = 0;
    if (xc_domain_decrease_reservation_exact(dom->xch, dom->guest_domid, nr,
                                             batch->order, batch->extents) < 0)
        return xg_fail(err, "xc_domain_decrease_reservation_exact", xg_errno(),
                       "%u extents of order %u: %s", nr, batch->order,
                       strerror(xg_errno()));
    return 0;
}

/* Marking takes no memory of the guest's. */
static int mark_pod(struct xc_dom_image *dom, struct mem_batch *batch,
                    unsigned long *done, struct xg_error *err)
{
    int rc;

    errno = 0;
    rc = xc_domain_populate_physmap(dom->xch, dom->guest_domid, batch->nr,
                                    batch->order, XENMEMF_populate_on_demand,
                                    batch->extents);
    if (rc < 0)
        return xg_fail(err, "xc_domain_populate_physmap", xg_errno(),
                       "on demand: %u extents of order %u: %s", batch->nr,
                       batch->order, strerror(xg_errno()));
    *done = (unsigned long)rc;
    return 0;
}

static uint64_t *short_of(struct mem_batch *batch, unsigned int order)
{
    return order == ORDER_1G   ? &batch->short_of_1g
           : order == ORDER_2M ? &batch->short_of_2m
                               : &batch->short_of_4k;
}

/* Asks for what the batch holds. What was not to be had goes to *missing. */
static int flush(struct xc_dom_image *dom, struct mem_batch *batch,
                 struct mem_runs *missing, struct xg_error *err)
{
    unsigned long done = 0;
    int rc;

    if (!batch->nr)
        return 0;
    list_extents(batch);
    rc = batch->gate ? mem_gate_take(batch->gate, batch->node, batch->order,
                                     batch->extents, batch->nr, &done, err)
                     : mark_pod(dom, batch, &done, err);
    if (rc < 0)
        return -1;
    note_frames(dom, batch, (unsigned int)done);
    if (move_to_cache(dom, batch, (unsigned int)done, err) < 0)
        return -1;

    for (unsigned int i = (unsigned int)done; i < batch->nr; i++) {
        const struct mem_run extent = {
            .pfn = batch->pfns[i],
            .pages = UINT64_C(1) << batch->order,
            .node = batch->node,
        };

        if (mem_runs_add(missing, extent, err) < 0)
            return -1;
    }
    if (done < batch->nr)
        *short_of(batch, batch->order) |= NUMA_BIT(batch->node);
    batch->nr = 0;
    return 0;
}

/* Whether the run can begin with an extent of this size. */
static bool can_begin(struct mem_batch *batch, const struct mem_run *run,
                      unsigned int order)
{
    uint64_t pages = UINT64_C(1) << order;

    /* Xen's cache for populating on demand has nothing larger than 2 MiB. */
    if (batch->by_way.pages && order > ORDER_2M)
        return false;
    return run->pfn % pages == 0 && run->pages >= pages &&
           !(*short_of(batch, order) & NUMA_BIT(run->node));
}

/* Puts the beginning of the run into the batch, and takes it off the run: what
 * is asked for, and what is to be left. */
static int begin_run(struct xc_dom_image *dom, struct mem_batch *batch,
                     unsigned int smallest, struct mem_run *run,
                     struct mem_runs *left, struct xg_error *err)
{
    static const unsigned int orders[] = { ORDER_1G, ORDER_2M, ORDER_4K };
    uint64_t pages = UINT64_C(1) << smallest;
    struct mem_run part = *run;

    part.pages = 0;
    for (size_t i = 0; i < ARRAY_SIZE(orders) && !part.pages; i++) {
        if (orders[i] < smallest || !can_begin(batch, run, orders[i]))
            continue;
        if ((orders[i] != batch->order || run->node != batch->node) &&
            flush(dom, batch, left, err) < 0)
            return -1;
        batch->order = orders[i];
        batch->node = run->node;
        batch->pfns[batch->nr++] = run->pfn;
        part.pages = UINT64_C(1) << orders[i];
        if (is_full(batch) && flush(dom, batch, left, err) < 0)
            return -1;
    }
    if (!part.pages) {
        part.pages = pages - run->pfn % pages;
        if (part.pages > run->pages)
            part.pages = run->pages;
        if (mem_runs_add(left, part, err) < 0)
            return -1;
    }
    run->pfn += part.pages;
    run->pages -= part.pages;
    return 0;
}

int mem_batch_place(struct xc_dom_image *dom, struct mem_batch *batch,
                    unsigned int smallest, struct mem_runs *runs,
                    struct xg_error *err)
{
    cleanup_mem_runs struct mem_runs left = { 0 };

    for (size_t i = 0; i < runs->nr; i++)
        while (runs->run[i].pages)
            if (begin_run(dom, batch, smallest, &runs->run[i], &left, err) < 0)
                return -1;
    if (flush(dom, batch, &left, err) < 0)
        return -1;

    mem_runs_move(runs, &left);
    return 0;
}
