/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xenctrl.h - of a libxenctrl with claim sets, made of the installed one. */
#ifndef XG_VARIANT_XENCTRL_H
#define XG_VARIANT_XENCTRL_H

#include_next <xenctrl.h>

typedef struct memory_claim {
    uint64_aligned_t pages;
    uint32_t target;
    uint32_t pad;
} memory_claim_t;

/* Further pages, all of them or none; replaces what was claimed before. */
int xc_domain_claim_memory(xc_interface *xch, uint32_t domid,
                           uint32_t nr_claims, memory_claim_t *claims);

#endif
