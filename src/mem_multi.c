/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_multi.c - many requests for memory in one hypercall.
 *
 * A guest that is interleaved over nodes asks another node for every 2 MiB:
 * that would be hundreds of calls. */
#include "mem_multi.h"

#include <string.h>

#include <xen/memory.h>
#include <xen/xen.h>

#include "multicall.h"

static void add_ask(struct multicall *multi, const struct mem_ask *ask,
                    xen_pfn_t *frames)
{
    struct xen_memory_reservation *wanted =
        multicall_data(multi, sizeof(*wanted));

    memcpy(frames, ask->frames, ask->nr_frames * sizeof(*frames));
    *wanted = (struct xen_memory_reservation){
        .nr_extents = ask->nr_frames,
        .extent_order = ask->order,
        .mem_flags = ask->flags,
        .domid = (domid_t)multi->ctx->domid,
    };
    set_xen_guest_handle_raw(wanted->extent_start, frames);
    multicall_add(multi, __HYPERVISOR_memory_op, XENMEM_populate_physmap,
                  wanted);
}

static int read_answers(const struct multicall *multi, struct mem_ask *asks,
                        const xen_pfn_t *frames, struct xg_error *err)
{
    for (unsigned int i = 0; i < multi->nr_calls; i++) {
        long done = multicall_result(multi, i);

        if (done < 0)
            return xg_fail_xc(multi->ctx, err, "xc_domain_populate_physmap",
                              "%lu extents of order %u, flags %#x",
                              asks[i].nr_frames, asks[i].order, asks[i].flags);
        asks[i].done = (unsigned long)done;
        memcpy(asks[i].frames, frames, asks[i].nr_frames * sizeof(*frames));
        frames += asks[i].nr_frames;
    }
    return 0;
}

struct mem_ask mem_multi_rest(const struct mem_ask *ask)
{
    struct mem_ask rest = *ask;

    rest.frames += ask->done;
    rest.nr_frames -= ask->done;
    rest.done = 0;
    return rest;
}

int mem_multi_populate(const struct xg_ctx *ctx, struct mem_ask *asks,
                       unsigned int nr_asks, struct xg_error *err)
{
    cleanup_multicall struct multicall multi = { 0 };
    size_t nr_frames = 0, used = 0;
    xen_pfn_t *frames;

    for (unsigned int i = 0; i < nr_asks; i++)
        nr_frames += asks[i].nr_frames;
    if (multicall_alloc(
            &multi, ctx, nr_asks,
            nr_asks * MULTICALL_BYTES(sizeof(struct xen_memory_reservation)) +
                nr_frames * sizeof(*frames),
            err) < 0)
        return -1;
    frames = multicall_data(&multi, nr_frames * sizeof(*frames));
    for (unsigned int i = 0; i < nr_asks; i++) {
        add_ask(&multi, &asks[i], frames + used);
        used += asks[i].nr_frames;
    }
    if (multicall_run(&multi, err) < 0)
        return -1;
    return read_answers(&multi, asks, frames, err);
}
