/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_numa.c - doubles of what libxenctrl has for nodes: the host's topology,
 * pages from a node and node affinity.
 *
 * host/node_free_mib in the model has one number for each node, or - for one
 * that is offline; the pCPUs are spread over them. A node has superpages as
 * long as it has the memory. host/node_1_lacks_mib is what node 1 has less than
 * it says. */
#include "fake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB_PAGES 256
#define FIRST_MFN 0x100000

static uint64_t free_pages[FAKE_NODES_MAX];
static bool offline[FAKE_NODES_MAX];
static unsigned int nr_nodes;
static uint64_t affinity;
static uint64_t pod_entries; /* frames that are populated on demand */
static uint64_t pod_cached;
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
    if (FAKE_XC(xch, "%s", distance ? "all" : meminfo ? "free" : "count"))
        return -1;
    fake_require(!meminfo || *max_nodes >= nr_nodes, "xc_numainfo: no room");
    *max_nodes = nr_nodes;
    for (unsigned int i = 0; meminfo && i < nr_nodes; i++) {
        meminfo[i].memfree = free_pages[i] << XC_PAGE_SHIFT;
        meminfo[i].memsize =
            offline[i] ? XEN_INVALID_MEM_SZ : meminfo[i].memfree;
        for (unsigned int j = 0; distance && j < nr_nodes; j++)
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
    fake_require(!cputopo || *max_cpus >= nr_cpus, "xc_cputopoinfo: no room");
    *max_cpus = nr_cpus;
    for (unsigned int cpu = 0; cputopo && cpu < nr_cpus; cpu++)
        cputopo[cpu] = (xc_cputopo_t){
            .core = cpu / threads,
            .node = cpu * nr_nodes / nr_cpus,
        };
    return 0;
}

/* The model has no low memory but what host/low_mib says of node 0. */
int xc_availheap(xc_interface *xch, int min_width, int max_width, int node,
                 uint64_t *bytes)
{
    (void)min_width;
    if (FAKE_XC(xch, "%d bits of node %d", max_width, node))
        return -1;
    *bytes = node > 0 ? 0 : fake_host_number("host/low_mib") << 20;
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
    return FAKE_NODES_MAX / 8; /* Xen's own most, whatever the host has */
}

xc_nodemap_t xc_nodemap_alloc(xc_interface *xch)
{
    load_nodes();
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return NULL;
    return calloc(FAKE_NODES_MAX / 8, 1);
}

/* ---- the domain's vCPUs and nodes ---- */

#define VCPUS_MAX 256

static unsigned int nr_pcpus(void)
{
    return (unsigned int)fake_host_number("host/pcpus");
}

/* A vCPU's mask, hard or soft; at first all are domain/hard and domain/soft. */
static uint8_t *mask_of(int vcpu, bool soft)
{
    static uint8_t *masks[VCPUS_MAX][2];
    uint8_t **mask = &masks[vcpu][soft];
    const char *text = fake_host(soft ? "domain/soft" : "domain/hard");

    fake_require(vcpu < VCPUS_MAX, "vCPU");
    if (*mask)
        return *mask;
    *mask = calloc(nr_pcpus() / 8 + 1, 1);
    for (unsigned int cpu = 0; cpu < nr_pcpus(); cpu++)
        if (!*text || (cpu < strlen(text) && text[cpu] == '1'))
            (*mask)[cpu / 8] |= (uint8_t)(1u << cpu % 8);
    return *mask;
}

int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu,
                        xc_cpumap_t hard, xc_cpumap_t soft, uint32_t flags)
{
    const uint8_t *map = hard ? hard : soft;
    char text[1024] = "";

    fake_require(nr_pcpus() < sizeof(text), "host/pcpus");
    fake_require(!hard != !soft && flags == (hard ? XEN_VCPUAFFINITY_HARD
                                                  : XEN_VCPUAFFINITY_SOFT),
                 "xc_vcpu_setaffinity: flags and maps");
    for (unsigned int cpu = 0; cpu < nr_pcpus(); cpu++)
        text[cpu] = map[cpu / 8] & 1u << cpu % 8 ? '1' : '0';

    if (FAKE_XC(xch, "d%u vcpu=%d %s=%s", domid, vcpu, hard ? "hard" : "soft",
                text))
        return -1;
    if (domid != fake_host_number("domain/id")) {
        errno = ESRCH;
        return -1;
    }
    memcpy(mask_of(vcpu, !hard), map, (nr_pcpus() + 7) / 8);
    return 0;
}

int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu,
                        xc_cpumap_t hard, xc_cpumap_t soft, uint32_t flags)
{
    fake_require(flags == (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT),
                 "xc_vcpu_getaffinity: both masks");
    if (FAKE_XC(xch, "d%u vcpu=%d", domid, vcpu))
        return -1;
    memcpy(hard, mask_of(vcpu, false), (nr_pcpus() + 7) / 8);
    memcpy(soft, mask_of(vcpu, true), (nr_pcpus() + 7) / 8);
    return 0;
}

/* As Xen derives it: the nodes of what the vCPUs prefer, of what they may. */
static uint64_t derive_affinity(void)
{
    int nr_vcpus = (int)fake_host_number("domain/max_vcpus");
    uint64_t nodes = 0;

    for (int vcpu = 0; vcpu < nr_vcpus; vcpu++)
        for (unsigned int cpu = 0; cpu < nr_pcpus(); cpu++)
            if (mask_of(vcpu, false)[cpu / 8] & mask_of(vcpu, true)[cpu / 8] &
                1u << cpu % 8)
                nodes |= UINT64_C(1) << cpu * nr_nodes / nr_pcpus();
    return nodes;
}

int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid,
                               xc_nodemap_t nodemap)
{
    load_nodes();
    if (FAKE_XC(xch, "d%u", domid))
        return -1;
    memcpy(nodemap, &affinity, sizeof(affinity));
    return 0;
}

int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid,
                               xc_nodemap_t nodemap)
{
    uint64_t nodes;

    load_nodes();
    memcpy(&nodes, nodemap, sizeof(nodes));
    if (FAKE_XC(xch, "d%u %#" PRIx64, domid, nodes))
        return -1;
    affinity = nodes == UINT64_MAX ? derive_affinity() : nodes;
    return 0;
}

/* Xen takes a vNUMA for all vCPUs that the domain may have, or none. */
int xc_domain_setvnuma(xc_interface *xch, uint32_t domid, uint32_t nr_vnodes,
                       uint32_t nr_regions, uint32_t nr_vcpus,
                       xen_vmemrange_t *vmemrange, unsigned int *vdistance,
                       unsigned int *vcpu_to_vnode,
                       unsigned int *vnode_to_pnode)
{
    char text[1024] = "";
    size_t used = 0;

    fake_require(nr_vcpus == fake_host_number("domain/max_vcpus"),
                 "xc_domain_setvnuma: vCPUs");
    for (uint32_t i = 0; i < nr_regions && used < sizeof(text) - 64; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 " %#" PRIx64 "-%#" PRIx64 ":%u",
                                 (uint64_t)vmemrange[i].start,
                                 (uint64_t)vmemrange[i].end, vmemrange[i].nid);
    used += (size_t)snprintf(text + used, sizeof(text) - used, " vcpus");
    for (uint32_t i = 0; i < nr_vcpus && used < sizeof(text) - 64; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, " %u",
                                 vcpu_to_vnode[i]);
    used += (size_t)snprintf(text + used, sizeof(text) - used, " nodes");
    for (uint32_t i = 0; i < nr_vnodes && used < sizeof(text) - 64; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, " %u/%u",
                                 vnode_to_pnode[i], vdistance[i]);
    return FAKE_XC(xch, "d%u%s", domid, text) ? -1 : 0;
}

/* The pool is no part of the model's memory. */
int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop,
                      unsigned int *mb, unsigned int mode)
{
    (void)mode;
    if (sop == XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION)
        *mb = (unsigned int)fake_host_number("domain/hap_mib");
    return FAKE_XC(xch, "d%u op %u %u MiB", domid, sop, *mb) ? -1 : 0;
}

/* ---- the domain's memory ---- */

static uint64_t lacking(unsigned int node)
{
    return node == 1 ? fake_host_number("host/node_1_lacks_mib") * MIB_PAGES
                     : 0;
}

static void give_frames(xen_pfn_t *extent, uint64_t pages)
{
    *extent = next_mfn;
    next_mfn += pages;
}

static int take_anywhere(unsigned long nr_extents, unsigned int extent_order,
                         xen_pfn_t *extent_start)
{
    static uint64_t in_superpages;
    uint64_t pages = UINT64_C(1) << extent_order;
    uint64_t most = fake_host_number("host/superpages_mib") * MIB_PAGES;
    unsigned long done;

    for (done = 0; done < nr_extents; done++) {
        if (extent_order && in_superpages + pages > most)
            break;
        if (!fake_host_take(pages))
            break;
        in_superpages += extent_order ? pages : 0;
        give_frames(&extent_start[done], pages);
    }
    return (int)done;
}

int fake_populate(unsigned int mem_flags, unsigned int extent_order,
                  unsigned long nr_extents, xen_pfn_t *extent_start)
{
    unsigned int node = ((mem_flags >> 8) & 0xff) - 1;
    unsigned long done;

    load_nodes();
    if (mem_flags & XENMEMF_populate_on_demand) {
        pod_entries += nr_extents << extent_order;
        return (int)nr_extents;
    }

    if (!mem_flags)
        return take_anywhere(nr_extents, extent_order, extent_start);
    fake_require(node < nr_nodes, "populate: no such node");
    for (done = 0; done < nr_extents; done++) {
        uint64_t pages = UINT64_C(1) << extent_order;

        if (free_pages[node] < pages + lacking(node) || !fake_host_take(pages))
            break;
        free_pages[node] -= pages;
        fake_claim_use(node, pages);
        give_frames(&extent_start[done], pages);
    }
    return (int)done;
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid,
                               unsigned long nr_extents,
                               unsigned int extent_order,
                               unsigned int mem_flags, xen_pfn_t *extent_start)
{
    /* libxenguest's own call, of which the doubles write down none. */
    if (!mem_flags) {
        if (!fake_domain_may_have(nr_extents << extent_order))
            return 0;
        fake_host_adjust((int)(nr_extents << extent_order));
        return (int)nr_extents;
    }
    if (FAKE_XC(xch, "d%u %lu of order %u, flags %#x, first %#" PRIx64, domid,
                nr_extents, extent_order, mem_flags, extent_start[0]))
        return -1;
    return fake_populate(mem_flags, extent_order, nr_extents, extent_start);
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
    if (pod_entries)
        pod_cached += nr_extents << extent_order;
    else
        fake_host_adjust(-(int)(nr_extents << extent_order));
    return 0;
}

int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid,
                             uint64_t *tot_pages, uint64_t *pod_cache_pages,
                             uint64_t *pod_entries_out)
{
    if (FAKE_XC(xch, "d%u", domid))
        return -1;
    *tot_pages = fake_host_taken();
    *pod_cache_pages = pod_cached;
    *pod_entries_out = pod_entries;
    return 0;
}
