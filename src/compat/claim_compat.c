/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * claim_compat.c - the claims that the installed libxenctrl knows. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "claim_compat.h"

#include <errno.h>

bool xg_xc_has_claim_set(void)
{
#ifdef HAVE_CLAIM_MEMORY
    return true;
#else
    return false;
#endif
}

bool xg_xc_has_claim_node(void)
{
#ifdef HAVE_CLAIM_PAGES_NODE
    return true;
#else
    return false;
#endif
}

#ifdef HAVE_CLAIM_MEMORY
/* The target that is no node, which each version of the headers names anew. */
#define TARGET_ANY_NODE 0x80000000U

int xg_xc_claim_set(xc_interface *xch, uint32_t domid,
                    const struct xg_claim *claims, uint32_t nr_claims)
{
    memory_claim_t set[NUMA_NODES_MAX] = { { .pages = 0 } };

    if (nr_claims > NUMA_NODES_MAX) {
        errno = E2BIG;
        return -1;
    }
    for (uint32_t i = 0; i < nr_claims; i++) {
        set[i].pages = claims[i].pages;
        set[i].target = claims[i].node == XG_CLAIM_ANY_NODE ? TARGET_ANY_NODE
                                                            : claims[i].node;
    }
    return xc_domain_claim_memory(xch, domid, nr_claims, set);
}
#else
int xg_xc_claim_set(xc_interface *xch, uint32_t domid,
                    const struct xg_claim *claims, uint32_t nr_claims)
{
    (void)xch, (void)domid, (void)claims, (void)nr_claims;
    errno = ENOSYS;
    return -1;
}
#endif

int xg_xc_claim_node(xc_interface *xch, uint32_t domid, uint32_t node,
                     uint64_t pages)
{
#ifdef HAVE_CLAIM_PAGES_NODE
    return xc_domain_claim_pages_node(xch, domid, node, pages);
#else
    (void)xch, (void)domid, (void)node, (void)pages;
    errno = ENOSYS;
    return -1;
#endif
}

int xg_xc_claim_host(xc_interface *xch, uint32_t domid, uint64_t pages)
{
    return xc_domain_claim_pages(xch, domid, pages);
}

int xg_xc_free_and_claimed(xc_interface *xch,
                           uint64_t free_pages[NUMA_NODES_MAX],
                           uint64_t claimed[NUMA_NODES_MAX])
{
#ifdef HAVE_NUMA_MEMINFO
    xen_sysctl_node_meminfo_t info[NUMA_NODES_MAX] = { { .size = 0 } };
    unsigned int nr_filled = NUMA_NODES_MAX;

    if (xc_numa_meminfo(xch, &nr_filled, info) < 0)
        return -1;
    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++) {
        bool is_filled = i < nr_filled;

        free_pages[i] = is_filled ? info[i].free >> XC_PAGE_SHIFT : 0;
        claimed[i] = is_filled ? info[i].claimed >> XC_PAGE_SHIFT : 0;
    }
    return 0;
#else
    (void)xch, (void)free_pages, (void)claimed;
    errno = ENOSYS;
    return -1;
#endif
}
