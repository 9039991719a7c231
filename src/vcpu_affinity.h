/* SPDX-License-Identifier: LGPL-2.1-or-later
 * vcpu_affinity.h - tie vCPUs to pCPUs. */
#ifndef XG_VCPU_AFFINITY_H
#define XG_VCPU_AFFINITY_H

#include "xs_platform.h"

/* Turns a string of '0' and '1', character i for pCPU i, into a bitmap of
 * nr_cpus bits: a shorter string leaves the rest 0, what lies past the last
 * pCPU is ignored. `map` holds at least (nr_cpus + 7) / 8 bytes. Errors: EINVAL
 * for another character, or when no pCPU of the host is left. */
int vcpu_affinity_parse(const char *text, unsigned int nr_cpus, uint8_t *map,
                        struct xg_error *err);

/* Sets the hard affinity of each vCPU that has one in platform/vcpu/N. */
int vcpu_affinity_apply(const struct xg_ctx *ctx,
                        const struct xs_platform *platform,
                        struct xg_error *err);

#endif
