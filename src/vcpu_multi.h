/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vcpu_multi.h - the affinities of many vCPUs in one hypercall. */
#ifndef XG_VCPU_MULTI_H
#define XG_VCPU_MULTI_H

#include "ctx.h"

/* One vCPU's hard or soft mask, which is to be set. */
struct vcpu_setting {
    unsigned int vcpu;
    bool soft;
    const uint8_t *map; /* borrowed */
};

/* Reads both masks of the vCPUs from 0 on: `hard` and `soft` get one mask of
 * so many bytes after the other. Errors: the hypervisor's. */
int vcpu_multi_get(const struct xg_ctx *ctx, unsigned int nr_vcpus,
                   size_t map_bytes, uint8_t *hard, uint8_t *soft,
                   struct xg_error *err);

/* Sets masks of so many bytes. Errors: the hypervisor's, of the first that it
 * would not have; others may have been set. */
int vcpu_multi_set(const struct xg_ctx *ctx,
                   const struct vcpu_setting *settings,
                   unsigned int nr_settings, size_t map_bytes,
                   struct xg_error *err);

#endif
