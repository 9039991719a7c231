/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_stream.h - memory for a guest whose frames come out of a stream.
 *
 * libxenguest asks for them as it meets them, in 4 KiB pages (before 4.21), and
 * in ascending order but for what a live guest sent late. They are dealt to the
 * plan's nodes as they come, or to those of the guest's virtual nodes. The
 * first frame of an aligned 2 MiB run of a guest with translated frames brings
 * the whole run as one superpage; what the stream never asks for of it is given
 * back. */
#ifndef XG_MEM_STREAM_H
#define XG_MEM_STREAM_H

#include "mem_gate.h"
#include "mem_runs.h"
#include "numbers.h"

/* The first MiB, which has what a guest tells of itself. */
#define MEM_STREAM_FIRST_PAGES MIB_PAGES

struct mem_stream_run;

/* Zeroed, it holds nothing. */
struct mem_stream {
    struct mem_gate *gate; /* borrowed */
    struct mem_dealer dealer;
    bool superpages;      /* can be: the frames are translated */
    uint64_t short_nodes; /* not even single pages were to be had there */
    struct mem_stream_run *runs; /* owned: one for each aligned 2 MiB */
    uint64_t nr_runs;
    uint64_t unasked_pages; /* populated, and not asked for so far */

    /* If not NULL, finds out what the guest's virtual nodes are, called once,
     * when the guest's first MiB has been written; the gate's are what it says
     * from then on. It is told behind which frame nothing has been populated so
     * far. */
    int (*learn)(void *owner, uint64_t end_pfn, struct xg_error *err);
    void *owner;
    uint64_t end_pfn;
};

/* Opens the gate, which is filled but for that, for a restore into a domain
 * that may have max_pages. `translated`: an HVM or PVH guest. Errors: ENOMEM.
 */
int mem_stream_open(struct mem_stream *stream, struct mem_gate *gate,
                    bool translated, uint64_t max_pages, struct xg_error *err);

/* The stream has ended: closes the gate and gives back what it left empty.
 * Errors: the hypervisor's. */
int mem_stream_end(struct mem_stream *stream, struct xg_error *err);

void mem_stream_free(struct mem_stream *stream);

#endif
