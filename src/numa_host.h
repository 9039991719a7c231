/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_host.h - the host's nodes as data. */
#ifndef XG_NUMA_HOST_H
#define XG_NUMA_HOST_H

#include <xenctrl.h>

#include "ctx.h"
#include "numa_nodes.h"

/* ACPI's distance of a node to itself; and one that the SLIT does not give,
 * which is farther than any that it does. */
#define NUMA_DISTANCE_SELF 10
#define NUMA_DISTANCE_UNKNOWN 0xff

/* numa_node.load of one vCPU. */
#define NUMA_LOAD_VCPU 1024

struct numa_node {
    uint64_t free_pages;    /* that a new domain may take */
    uint64_t low_pages;     /* the part of these that Xen keeps for devices */
    uint64_t claimed_pages; /* by others: not among these */
    uint64_t size_pages;    /* as Xen has it: with what it uses itself */
    unsigned int cores;     /* usable ones; SMT siblings count once */
    unsigned int threads;
    unsigned int device_distance; /* summed up over the domain's devices */
    /* The vCPUs of the cpupool's other domains, each shared over the nodes of
     * its domain's node affinity, in 1/NUMA_LOAD_VCPU. */
    unsigned int load;
};

struct numa_cpu {
    uint32_t node;   /* ~0U: Xen does not tell */
    uint32_t core;   /* the lowest pCPU of the same core */
    bool usable;     /* in the domain's cpupool, and on a node that exists */
    bool is_counted; /* its core, while cores are being counted */
};

/* The planner takes nothing but the first three members; tests can make hosts
 * with those alone. */
struct numa_host {
    uint64_t nodes; /* that exist */
    struct numa_node node[NUMA_NODES_MAX];
    uint8_t distance[NUMA_NODES_MAX][NUMA_NODES_MAX];

    uint32_t cpupool; /* whose pCPUs are usable */
    unsigned int nr_cpus;
    struct numa_cpu *cpu; /* owned */
    bool knows_claims;    /* what others have claimed is not free */
};

/* Reads nodes and distances, and the pCPUs of one cpupool: what does not change
 * while guests come and go. Thousands of pCPUs take milliseconds. The caller
 * owns *host, also on failure. Errors: libxenctrl's. */
int numa_host_read(const struct xg_ctx *ctx, uint32_t cpupool,
                   struct numa_host *host, struct xg_error *err);

/* Reads what does: the free memory of the nodes that numa_host_read found, how
 * much of it is low, and what other domains have claimed of it, if library and
 * hypervisor tell. Of the domain's own claim it is only known that it is on
 * `own_node`; -1: not even that. Takes microseconds and logs nothing: it is
 * called while other builders wait. Errors: libxenctrl's. */
int numa_host_read_free(const struct xg_ctx *ctx, int own_node,
                        struct numa_host *host, struct xg_error *err);

/* Counts the devices' distances; a device whose node Xen does not know counts
 * nowhere, nor, with a warning, do any if Xen can't be asked: what they are for
 * is a preference. Errors: ENOMEM. */
int numa_host_read_devices(const struct xg_ctx *ctx,
                           physdev_pci_device_t *devices,
                           unsigned int nr_devices, struct numa_host *host,
                           struct xg_error *err);

/* The nodes that have usable pCPUs, whatever masks leave of them. */
uint64_t numa_host_nodes_with_cpus(const struct numa_host *host);

/* Makes a bitmap of the usable pCPUs of a set of nodes; if the set has none, of
 * those nodes with pCPUs that are nearest to `home`. *map, owned by the caller,
 * has host->nr_cpus bits; none set: no pCPU is usable. Errors: ENOMEM. */
int numa_host_cpu_map(const struct numa_host *host, uint64_t nodes,
                      unsigned int home, uint8_t **map, struct xg_error *err);

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

/* Puts a distance of Xen's table in place. What is no distance is unknown, but
 * for a node to itself: that is then NUMA_DISTANCE_SELF. */
void numa_host_set_distance(struct numa_host *host, unsigned int from,
                            unsigned int to, uint32_t distance);

/* A host of its own. The caller owns *host, also on failure. Errors: ENOMEM. */
int numa_host_copy(const struct numa_host *from, struct numa_host *host,
                   struct xg_error *err);

void numa_host_free(struct numa_host *host);

#define cleanup_numa_host xg_cleanup(numa_host_free)

#endif
