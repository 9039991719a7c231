/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_special.h - bring the pages that libxenguest adds to a guest where its
 * plan has them. */
#ifndef XG_MEM_SPECIAL_H
#define XG_MEM_SPECIAL_H

#include "mem_populate.h"

/* To be called when libxenguest has just made the special pages of a populated
 * guest and its ACPI tables; does nothing for a PV guest, which has neither.
 * They go to the home node, or to the next of the plan if that is full, and
 * into the tally. Where not even that one has room, or max-mem leaves none for
 * old and new pages at a time, they stay, unless the plan is strict. Errors:
 * ENOMEM then; the hypervisor's. */
int mem_special_settle(struct mem_populate *populate, struct xc_dom_image *dom,
                       struct xg_error *err);

#endif
