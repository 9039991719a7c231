/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_vnodes.c - a guest's virtual NUMA nodes as data (pure). */
#include "numa_vnodes.h"

#include <errno.h>

#define CUT_BYTES (UINT64_C(2) << 20)

/* Linux's REMOTE_DISTANCE. */
#define DISTANCE_OTHER 20

static uint64_t ram_bytes(const struct numa_vnodes_request *request)
{
    uint64_t bytes = 0;

    for (unsigned int i = 0; i < request->nr_ram; i++)
        bytes += request->ram[i].end - request->ram[i].start;
    return bytes;
}

/* Gives a virtual node the RAM that `ram` begins with, which is shortened by
 * it; at most `left` bytes, cut so that superpages are whole.
 * Returns what it got. */
static uint64_t take(struct mem_range *ram, uint64_t left, unsigned int vnode,
                     struct numa_vnodes *vnodes)
{
    uint64_t end = ram->end;

    if (left < ram->end - ram->start)
        end = (ram->start + left) & ~(CUT_BYTES - 1);
    if (end <= ram->start)
        return 0;
    left = end - ram->start;
    vnodes->range[vnodes->nr_ranges++] = (struct numa_vnode_range){
        .ram = { ram->start, end },
        .vnode = vnode,
    };
    vnodes->vnode[vnode].bytes += left;
    ram->start = end;
    return left;
}

/* Each gets its part of what is left: so what a cut has moved is made up for,
 * and shares differ by no more than a cut. */
static int share_ram(const struct numa_vnodes_request *request,
                     struct numa_vnodes *vnodes, struct xg_error *err)
{
    struct mem_range ram[MEM_LAYOUT_RAM_MAX];
    uint64_t rest = ram_bytes(request);
    unsigned int i = 0;

    for (unsigned int r = 0; r < request->nr_ram; r++)
        ram[r] = request->ram[r];
    for (unsigned int vnode = 0; vnode < vnodes->nr; vnode++) {
        uint64_t left = rest / (vnodes->nr - vnode);

        while (left && i < request->nr_ram) {
            left -= take(&ram[i], left, vnode, vnodes);
            if (ram[i].start < ram[i].end)
                break;
            i++;
        }
        if (!vnodes->vnode[vnode].bytes)
            return xg_fail(err, "numa_vnodes_make", ERANGE,
                           "%u virtual nodes: number %u would have no memory",
                           vnodes->nr, vnode);
        rest -= vnodes->vnode[vnode].bytes;
    }
    return 0;
}

static int share_vcpus(const struct numa_vnodes_request *request,
                       struct numa_vnodes *vnodes, struct xg_error *err)
{
    unsigned int socket =
        request->vcpus_per_socket ? request->vcpus_per_socket : 1;
    unsigned int nr_sockets = request->nr_vcpus / socket;

    if (vnodes->nr > nr_sockets)
        return xg_fail(
            err, "numa_vnodes_make", ERANGE,
            "%u virtual nodes: the guest has %u %s", vnodes->nr, nr_sockets,
            socket > 1 ? "sockets (platform/cores-per-socket)" : "vCPUs");
    for (unsigned int i = 0; i < vnodes->nr; i++) {
        unsigned int first = nr_sockets * i / vnodes->nr * socket;
        unsigned int end = nr_sockets * (i + 1) / vnodes->nr * socket;

        if (i + 1 == vnodes->nr)
            end = request->nr_vcpus; /* a last socket may not be full */
        vnodes->vnode[i].first_vcpu = first;
        vnodes->vnode[i].nr_vcpus = end - first;
    }
    return 0;
}

int numa_vnodes_make(const struct numa_vnodes_request *request, unsigned int nr,
                     struct numa_vnodes *vnodes, struct xg_error *err)
{
    *vnodes = (struct numa_vnodes){ .nr = nr };
    if (!nr || nr > NUMA_VNODES_MAX)
        return xg_fail(err, __func__, ERANGE,
                       "%u virtual nodes: a guest has 1 to %d", nr,
                       NUMA_VNODES_MAX);
    if (share_vcpus(request, vnodes, err) < 0)
        return -1;
    return share_ram(request, vnodes, err);
}

void numa_vnodes_place(struct numa_vnodes *vnodes, const struct numa_host *host,
                       const unsigned int *nodes)
{
    for (unsigned int i = 0; i < vnodes->nr; i++)
        vnodes->vnode[i].node = nodes[i];
    for (unsigned int i = 0; i < vnodes->nr; i++)
        for (unsigned int j = 0; j < vnodes->nr; j++) {
            unsigned int distance = numa_distance(host, nodes[i], nodes[j]);
            bool fits = distance > NUMA_DISTANCE_SELF &&
                        distance < NUMA_DISTANCE_UNKNOWN;

            vnodes->distance[i][j] = i == j ? NUMA_DISTANCE_SELF
                                     : fits ? (uint8_t)distance
                                            : DISTANCE_OTHER;
        }
}

unsigned int numa_vnodes_of_vcpu(const struct numa_vnodes *vnodes,
                                 unsigned int vcpu)
{
    unsigned int vnode = 0;

    while (vnode + 1 < vnodes->nr &&
           vcpu >= vnodes->vnode[vnode + 1].first_vcpu)
        vnode++;
    return vnode;
}
