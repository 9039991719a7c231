/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_load.h - how busy the host's nodes are. */
#ifndef XG_NUMA_LOAD_H
#define XG_NUMA_LOAD_H

#include "numa_host.h"

/* Counts the vCPUs of all other domains of the host's cpupool, each shared over
 * the nodes of its domain's node affinity, into the host's nodes: see
 * numa_node.load. Those of other pools run on pCPUs that are not usable, and
 * don't count as cores either. A domain that ends meanwhile counts nowhere.
 * Errors: ENOMEM; the hypervisor's. */
int numa_load_read(const struct xg_ctx *ctx, struct numa_host *host,
                   struct xg_error *err);

/* The same with domains that have been listed. */
int numa_load_count(const struct xg_ctx *ctx, const xc_domaininfo_t *list,
                    unsigned int nr_domains, struct numa_host *host,
                    struct xg_error *err);

#endif
