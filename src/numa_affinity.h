/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_affinity.h - where a domain's memory and vCPUs belong. */
#ifndef XG_NUMA_AFFINITY_H
#define XG_NUMA_AFFINITY_H

#include "numa_host.h"

/* Makes the domain's node affinity this set. Where Xen has derived just that
 * from the vCPUs' affinities, it is left to Xen. Errors: libxenctrl's. */
int numa_affinity_set_nodes(const struct xg_ctx *ctx, uint64_t nodes,
                            struct xg_error *err);

/* Makes a bitmap of the usable pCPUs of a set of nodes; if the set has none, of
 * those nodes with pCPUs that are nearest to `home`. *map, owned by the caller,
 * has host->nr_cpus bits; none set: no pCPU is usable. Errors: ENOMEM. */
int numa_affinity_cpus(const struct numa_host *host, uint64_t nodes,
                       unsigned int home, uint8_t **map, struct xg_error *err);

/* The pCPUs that the hard masks of all vCPUs reach together: `masks` as in
 * struct xs_platform. *map as above, or NULL if no mask leaves out a usable
 * pCPU: one of ones for all of them is no restriction. A mask that is malformed
 * is left for vcpu_affinity_apply to refuse. */
int numa_affinity_reach(const struct numa_host *host, char **masks,
                        unsigned int nr_vcpus, uint8_t **map,
                        struct xg_error *err);

#endif
