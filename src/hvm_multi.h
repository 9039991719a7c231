/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * hvm_multi.h - a guest's HVM parameters in one hypercall.
 *
 * libxenguest sets a dozen of a new guest's, each with xc_hvm_param_set, as we
 * do. A definition of that function in our executable is the one that is
 * called, as with memory (mem_gate.c): it can keep them until all are there.
 * Where libxenguest calls libxenctrl's own nevertheless, they take a call each.
 */
#ifndef XG_HVM_MULTI_H
#define XG_HVM_MULTI_H

#include "ctx.h"

/* More than Xen has. */
#define HVM_MULTI_MOST 64

/* Zeroed: none. */
struct hvm_multi {
    const struct xg_ctx *ctx; /* borrowed */
    unsigned int nr;
    struct hvm_param {
        uint32_t index;
        uint64_t value;
    } param[HVM_MULTI_MOST];
};

/* From now on the domain's parameters are kept instead of set, until
 * hvm_multi_end or hvm_multi_forget. One list of the process can be kept; it
 * must stay where it is. */
void hvm_multi_begin(struct hvm_multi *multi, const struct xg_ctx *ctx);

/* Sets those that were kept, in their order; from now on each is set at once
 * again. Errors: ENOMEM; the hypervisor's, of the first that it would not have.
 */
int hvm_multi_end(struct hvm_multi *multi, struct xg_error *err);

/* Keeps none of a guest that has come to nothing. */
void hvm_multi_forget(struct hvm_multi *multi);

#endif
