/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_multi.c - many requests for memory in one hypercall.
 *
 * A guest that is interleaved over nodes asks another node for every 2 MiB:
 * hundreds of calls, each of which costs some ten microseconds besides what its
 * extents take (on the test host, see scripts/bench). Xen takes a list of calls
 * as well, which is what libxenctrl makes of a single one. */
#include "mem_multi.h"

#include <errno.h>
#include <string.h>

#include <xen/memory.h>
#include <xen/xen.h>
#include <xencall.h>

#include "cleanup.h"

/* What Xen reads and writes, in memory that it can reach. */
struct shared {
    multicall_entry_t *calls;
    struct xen_memory_reservation *wanted;
    xen_pfn_t *frames;
};

static void write_asks(const struct xg_ctx *ctx, const struct mem_ask *asks,
                       unsigned int nr_asks, const struct shared *shared)
{
    xen_pfn_t *frames = shared->frames;

    for (unsigned int i = 0; i < nr_asks; i++) {
        memcpy(frames, asks[i].frames, asks[i].nr_frames * sizeof(*frames));
        shared->wanted[i] = (struct xen_memory_reservation){
            .nr_extents = asks[i].nr_frames,
            .extent_order = asks[i].order,
            .mem_flags = asks[i].flags,
            .domid = (domid_t)ctx->domid,
        };
        set_xen_guest_handle_raw(shared->wanted[i].extent_start, frames);
        shared->calls[i] = (multicall_entry_t){
            .op = __HYPERVISOR_memory_op,
            .args = { XENMEM_populate_physmap,
                      (xen_ulong_t)(uintptr_t)&shared->wanted[i] },
        };
        frames += asks[i].nr_frames;
    }
}

static int read_answers(const struct xg_ctx *ctx, struct mem_ask *asks,
                        unsigned int nr_asks, const struct shared *shared,
                        struct xg_error *err)
{
    const xen_pfn_t *frames = shared->frames;

    for (unsigned int i = 0; i < nr_asks; i++) {
        long result = (long)shared->calls[i].result;

        if (result < 0) {
            errno = (int)-result;
            return xg_fail_xc(ctx, err, "xc_domain_populate_physmap",
                              "%lu extents of order %u, flags %#x",
                              asks[i].nr_frames, asks[i].order, asks[i].flags);
        }
        asks[i].done = (unsigned long)result;
        memcpy(asks[i].frames, frames, asks[i].nr_frames * sizeof(*frames));
        frames += asks[i].nr_frames;
    }
    return 0;
}

int mem_multi_populate(const struct xg_ctx *ctx, struct mem_ask *asks,
                       unsigned int nr_asks, struct xg_error *err)
{
    xencall_handle *xcall = xc_interface_xcall_handle(ctx->xch);
    unsigned long nr_frames = 0;
    struct shared shared;
    int rc;

    for (unsigned int i = 0; i < nr_asks; i++)
        nr_frames += asks[i].nr_frames;
    xg_forget_errors(ctx);
    shared.calls = xencall_alloc_buffer(
        xcall, nr_asks * (sizeof(*shared.calls) + sizeof(*shared.wanted)) +
                   nr_frames * sizeof(*shared.frames));
    if (!shared.calls)
        return xg_fail_xc(ctx, err, "xencall_alloc_buffer",
                          "%u requests for %lu extents", nr_asks, nr_frames);
    shared.wanted = (struct xen_memory_reservation *)(shared.calls + nr_asks);
    shared.frames = (xen_pfn_t *)(shared.wanted + nr_asks);
    write_asks(ctx, asks, nr_asks, &shared);

    xg_forget_errors(ctx);
    rc = xencall2(xcall, __HYPERVISOR_multicall,
                  (uint64_t)(uintptr_t)shared.calls, nr_asks);
    if (rc < 0)
        xg_fail_xc(ctx, err, "xencall2", "%u requests for %lu extents", nr_asks,
                   nr_frames);
    else
        rc = read_answers(ctx, asks, nr_asks, &shared, err);
    xencall_free_buffer(xcall, shared.calls);
    return rc;
}
