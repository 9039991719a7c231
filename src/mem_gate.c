/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_gate.c - the one way in which a guest under a NUMA policy gets memory. */
#include "mem_gate.h"

#include <errno.h>

#include "mem_runs.h"
#include "numbers.h"

/* libxenguest hands its request to a function, not to an object of ours. */
static struct mem_gate *open_gate;
static struct progress *watcher;

uint64_t mem_tally_pages(const struct mem_tally *tally)
{
    uint64_t sum = 0;

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        sum += tally->pages[node];
    return sum;
}

/* `planned`: the node on which these pages are reserved. Of what a build takes
 * of other nodes than was planned that is not known any more, and they count as
 * reserved there: what stays reserved on the node that is short keeps nobody
 * from anything. */
static void count(struct mem_gate *gate, const struct mem_ask *ask,
                  unsigned int planned)
{
    uint64_t pages = (uint64_t)ask->done << ask->order;
    struct mem_tally *tally = &gate->tally;

    tally->pages[ask->node] += pages;
    if (ask->order == ORDER_1G)
        tally->extents_1g += ask->done;
    else if (ask->order == ORDER_2M)
        tally->extents_2m += ask->done;
    else
        tally->extents_4k += pages;
    if (gate->reserve)
        numa_reserve_take(gate->reserve, planned, pages);
}

static void tell(const struct mem_gate *gate, unsigned int node, uint64_t pages)
{
    progress_took(gate->ctx->progress,
                  gate->plan ? (int)node : PROGRESS_ANY_NODE, pages);
}

int mem_gate_take_many(struct mem_gate *gate, struct mem_ask *asks,
                       unsigned int nr_asks, struct xg_error *err)
{
    uint64_t pages = 0;

    for (unsigned int i = 0; i < nr_asks; i++)
        asks[i].flags = gate->plan ? XENMEMF_exact_node(asks[i].node) : 0;
    if (mem_multi_populate(gate->ctx, asks, nr_asks, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_asks; i++) {
        count(gate, &asks[i], asks[i].node);
        pages += (uint64_t)asks[i].done << asks[i].order;
    }
    if (nr_asks)
        tell(gate, asks[nr_asks - 1].node, pages);
    return 0;
}

static int take(struct mem_gate *gate, struct mem_ask *ask,
                unsigned int planned, struct xg_error *err)
{
    const struct xg_ctx *ctx = gate->ctx;
    int rc;

    ask->flags = XENMEMF_exact_node(ask->node);
    xg_forget_errors(ctx);
    rc = xc_domain_populate_physmap(ctx->xch, ctx->domid, ask->nr_frames,
                                    ask->order, ask->flags, ask->frames);
    if (rc < 0)
        return xg_fail_xc(ctx, err, "xc_domain_populate_physmap",
                          "node %u: %lu extents of order %u", ask->node,
                          ask->nr_frames, ask->order);
    ask->done = (unsigned long)rc;
    count(gate, ask, planned);
    tell(gate, ask->node, (uint64_t)ask->done << ask->order);
    return 0;
}

int mem_gate_take(struct mem_gate *gate, struct mem_ask *ask,
                  struct xg_error *err)
{
    return take(gate, ask, ask->node, err);
}

int mem_gate_take_near(struct mem_gate *gate, struct mem_ask ask,
                       struct xg_error *err)
{
    const struct numa_plan *plan = gate->plan;
    const unsigned int planned = ask.node;

    if (take(gate, &ask, planned, err) < 0)
        return -1;
    ask = mem_multi_rest(&ask);
    gate->tally.spilled += (uint64_t)ask.nr_frames << ask.order;
    for (unsigned int i = 0; i < plan->nr_order && ask.nr_frames; i++) {
        ask.node = plan->order[i];
        if (ask.node == planned ||
            (gate->keep_to_plan && !(plan->nodes & NUMA_BIT(ask.node))))
            continue;
        if (take(gate, &ask, planned, err) < 0)
            return -1;
        ask = mem_multi_rest(&ask);
    }
    if (ask.nr_frames)
        return xg_fail(err, "mem_gate", ENOMEM, "%s are not to be had on %s",
                       MEMORY_TEXT((uint64_t)ask.nr_frames << ask.order),
                       gate->keep_to_plan ? "the nodes of the plan"
                                          : "any node");
    return 0;
}

int mem_gate_place_home(struct mem_gate *gate, unsigned int order,
                        xen_pfn_t *frames, unsigned long nr_frames,
                        struct xg_error *err)
{
    const struct mem_ask ask = {
        .node = gate->plan->home,
        .order = order,
        .frames = frames,
        .nr_frames = nr_frames,
    };

    return mem_gate_take_near(gate, ask, err);
}

void mem_gate_open(struct mem_gate *gate, mem_gate_place *place, void *data)
{
    gate->place = place;
    gate->data = data;
    open_gate = gate;
}

void mem_gate_close(struct mem_gate *gate)
{
    if (open_gate == gate)
        open_gate = NULL;
}

void mem_gate_watch(struct progress *progress)
{
    watcher = progress;
}

/* What libxenctrl's own does: all extents, or EBUSY. */
static int populate_all(xc_interface *xch, uint32_t domid,
                        unsigned long nr_extents, unsigned int order,
                        unsigned int flags, xen_pfn_t *frames)
{
    int done = xc_domain_populate_physmap(xch, domid, nr_extents, order, flags,
                                          frames);

    if (done > 0)
        progress_took(watcher, PROGRESS_ANY_NODE, (uint64_t)done << order);
    if (done >= 0 && (unsigned long)done < nr_extents)
        errno = EBUSY;
    return done >= 0 && (unsigned long)done == nr_extents ? 0 : -1;
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
                                     unsigned long nr_extents,
                                     unsigned int extent_order,
                                     unsigned int mem_flags,
                                     xen_pfn_t *extent_start)
{
    struct mem_gate *gate = open_gate;

    if (!gate || gate->ctx->domid != domid ||
        mem_flags & XENMEMF_populate_on_demand)
        return populate_all(xch, domid, nr_extents, extent_order, mem_flags,
                            extent_start);

    xg_error_clear(&gate->err);
    if (gate->place(gate, extent_order, extent_start, nr_extents, &gate->err) ==
        0)
        return 0;
    errno = gate->err.code ? gate->err.code : EBUSY;
    return -1;
}
