/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_host.c - the host's nodes as data. */
#include "numa_host.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "compat/claim_compat.h"

static bool bit_is_set(const uint8_t *map, unsigned int bit)
{
    return map[bit / 8] >> bit % 8 & 1;
}

static int read_nodes(const struct xg_ctx *ctx, struct numa_host *host,
                      struct xg_error *err)
{
    cleanup_free xc_meminfo_t *mem = NULL;
    cleanup_free uint32_t *distance = NULL;
    unsigned int nr_nodes = 0, stride;

    if (xc_numainfo(ctx->xch, &nr_nodes, NULL, NULL) < 0)
        return xg_fail_xc(ctx, err, "xc_numainfo", "number of nodes");

    mem = calloc(nr_nodes, sizeof(*mem));
    distance = calloc((size_t)nr_nodes * nr_nodes, sizeof(*distance));
    if (!mem || !distance)
        return xg_fail(err, "calloc", errno, "%u nodes", nr_nodes);
    if (xc_numainfo(ctx->xch, &nr_nodes, mem, distance) < 0)
        return xg_fail_xc(ctx, err, "xc_numainfo", "%u nodes", nr_nodes);

    stride = nr_nodes;
    if (nr_nodes > NUMA_NODES_MAX)
        nr_nodes = NUMA_NODES_MAX;
    for (unsigned int i = 0; i < nr_nodes; i++) {
        if (mem[i].memsize == XEN_INVALID_MEM_SZ)
            continue;
        host->nodes |= NUMA_BIT(i);
        host->node[i].free_pages = mem[i].memfree >> XC_PAGE_SHIFT;
        host->node[i].size_pages = mem[i].memsize >> XC_PAGE_SHIFT;
        for (unsigned int j = 0; j < nr_nodes; j++) {
            uint32_t value = distance[i * stride + j];

            host->distance[i][j] =
                value < NUMA_UNREACHABLE ? (uint8_t)value : NUMA_UNREACHABLE;
        }
        xg_info(ctx->log, "node %u: %" PRIu64 " pages free", i,
                host->node[i].free_pages);
    }
    return 0;
}

static int read_cpus(const struct xg_ctx *ctx, struct numa_host *host,
                     struct xg_error *err)
{
    cleanup_free xc_cputopo_t *topology = NULL;
    unsigned int nr_cpus = 0;

    if (xc_cputopoinfo(ctx->xch, &nr_cpus, NULL) < 0)
        return xg_fail_xc(ctx, err, "xc_cputopoinfo", "number of pCPUs");

    topology = calloc(nr_cpus, sizeof(*topology));
    host->cpu = calloc(nr_cpus, sizeof(*host->cpu));
    if (!topology || !host->cpu)
        return xg_fail(err, "calloc", errno, "%u pCPUs", nr_cpus);
    if (xc_cputopoinfo(ctx->xch, &nr_cpus, topology) < 0)
        return xg_fail_xc(ctx, err, "xc_cputopoinfo", "%u pCPUs", nr_cpus);

    host->nr_cpus = nr_cpus;
    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
        host->cpu[cpu] = (struct numa_cpu){
            .node = topology[cpu].node,
            .socket = topology[cpu].socket,
            .core = topology[cpu].core,
        };
    return 0;
}

static int read_cpupool(const struct xg_ctx *ctx, uint32_t cpupool,
                        struct numa_host *host, struct xg_error *err)
{
    int map_bytes = xc_get_cpumap_size(ctx->xch);
    xc_cpupoolinfo_t *pool = xc_cpupool_getinfo(ctx->xch, cpupool);

    /* Xen answers with the next pool if there is none of that number. */
    if (!pool || pool->cpupool_id != cpupool || map_bytes <= 0) {
        if (pool)
            xc_cpupool_infofree(ctx->xch, pool);
        return xg_fail_xc(ctx, err, "xc_cpupool_getinfo", "cpupool %u",
                          cpupool);
    }
    for (unsigned int cpu = 0;
         cpu < host->nr_cpus && cpu < (unsigned int)map_bytes * 8; cpu++)
        host->cpu[cpu].usable = host->cpu[cpu].node < NUMA_NODES_MAX &&
                                bit_is_set(pool->cpumap, cpu);
    xc_cpupool_infofree(ctx->xch, pool);
    return 0;
}

int numa_host_read(const struct xg_ctx *ctx, uint32_t cpupool,
                   struct numa_host *host, struct xg_error *err)
{
    *host = (struct numa_host){ 0 };
    if (read_nodes(ctx, host, err) < 0 || read_cpus(ctx, host, err) < 0 ||
        read_cpupool(ctx, cpupool, host, err) < 0)
        return -1;
    numa_host_count_cpus(host, NULL);
    return 0;
}

int numa_host_deduct_claims(const struct xg_ctx *ctx, int own_node,
                            struct numa_host *host, struct xg_error *err)
{
    uint64_t claimed[NUMA_NODES_MAX];
    xc_domaininfo_t info;

    if (xg_xc_claimed_by_node(ctx->xch, NUMA_NODES_MAX, claimed) < 0) {
        xg_info(ctx->log, "what others have claimed of the nodes: %s",
                strerror(errno));
        return 0;
    }
    if (xg_ctx_domain_info(ctx, &info, err) < 0)
        return -1;
    host->knows_claims = true;
    for (int i = 0; i < NUMA_NODES_MAX; i++) {
        struct numa_node *node = &host->node[i];
        uint64_t own = i == own_node ? info.outstanding_pages : 0;
        uint64_t others = claimed[i] > own ? claimed[i] - own : 0;

        if (!(host->nodes & NUMA_BIT(i)) || !others)
            continue;
        xg_info(ctx->log, "node %d: %" PRIu64 " pages are claimed by others", i,
                others);
        node->free_pages =
            node->free_pages > others ? node->free_pages - others : 0;
    }
    return 0;
}

int numa_host_read_devices(const struct xg_ctx *ctx,
                           physdev_pci_device_t *devices,
                           unsigned int nr_devices, struct numa_host *host,
                           struct xg_error *err)
{
    cleanup_free uint32_t *nodes = calloc(nr_devices + 1, sizeof(*nodes));

    if (!nodes)
        return xg_fail(err, "calloc", errno, "%u devices", nr_devices);
    if (nr_devices && xc_pcitopoinfo(ctx->xch, nr_devices, devices, nodes) < 0)
        return xg_fail_xc(ctx, err, "xc_pcitopoinfo", "%u devices", nr_devices);

    for (unsigned int d = 0; d < nr_devices; d++) {
        if (nodes[d] >= NUMA_NODES_MAX || !(host->nodes & NUMA_BIT(nodes[d])))
            continue;
        for (unsigned int i = 0; i < NUMA_NODES_MAX; i++)
            if (host->nodes & NUMA_BIT(i))
                host->node[i].device_distance +=
                    numa_distance(host, i, nodes[d]);
    }
    return 0;
}

static bool counts(const struct numa_host *host, unsigned int cpu,
                   const uint8_t *cpus)
{
    return host->cpu[cpu].usable && (!cpus || bit_is_set(cpus, cpu));
}

/* True if a lower pCPU that counts is a sibling in the same core. */
static bool core_is_counted(const struct numa_host *host, unsigned int cpu,
                            const uint8_t *cpus)
{
    const struct numa_cpu *this = &host->cpu[cpu];

    if (this->core == XEN_INVALID_CORE_ID)
        return false;
    for (unsigned int other = 0; other < cpu; other++)
        if (counts(host, other, cpus) && host->cpu[other].core == this->core &&
            host->cpu[other].socket == this->socket &&
            host->cpu[other].node == this->node)
            return true;
    return false;
}

uint64_t numa_host_count_cpus(struct numa_host *host, const uint8_t *cpus)
{
    uint64_t nodes = 0;

    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++)
        host->node[i].cores = host->node[i].threads = 0;

    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++) {
        struct numa_node *node;

        if (!counts(host, cpu, cpus))
            continue;
        node = &host->node[host->cpu[cpu].node];
        node->threads++;
        node->cores += !core_is_counted(host, cpu, cpus);
        nodes |= NUMA_BIT(host->cpu[cpu].node);
    }
    return nodes;
}

void numa_host_free(struct numa_host *host)
{
    free(host->cpu);
    host->cpu = NULL;
    host->nr_cpus = 0;
}
