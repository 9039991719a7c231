/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_stream.c - memory for a guest whose frames come out of a stream. */
#include "mem_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "mem_runs.h"
#include "numbers.h"

#define RUN_PAGES PAGES_2M

struct mem_stream_run {
    uint64_t asked[RUN_PAGES / 64]; /* bit i: its frame i was asked for */
    uint8_t node;  /* that a superpage is, or was to be, from */
    bool is_whole; /* populated as a superpage */
    bool is_small; /* none was to be had, or it was broken up */
};

static bool is_asked(const struct mem_stream_run *run, unsigned int frame)
{
    return run->asked[frame / 64] >> frame % 64 & 1;
}

static struct mem_stream_run *run_of(const struct mem_stream *stream,
                                     uint64_t pfn)
{
    uint64_t i = pfn / RUN_PAGES;

    return i < stream->nr_runs ? &stream->runs[i] : NULL;
}

/* ---- giving back ---- */

/* Lists a run's frames that were not asked for; returns their number. */
static unsigned int list_unasked(const struct mem_stream *stream,
                                 const struct mem_stream_run *run,
                                 xen_pfn_t frames[RUN_PAGES])
{
    xen_pfn_t first = (xen_pfn_t)(run - stream->runs) * RUN_PAGES;
    unsigned int nr = 0;

    for (unsigned int i = 0; i < RUN_PAGES; i++)
        if (!is_asked(run, i))
            frames[nr++] = first + i;
    return nr;
}

static int give_back_run(struct mem_stream *stream, struct mem_stream_run *run,
                         struct xg_error *err)
{
    const struct xg_ctx *ctx = stream->gate->ctx;
    struct mem_tally *tally = &stream->gate->tally;
    xen_pfn_t frames[RUN_PAGES];
    unsigned int nr = list_unasked(stream, run, frames);

    if (!nr)
        return 0;
    xg_forget_errors(ctx);
    if (xc_domain_decrease_reservation_exact(ctx->xch, ctx->domid, nr, ORDER_4K,
                                             frames) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_decrease_reservation_exact",
                          "%u frames from %#" PRIx64 " on", nr,
                          (uint64_t)frames[0]);

    run->is_whole = false;
    run->is_small = true;
    stream->unasked_pages -= nr;
    stream->dealer.left[run->node] += nr;
    tally->pages[run->node] -= nr;
    tally->extents_2m--;
    tally->extents_4k += RUN_PAGES - nr;
    return 0;
}

static int give_back(struct mem_stream *stream, struct xg_error *err)
{
    for (uint64_t i = 0; i < stream->nr_runs && stream->unasked_pages; i++)
        if (stream->runs[i].is_whole &&
            give_back_run(stream, &stream->runs[i], err) < 0)
            return -1;
    return 0;
}

/* ---- superpages ---- */

/* Whether the frames from the first of a run on are asked for as far as the
 * request goes, so that the rest will be too. */
static bool begins_run(const xen_pfn_t *frames, unsigned long nr_frames)
{
    if (frames[0] % RUN_PAGES)
        return false;
    for (unsigned long i = 1; i < nr_frames && i < RUN_PAGES; i++)
        if (frames[i] != frames[0] + i)
            return false;
    return true;
}

/* Whether a run may come as a superpage. Not if any of it has been asked for:
 * Xen would put the superpage in the place of frames that hold something. */
static bool is_untouched(const struct mem_stream_run *run)
{
    uint64_t asked = 0;

    for (size_t i = 0; i < ARRAY_SIZE(run->asked); i++)
        asked |= run->asked[i];
    return !asked && !run->is_whole && !run->is_small;
}

/* The node of the virtual node that a frame lies in; NUMA_NODES_MAX: none. */
static unsigned int node_by_vnode(const struct numa_vnodes *vnodes,
                                  uint64_t pfn)
{
    for (unsigned int i = 0; vnodes && i < vnodes->nr_ranges; i++) {
        const struct mem_range *ram = &vnodes->range[i].ram;

        if (pfn >= ram->start >> XC_PAGE_SHIFT &&
            pfn < ram->end >> XC_PAGE_SHIFT)
            return vnodes->vnode[vnodes->range[i].vnode].node;
    }
    return NUMA_NODES_MAX;
}

/* The node for so many frames in a row, all or none of a superpage; or
 * NUMA_NODES_MAX. */
static unsigned int next_node(struct mem_stream *stream, uint64_t pfn,
                              uint64_t pages)
{
    const struct mem_run frames = { .pfn = pfn, .pages = pages };
    unsigned int node = node_by_vnode(stream->gate->vnodes, pfn);
    struct mem_dealer *dealer = &stream->dealer;

    return node != NUMA_NODES_MAX
               ? node
               : mem_dealer_next(dealer, frames, pages,
                                 dealer->plan->stripe_pages, &pages);
}

/* A guest's video RAM, 16 MiB by QEMU's default, and its special pages are in
 * no virtual node. */
#define BESIDES_PAGES (32 * MIB_PAGES)

/* The home node takes what others have over, as far as it is for those. */
static void bring_home(struct mem_dealer *dealer)
{
    const unsigned int home = dealer->plan->home;
    uint64_t wanted = number_minus(BESIDES_PAGES, dealer->left[home]);

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        uint64_t pages = number_min(dealer->left[node], wanted);

        if (node == home)
            continue;
        dealer->left[node] -= pages;
        dealer->left[home] += pages;
        wanted -= pages;
    }
}

/* What nodes are still to get besides virtual nodes, for which their share of
 * the plan is kept. Where these are, and how large, a guest's note tells: of
 * frames that it leaves out, all but some get no more of a node than was
 * planned, which others may have reserved. */
static void deal_the_rest(struct mem_stream *stream)
{
    const struct numa_vnodes *vnodes = stream->gate->vnodes;
    struct mem_dealer *dealer = &stream->dealer;

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        uint64_t kept = vnodes ? 0 : stream->gate->tally.pages[node];

        for (unsigned int i = 0; vnodes && i < vnodes->nr; i++)
            if (vnodes->vnode[i].node == node)
                kept += vnodes->vnode[i].bytes >> XC_PAGE_SHIFT;
        dealer->left[node] = number_minus(dealer->plan->pages[node], kept);
    }
    if (vnodes)
        bring_home(dealer);
}

/* Populates a whole run if its node has a superpage. */
static int try_superpage(struct mem_stream *stream, struct mem_stream_run *run,
                         xen_pfn_t first, struct xg_error *err)
{
    struct mem_ask ask = {
        .node = next_node(stream, first, RUN_PAGES),
        .order = ORDER_2M,
        .frames = &first,
        .nr_frames = 1,
    };

    if (ask.node == NUMA_NODES_MAX)
        return 0;
    if (!(stream->short_nodes & NUMA_BIT(ask.node)) &&
        mem_gate_take(stream->gate, &ask, err) < 0)
        return -1;

    run->node = (uint8_t)ask.node;
    run->is_whole = ask.done == 1;
    run->is_small = ask.done == 0;
    if (run->is_whole)
        stream->unasked_pages += RUN_PAGES;
    else
        stream->dealer.left[ask.node] += RUN_PAGES;
    return 0;
}

/* ---- the stream's requests ---- */

/* The node for one frame by itself. What superpages have brought of the plan,
 * and the stream has not asked for, is given back before more than was planned
 * is taken: that may be what others have reserved. */
static int find_node(struct mem_stream *stream,
                     const struct mem_stream_run *run, xen_pfn_t pfn,
                     unsigned int *node, struct xg_error *err)
{
    struct mem_dealer *dealer = &stream->dealer;

    if (run && run->is_small && dealer->left[run->node]) {
        dealer->left[run->node]--;
        *node = run->node;
        return 0;
    }
    *node = next_node(stream, pfn, 1);
    if (*node == NUMA_NODES_MAX && stream->unasked_pages) {
        if (give_back(stream, err) < 0)
            return -1;
        *node = next_node(stream, pfn, 1);
    }
    if (*node == NUMA_NODES_MAX)
        *node = dealer->plan->home;
    return 0;
}

/* Takes single pages. What the stream has not asked for so far may be all that
 * is missing, of the node's memory or of what the domain may have. */
static int take_small(struct mem_stream *stream, unsigned int node,
                      xen_pfn_t *frames, unsigned long nr_frames,
                      struct xg_error *err)
{
    struct mem_ask ask = {
        .node = node,
        .order = ORDER_4K,
        .frames = frames,
        .nr_frames = nr_frames,
    };

    if (mem_gate_take(stream->gate, &ask, err) < 0)
        return -1;
    if (ask.done == nr_frames)
        return 0;
    stream->short_nodes |= NUMA_BIT(node);
    if (give_back(stream, err) < 0)
        return -1;
    return mem_gate_take_near(stream->gate, mem_multi_rest(&ask), err);
}

/* Notes that a frame is asked for; true if a superpage has brought it. */
static bool is_there(struct mem_stream *stream, struct mem_stream_run *run,
                     xen_pfn_t pfn)
{
    unsigned int frame = pfn % RUN_PAGES;

    if (!run || is_asked(run, frame))
        return false;
    run->asked[frame / 64] |= UINT64_C(1) << frame % 64;
    if (run->is_whole)
        stream->unasked_pages--;
    return run->is_whole;
}

/* Frames of one request that come from one node, with nothing between them. */
struct group {
    unsigned int node;  /* NUMA_NODES_MAX: there are none */
    unsigned long from; /* index of the first one */
};

/* Takes the group's frames, of which the last one is before `end`. */
static int take_group(struct mem_stream *stream, const struct group *group,
                      xen_pfn_t *frames, unsigned long end,
                      struct xg_error *err)
{
    return group->node == NUMA_NODES_MAX
               ? 0
               : take_small(stream, group->node, &frames[group->from],
                            end - group->from, err);
}

/* Populates the run that begins with these frames as a superpage, if it may
 * come as one and there is one. The group before it is taken first: if its node
 * is short, none is to be given back that is about to be asked for. */
static int take_superpage(struct mem_stream *stream, struct mem_stream_run *run,
                          struct group *group, xen_pfn_t *frames,
                          unsigned long i, unsigned long nr_frames,
                          struct xg_error *err)
{
    if (!stream->superpages || !run || !begins_run(&frames[i], nr_frames - i) ||
        !is_untouched(run))
        return 0;
    if (take_group(stream, group, frames, i, err) < 0)
        return -1;
    group->node = NUMA_NODES_MAX;
    return try_superpage(stream, run, frames[i], err);
}

static int place_frames(struct mem_stream *stream, xen_pfn_t *frames,
                        unsigned long nr_frames, struct xg_error *err)
{
    struct group group = { .node = NUMA_NODES_MAX };

    for (unsigned long i = 0; i < nr_frames; i++) {
        struct mem_stream_run *run = run_of(stream, frames[i]);
        unsigned int node = NUMA_NODES_MAX;

        if (take_superpage(stream, run, &group, frames, i, nr_frames, err) < 0)
            return -1;
        if (!is_there(stream, run, frames[i]) &&
            find_node(stream, run, frames[i], &node, err) < 0)
            return -1;
        if (node == group.node)
            continue;
        if (take_group(stream, &group, frames, i, err) < 0)
            return -1;
        group = (struct group){ node, i };
    }
    return take_group(stream, &group, frames, nr_frames, err);
}

/* libxenguest from 4.21 on asks for a superpage first, and takes a refusal. */
static int place_superpage(struct mem_stream *stream, xen_pfn_t *frame,
                           struct xg_error *err)
{
    struct mem_stream_run *run = run_of(stream, *frame);

    if (!run || !is_untouched(run))
        return xg_fail(err, "mem_stream", EBUSY, "frame %#" PRIx64,
                       (uint64_t)*frame);
    if (try_superpage(stream, run, *frame, err) < 0)
        return -1;
    if (!run->is_whole)
        return xg_fail(err, "mem_stream", ENOMEM,
                       "no superpage for frame %#" PRIx64, (uint64_t)*frame);
    memset(run->asked, 0xff, sizeof(run->asked));
    stream->unasked_pages -= RUN_PAGES;
    return 0;
}

/* ---- virtual nodes ---- */

static int learn(struct mem_stream *stream, struct xg_error *err)
{
    int (*of_owner)(void *, uint64_t, struct xg_error *) = stream->learn;

    stream->learn = NULL;
    if (!of_owner)
        return 0;
    if (of_owner(stream->owner, stream->end_pfn, err) < 0)
        return -1;
    deal_the_rest(stream);
    return 0;
}

/* libxenguest asks for a batch of frames, in several calls if there are
 * superpages among them, before it writes what any of them holds. The first
 * batch of 1024 (MAX_BATCH_SIZE in its xg_sr_common.h) ends in the third run:
 * an HVM guest has a hole of 32 for VGA. */
#define FIRST_BATCH_END (3 * RUN_PAGES)

/* What an earlier batch asked for has been written by now. */
static bool can_learn(const struct mem_stream *stream, xen_pfn_t next)
{
    const struct mem_stream_run *first = run_of(stream, 0);

    return first && next >= FIRST_BATCH_END &&
           is_asked(first, MEM_STREAM_FIRST_PAGES - 1);
}

/* Whole runs, as superpages may be populated. */
static void note_end(struct mem_stream *stream, const xen_pfn_t *frames,
                     unsigned long nr_frames)
{
    for (unsigned long i = 0; i < nr_frames; i++) {
        uint64_t end = (frames[i] | (RUN_PAGES - 1)) + 1;

        if (end > stream->end_pfn)
            stream->end_pfn = end;
    }
}

static int place(struct mem_gate *gate, unsigned int order, xen_pfn_t *frames,
                 unsigned long nr_frames, struct xg_error *err)
{
    struct mem_stream *stream = gate->data;

    if (can_learn(stream, frames[0]) && learn(stream, err) < 0)
        return -1;
    if (stream->learn)
        note_end(stream, frames, nr_frames);
    if (order == ORDER_4K)
        return place_frames(stream, frames, nr_frames, err);
    if (order == ORDER_2M && nr_frames == 1 && stream->superpages)
        return place_superpage(stream, frames, err);
    return xg_fail(err, "mem_stream", EINVAL, "%lu extents of order %u",
                   nr_frames, order);
}

/* ---- life ---- */

int mem_stream_open(struct mem_stream *stream, struct mem_gate *gate,
                    bool translated, uint64_t max_pages, struct xg_error *err)
{
    /* No guest has RAM beyond what it would have with all of the first 4 GiB
     * left empty. A frame that lies farther up is no RAM, or a broken stream's:
     * it gets a page of its own, and is not kept track of. */
    uint64_t nr_runs = (max_pages + BELOW_4G_PAGES + RUN_PAGES - 1) / RUN_PAGES;

    stream->runs = calloc(nr_runs, sizeof(*stream->runs));
    if (!stream->runs)
        return xg_fail_errno(err, "calloc", "%" PRIu64 " runs of frames",
                             nr_runs);
    stream->nr_runs = nr_runs;
    stream->gate = gate;
    stream->superpages = translated;
    mem_dealer_begin(&stream->dealer, gate->plan);
    deal_the_rest(stream);
    mem_gate_open(gate, place, stream);
    return 0;
}

int mem_stream_end(struct mem_stream *stream, struct xg_error *err)
{
    mem_gate_close(stream->gate);
    if (learn(stream, err) < 0)
        return -1;
    return give_back(stream, err);
}

void mem_stream_free(struct mem_stream *stream)
{
    if (stream->gate)
        mem_gate_close(stream->gate);
    free(stream->runs);
    *stream = (struct mem_stream){ 0 };
}
