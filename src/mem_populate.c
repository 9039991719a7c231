/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_populate.c - fill a guest with memory, each page from the node that the
 * plan names.
 *
 * Each node's share is asked for in extents of 1 GiB where the guest's frames
 * allow it, then 2 MiB, then 4 KiB; what is then still missing, in the end from
 * the other nodes, nearest first. */
#include "mem_populate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "mem_batch.h"

/* The low memory of an HVM guest with a device model ends at the VGA hole. */
#define VGA_HOLE_PFN 0xa0

/* What is between RAM and 4 GiB is empty at least up to the I/O APIC. */
#define MMIO_END_PFN 0xfec00

static const unsigned int orders[] = { ORDER_1G, ORDER_2M, ORDER_4K };

/* One guest being filled. */
struct filling {
    struct mem_gate *gate;
    struct xc_dom_image *dom;
    struct mem_run by_way; /* while a PoD cache is filled: see mem_batch.h */
};

/* Asks a node for all of *runs; what it has not got stays there. */
static int place_on_node(const struct filling *filling, unsigned int node,
                         struct mem_runs *runs, struct xg_error *err)
{
    cleanup_mem_batch struct mem_batch batch = {
        .gate = filling->gate,
        .node = node,
        .by_way = filling->by_way,
    };

    if (!runs->nr)
        return 0;
    if (mem_batch_alloc(&batch, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(orders) && runs->nr; i++) {
        uint64_t got;

        /* Xen's cache has nothing larger, */
        if (filling->by_way.pages && orders[i] > ORDER_2M)
            continue;
        batch.order = orders[i];
        if (mem_batch_place(filling->dom, &batch, runs, &got, err) < 0)
            return -1;
        if (got)
            xg_info(filling->gate->ctx->log,
                    "node %u: %" PRIu64 " extents of %u KiB", node, got,
                    4u << orders[i]);
    }
    return 0;
}

/* Goes through the nodes once for their own shares, then for what others had
 * not got. */
static int place_all(const struct filling *filling, struct mem_runs *by_node,
                     struct xg_error *err)
{
    const struct numa_plan *plan = filling->gate->plan;
    cleanup_mem_runs struct mem_runs missing = { 0 };

    for (unsigned int i = 0; i < plan->nr_order; i++) {
        unsigned int node = plan->order[i];
        struct mem_runs *share = &by_node[node];

        if (place_on_node(filling, node, share, err) < 0)
            return -1;
        if (share->nr && filling->gate->strict)
            return xg_fail(err, "mem_populate", ENOMEM,
                           "node %u: %" PRIu64 " pages of %" PRIu64
                           " are not to be had",
                           node, mem_runs_pages(share), plan->pages[node]);
        for (size_t r = 0; r < share->nr; r++)
            if (mem_runs_add(&missing, share->run[r].pfn, share->run[r].pages,
                             err) < 0)
                return -1;
    }

    filling->gate->tally.spilled = mem_runs_pages(&missing);
    for (unsigned int i = 0; i < plan->nr_order && missing.nr; i++)
        if (place_on_node(filling, plan->order[i], &missing, err) < 0)
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

static int deal_and_place(const struct filling *filling,
                          const struct mem_runs *memory, struct xg_error *err)
{
    struct mem_runs by_node[NUMA_NODES_MAX] xg_cleanup(free_by_node) = { 0 };

    if (mem_runs_deal(memory, filling->gate->plan, by_node, err) < 0)
        return -1;
    return place_all(filling, by_node, err);
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

/* ---- HVM, populated on demand ---- */

static int mark_pod(struct xc_dom_image *dom, struct mem_runs *memory,
                    struct xg_error *err)
{
    cleanup_mem_batch struct mem_batch batch = { .gate = NULL };

    if (mem_batch_alloc(&batch, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        uint64_t got;

        batch.order = orders[i];
        if (mem_batch_place(dom, &batch, memory, &got, err) < 0)
            return -1;
    }
    if (memory->nr)
        return xg_fail(err, "mem_populate", ENOMEM,
                       "%" PRIu64 " pages can't be marked for populating on "
                       "demand",
                       mem_runs_pages(memory));
    return 0;
}

/* A page too few there is a guest that crashes some day. */
static int check_pod_cache(const struct mem_gate *gate, uint64_t pages,
                           struct xg_error *err)
{
    const struct xg_ctx *ctx = gate->ctx;
    uint64_t total = 0, cached = 0, entries = 0;

    xg_forget_errors(ctx);
    if (xc_domain_get_pod_target(ctx->xch, ctx->domid, &total, &cached,
                                 &entries) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_get_pod_target",
                          "cache for populating on demand");
    if (cached != pages)
        return xg_fail(err, "mem_populate", EIO,
                       "the cache for populating on demand has %" PRIu64
                       " pages, not %" PRIu64,
                       cached, pages);
    return 0;
}

/* Xen has a cache of pages for the frames that are populated on demand. Told a
 * size, Xen fills it from whatever nodes; but a page that is taken away from a
 * guest goes there too, as long as more frames are marked than it has pages.
 * So it gets pages that we asked for, by way of frames in the hole. */
static int populate_pod(struct filling *filling, struct mem_runs *memory,
                        struct xg_error *err)
{
    const struct numa_plan *plan = filling->gate->plan;
    uint64_t hole_pfn =
        (filling->dom->mmio_start >> XC_PAGE_SHIFT) + NUMA_PAGES_2M - 1;
    cleanup_mem_runs struct mem_runs cache = { 0 };
    uint64_t pages = 0;

    FOR_EACH_NODE (node, plan->nodes)
        pages += plan->pages[node];
    if (mark_pod(filling->dom, memory, err) < 0 ||
        mem_runs_add(&cache, 0, pages, err) < 0)
        return -1;

    hole_pfn -= hole_pfn % NUMA_PAGES_2M;
    filling->by_way = (struct mem_run){
        .pfn = hole_pfn,
        .pages = MMIO_END_PFN - hole_pfn,
    };
    if (deal_and_place(filling, &cache, err) < 0)
        return -1;
    return check_pod_cache(filling->gate, pages, err);
}

static int populate_hvm(struct filling *filling, struct xg_error *err)
{
    struct xc_dom_image *dom = filling->dom;
    uint64_t top =
        dom->highmem_end > dom->lowmem_end ? dom->highmem_end : dom->lowmem_end;
    cleanup_mem_runs struct mem_runs memory = { 0 };

    dom->p2m_size = top >> XC_PAGE_SHIFT;
    if (list_hvm_memory(dom, &memory, err) < 0)
        return -1;
    if (dom->total_pages > dom->target_pages)
        return populate_pod(filling, &memory, err);
    return deal_and_place(filling, &memory, err);
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

static int populate_pv(const struct filling *filling, struct xg_error *err)
{
    struct xc_dom_image *dom = filling->dom;
    cleanup_mem_runs struct mem_runs memory = { 0 };

    if (mem_runs_add(&memory, 0, dom->total_pages, err) < 0)
        return -1;

    dom->p2m_size = dom->total_pages;
    dom->pv_p2m = xc_dom_malloc(dom, dom->p2m_size * sizeof(*dom->pv_p2m));
    if (!dom->pv_p2m)
        return xg_fail(err, "xc_dom_malloc", ENOMEM, "%" PRIu64 " frames",
                       (uint64_t)dom->p2m_size);
    return deal_and_place(filling, &memory, err);
}

int mem_populate_image(struct mem_gate *gate, struct xc_dom_image *dom,
                       struct xg_error *err)
{
    struct filling filling = { .gate = gate, .dom = dom };

    if (dom->container_type == XC_DOM_PV_CONTAINER)
        return populate_pv(&filling, err);
    return populate_hvm(&filling, err);
}
