/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_load.c - how busy the host's nodes are. */
#include "numa_load.h"

#include "domain.h"
#include "node_affinity.h"

/* Of all its vCPUs: a guest is about to start those that it has not started
 * yet, or is being built. */
static void add_domain(const xc_domaininfo_t *info, uint64_t nodes,
                       struct numa_host *host)
{
    unsigned int nr_nodes = (unsigned int)__builtin_popcountll(nodes);

    if (!nr_nodes)
        return;
    FOR_EACH_NODE (node, nodes)
        host->node[node].load +=
            domain_max_vcpus(info) * NUMA_LOAD_VCPU / nr_nodes;
}

int numa_load_count(const struct xg_ctx *ctx, const xc_domaininfo_t *list,
                    unsigned int nr_domains, struct numa_host *host,
                    struct xg_error *err)
{
    cleanup_free uint64_t *nodes = calloc(nr_domains + 1, sizeof(*nodes));
    /* On other nodes no vCPU of the pool runs. */
    uint64_t with_cpus = numa_host_nodes_with_cpus(host);

    if (!nodes)
        return xg_fail_errno(err, "calloc", "%u domains", nr_domains);
    if (node_affinity_get_others(ctx, list, nr_domains, nodes, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_domains; i++)
        if (list[i].cpupool == host->cpupool)
            add_domain(&list[i], nodes[i] & with_cpus, host);

    FOR_EACH_NODE (node, host->nodes)
        xg_info(ctx->log, "node %u: %u vCPUs of others", node,
                host->node[node].load / NUMA_LOAD_VCPU);
    return 0;
}

int numa_load_read(const struct xg_ctx *ctx, struct numa_host *host,
                   struct xg_error *err)
{
    cleanup_free xc_domaininfo_t *list = NULL;
    unsigned int nr_domains;

    if (xg_ctx_list_domains(ctx, &list, &nr_domains, err) < 0)
        return -1;
    return numa_load_count(ctx, list, nr_domains, host, err);
}
