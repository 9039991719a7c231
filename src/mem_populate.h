/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_populate.h - fill a guest with memory, each page from the node that the
 * plan names. */
#ifndef XG_MEM_POPULATE_H
#define XG_MEM_POPULATE_H

#include <xenctrl.h>
#include <xenguest.h>

#include "mem_gate.h"

/* Tells Xen of a 32-bit PV guest, before it has memory; that costs a claim that
 * it has. `library` are libxenguest's own hooks for the image. Errors: the
 * hypervisor's. */
int mem_populate_prepare(const struct xg_ctx *ctx, struct xc_dom_image *dom,
                         const struct xc_dom_arch *library, bool *claim_is_gone,
                         struct xg_error *err);

/* Whether the guest gets only a part of its memory at start. */
bool mem_populate_is_on_demand(const struct xc_dom_image *dom);

/* Populates what libxenguest's own way for this kind of guest would, and leaves
 * the image as that does; the image has been parsed, and its size set. Errors:
 * ENOMEM where the nodes have less than it looked; the hypervisor's. */
int mem_populate_image(struct mem_gate *gate, struct xc_dom_image *dom,
                       struct xg_error *err);

/* The same without a plan, for a guest that has all its memory at start: each
 * page from where Xen takes it. */
int mem_populate_anywhere(const struct xg_ctx *ctx, struct xc_dom_image *dom,
                          struct xg_error *err);

#endif
