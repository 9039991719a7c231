/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_host.c - the host's nodes as data. */
#include "numa_host.h"

#include <string.h>

#include "bytes.h"
#include "compat/claim_compat.h"
#include "numbers.h"

/* Xen may tell of a node that it has not got, or of none. */
static bool is_there(const struct numa_host *host, uint32_t node)
{
    return node < NUMA_NODES_MAX && host->nodes & NUMA_BIT(node);
}

void numa_host_set_distance(struct numa_host *host, unsigned int from,
                            unsigned int to, uint32_t distance)
{
    if (distance == 0 || distance >= NUMA_DISTANCE_UNKNOWN)
        distance = from == to ? NUMA_DISTANCE_SELF : NUMA_DISTANCE_UNKNOWN;
    host->distance[from][to] = (uint8_t)distance;
}

/* Xen has no host with more nodes (CONFIG_NR_NUMA_NODES), and says how many of
 * the places there are that it has filled. */
static int read_nodes(const struct xg_ctx *ctx, struct numa_host *host,
                      struct xg_error *err)
{
    cleanup_free xc_meminfo_t *mem = calloc(NUMA_NODES_MAX, sizeof(*mem));
    cleanup_free uint32_t *distance =
        calloc((size_t)NUMA_NODES_MAX * NUMA_NODES_MAX, sizeof(*distance));
    unsigned int nr_nodes = NUMA_NODES_MAX;

    if (!mem || !distance)
        return xg_fail_errno(err, "calloc", "%u nodes", nr_nodes);
    xg_forget_errors(ctx);
    if (xc_numainfo(ctx->xch, &nr_nodes, mem, distance) < 0)
        return xg_fail_xc(ctx, err, "xc_numainfo", "the host's nodes");

    for (unsigned int i = 0; i < nr_nodes; i++) {
        if (mem[i].memsize == XEN_INVALID_MEM_SZ)
            continue;
        host->nodes |= NUMA_BIT(i);
        host->node[i].size_pages = mem[i].memsize >> XC_PAGE_SHIFT;
        for (unsigned int j = 0; j < nr_nodes; j++)
            numa_host_set_distance(host, i, j, distance[i * nr_nodes + j]);
    }
    return 0;
}

struct core {
    const xc_cputopo_t *where;
    unsigned int cpu;
};

static int compare_cores(const void *one, const void *other)
{
    const xc_cputopo_t *a = ((const struct core *)one)->where;
    const xc_cputopo_t *b = ((const struct core *)other)->where;

    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    if (a->socket != b->socket)
        return a->socket < b->socket ? -1 : 1;
    if (a->core != b->core)
        return a->core < b->core ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* Siblings come to stand side by side, the lowest first: thousands of pCPUs are
 * not to be compared each with each. */
static void find_siblings(const xc_cputopo_t *topology, struct core *cores,
                          struct numa_host *host)
{
    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++)
        cores[cpu] = (struct core){ &topology[cpu], cpu };
    qsort(cores, host->nr_cpus, sizeof(*cores), compare_cores);

    for (unsigned int i = 0; i < host->nr_cpus; i++) {
        const xc_cputopo_t *this = cores[i].where;
        const xc_cputopo_t *last = i ? cores[i - 1].where : NULL;
        bool same = last && this->core != XEN_INVALID_CORE_ID &&
                    this->core == last->core && this->socket == last->socket &&
                    this->node == last->node;

        host->cpu[cores[i].cpu].core =
            same ? host->cpu[cores[i - 1].cpu].core : cores[i].cpu;
    }
}

static int read_cpus(const struct xg_ctx *ctx, struct numa_host *host,
                     struct xg_error *err)
{
    cleanup_free xc_cputopo_t *topology = NULL;
    cleanup_free struct core *cores = NULL;
    unsigned int nr_cpus;
    int most;

    xg_forget_errors(ctx);
    most = xc_get_max_cpus(ctx->xch);
    if (most <= 0)
        return xg_fail_xc(ctx, err, "xc_get_max_cpus", "the host's pCPUs");
    nr_cpus = (unsigned int)most;

    topology = calloc(nr_cpus, sizeof(*topology));
    cores = calloc(nr_cpus, sizeof(*cores));
    host->cpu = calloc(nr_cpus, sizeof(*host->cpu));
    if (!topology || !cores || !host->cpu)
        return xg_fail_errno(err, "calloc", "%u pCPUs", nr_cpus);
    xg_forget_errors(ctx);
    if (xc_cputopoinfo(ctx->xch, &nr_cpus, topology) < 0)
        return xg_fail_xc(ctx, err, "xc_cputopoinfo", "%u pCPUs", nr_cpus);

    host->nr_cpus = nr_cpus;
    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
        host->cpu[cpu].node = topology[cpu].node;
    find_siblings(topology, cores, host);
    return 0;
}

static int read_cpupool(const struct xg_ctx *ctx, uint32_t cpupool,
                        struct numa_host *host, struct xg_error *err)
{
    xc_cpupoolinfo_t *pool;
    int map_bytes;

    xg_forget_errors(ctx);
    map_bytes = xc_get_cpumap_size(ctx->xch);
    if (map_bytes <= 0)
        return xg_fail_xc(ctx, err, "xc_get_cpumap_size", "the host's pCPUs");
    xg_forget_errors(ctx);
    pool = xc_cpupool_getinfo(ctx->xch, cpupool);
    /* Xen answers with the next pool if there is none of that number. */
    if (!pool || pool->cpupool_id != cpupool) {
        if (pool)
            xc_cpupool_infofree(ctx->xch, pool);
        return xg_fail_xc(ctx, err, "xc_cpupool_getinfo", "cpupool %u",
                          cpupool);
    }
    for (unsigned int cpu = 0;
         cpu < host->nr_cpus && cpu < (unsigned int)map_bytes * 8; cpu++)
        host->cpu[cpu].usable = is_there(host, host->cpu[cpu].node) &&
                                bytes_has_bit(pool->cpumap, cpu);
    xc_cpupool_infofree(ctx->xch, pool);
    return 0;
}

int numa_host_read(const struct xg_ctx *ctx, uint32_t cpupool,
                   struct numa_host *host, struct xg_error *err)
{
    *host = (struct numa_host){ .cpupool = cpupool };
    if (read_nodes(ctx, host, err) < 0 || read_cpus(ctx, host, err) < 0 ||
        read_cpupool(ctx, cpupool, host, err) < 0)
        return -1;
    numa_host_count_cpus(host, NULL);
    return 0;
}

/* The address width below which Xen keeps memory: 4 GiB, or the first quarter
 * of the first node that has memory where that is less (end_boot_allocator in
 * xen/common/page_alloc.c, arch_get_dma_bitsize in xen/arch/x86/numa.c). */
static int low_width(const struct numa_host *host)
{
    uint64_t quarter = 0;
    int width = XC_PAGE_SHIFT;

    FOR_EACH_NODE (node, host->nodes)
        if (!quarter)
            quarter = host->node[node].size_pages / 4;
    while (width < 32 && quarter > UINT64_C(1) << (width - XC_PAGE_SHIFT))
        width++;
    return width;
}

/* Pages of that kind that are free on a node, or, with -1, on the host. */
static int read_low_of(const struct xg_ctx *ctx, const struct numa_host *host,
                       int node, uint64_t *pages, struct xg_error *err)
{
    uint64_t bytes = 0;

    xg_forget_errors(ctx);
    if (xc_availheap(ctx->xch, 0, low_width(host), node, &bytes) < 0)
        return xg_fail_xc(ctx, err, "xc_availheap", "low memory of node %d",
                          node);
    *pages = bytes >> XC_PAGE_SHIFT;
    return 0;
}

/* It is on one or two of the nodes, mostly the first: none is asked for it
 * without need. */
static int read_low(const struct xg_ctx *ctx, struct numa_host *host,
                    struct xg_error *err)
{
    uint64_t left = 0;

    if (read_low_of(ctx, host, -1, &left, err) < 0)
        return -1;
    FOR_EACH_NODE (i, host->nodes) {
        struct numa_node *node = &host->node[i];
        uint64_t pages = 0;

        if (left && read_low_of(ctx, host, (int)i, &pages, err) < 0)
            return -1;
        left = number_minus(left, pages);
        node->low_pages = number_min(pages, node->free_pages);
    }
    return 0;
}

/* What is claimed is deducted from what was free at that moment: a build in
 * between takes from both. */
static int deduct_claims(const struct xg_ctx *ctx, int own_node,
                         const uint64_t *free_pages, const uint64_t *claimed,
                         struct numa_host *host, struct xg_error *err)
{
    xc_domaininfo_t info = { .outstanding_pages = 0 };

    if (own_node >= 0 && xg_ctx_domain_info(ctx, &info, err) < 0)
        return -1;
    FOR_EACH_NODE (i, host->nodes) {
        struct numa_node *node = &host->node[i];
        uint64_t own = (int)i == own_node ? info.outstanding_pages : 0;

        node->free_pages = free_pages[i];
        node->claimed_pages =
            number_min(number_minus(claimed[i], own), node->free_pages);
        node->free_pages -= node->claimed_pages;
    }
    return 0;
}

/* Where nobody tells what is claimed. */
static int read_free_alone(const struct xg_ctx *ctx, struct numa_host *host,
                           struct xg_error *err)
{
    xc_meminfo_t mem[NUMA_NODES_MAX] = { { 0 } };
    unsigned int nr_nodes = NUMA_NODES_MAX;

    xg_forget_errors(ctx);
    if (xc_numainfo(ctx->xch, &nr_nodes, mem, NULL) < 0)
        return xg_fail_xc(ctx, err, "xc_numainfo", "free memory");
    FOR_EACH_NODE (i, host->nodes)
        host->node[i].free_pages = mem[i].memfree >> XC_PAGE_SHIFT;
    return 0;
}

int numa_host_read_free(const struct xg_ctx *ctx, int own_node,
                        struct numa_host *host, struct xg_error *err)
{
    uint64_t free_pages[NUMA_NODES_MAX], claimed[NUMA_NODES_MAX];
    int rc;

    host->knows_claims =
        xg_xc_free_and_claimed(ctx->xch, free_pages, claimed) == 0;
    rc = host->knows_claims
             ? deduct_claims(ctx, own_node, free_pages, claimed, host, err)
             : read_free_alone(ctx, host, err);
    return rc < 0 ? -1 : read_low(ctx, host, err);
}

int numa_host_read_devices(const struct xg_ctx *ctx,
                           physdev_pci_device_t *devices,
                           unsigned int nr_devices, struct numa_host *host,
                           struct xg_error *err)
{
    cleanup_free uint32_t *nodes = calloc(nr_devices + 1, sizeof(*nodes));

    if (!nodes)
        return xg_fail_errno(err, "calloc", "%u devices", nr_devices);
    xg_forget_errors(ctx);
    if (nr_devices &&
        xc_pcitopoinfo(ctx->xch, nr_devices, devices, nodes) < 0) {
        (void)xg_fail_xc(ctx, err, "xc_pcitopoinfo", "%u devices", nr_devices);
        xg_log_at(ctx->log, LOG_WARNING, "no node is near to devices: %s",
                  err->text);
        return 0;
    }

    for (unsigned int d = 0; d < nr_devices; d++) {
        if (!is_there(host, nodes[d]))
            continue;
        FOR_EACH_NODE (i, host->nodes)
            host->node[i].device_distance += numa_distance(host, i, nodes[d]);
    }
    return 0;
}

static bool counts(const struct numa_host *host, unsigned int cpu,
                   const uint8_t *cpus)
{
    return host->cpu[cpu].usable && (!cpus || bytes_has_bit(cpus, cpu));
}

uint64_t numa_host_count_cpus(struct numa_host *host, const uint8_t *cpus)
{
    uint64_t nodes = 0;

    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++)
        host->node[i].cores = host->node[i].threads = 0;
    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++)
        host->cpu[cpu].is_counted = false;

    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++) {
        struct numa_node *node;
        bool *is_counted;

        if (!counts(host, cpu, cpus))
            continue;
        is_counted = &host->cpu[host->cpu[cpu].core].is_counted;
        node = &host->node[host->cpu[cpu].node];
        node->threads++;
        node->cores += !*is_counted;
        *is_counted = true;
        nodes |= NUMA_BIT(host->cpu[cpu].node);
    }
    return nodes;
}

uint64_t numa_host_nodes_with_cpus(const struct numa_host *host)
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

int numa_host_cpu_map(const struct numa_host *host, uint64_t nodes,
                      unsigned int home, uint8_t **map, struct xg_error *err)
{
    uint64_t with_cpus = numa_host_nodes_with_cpus(host);

    *map = calloc(1, host->nr_cpus / 8 + 1);
    if (!*map)
        return xg_fail_errno(err, "calloc", "%u pCPUs", host->nr_cpus);

    if (!(nodes & with_cpus))
        nodes = nearest(host, with_cpus, home);
    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++)
        if (host->cpu[cpu].usable && nodes & NUMA_BIT(host->cpu[cpu].node))
            bytes_set_bit(*map, cpu);
    return 0;
}

int numa_host_copy(const struct numa_host *from, struct numa_host *host,
                   struct xg_error *err)
{
    *host = *from;
    host->cpu = calloc(from->nr_cpus + 1, sizeof(*host->cpu));
    if (!host->cpu)
        return xg_fail_errno(err, "calloc", "%u pCPUs", from->nr_cpus);
    if (from->nr_cpus)
        memcpy(host->cpu, from->cpu, from->nr_cpus * sizeof(*host->cpu));
    return 0;
}

void numa_host_free(struct numa_host *host)
{
    free(host->cpu);
    host->cpu = NULL;
    host->nr_cpus = 0;
}
