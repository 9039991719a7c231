/* SPDX-License-Identifier: LGPL-2.1-or-later
 * vcpu_affinity.h - tie vCPUs to pCPUs. */
#ifndef XG_VCPU_AFFINITY_H
#define XG_VCPU_AFFINITY_H

#include "numa_policy.h"
#include "xs_platform.h"

/* How a NUMA policy ties all vCPUs to the pCPUs of its nodes. */
struct vcpu_pin {
    enum numa_affinity how;
    const uint8_t *cpus; /* borrowed; a bitmap of nr_cpus bits */
    unsigned int nr_cpus;
    bool strict; /* a vCPU that may run on none of them is an error */
};

/* Turns a string of '0' and '1', character i for pCPU i, into a bitmap of
 * nr_cpus bits: any other character is 0, a shorter string leaves the rest 0,
 * what lies past the last pCPU is ignored. `map` holds at least
 * (nr_cpus + 7) / 8 bytes. Errors: EINVAL when no pCPU of the host is left. */
int vcpu_affinity_parse(const char *text, unsigned int nr_cpus, uint8_t *map,
                        struct xg_error *err);

/* Sets the hard affinity of each vCPU that has one in platform/vcpu/N, and what
 * a NUMA policy asks for besides (`pin` may be NULL): soft, as a preference
 * within the hard mask, or hard, as the part of that mask that the policy's
 * pCPUs leave. Errors: EINVAL for a mask of zeros, or one that leaves nothing
 * under a strict policy; libxenctrl's. */
int vcpu_affinity_apply(const struct xg_ctx *ctx,
                        const struct xs_platform *platform,
                        const struct vcpu_pin *pin, struct xg_error *err);

#endif
