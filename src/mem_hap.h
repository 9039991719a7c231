/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_hap.h - the memory of an HVM or PVH guest's page tables. */
#ifndef XG_MEM_HAP_H
#define XG_MEM_HAP_H

#include "ctx.h"

/* The pages in the pool that Xen makes a guest's p2m from; 0: it has none.
 * False, and 0, if Xen does not tell, which is logged. */
bool mem_hap_size(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                  uint64_t *pages);

/* The toolstack sizes the pool while the domain's node affinity is still all
 * nodes. Renews its pages by the node affinity that the domain has now, 256 MiB
 * at a time, without making it smaller meanwhile: Xen adds new pages at the end
 * of the pool, and takes away those that are free from its beginning. What Xen
 * does not do of that is only logged: the guest has its pool in any case.
 * Errors: ENOMEM; the hypervisor's, when it would not even be asked. */
int mem_hap_renew(const struct xg_ctx *ctx, uint64_t pages,
                  struct xg_error *err);

#endif
