/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_load.c - how busy the host's nodes are. */
#include "numa_load.h"

#include "numa_affinity.h"

static void add_domain(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                       struct numa_host *host)
{
    struct xg_ctx theirs = *ctx;
    struct xg_error ignored;
    uint64_t nodes = 0;
    unsigned int nr_nodes = 0;

    theirs.domid = info->domain;
    if (numa_affinity_get_nodes(&theirs, &nodes, &ignored) < 0)
        return;
    nodes &= host->nodes;
    FOR_EACH_NODE (node, nodes)
        nr_nodes++;
    if (nr_nodes == 0)
        return;
    FOR_EACH_NODE (node, nodes)
        host->node[node].load +=
            info->nr_online_vcpus * NUMA_LOAD_VCPU / nr_nodes;
}

void numa_load_count(const struct xg_ctx *ctx, const xc_domaininfo_t *list,
                     unsigned int nr_domains, struct numa_host *host)
{
    for (unsigned int i = 0; i < nr_domains; i++)
        if (list[i].domain != ctx->domid)
            add_domain(ctx, &list[i], host);

    FOR_EACH_NODE (node, host->nodes)
        xg_info(ctx->log, "node %u: %u vCPUs of others", node,
                host->node[node].load / NUMA_LOAD_VCPU);
}

int numa_load_read(const struct xg_ctx *ctx, struct numa_host *host,
                   struct xg_error *err)
{
    cleanup_free xc_domaininfo_t *list = NULL;
    unsigned int nr_domains;

    if (xg_ctx_list_domains(ctx, &list, &nr_domains, err) < 0)
        return -1;
    numa_load_count(ctx, list, nr_domains, host);
    return 0;
}
