/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * cpuid_topology.h - which vCPUs share a socket, as the guest's CPUID has it.
 */
#ifndef XG_CPUID_TOPOLOGY_H
#define XG_CPUID_TOPOLOGY_H

#include "numa_vnodes.h"
#include "xs_platform.h"

/* The vCPUs of a socket that a guest is shown, a power of two: Xen gives vCPU N
 * the APIC id 2 * N, whose upper bits are the socket. cores-per-socket rounded
 * up, so that there are no more sockets than were asked for; else the most with
 * which no socket is in two virtual nodes (`vnodes` may be NULL or have none).
 * 0: as it comes. */
unsigned int cpuid_topology_socket(const struct xs_platform *platform,
                                   const struct numa_vnodes *vnodes);

/* Makes sockets of so many vCPUs, a power of two of at most 128, in those of a
 * CPU policy's leaves that tell of them, and puts these first. Returns how many
 * they are. Intel's form if the policy has Intel's leaf of caches (4), else
 * AMD's. */
unsigned int cpuid_topology_edit(xen_cpuid_leaf_t *leaves, unsigned int nr,
                                 unsigned int socket_vcpus);

/* Shows them to the guest of a build, whose CPU policy has been set. What can't
 * be shown is a warning: the guest runs without. */
void cpuid_topology_apply(const struct xg_ctx *ctx,
                          const struct xs_platform *platform,
                          const struct numa_vnodes *vnodes);

#endif
