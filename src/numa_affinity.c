/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_affinity.c - where a domain's memory and vCPUs belong. */
#include "numa_affinity.h"

#include <errno.h>

/* Xen takes a map of ones, for nodes that don't exist too, as the order to
 * derive the set from the vCPUs' masks again. */
#define EVERY_NODE UINT64_MAX

/* A map of Xen's, empty; the caller owns it. NULL if that can't be had. */
static uint8_t *make_map(const struct xg_ctx *ctx, unsigned int *bytes,
                         struct xg_error *err)
{
    uint8_t *map;
    int size;

    xg_forget_errors(ctx);
    size = xc_get_nodemap_size(ctx->xch);
    if (size <= 0) {
        (void)xg_fail_xc(ctx, err, "xc_get_nodemap_size", "map of nodes");
        return NULL;
    }
    xg_forget_errors(ctx);
    map = xc_nodemap_alloc(ctx->xch);
    if (!map)
        (void)xg_fail_xc(ctx, err, "xc_nodemap_alloc", "map of nodes");
    *bytes = (unsigned int)size;
    return map;
}

static uint64_t nodes_of_map(const uint8_t *map, unsigned int bytes)
{
    uint64_t nodes = 0;

    for (unsigned int i = 0; i < bytes && i < NUMA_NODES_MAX / 8; i++)
        nodes |= (uint64_t)map[i] << i * 8;
    return nodes;
}

int numa_affinity_get_nodes(const struct xg_ctx *ctx, uint64_t *nodes,
                            struct xg_error *err)
{
    unsigned int bytes = 0;
    cleanup_free uint8_t *map = make_map(ctx, &bytes, err);

    if (!map)
        return -1;
    xg_forget_errors(ctx);
    if (xc_domain_node_getaffinity(ctx->xch, ctx->domid, map) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_node_getaffinity", "domain %u",
                          ctx->domid);
    *nodes = nodes_of_map(map, bytes);
    return 0;
}

static int set_nodes(const struct xg_ctx *ctx, uint64_t nodes, const char *text,
                     struct xg_error *err)
{
    unsigned int bytes = 0;
    cleanup_free uint8_t *map = make_map(ctx, &bytes, err);

    if (!map)
        return -1;
    for (unsigned int i = 0; i < bytes; i++)
        map[i] = i < NUMA_NODES_MAX / 8 ? (uint8_t)(nodes >> i * 8)
                                        : (nodes == EVERY_NODE ? 0xff : 0);
    xg_forget_errors(ctx);
    if (xc_domain_node_setaffinity(ctx->xch, ctx->domid, map) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_node_setaffinity", "nodes %s",
                          text);
    xg_info(ctx->log, "node affinity set to %s", text);
    return 0;
}

int numa_affinity_set_nodes(const struct xg_ctx *ctx, uint64_t nodes,
                            struct xg_error *err)
{
    char text[NUMA_LIST_BYTES];

    return set_nodes(ctx, nodes, numa_nodes_format(nodes, text), err);
}

int numa_affinity_leave_nodes(const struct xg_ctx *ctx, uint64_t nodes,
                              struct xg_error *err)
{
    uint64_t derived = 0;

    if (set_nodes(ctx, EVERY_NODE, "what the vCPUs' masks make it", err) < 0 ||
        numa_affinity_get_nodes(ctx, &derived, err) < 0)
        return -1;
    return derived == nodes ? 0 : numa_affinity_set_nodes(ctx, nodes, err);
}

/* The nodes that have usable pCPUs, whatever masks leave of those. */
static uint64_t nodes_with_cpus(const struct numa_host *host)
{
    uint64_t nodes = 0;

    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++)
        if (host->cpu[cpu].usable)
            nodes |= NUMA_BIT(host->cpu[cpu].node);
    return nodes;
}

/* Those of a set that are nearest to a node. */
static uint64_t nearest(const struct numa_host *host, uint64_t nodes,
                        unsigned int home)
{
    unsigned int least = NUMA_DISTANCE_UNKNOWN;
    uint64_t found = 0;

    FOR_EACH_NODE (node, nodes) {
        unsigned int distance = numa_distance(host, home, node);

        if (distance > least)
            continue;
        if (distance < least)
            found = 0;
        least = distance;
        found |= NUMA_BIT(node);
    }
    return found;
}

int numa_affinity_cpus(const struct numa_host *host, uint64_t nodes,
                       unsigned int home, uint8_t **map, struct xg_error *err)
{
    uint64_t with_cpus = nodes_with_cpus(host);

    *map = calloc(1, host->nr_cpus / 8 + 1);
    if (!*map)
        return xg_fail(err, "calloc", errno, "%u pCPUs", host->nr_cpus);

    if (!(nodes & with_cpus))
        nodes = nearest(host, with_cpus, home);
    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++)
        if (host->cpu[cpu].usable && nodes & NUMA_BIT(host->cpu[cpu].node))
            (*map)[cpu / 8] |= (uint8_t)(1u << cpu % 8);
    return 0;
}
