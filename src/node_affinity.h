/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * node_affinity.h - the nodes that Xen takes a domain's memory from, where the
 * request names none. */
#ifndef XG_NODE_AFFINITY_H
#define XG_NODE_AFFINITY_H

#include "ctx.h"
#include "numa_nodes.h"

/* Reads the node affinities of these domains, in one hypercall, into as many
 * `nodes`: none of the domain itself, and of one that has ended meanwhile.
 * Errors: ENOMEM; the hypervisor's. */
int node_affinity_get_others(const struct xg_ctx *ctx,
                             const xc_domaininfo_t *list,
                             unsigned int nr_domains, uint64_t *nodes,
                             struct xg_error *err);

/* Makes the domain's node affinity this set. Errors: the hypervisor's. */
int node_affinity_set(const struct xg_ctx *ctx, uint64_t nodes,
                      struct xg_error *err);

/* The same for good: where Xen derives just that set from the vCPUs' masks, it
 * is left to Xen, so that it follows the vCPUs if they are moved. */
int node_affinity_leave(const struct xg_ctx *ctx, uint64_t nodes,
                        struct xg_error *err);

#endif
