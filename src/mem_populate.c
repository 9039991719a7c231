/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_populate.c - fill a guest with memory, each page from the node that the
 * plan names.
 *
 * Each node's share is asked for in extents of 1 GiB where the guest's frames
 * allow it, then 2 MiB, then 4 KiB, each in batches. A batch that comes back
 * short tells that the node has no more of that size; what is then still
 * missing is asked for in the next smaller one, and in the end from the other
 * nodes, nearest first. */
#include "mem_populate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "numa_affinity.h"

#define ORDER_1G 18
#define ORDER_2M 9
#define ORDER_4K 0

/* Extents in one hypercall: the larger, the fewer; these are 2 MiB of them. */
#define BATCH (1u << 18)

/* The low memory of an HVM guest with a device model ends at the VGA hole. */
#define VGA_HOLE_PFN 0xa0

static const unsigned int orders[] = { ORDER_1G, ORDER_2M, ORDER_4K };

/* One batch of extents of one size. */
struct batch {
    xen_pfn_t *extents; /* pfns; for a PV guest Xen answers with mfns */
    xen_pfn_t *pfns;
    unsigned int nr;
    unsigned int order;
    unsigned int memflags;
    bool short_of; /* the last one was not filled */
};

static void batch_free(struct batch *batch)
{
    free(batch->extents);
    free(batch->pfns);
}

static int batch_alloc(struct batch *batch, struct xg_error *err)
{
    batch->extents = malloc(BATCH * sizeof(*batch->extents));
    batch->pfns = malloc(BATCH * sizeof(*batch->pfns));
    if (!batch->extents || !batch->pfns)
        return xg_fail(err, "malloc", errno, "%u extents", BATCH);
    return 0;
}

/* A PV guest is told of each of its machine frames. */
static void note_frames(struct xc_dom_image *dom, const struct batch *batch,
                        unsigned int nr)
{
    if (dom->container_type != XC_DOM_PV_CONTAINER)
        return;
    for (unsigned int i = 0; i < nr; i++)
        for (xen_pfn_t k = 0; k < (xen_pfn_t)1 << batch->order; k++)
            dom->pv_p2m[batch->pfns[i] + k] = batch->extents[i] + k;
}

/* Asks for what the batch holds. What was not to be had goes to *missing. */
static int flush(struct xc_dom_image *dom, struct batch *batch,
                 uint64_t *got_extents, struct mem_runs *missing,
                 struct xg_error *err)
{
    int done = 0;

    if (!batch->nr)
        return 0;
    if (!batch->short_of) {
        memcpy(batch->extents, batch->pfns, batch->nr * sizeof(*batch->pfns));
        errno = 0;
        done = xc_domain_populate_physmap(dom->xch, dom->guest_domid, batch->nr,
                                          batch->order, batch->memflags,
                                          batch->extents);
        if (done < 0)
            return xg_fail(err, "xc_domain_populate_physmap", errno,
                           "%u extents of order %u: %s", batch->nr,
                           batch->order, strerror(errno));
    }
    note_frames(dom, batch, (unsigned int)done);
    *got_extents += (unsigned int)done;

    for (unsigned int i = (unsigned int)done; i < batch->nr; i++)
        if (mem_runs_add(missing, batch->pfns[i], UINT64_C(1) << batch->order,
                         err) < 0)
            return -1;
    batch->short_of = (unsigned int)done < batch->nr;
    batch->nr = 0;
    return 0;
}

/* Asks for all of *runs in extents of one size. Returns in *runs what is left:
 * what is not so aligned, and what was not to be had. */
static int place_order(struct xc_dom_image *dom, struct batch *batch,
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
            if (batch->nr == BATCH &&
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

/* Asks a node for all of *runs; what it has not got stays there. */
static int place_on_node(struct mem_populate *populate,
                         struct xc_dom_image *dom, unsigned int node,
                         struct mem_runs *runs, struct xg_error *err)
{
    struct mem_tally *tally = &populate->tally;
    uint64_t *counts[] = { &tally->extents_1g, &tally->extents_2m,
                           &tally->extents_4k };
    struct batch batch xg_cleanup(batch_free) = {
        .memflags = XENMEMF_exact_node(node),
    };

    if (!runs->nr)
        return 0;
    if (batch_alloc(&batch, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(orders) && runs->nr; i++) {
        uint64_t got;

        batch.order = orders[i];
        if (place_order(dom, &batch, runs, &got, err) < 0)
            return xg_error_context(err, "node %u", node);
        *counts[i] += got;
        tally->pages[node] += got << orders[i];
        numa_reserve_take(populate->reserve, node, got << orders[i]);
        if (got)
            xg_info(populate->ctx->log,
                    "node %u: %" PRIu64 " extents of %u KiB", node, got,
                    4u << orders[i]);
    }
    return 0;
}

/* Goes through the nodes once for their own shares, then for what others had
 * not got. */
static int place_all(struct mem_populate *populate, struct xc_dom_image *dom,
                     struct mem_runs *by_node, struct xg_error *err)
{
    const struct numa_plan *plan = populate->plan;
    cleanup_mem_runs struct mem_runs missing = { 0 };

    for (unsigned int i = 0; i < plan->nr_order; i++) {
        unsigned int node = plan->order[i];
        struct mem_runs *share = &by_node[node];

        if (place_on_node(populate, dom, node, share, err) < 0)
            return -1;
        if (share->nr && populate->strict)
            return xg_fail(err, "mem_populate", ENOMEM,
                           "node %u: %" PRIu64 " pages of %" PRIu64
                           " are not to be had",
                           node, mem_runs_pages(share), plan->pages[node]);
        for (size_t r = 0; r < share->nr; r++)
            if (mem_runs_add(&missing, share->run[r].pfn, share->run[r].pages,
                             err) < 0)
                return -1;
    }

    populate->tally.spilled = mem_runs_pages(&missing);
    for (unsigned int i = 0; i < plan->nr_order && missing.nr; i++)
        if (place_on_node(populate, dom, plan->order[i], &missing, err) < 0)
            return -1;
    if (missing.nr)
        return xg_fail(err, "mem_populate", ENOMEM,
                       "%" PRIu64 " pages are not to be had on any node",
                       mem_runs_pages(&missing));
    return 0;
}

static void free_by_node(struct mem_runs (*by_node)[NUMA_NODES_MAX])
{
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        mem_runs_free(&(*by_node)[node]);
}

static int deal_and_place(struct mem_populate *populate,
                          struct xc_dom_image *dom,
                          const struct mem_runs *memory, struct xg_error *err)
{
    struct mem_runs by_node[NUMA_NODES_MAX] xg_cleanup(free_by_node) = { 0 };

    if (mem_runs_deal(memory, populate->plan, by_node, err) < 0)
        return -1;
    return place_all(populate, dom, by_node, err);
}

/* ---- HVM and PVH ---- */

static int list_hvm_memory(const struct xc_dom_image *dom,
                           struct mem_runs *memory, struct xg_error *err)
{
    uint64_t low_end = dom->lowmem_end >> XC_PAGE_SHIFT;
    uint64_t high = UINT64_C(1) << (32 - XC_PAGE_SHIFT);
    uint64_t high_end = dom->highmem_end >> XC_PAGE_SHIFT;
    uint64_t hole = dom->device_model ? VGA_HOLE_PFN : 0;
    uint64_t from = dom->device_model ? hole + dom->vga_hole_size : 0;

    if (mem_runs_add(memory, 0, hole, err) < 0 ||
        mem_runs_add(memory, from, low_end - from, err) < 0)
        return -1;
    return high_end > high ? mem_runs_add(memory, high, high_end - high, err)
                           : 0;
}

/* Populate on demand: Xen takes the pages now, into a cache that follows the
 * domain's node affinity, and gives them to frames later. So each node in turn
 * is its only affinity while the cache grows by that node's share. */
static int fill_pod_cache(struct mem_populate *populate,
                          struct xc_dom_image *dom, struct xg_error *err)
{
    const struct numa_plan *plan = populate->plan;
    uint64_t target = 0;

    for (unsigned int i = 0; i < plan->nr_order; i++) {
        unsigned int node = plan->order[i];

        if (!plan->pages[node])
            continue;
        target += plan->pages[node];
        if (numa_affinity_set_nodes(populate->ctx, NUMA_BIT(node), err) < 0)
            return -1;
        xg_forget_errors(populate->ctx);
        if (xc_domain_set_pod_target(dom->xch, dom->guest_domid, target, NULL,
                                     NULL, NULL) < 0)
            return xg_fail_xc(populate->ctx, err, "xc_domain_set_pod_target",
                              "node %u: %" PRIu64 " pages in all", node,
                              target);
        populate->tally.pages[node] = plan->pages[node];
        numa_reserve_take(populate->reserve, node, plan->pages[node]);
    }
    return numa_affinity_set_nodes(populate->ctx, NUMA_BIT(plan->home), err);
}

static int mark_pod(struct mem_populate *populate, struct xc_dom_image *dom,
                    struct mem_runs *memory, struct xg_error *err)
{
    struct batch batch xg_cleanup(batch_free) = {
        .memflags = XENMEMF_populate_on_demand,
    };

    if (fill_pod_cache(populate, dom, err) < 0 || batch_alloc(&batch, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        uint64_t got;

        batch.order = orders[i];
        if (place_order(dom, &batch, memory, &got, err) < 0)
            return -1;
    }
    if (memory->nr)
        return xg_fail(err, "mem_populate", ENOMEM,
                       "%" PRIu64 " pages can't be marked for populating on "
                       "demand",
                       mem_runs_pages(memory));
    return 0;
}

static int populate_hvm(struct mem_populate *populate, struct xc_dom_image *dom,
                        struct xg_error *err)
{
    uint64_t top =
        dom->highmem_end > dom->lowmem_end ? dom->highmem_end : dom->lowmem_end;
    cleanup_mem_runs struct mem_runs memory = { 0 };

    dom->p2m_size = top >> XC_PAGE_SHIFT;
    if (list_hvm_memory(dom, &memory, err) < 0)
        return -1;
    if (dom->total_pages > dom->target_pages)
        return mark_pod(populate, dom, &memory, err);
    return deal_and_place(populate, dom, &memory, err);
}

/* ---- PV ---- */

/* The call for it is libxenguest's own; what else its way of populating does
 * comes to nothing for a guest without pages, but for giving up the claim. */
int mem_populate_prepare(struct xc_dom_image *dom,
                         const struct xc_dom_arch *library, bool *claim_is_gone,
                         struct xg_error *err)
{
    xen_pfn_t total_pages = dom->total_pages;
    int rc;

    *claim_is_gone = false;
    if (dom->container_type != XC_DOM_PV_CONTAINER ||
        strcmp(dom->guest_type, "xen-3.0-x86_32p"))
        return 0;
    dom->total_pages = 0;
    rc = library->meminit(dom);
    dom->total_pages = total_pages;
    *claim_is_gone = true;
    if (rc)
        return xg_fail(err, "meminit", errno, "32-bit guest: %s",
                       strerror(errno));
    return 0;
}

static int populate_pv(struct mem_populate *populate, struct xc_dom_image *dom,
                       struct xg_error *err)
{
    cleanup_mem_runs struct mem_runs memory = { 0 };

    if (mem_runs_add(&memory, 0, dom->total_pages, err) < 0)
        return -1;

    dom->p2m_size = dom->total_pages;
    dom->pv_p2m = xc_dom_malloc(dom, dom->p2m_size * sizeof(*dom->pv_p2m));
    if (!dom->pv_p2m)
        return xg_fail(err, "xc_dom_malloc", ENOMEM, "%" PRIu64 " frames",
                       (uint64_t)dom->p2m_size);
    return deal_and_place(populate, dom, &memory, err);
}

int mem_populate_image(struct mem_populate *populate, struct xc_dom_image *dom,
                       struct xg_error *err)
{
    if (dom->container_type == XC_DOM_PV_CONTAINER)
        return populate_pv(populate, dom, err);
    return populate_hvm(populate, dom, err);
}
