/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_multi.h - many requests for memory in one hypercall. */
#ifndef XG_MEM_MULTI_H
#define XG_MEM_MULTI_H

#include <xenctrl.h>

#include "ctx.h"

/* Extents of one size, for XENMEM_populate_physmap. */
struct mem_ask {
    unsigned int node;         /* that who asks means; `flags` tell Xen */
    unsigned int flags, order; /* XENMEMF_*; 2^order pages each */
    xen_pfn_t *frames;         /* borrowed: pfns; of a PV guest, then mfns */
    unsigned long nr_frames;
    unsigned long done; /* out: so many of them, the first ones, are there */
};

/* What is still to be had of it; the frames are the same, borrowed. */
struct mem_ask mem_multi_rest(const struct mem_ask *ask);

/* Asks for all of them, one after the other, whatever came of those before.
 * Errors: ENOMEM for our own buffers; the hypervisor's, which are not for want
 * of the guest's memory. */
int mem_multi_populate(const struct xg_ctx *ctx, struct mem_ask *asks,
                       unsigned int nr_asks, struct xg_error *err);

#endif
