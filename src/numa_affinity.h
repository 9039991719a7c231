/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_affinity.h - where a domain's memory and vCPUs belong. */
#ifndef XG_NUMA_AFFINITY_H
#define XG_NUMA_AFFINITY_H

#include "numa_host.h"

/* Reads the node affinities of these domains, in one hypercall, into as many
 * `nodes`: none of the domain itself, and of one that has ended meanwhile.
 * Errors: ENOMEM; the hypervisor's. */
int numa_affinity_get_others(const struct xg_ctx *ctx,
                             const xc_domaininfo_t *list,
                             unsigned int nr_domains, uint64_t *nodes,
                             struct xg_error *err);

/* Makes the domain's node affinity this set. Errors: the hypervisor's. */
int numa_affinity_set_nodes(const struct xg_ctx *ctx, uint64_t nodes,
                            struct xg_error *err);

/* The same for good: where Xen derives just that set from the vCPUs' masks, it
 * is left to Xen, so that it follows the vCPUs if they are moved. */
int numa_affinity_leave_nodes(const struct xg_ctx *ctx, uint64_t nodes,
                              struct xg_error *err);

/* Makes a bitmap of the usable pCPUs of a set of nodes; if the set has none, of
 * those nodes with pCPUs that are nearest to `home`. *map, owned by the caller,
 * has host->nr_cpus bits; none set: no pCPU is usable. Errors: ENOMEM. */
int numa_affinity_cpus(const struct numa_host *host, uint64_t nodes,
                       unsigned int home, uint8_t **map, struct xg_error *err);

#endif
