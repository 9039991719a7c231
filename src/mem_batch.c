/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_batch.c - ask Xen for many extents of a guest's memory at once.
 *
 * A request that comes back short tells that its node has no more extents of
 * that size; none are then asked for there again, but smaller ones. */
#include "mem_batch.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "numbers.h"

/* A hypercall can't be killed, and shows no progress: it is not to last longer
 * than a second. What takes time are the extents, a microsecond or so each, and
 * scrubbing them where that is still to be done, some GiB a second; on an
 * emulated host (tests/host/cases/numa-kill.sh) ten times as long. So there are
 * at most so many extents in one, and, of whatever size, 1 GiB at first; then
 * twice as much as in the last one, but no more than what, as fast as that one
 * was, takes that second, nor than 8 GiB. */
#define BATCH (1u << 16)
#define ASKS (1u << 12)
#define FIRST_PAGES PAGES_1G
#define MOST_PAGES (8 * PAGES_1G)
#define MOST_US 1000000

void mem_batch_free(struct mem_batch *batch)
{
    free(batch->extents);
    free(batch->pfns);
    free(batch->asks);
}

int mem_batch_alloc(struct mem_batch *batch, struct xg_error *err)
{
    batch->extents = malloc(BATCH * sizeof(*batch->extents));
    batch->pfns = malloc(BATCH * sizeof(*batch->pfns));
    batch->asks = malloc(ASKS * sizeof(*batch->asks));
    if (!batch->extents || !batch->pfns || !batch->asks)
        return xg_fail_errno(err, "malloc", "%u extents", BATCH);
    batch->most_pages = batch->by_way.pages && batch->by_way.pages < FIRST_PAGES
                            ? batch->by_way.pages
                            : FIRST_PAGES;
    return 0;
}

/* By the thread's clock: what others do meanwhile is no reason for smaller
 * batches. */
static void set_pace(struct mem_batch *batch, bool is_short, uint64_t took_us)
{
    uint64_t most = 2 * batch->most_pages;

    if (batch->by_way.pages)
        return;
    if (took_us && batch->pages * MOST_US / took_us < most)
        most = batch->pages * MOST_US / took_us;
    if (most > MOST_PAGES)
        most = MOST_PAGES;
    batch->most_pages = is_short || most < FIRST_PAGES ? FIRST_PAGES : most;
}

/* Lists the frames to ask for: those that are to be populated, or, for a PoD
 * cache, those by way of which the pages go there; such a batch has one
 * request. */
static void list_extents(struct mem_batch *batch)
{
    unsigned int order = batch->asks[0].order;

    for (unsigned int i = 0; i < batch->nr; i++)
        batch->extents[i] = batch->by_way.pages
                                ? batch->by_way.pfn + ((xen_pfn_t)i << order)
                                : batch->pfns[i];
}

/* A PV guest is told of each of its machine frames. */
static void note_frames(const struct mem_batch *batch,
                        const struct mem_ask *ask)
{
    const xen_pfn_t *pfns = batch->pfns + (ask->frames - batch->extents);

    if (batch->dom->container_type != XC_DOM_PV_CONTAINER)
        return;
    for (unsigned long i = 0; i < ask->done; i++)
        for (xen_pfn_t k = 0; k < (xen_pfn_t)1 << ask->order; k++)
            batch->dom->pv_p2m[pfns[i] + k] = ask->frames[i] + k;
}

static int move_to_cache(struct mem_batch *batch, struct xg_error *err)
{
    struct xc_dom_image *dom = batch->dom;
    const struct mem_ask *ask = &batch->asks[0];

    if (!batch->by_way.pages || !ask->done)
        return 0;
    list_extents(batch);
    errno = 0;
    if (xc_domain_decrease_reservation_exact(dom->xch, dom->guest_domid,
                                             ask->done, ask->order,
                                             batch->extents) < 0)
        return xg_fail_errno(err, "xc_domain_decrease_reservation_exact",
                             "%lu extents of order %u: %s", ask->done,
                             ask->order, strerror(xg_errno()));
    return 0;
}

/* Marking takes no memory of the guest's. */
static int mark_pod(const struct mem_batch *batch, struct xg_error *err)
{
    struct xc_dom_image *dom = batch->dom;

    for (unsigned int i = 0; i < batch->nr_asks; i++) {
        struct mem_ask *ask = &batch->asks[i];
        int rc;

        errno = 0;
        rc = xc_domain_populate_physmap(
            dom->xch, dom->guest_domid, ask->nr_frames, ask->order,
            XENMEMF_populate_on_demand, ask->frames);
        if (rc < 0)
            return xg_fail_errno(err, "xc_domain_populate_physmap",
                                 "on demand: %lu extents of order %u: %s",
                                 ask->nr_frames, ask->order,
                                 strerror(xg_errno()));
        ask->done = (unsigned long)rc;
    }
    return 0;
}

static uint64_t *short_of(struct mem_batch *batch, unsigned int order)
{
    return order == ORDER_1G   ? &batch->short_of_1g
           : order == ORDER_2M ? &batch->short_of_2m
                               : &batch->short_of_4k;
}

/* What of a request was not to be had goes to *missing. */
static int note_missing(struct mem_batch *batch, const struct mem_ask *ask,
                        struct mem_runs *missing, struct xg_error *err)
{
    const xen_pfn_t *pfns = batch->pfns + (ask->frames - batch->extents);

    for (unsigned long i = ask->done; i < ask->nr_frames; i++) {
        const struct mem_run extent = {
            .pfn = pfns[i],
            .pages = UINT64_C(1) << ask->order,
            .node = ask->node,
        };

        if (mem_runs_add(missing, extent, err) < 0)
            return -1;
    }
    if (ask->done < ask->nr_frames)
        *short_of(batch, ask->order) |= NUMA_BIT(ask->node);
    return 0;
}

/* Asks for what the batch holds. What was not to be had goes to *missing. */
static int flush(struct mem_batch *batch, struct mem_runs *missing,
                 struct xg_error *err)
{
    int64_t from_us = clock_thread_us();
    bool is_short = false;
    int rc;

    if (!batch->nr)
        return 0;
    list_extents(batch);
    rc = batch->gate
             ? mem_gate_take_many(batch->gate, batch->asks, batch->nr_asks, err)
             : mark_pod(batch, err);
    if (rc < 0 || move_to_cache(batch, err) < 0)
        return -1;

    for (unsigned int i = 0; i < batch->nr_asks; i++) {
        const struct mem_ask *ask = &batch->asks[i];

        note_frames(batch, ask);
        if (note_missing(batch, ask, missing, err) < 0)
            return -1;
        is_short |= ask->done < ask->nr_frames;
    }
    set_pace(batch, is_short, (uint64_t)(clock_thread_us() - from_us));
    batch->nr = batch->nr_asks = 0;
    batch->pages = 0;
    return 0;
}

static bool has_room(const struct mem_batch *batch, unsigned int order,
                     bool another)
{
    unsigned int asks = batch->by_way.pages ? 1 : ASKS;

    return batch->nr < BATCH && batch->nr_asks + another <= asks &&
           (!batch->nr ||
            batch->pages + (UINT64_C(1) << order) <= batch->most_pages);
}

/* Adds an extent to what is asked for, first what is in its way. */
static int add_extent(struct mem_batch *batch, unsigned int order,
                      const struct mem_run *run, struct mem_runs *missing,
                      struct xg_error *err)
{
    struct mem_ask *ask = NULL;
    bool another = true;

    if (batch->nr_asks) {
        ask = &batch->asks[batch->nr_asks - 1];
        another = ask->order != order || ask->node != run->node;
    }
    if (!has_room(batch, order, another)) {
        if (flush(batch, missing, err) < 0)
            return -1;
        another = true;
    }
    if (another) {
        ask = &batch->asks[batch->nr_asks++];
        *ask = (struct mem_ask){
            .node = run->node,
            .order = order,
            .frames = batch->extents + batch->nr,
        };
    }
    ask->nr_frames++;
    batch->pfns[batch->nr++] = run->pfn;
    batch->pages += UINT64_C(1) << order;
    return 0;
}

/* Whether the run can begin with an extent of this size. */
static bool can_begin(struct mem_batch *batch, const struct mem_run *run,
                      unsigned int order)
{
    /* Xen's cache for populating on demand has nothing larger than 2 MiB. */
    if (batch->by_way.pages && order > ORDER_2M)
        return false;
    return mem_run_fits(run, order) &&
           !(*short_of(batch, order) & NUMA_BIT(run->node));
}

/* Puts the beginning of the run into the batch, and takes it off the run: what
 * is asked for, and what is to be left. */
static int begin_run(struct mem_batch *batch, unsigned int smallest,
                     struct mem_run *run, struct mem_runs *left,
                     struct xg_error *err)
{
    static const unsigned int orders[] = { ORDER_1G, ORDER_2M, ORDER_4K };
    uint64_t pages = UINT64_C(1) << smallest;
    struct mem_run part = *run;

    part.pages = 0;
    for (size_t i = 0; i < ARRAY_SIZE(orders) && !part.pages; i++) {
        if (orders[i] < smallest || !can_begin(batch, run, orders[i]))
            continue;
        if (add_extent(batch, orders[i], run, left, err) < 0)
            return -1;
        part.pages = UINT64_C(1) << orders[i];
    }
    if (!part.pages) {
        part.pages = number_min(pages - run->pfn % pages, run->pages);
        if (mem_runs_add(left, part, err) < 0)
            return -1;
    }
    run->pfn += part.pages;
    run->pages -= part.pages;
    return 0;
}

int mem_batch_place(struct mem_batch *batch, unsigned int smallest,
                    struct mem_runs *runs, struct xg_error *err)
{
    cleanup_mem_runs struct mem_runs left = { 0 };

    for (size_t i = 0; i < runs->nr; i++)
        while (runs->run[i].pages)
            if (begin_run(batch, smallest, &runs->run[i], &left, err) < 0)
                return -1;
    if (flush(batch, &left, err) < 0)
        return -1;

    mem_runs_move(runs, &left);
    return 0;
}
