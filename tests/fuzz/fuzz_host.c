/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_host.c - what Xen may tell of its host, however broken the firmware's
 * tables are: the host that is made of it is sound, and can be planned on.
 *
 * The answers are taken from the input in the order of the questions. */
#include <stdlib.h>

#include "compat/claim_compat.h"
#include "fuzz_ctx.h"
#include "fuzz_plan.h"
#include "numa_host.h"
#include "numa_load.h"

/* The input's first byte. */
#define HAS_MUCH_MEMORY 1
#define HAS_DISTANCES 2
#define HAS_CLAIMS 4
#define HAS_SHORT_MAP 8
#define HAS_NO_POOL 16
#define IS_LARGE 32

#define CPUS_MAX 512

static struct fuzz_input input;
static uint8_t kind;
static unsigned int nr_calls, fails_at;

/* What was answered. */
static unsigned int nr_nodes, nr_cpus;
static uint64_t nodes; /* that exist */
static uint64_t free_pages[NUMA_NODES_MAX], claimed_pages[NUMA_NODES_MAX];
static uint64_t load;
static xc_cputopo_t topology[CPUS_MAX];

/* ---- Xen, in the place of the doubles' functions: the linker is told so. */

static bool fails(void)
{
    if (++nr_calls != fails_at)
        return false;
    errno = EIO;
    return true;
}

/* A node, or what Xen says where there is none. */
static uint32_t take_node(void)
{
    uint32_t node = (uint32_t)fuzz_take(&input, 1);

    return node == 0xff   ? XEN_INVALID_NODE_ID
           : node == 0xfe ? XEN_INVALID_DEV
                          : node;
}

static uint64_t take_memory(void)
{
    return fuzz_take(&input, kind & HAS_MUCH_MEMORY ? 7 : 4) &
           ((UINT64_C(1) << 52) - 1);
}

static uint32_t take_distance(void)
{
    uint32_t distance = (uint32_t)fuzz_take(&input, 1);

    return distance == 0xfe ? XEN_INVALID_NODE_DIST : distance;
}

int __wrap_xc_numainfo(xc_interface *xch, unsigned *max_nodes,
                       xc_meminfo_t *meminfo, uint32_t *distance);
int __wrap_xc_get_max_cpus(xc_interface *xch);
int __wrap_xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus,
                          xc_cputopo_t *cputopo);
int __wrap_xc_get_cpumap_size(xc_interface *xch);
xc_cpupoolinfo_t *__wrap_xc_cpupool_getinfo(xc_interface *xch, uint32_t pool);
int __wrap_xc_availheap(xc_interface *xch, int min_width, int max_width,
                        int node, uint64_t *bytes);
int __wrap_xc_pcitopoinfo(xc_interface *xch, unsigned nr,
                          physdev_pci_device_t *devices, uint32_t *near);
int __wrap_xc_domain_getinfolist(xc_interface *xch, uint32_t first,
                                 unsigned int most, xc_domaininfo_t *info);
int __wrap_xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid,
                                      xc_nodemap_t nodemap);
int __wrap_xg_xc_free_and_claimed(xc_interface *xch,
                                  uint64_t now[NUMA_NODES_MAX],
                                  uint64_t claimed[NUMA_NODES_MAX]);

int __wrap_xc_numainfo(xc_interface *xch, unsigned *max_nodes,
                       xc_meminfo_t *meminfo, uint32_t *distance)
{
    (void)xch;
    if (fails())
        return -1;
    assert(*max_nodes == NUMA_NODES_MAX);
    *max_nodes = nr_nodes;
    for (unsigned int i = 0; i < nr_nodes; i++) {
        bool is_there = fuzz_take(&input, 1) % 4;

        meminfo[i].memsize = is_there ? take_memory() : XEN_INVALID_MEM_SZ;
        meminfo[i].memfree = is_there ? take_memory() : XEN_INVALID_MEM_SZ;
        free_pages[i] = meminfo[i].memfree >> XC_PAGE_SHIFT;
        if (distance && meminfo[i].memsize != XEN_INVALID_MEM_SZ)
            nodes |= NUMA_BIT(i);
        for (unsigned int j = 0; distance && j < nr_nodes; j++)
            distance[i * nr_nodes + j] =
                kind & HAS_DISTANCES ? take_distance() : 0;
    }
    return 0;
}

int __wrap_xc_get_max_cpus(xc_interface *xch)
{
    (void)xch;
    nr_cpus = (unsigned int)fuzz_take(&input, kind & IS_LARGE ? 2 : 1);
    nr_cpus %= CPUS_MAX + 1;
    return fails() ? -1 : (int)nr_cpus;
}

int __wrap_xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus,
                          xc_cputopo_t *cputopo)
{
    (void)xch;
    if (fails())
        return -1;
    assert(*max_cpus == nr_cpus);
    nr_cpus -= (unsigned int)fuzz_take(&input, 1) % nr_cpus;
    *max_cpus = nr_cpus;
    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
        uint32_t core;

        cputopo[cpu].node = take_node();
        core = (uint32_t)fuzz_take(&input, 1);
        cputopo[cpu].socket = core == 0xff ? XEN_INVALID_SOCKET_ID : core / 16;
        cputopo[cpu].core = core == 0xff ? XEN_INVALID_CORE_ID : core % 16;
        topology[cpu] = cputopo[cpu];
    }
    return 0;
}

/* Of a map that does not go as far as there are pCPUs. */
static int map_bytes(void)
{
    return kind & HAS_SHORT_MAP ? 1 : CPUS_MAX / 8;
}

int __wrap_xc_get_cpumap_size(xc_interface *xch)
{
    (void)xch;
    return fails() ? -1 : map_bytes();
}

xc_cpupoolinfo_t *__wrap_xc_cpupool_getinfo(xc_interface *xch, uint32_t pool)
{
    xc_cpupoolinfo_t *info;

    (void)xch;
    if (fails())
        return NULL;
    info = calloc(1, sizeof(*info));
    assert(info);
    info->cpupool_id = kind & HAS_NO_POOL ? pool + 1 : pool;
    info->cpumap = malloc((size_t)map_bytes());
    assert(info->cpumap);
    for (int i = 0; i < map_bytes(); i++)
        info->cpumap[i] = (uint8_t)~fuzz_take(&input, 1);
    return info;
}

int __wrap_xc_availheap(xc_interface *xch, int min_width, int max_width,
                        int node, uint64_t *bytes)
{
    (void)xch;
    assert(min_width == 0 && max_width > 0 && max_width <= 32);
    assert(node >= -1 && node < (int)nr_nodes);
    *bytes = take_memory();
    return fails() ? -1 : 0;
}

int __wrap_xc_pcitopoinfo(xc_interface *xch, unsigned nr,
                          physdev_pci_device_t *devices, uint32_t *near)
{
    (void)xch;
    (void)devices;
    if (fails())
        return -1;
    for (unsigned int i = 0; i < nr; i++)
        near[i] = take_node();
    return 0;
}

int __wrap_xc_domain_getinfolist(xc_interface *xch, uint32_t first,
                                 unsigned int most, xc_domaininfo_t *info)
{
    unsigned int nr = (unsigned int)fuzz_take(&input, 1) % 8;

    (void)xch;
    if (fails())
        return -1;
    nr = nr < most ? nr : most;
    for (unsigned int i = 0; i < nr; i++) {
        first += (uint32_t)fuzz_take(&input, 1) % 8;
        info[i] = (xc_domaininfo_t){
            .domain = (domid_t)first++,
            .max_vcpu_id = (uint32_t)fuzz_take(&input, 2) - 1, /* or none */
            .outstanding_pages = fuzz_take(&input, 4),
        };
        if (info[i].domain != FUZZ_DOMID)
            load += (uint64_t)(info[i].max_vcpu_id + 1) * NUMA_LOAD_VCPU;
    }
    return (int)nr;
}

int __wrap_xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid,
                                      xc_nodemap_t nodemap)
{
    uint64_t of_domain = fuzz_take(&input, kind & IS_LARGE ? 8 : 1);

    (void)xch;
    assert(domid != FUZZ_DOMID);
    memcpy(nodemap, &of_domain, sizeof(of_domain));
    return fails() ? -1 : 0;
}

int __wrap_xg_xc_free_and_claimed(xc_interface *xch,
                                  uint64_t now[NUMA_NODES_MAX],
                                  uint64_t claimed[NUMA_NODES_MAX])
{
    (void)xch;
    if (!(kind & HAS_CLAIMS) || fails())
        return -1;
    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++) {
        claimed_pages[i] = claimed[i] =
            fuzz_take(&input, i >= nr_nodes            ? 0
                              : kind & HAS_MUCH_MEMORY ? 8
                                                       : 3);
        /* A build has taken some in between. */
        now[i] = free_pages[i] -= free_pages[i] / 4;
    }
    return 0;
}

/* ---- what is made of it ---- */

static void check_distances(const struct numa_host *host)
{
    FOR_EACH_NODE (from, host->nodes) {
        assert(host->distance[from][from] > 0 &&
               host->distance[from][from] < NUMA_DISTANCE_UNKNOWN);
        FOR_EACH_NODE (to, host->nodes)
            assert(host->distance[from][to] > 0);
    }
}

static bool is_same_core(unsigned int a, unsigned int b)
{
    return !memcmp(&topology[a], &topology[b], sizeof(*topology)) &&
           topology[a].core != XEN_INVALID_CORE_ID;
}

static void check_cpus(const struct numa_host *host)
{
    unsigned int cores[NUMA_NODES_MAX] = { 0 }, threads[NUMA_NODES_MAX] = { 0 };
    bool is_counted[CPUS_MAX] = { false };

    assert(host->nr_cpus == nr_cpus && !(kind & HAS_NO_POOL));
    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
        const struct numa_cpu *this = &host->cpu[cpu];

        assert(this->node == topology[cpu].node && this->core <= cpu);
        assert(this->core == cpu || is_same_core(this->core, cpu));
        if (!this->usable)
            continue;
        assert(this->node < NUMA_NODES_MAX && nodes & NUMA_BIT(this->node));
        threads[this->node]++;
        cores[this->node] += !is_counted[this->core];
        is_counted[this->core] = true;
    }
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        assert(host->node[node].threads == threads[node] &&
               host->node[node].cores == cores[node]);
}

static void check_memory(const struct numa_host *host)
{
    uint64_t sum = 0;

    assert(host->nodes == nodes);
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        const struct numa_node *this = &host->node[node];

        if (!(nodes & NUMA_BIT(node))) {
            assert(!this->free_pages && !this->low_pages &&
                   !this->claimed_pages && !this->size_pages && !this->load &&
                   !this->device_distance);
            continue;
        }
        assert(this->free_pages <= free_pages[node] &&
               this->free_pages + this->claimed_pages == free_pages[node]);
        assert(this->claimed_pages <= claimed_pages[node]);
        assert(this->low_pages <= this->free_pages);
        sum += this->load;
    }
    assert(sum <= load);
}

/* Those of the nodes if they have any, else those of the nearest that have. */
static void check_affinity(const struct numa_host *host,
                           const struct numa_plan *plan)
{
    cleanup_free uint8_t *map = NULL;
    uint64_t usable = 0, on = 0;
    struct xg_error err;

    assert(numa_host_cpu_map(host, plan->nodes, plan->home, &map, &err) == 0);
    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++) {
        bool is_set = map[cpu / 8] >> cpu % 8 & 1;

        if (host->cpu[cpu].usable)
            usable |= NUMA_BIT(host->cpu[cpu].node);
        if (is_set)
            on |= NUMA_BIT(host->cpu[cpu].node);
        assert(!is_set || host->cpu[cpu].usable);
    }
    assert(!on == !usable);
    if (plan->nodes & usable)
        assert(on == (plan->nodes & usable));
}

/* As a build reads it; false if it can't. */
static bool read_host(struct numa_host *host)
{
    physdev_pci_device_t devices[4] = { { 0 } };
    const struct xg_ctx *ctx = fuzz_ctx();
    int own_node = (int)fuzz_take(&input, 1) % (NUMA_NODES_MAX + 1) - 1;
    unsigned int nr_devices = (unsigned int)fuzz_take(&input, 1) % 5;
    struct xg_error err = { .code = 0 };

    if (numa_host_read(ctx, 0, host, &err) < 0 ||
        numa_load_read(ctx, host, &err) < 0 ||
        numa_host_read_devices(ctx, devices, nr_devices, host, &err) < 0 ||
        numa_host_read_free(ctx, own_node, host, &err) < 0) {
        assert(err.text[0]);
        return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    cleanup_numa_host struct numa_host host = { 0 };
    struct numa_plan plan;

    input = (struct fuzz_input){ data, bytes };
    kind = (uint8_t)fuzz_take(&input, 1);
    fails_at = (unsigned int)fuzz_take(&input, 1);
    nr_nodes = (unsigned int)fuzz_take(&input, 1) %
               (kind & IS_LARGE ? NUMA_NODES_MAX + 1 : 7);
    nr_calls = 0;
    nodes = load = 0;
    memset(claimed_pages, 0, sizeof(claimed_pages));
    if (!read_host(&host))
        return 0;
    check_distances(&host);
    check_cpus(&host);
    check_memory(&host);
    if (fuzz_plan(&input, &host, &plan))
        check_affinity(&host, &plan);
    return 0;
}
