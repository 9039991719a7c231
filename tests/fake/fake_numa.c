/* SPDX-License-Identifier: LGPL-2.1-or-later
 * fake_numa.c - doubles of what libxenctrl has for nodes: the host's topology,
 * pages from a node and node affinity.
 *
 * host/node_free_mib in the model has one number for each node, or - for one
 * that is offline; the pCPUs are spread over them. A node has superpages as
 * long as it has the memory. host/node_1_lacks_mib is what node 1 has less than
 * it says. */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "fake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MIB_PAGES 256
#define FIRST_MFN 0x100000

static uint64_t free_pages[FAKE_NODES_MAX];
static bool offline[FAKE_NODES_MAX];
static unsigned int nr_nodes;
static uint64_t affinity;
static uint64_t pod_entries; /* frames that are populated on demand */
static xen_pfn_t next_mfn = FIRST_MFN;

/* The model's list, once. */
static void load_nodes(void)
{
    const char *text = fake_host("host/node_free_mib");

    if (nr_nodes)
        return;
    while (*text) {
        char *end = (char *)text + 1;

        offline[nr_nodes] = *text == '-';
        if (!offline[nr_nodes])
            free_pages[nr_nodes] = strtoull(text, &end, 10) * MIB_PAGES;
        nr_nodes++;
        fake_require(nr_nodes < FAKE_NODES_MAX && end > text, "node_free_mib");
        text = end + (*end == ',');
    }
    affinity = (UINT64_C(1) << nr_nodes) - 1;
}

unsigned int fake_nodes(void)
{
    load_nodes();
    return nr_nodes;
}

bool fake_node_is_online(unsigned int node)
{
    return node < fake_nodes() && !offline[node];
}

uint64_t fake_node_free(unsigned int node)
{
    return node < fake_nodes() ? free_pages[node] : 0;
}

/* ---- topology ---- */

int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo,
                uint32_t *distance)
{
    bool unknown = !strcmp(fake_host("host/slit"), "unknown");

    load_nodes();
    if (FAKE_XC(xch, "%s", meminfo ? "all" : "count"))
        return -1;
    *max_nodes = nr_nodes;
    for (unsigned int i = 0; meminfo && i < nr_nodes; i++) {
        meminfo[i].memfree = free_pages[i] << XC_PAGE_SHIFT;
        meminfo[i].memsize =
            offline[i] ? XEN_INVALID_MEM_SZ : meminfo[i].memfree;
        for (unsigned int j = 0; j < nr_nodes; j++)
            distance[i * nr_nodes + j] = unknown          ? 0xff
                                         : i == j         ? 10
                                         : i / 2 == j / 2 ? 20
                                                          : 30;
    }
    return 0;
}

int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo)
{
    unsigned int nr_cpus = (unsigned int)fake_host_number("host/pcpus");
    unsigned int threads =
        (unsigned int)fake_host_number("host/threads_per_core");

    load_nodes();
    if (FAKE_XC(xch, "%s", cputopo ? "all" : "count"))
        return -1;
    *max_cpus = nr_cpus;
    for (unsigned int cpu = 0; cputopo && cpu < nr_cpus; cpu++)
        cputopo[cpu] = (xc_cputopo_t){
            .core = cpu / threads,
            .node = cpu * nr_nodes / nr_cpus,
        };
    return 0;
}

int xc_pcitopoinfo(xc_interface *xch, unsigned num_devs,
                   physdev_pci_device_t *devs, uint32_t *nodes)
{
    if (FAKE_XC(xch, "%u", num_devs))
        return -1;
    for (unsigned int i = 0; i < num_devs; i++)
        nodes[i] = (uint32_t)fake_host_number("host/device_node");
    return 0;
}

int xc_get_cpumap_size(xc_interface *xch)
{
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return -1;
    return ((int)fake_host_number("host/pcpus") + 7) / 8;
}

int xc_get_nodemap_size(xc_interface *xch)
{
    load_nodes();
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return -1;
    return (int)(nr_nodes + 7) / 8;
}

xc_nodemap_t xc_nodemap_alloc(xc_interface *xch)
{
    load_nodes();
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return NULL;
    return calloc((nr_nodes + 7) / 8, 1);
}

/* ---- the domain ---- */

int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid,
                               xc_nodemap_t nodemap)
{
    load_nodes();
    if (FAKE_XC(xch, "d%u", domid))
        return -1;
    for (unsigned int i = 0; i < (nr_nodes + 7) / 8; i++)
        nodemap[i] = (uint8_t)(affinity >> i * 8);
    return 0;
}

int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid,
                               xc_nodemap_t nodemap)
{
    uint64_t nodes = 0;

    load_nodes();
    for (unsigned int i = 0; i < (nr_nodes + 7) / 8; i++)
        nodes |= (uint64_t)nodemap[i] << i * 8;
    if (FAKE_XC(xch, "d%u %#" PRIx64, domid, nodes))
        return -1;
    affinity = nodes;
    return 0;
}

static uint64_t lacking(unsigned int node)
{
    return node == 1 ? fake_host_number("host/node_1_lacks_mib") * MIB_PAGES
                     : 0;
}

/* As many extents as the node has; without a node, as the host has. */
int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid,
                               unsigned long nr_extents,
                               unsigned int extent_order,
                               unsigned int mem_flags, xen_pfn_t *extent_start)
{
    unsigned int node = ((mem_flags >> 8) & 0xff) - 1;
    unsigned long done;

    load_nodes();
    if (FAKE_XC(xch, "d%u %lu of order %u, flags %#x, first %#" PRIx64, domid,
                nr_extents, extent_order, mem_flags, extent_start[0]))
        return -1;
    if (mem_flags & XENMEMF_populate_on_demand) {
        pod_entries += nr_extents << extent_order;
        return (int)nr_extents;
    }

    fake_require(node < nr_nodes, "populate: no such node");
    for (done = 0; done < nr_extents; done++) {
        uint64_t pages = UINT64_C(1) << extent_order;

        if (free_pages[node] < pages + lacking(node) || !fake_host_take(pages))
            break;
        free_pages[node] -= pages;
        fake_claim_use(node, pages);
        extent_start[done] = next_mfn;
        next_mfn += pages;
    }
    return (int)done;
}

/* What is taken away goes to the cache of a guest that has one. */
int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents,
                                         unsigned int extent_order,
                                         xen_pfn_t *extent_start)
{
    if (FAKE_XC(xch, "d%u %lu of order %u, first %#" PRIx64, domid, nr_extents,
                extent_order, extent_start[0]))
        return -1;
    fake_require(pod_entries >= nr_extents << extent_order,
                 "decrease_reservation: those pages are gone");
    return 0;
}

/* The page that was there is freed. */
int xc_domain_add_to_physmap(xc_interface *xch, uint32_t domid,
                             unsigned int space, unsigned long idx,
                             xen_pfn_t gpfn)
{
    if (FAKE_XC(xch, "d%u space %u, %#lx to %#" PRIx64, domid, space, idx,
                gpfn))
        return -1;
    fake_host_adjust(-1);
    return 0;
}

void *xc_map_foreign_pages(xc_interface *xch, uint32_t dom, int prot,
                           const xen_pfn_t *arr, int num)
{
    void *pages;

    if (FAKE_XC(xch, "d%u %d from %#" PRIx64, dom, num, arr[0]))
        return NULL;
    pages = mmap(NULL, (size_t)num << XC_PAGE_SHIFT, prot,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}
