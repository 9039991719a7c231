/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_vnodes.h - a guest's virtual NUMA nodes as data (pure). */
#ifndef XG_NUMA_VNODES_H
#define XG_NUMA_VNODES_H

#include "mem_layout.h"
#include "numa_host.h"

/* Xen's own most, for xc_domain_setvnuma. */
#define NUMA_VNODES_MAX 32

/* Each cut makes one more range of the guest's RAM, of which there are two. */
#define NUMA_VNODE_RANGES_MAX (NUMA_VNODES_MAX + MEM_LAYOUT_RAM_MAX)

struct numa_vnodes_request {
    struct mem_range ram[MEM_LAYOUT_RAM_MAX]; /* ascending */
    unsigned int nr_ram;
    unsigned int nr_vcpus;
    unsigned int vcpus_per_socket; /* that the guest is shown; 0: not said */
};

struct numa_vnode {
    uint64_t bytes;
    unsigned int first_vcpu, nr_vcpus;
    unsigned int node; /* the host's, where all of it is */
};

struct numa_vnodes {
    unsigned int nr; /* 0: the guest is shown none */
    struct numa_vnode vnode[NUMA_VNODES_MAX];
    struct numa_vnode_range {
        struct mem_range ram; /* guest-physical, in bytes */
        unsigned int vnode;
    } range[NUMA_VNODE_RANGES_MAX]; /* ascending */
    unsigned int nr_ranges;
    uint8_t distance[NUMA_VNODES_MAX][NUMA_VNODES_MAX];
};

/* Lays out `nr` virtual nodes, but for where they are: RAM in equal shares,
 * from low to high, each cut at a multiple of 2 MiB, so that superpages are
 * whole; vCPUs in blocks as equal as whole sockets allow it. The hole below 4
 * GiB may lie within a virtual node. Errors: ERANGE for none, more than
 * NUMA_VNODES_MAX, more than there are vCPUs or sockets, or one that would get
 * no RAM. */
int numa_vnodes_make(const struct numa_vnodes_request *request, unsigned int nr,
                     struct numa_vnodes *vnodes, struct xg_error *err);

/* Puts each on its node, of as many as there are virtual nodes, and takes over
 * these nodes' distances. One that the host does not know, or that no two nodes
 * can have, becomes 20, which a guest assumes where it is told nothing: for one
 * bad distance Linux would drop the whole table. */
void numa_vnodes_place(struct numa_vnodes *vnodes, const struct numa_host *host,
                       const unsigned int *nodes);

/* The virtual node of a vCPU. */
unsigned int numa_vnodes_of_vcpu(const struct numa_vnodes *vnodes,
                                 unsigned int vcpu);

#endif
