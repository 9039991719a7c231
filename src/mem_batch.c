/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_batch.c - ask Xen for many extents of a guest's memory at once.
 *
 * A batch that comes back short tells that there are no more extents of that
 * size; what else was to be asked for in the same size is then not tried. */
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
        return xg_fail(err, "xc_domain_decrease_reservation_exact", errno,
                       "%u extents of order %u: %s", nr, batch->order,
                       strerror(errno));
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
        return xg_fail(err, "xc_domain_populate_physmap", errno,
                       "on demand: %u extents of order %u: %s", batch->nr,
                       batch->order, strerror(errno));
    *done = (unsigned long)rc;
    return 0;
}

/* Asks for what the batch holds. What was not to be had goes to *missing. */
static int flush(struct xc_dom_image *dom, struct mem_batch *batch,
                 uint64_t *got_extents, struct mem_runs *missing,
                 struct xg_error *err)
{
    unsigned long done = 0;

    if (!batch->nr)
        return 0;
    if (!batch->short_of) {
        int rc;

        list_extents(batch);
        rc = batch->gate ? mem_gate_take(batch->gate, batch->node, batch->order,
                                         batch->extents, batch->nr, &done, err)
                         : mark_pod(dom, batch, &done, err);
        if (rc < 0)
            return -1;
    }
    note_frames(dom, batch, (unsigned int)done);
    if (move_to_cache(dom, batch, (unsigned int)done, err) < 0)
        return -1;
    *got_extents += done;

    for (unsigned int i = (unsigned int)done; i < batch->nr; i++)
        if (mem_runs_add(missing, batch->pfns[i], UINT64_C(1) << batch->order,
                         err) < 0)
            return -1;
    batch->short_of = done < batch->nr;
    batch->nr = 0;
    return 0;
}

int mem_batch_place(struct xc_dom_image *dom, struct mem_batch *batch,
                    struct mem_runs *runs, uint64_t *got_extents,
                    struct xg_error *err)
{
    uint64_t pages = UINT64_C(1) << batch->order;
    cleanup_mem_runs struct mem_runs left = { 0 };

    *got_extents = 0;
    batch->short_of = false;
    for (size_t i = 0; i < runs->nr; i++) {
        uint64_t pfn = runs->run[i].pfn, end = pfn + runs->run[i].pages;
        uint64_t head = -pfn % pages;

        if (head > end - pfn)
            head = end - pfn;
        if (mem_runs_add(&left, pfn, head, err) < 0)
            return -1;
        for (pfn += head; end - pfn >= pages; pfn += pages) {
            batch->pfns[batch->nr++] = pfn;
            if (is_full(batch) &&
                flush(dom, batch, got_extents, &left, err) < 0)
                return -1;
        }
        if (mem_runs_add(&left, pfn, end - pfn, err) < 0)
            return -1;
    }
    if (flush(dom, batch, got_extents, &left, err) < 0)
        return -1;

    mem_runs_free(runs);
    *runs = left;
    left = (struct mem_runs){ 0 };
    return 0;
}
