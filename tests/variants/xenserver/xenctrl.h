/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xenctrl.h - of XenServer's libxenctrl, made of the installed one: CPU
 * policies with cores per socket, claims on one node, and what is claimed of
 * each node. */
#ifndef XG_VARIANT_XENCTRL_H
#define XG_VARIANT_XENCTRL_H

/* The installed shape goes by another name. */
#define xc_cpuid_apply_policy installed_xc_cpuid_apply_policy
#include_next <xenctrl.h>
#undef xc_cpuid_apply_policy

int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                          const uint32_t *featureset, unsigned int nr_features,
                          bool pae, bool itsc, bool nested_virt,
                          unsigned int cores_per_socket,
                          const struct xc_xend_cpuid *xend,
                          const struct xc_msr *msr);

/* Further pages of one node; node ~0U: of the host. */
int xc_domain_claim_pages_node(xc_interface *xch, uint32_t domid,
                               unsigned int node, unsigned long nr_pages);

/* In bytes; what is free includes what is claimed. */
typedef struct xen_sysctl_node_meminfo {
    uint64_aligned_t size;
    uint64_aligned_t free;
    uint64_aligned_t claimed;
} xen_sysctl_node_meminfo_t;

int xc_numa_meminfo(xc_interface *xch, unsigned int *max_nodes,
                    xen_sysctl_node_meminfo_t *meminfo);

#endif
