/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * claim_compat.h - the claims that the installed libxenctrl knows.
 *
 * Each returns 0, or -1 with errno: ENOSYS if the library has no such call,
 * else the hypervisor's. */
#ifndef XG_CLAIM_COMPAT_H
#define XG_CLAIM_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "../numa_nodes.h"

struct xg_claim {
    uint32_t node; /* or XG_CLAIM_ANY_NODE */
    uint64_t pages;
};

#define XG_CLAIM_ANY_NODE UINT32_MAX

/* What the library has; whether the hypervisor takes it shows when it is asked.
 */
bool xg_xc_has_claim_set(void);
bool xg_xc_has_claim_node(void);

/* A set of claims at once, NUMA_NODES_MAX at most, all of them or none; an
 * older claim of any kind is replaced in the same step. */
int xg_xc_claim_set(xc_interface *xch, uint32_t domid,
                    const struct xg_claim *claims, uint32_t nr_claims);

/* Further pages on one node. */
int xg_xc_claim_node(xc_interface *xch, uint32_t domid, uint32_t node,
                     uint64_t pages);

/* Pages of the host, those that the domain already has included; 0 gives up
 * what is claimed, in whichever way. */
int xg_xc_claim_host(xc_interface *xch, uint32_t domid, uint64_t pages);

/* Pages of each node that are free, and of these those that all domains have
 * claimed, at one moment. */
int xg_xc_free_and_claimed(xc_interface *xch,
                           uint64_t free_pages[NUMA_NODES_MAX],
                           uint64_t claimed[NUMA_NODES_MAX]);

#endif
