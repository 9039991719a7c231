/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vcpu_affinity.h - tie vCPUs to pCPUs. */
#ifndef XG_VCPU_AFFINITY_H
#define XG_VCPU_AFFINITY_H

#include "numa_policy.h"
#include "xs_platform.h"

/* Turns a string of '0' and '1', character i for pCPU i, into a bitmap of
 * nr_cpus bits: any other character is 0, a shorter string leaves the rest 0,
 * what lies past the last pCPU is ignored. `map` holds at least
 * (nr_cpus + 7) / 8 bytes. Errors: EINVAL when no pCPU of the host is left. */
int vcpu_affinity_parse(const char *text, unsigned int nr_cpus, uint8_t *map,
                        struct xg_error *err);

/* Sets the hard affinity of each vCPU that has one in platform/vcpu/N. Errors:
 * EINVAL for a mask of zeros; libxenctrl's. */
int vcpu_affinity_apply(const struct xg_ctx *ctx,
                        const struct xs_platform *platform,
                        struct xg_error *err);

/* The masks that a domain's vCPUs have, whoever set them. Zeroed: of no vCPU.
 */
struct vcpu_masks {
    unsigned int nr_vcpus;
    unsigned int nr_cpus; /* bits in each mask */
    size_t bytes;         /* of each mask */
    uint8_t *hard, *soft; /* owned; one mask after the other */
};

/* Reads them from Xen. The caller owns *masks, also on failure. Errors:
 * libxenctrl's. */
int vcpu_masks_read(const struct xg_ctx *ctx, unsigned int nr_vcpus,
                    struct vcpu_masks *masks, struct xg_error *err);

/* Puts the hard masks of platform/vcpu/N in, as vcpu_affinity_apply would give
 * them to Xen. Errors: EINVAL for a mask of zeros. */
int vcpu_masks_take_keys(struct vcpu_masks *masks,
                         const struct xs_platform *platform,
                         struct xg_error *err);

void vcpu_masks_free(struct vcpu_masks *masks);

/* The pCPUs that the vCPUs together may run on, and with `soft_counts` are to
 * prefer: a bitmap of nr_cpus bits, owned by the caller. *reach is NULL if that
 * is no restriction: they reach all of `usable`, of as many bits. Errors:
 * ENOMEM. */
int vcpu_masks_reach(const struct vcpu_masks *masks, const uint8_t *usable,
                     unsigned int nr_cpus, bool soft_counts, uint8_t **reach,
                     struct xg_error *err);

/* How a NUMA policy ties vCPUs to the pCPUs of their nodes. */
struct vcpu_pin {
    unsigned int first_vcpu, nr_vcpus;
    enum numa_affinity how;
    const uint8_t *cpus; /* borrowed; a bitmap of nr_cpus bits */
    unsigned int nr_cpus;
    bool strict; /* a vCPU that may run on none of them is an error */
};

/* Ties each of them to what the policy's pCPUs and its own hard mask have in
 * common: as its soft mask, or as its hard one. Where that is nothing the vCPU
 * is left alone. *nr_pinned grows by those that are not. Errors: EINVAL for
 * such a vCPU under a hard strict policy; libxenctrl's. */
int vcpu_affinity_pin(const struct xg_ctx *ctx, const struct vcpu_masks *masks,
                      const struct vcpu_pin *pin, unsigned int *nr_pinned,
                      struct xg_error *err);

/* Makes the masks what Xen would have then (pure). Errors: EINVAL, as above. */
int vcpu_masks_pin(struct vcpu_masks *masks, const struct vcpu_pin *pin,
                   struct xg_error *err);

#endif
