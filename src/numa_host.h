/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_host.h - the host's nodes as data. */
#ifndef XG_NUMA_HOST_H
#define XG_NUMA_HOST_H

#include <xenctrl.h>

#include "ctx.h"
#include "numa_policy.h"

/* A SLIT entry of 0xff, and anything above, means unreachable. */
#define NUMA_UNREACHABLE 0xff

struct numa_node {
    uint64_t free_pages; /* that a new domain may take */
    uint64_t size_pages; /* as Xen has it: with what it uses itself */
    unsigned int cores;  /* usable ones; SMT siblings count once */
    unsigned int threads;
    unsigned int device_distance; /* summed up over the domain's devices */
};

struct numa_cpu {
    uint32_t node, socket, core; /* ~0U: Xen does not tell */
    bool usable;                 /* in the domain's cpupool */
};

/* The planner takes nothing but the first three members; tests can make hosts
 * with those alone. */
struct numa_host {
    uint64_t nodes; /* that exist */
    struct numa_node node[NUMA_NODES_MAX];
    uint8_t distance[NUMA_NODES_MAX][NUMA_NODES_MAX];

    unsigned int nr_cpus;
    struct numa_cpu *cpu; /* owned */
    bool knows_claims;    /* what others have claimed is not free */
};

/* Reads nodes, free memory and distances, and the pCPUs of one cpupool. The
 * caller owns *host, also on failure. Errors: libxenctrl's. */
int numa_host_read(const struct xg_ctx *ctx, uint32_t cpupool,
                   struct numa_host *host, struct xg_error *err);

/* Takes what other domains have claimed of each node from its free memory, if
 * library and hypervisor tell. Of the domain's own claim it is only known that
 * it is on `own_node`; -1: not even that. Errors: libxenctrl's, of reading the
 * domain. */
int numa_host_deduct_claims(const struct xg_ctx *ctx, int own_node,
                            struct numa_host *host, struct xg_error *err);

/* Counts the devices' distances; a device whose node Xen does not know counts
 * nowhere. Errors: libxenctrl's. */
int numa_host_read_devices(const struct xg_ctx *ctx,
                           physdev_pci_device_t *devices,
                           unsigned int nr_devices, struct numa_host *host,
                           struct xg_error *err);

/* Counts cores and threads of the pCPUs that are usable and in `cpus` (a
 * bitmap of nr_cpus bits; NULL: all). Returns the nodes that they are on. */
uint64_t numa_host_count_cpus(struct numa_host *host, const uint8_t *cpus);

/* The farther of two distances counts where a table is not symmetric: it is
 * what a guest would feel. */
static inline unsigned int numa_distance(const struct numa_host *host,
                                         unsigned int a, unsigned int b)
{
    uint8_t there = host->distance[a][b], back = host->distance[b][a];

    return there > back ? there : back;
}

void numa_host_free(struct numa_host *host);

#define cleanup_numa_host xg_cleanup(numa_host_free)

#endif
