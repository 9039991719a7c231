/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_populate.c - fill a guest with memory, each page from the node that the
 * plan names.
 *
 * Each frame is asked for from its node, in extents of 1 GiB and 2 MiB as the
 * guest's frames allow it, then in 4 KiB; what is then still missing, in the
 * end from the other nodes, nearest first. */
#include "mem_populate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "mem_batch.h"
#include "numbers.h"

/* What is between RAM and 4 GiB is empty at least up to the I/O APIC. */
#define MMIO_END_PFN 0xfec00

/* One guest being filled. */
struct filling {
    struct mem_gate *gate; /* NULL: frames are marked, see mem_batch.h */
    struct xc_dom_image *dom;
    struct mem_run by_way; /* while a PoD cache is filled: see mem_batch.h */
};

/* Xen looks up each 4 KiB frame of an extent that is below the highest one that
 * the guest has, if Xen keeps the guest's page tables: for 2 MiB that takes
 * several times as long as the extent. So extents are asked for in ascending
 * order, whatever their nodes. Not for a PoD cache: its pages come by way of
 * other frames, and a batch for it has one node. */
static int sort(const struct filling *filling, struct mem_runs *runs,
                struct xg_error *err)
{
    mem_runs_sort(runs);
    return filling->by_way.pages
               ? mem_runs_group(runs, filling->gate->plan, err)
               : 0;
}

/* Asks for all of *runs, each on its node; what those have not got stays there.
 * Twice for superpages, as the second time what a node had not got in 1 GiB is
 * there for 2 MiB. */
static int place_on_nodes(const struct filling *filling, struct mem_runs *runs,
                          struct xg_error *err)
{
    static const unsigned int smallest[] = { ORDER_2M, ORDER_2M, ORDER_4K };
    cleanup_mem_batch struct mem_batch batch = {
        .dom = filling->dom,
        .gate = filling->gate,
        .by_way = filling->by_way,
    };

    if (mem_batch_alloc(&batch, err) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(smallest) && runs->nr; i++) {
        if (sort(filling, runs, err) < 0 ||
            mem_batch_place(&batch, smallest[i], runs, err) < 0)
            return -1;
    }
    return 0;
}

/* Of a node that lacks pages. */
static int fail_short(const struct numa_plan *plan,
                      const struct mem_runs *missing, struct xg_error *err)
{
    unsigned int node = missing->run[0].node;
    uint64_t pages = 0;

    for (size_t i = 0; i < missing->nr; i++)
        if (missing->run[i].node == node)
            pages += missing->run[i].pages;
    return xg_fail(err, "mem_populate", ENOMEM,
                   "node %u: %s of %s are not to be had", node,
                   MEMORY_TEXT(pages), MEMORY_TEXT(plan->pages[node]));
}

static void log_extents(const struct mem_gate *gate)
{
    const struct mem_tally *tally = &gate->tally;

    xg_info(gate->ctx->log,
            "extents: %" PRIu64 " of 1 GiB, %" PRIu64 " of 2 MiB, %" PRIu64
            " of 4 KiB",
            tally->extents_1g, tally->extents_2m, tally->extents_4k);
}

static void log_placed(const struct mem_gate *gate)
{
    FOR_EACH_NODE (node, ~UINT64_C(0))
        if (gate->tally.pages[node])
            xg_info(gate->ctx->log, "node %u: took %s", node,
                    MEMORY_TEXT(gate->tally.pages[node]));
    log_extents(gate);
}

/* Deals frames out to the nodes, and asks those for them; then the nodes, one
 * after the other, for what some had not got. */
static int deal_and_place(const struct filling *filling,
                          const struct mem_runs *memory, struct xg_error *err)
{
    struct mem_gate *gate = filling->gate;
    const struct numa_plan *plan = gate->plan;
    cleanup_mem_runs struct mem_runs runs = { 0 };

    if (mem_runs_deal(memory, plan, gate->vnodes, &runs, err) < 0 ||
        place_on_nodes(filling, &runs, err) < 0)
        return -1;
    if (runs.nr && gate->keep_to_plan)
        return fail_short(plan, &runs, err);

    gate->tally.spilled = mem_runs_pages(&runs);
    for (unsigned int i = 0; i < plan->nr_order && runs.nr; i++) {
        for (size_t r = 0; r < runs.nr; r++)
            runs.run[r].node = plan->order[i];
        if (place_on_nodes(filling, &runs, err) < 0)
            return -1;
    }
    if (runs.nr)
        return xg_fail(err, "mem_populate", ENOMEM,
                       "%s are not to be had on any node",
                       MEMORY_TEXT(mem_runs_pages(&runs)));
    log_placed(gate);
    return 0;
}

/* ---- the guest's frames ---- */

/* A PV guest is to be told of each machine frame. */
static int make_p2m(const struct xg_ctx *ctx, struct xc_dom_image *dom,
                    struct xg_error *err)
{
    dom->p2m_size = dom->total_pages;
    xg_forget_errors(ctx);
    dom->pv_p2m = xc_dom_malloc(dom, dom->p2m_size * sizeof(*dom->pv_p2m));
    if (!dom->pv_p2m)
        return xg_fail_xc(ctx, err, "xc_dom_malloc", "%" PRIu64 " frames",
                          (uint64_t)dom->p2m_size);
    return 0;
}

/* What is to be populated, with the image told of its size, as libxenguest's
 * own ways do. */
static int list_memory(const struct xg_ctx *ctx, struct xc_dom_image *dom,
                       struct mem_runs *memory, struct xg_error *err)
{
    uint64_t top =
        dom->highmem_end > dom->lowmem_end ? dom->highmem_end : dom->lowmem_end;

    if (dom->container_type == XC_DOM_PV_CONTAINER)
        return mem_runs_add(memory,
                            (struct mem_run){ .pages = dom->total_pages },
                            err) < 0
                   ? -1
                   : make_p2m(ctx, dom, err);
    dom->p2m_size = top >> XC_PAGE_SHIFT;
    return mem_runs_add_ram(memory, dom->lowmem_end, dom->highmem_end,
                            dom->device_model ? dom->vga_hole_size : 0, err);
}

/* ---- HVM, populated on demand ---- */

static int mark_pod(struct xc_dom_image *dom, struct mem_runs *memory,
                    struct xg_error *err)
{
    const struct filling marking = { .dom = dom };

    if (place_on_nodes(&marking, memory, err) < 0)
        return -1;
    if (memory->nr)
        return xg_fail(err, "mem_populate", ENOMEM,
                       "%s can't be marked for populating on demand",
                       MEMORY_TEXT(mem_runs_pages(memory)));
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
                       "the cache for populating on demand has %s, not %s",
                       MEMORY_TEXT(cached), MEMORY_TEXT(pages));
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
        (filling->dom->mmio_start >> XC_PAGE_SHIFT) + PAGES_2M - 1;
    cleanup_mem_runs struct mem_runs cache = { 0 };
    uint64_t pages = 0;

    FOR_EACH_NODE (node, plan->nodes)
        pages += plan->pages[node];
    if (mark_pod(filling->dom, memory, err) < 0 ||
        mem_runs_add(&cache, (struct mem_run){ .pages = pages }, err) < 0)
        return -1;

    hole_pfn -= hole_pfn % PAGES_2M;
    filling->by_way = (struct mem_run){
        .pfn = hole_pfn,
        .pages = MMIO_END_PFN - hole_pfn,
    };
    if (deal_and_place(filling, &cache, err) < 0)
        return -1;
    return check_pod_cache(filling->gate, pages, err);
}

bool mem_populate_is_on_demand(const struct xc_dom_image *dom)
{
    return dom->container_type != XC_DOM_PV_CONTAINER &&
           dom->total_pages > dom->target_pages;
}

/* ---- 32-bit PV ---- */

/* The call that tells Xen of such a guest is in libxenguest's own way of
 * populating. For a guest without pages, as we show it, that does nothing else
 * but give up the claim. */
int mem_populate_prepare(const struct xg_ctx *ctx, struct xc_dom_image *dom,
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
    xg_forget_errors(ctx);
    rc = library->meminit(dom);
    dom->total_pages = total_pages;
    *claim_is_gone = true;
    if (rc)
        return xg_fail_xc(ctx, err, "meminit", "32-bit guest");
    return 0;
}

/* ---- any ---- */

int mem_populate_anywhere(const struct xg_ctx *ctx, struct xc_dom_image *dom,
                          struct xg_error *err)
{
    struct mem_gate gate = { .ctx = ctx };
    const struct filling filling = { .gate = &gate, .dom = dom };
    cleanup_mem_runs struct mem_runs memory = { 0 };

    if (list_memory(ctx, dom, &memory, err) < 0 ||
        place_on_nodes(&filling, &memory, err) < 0)
        return -1;
    if (memory.nr)
        return xg_fail(err, "mem_populate", ENOMEM, "%s are not to be had",
                       MEMORY_TEXT(mem_runs_pages(&memory)));
    log_extents(&gate);
    return 0;
}

int mem_populate_image(struct mem_gate *gate, struct xc_dom_image *dom,
                       struct xg_error *err)
{
    struct filling filling = { .gate = gate, .dom = dom };
    cleanup_mem_runs struct mem_runs memory = { 0 };

    if (list_memory(gate->ctx, dom, &memory, err) < 0)
        return -1;
    return mem_populate_is_on_demand(dom)
               ? populate_pod(&filling, &memory, err)
               : deal_and_place(&filling, &memory, err);
}
