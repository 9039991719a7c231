/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_show.c - a domain at a glance, for people. */
#include "vmctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGES_PER_MIB 256

static const char *or_unknown(const char *text)
{
    return text ? text : "unknown";
}

/* The pages of a populate-on-demand cache are on none of the lists that Xen
 * looks through, so no node is known for them. */
static void show_pages(struct vmctl *vm, uint64_t total)
{
    unsigned int node, nr_nodes;
    cleanup_free unsigned long *pages = host_node_pages(vm, &nr_nodes);

    printf("  pages on nodes ");
    if (!pages)
        printf(" unknown");
    for (node = 0; pages && node < nr_nodes; node++) {
        printf("  %u: %lu", node, pages[node]);
        total -= pages[node];
    }
    if (pages && total)
        printf("  not listed: %" PRIu64, total);
    putchar('\n');
}

static void show_sched(struct vmctl *vm)
{
    unsigned int weight, cap;
    const char *name;

    if (host_sched(vm, &name, &weight, &cap))
        printf("  scheduler       %s, weight %u, cap %u\n", name, weight, cap);
    else
        printf("  scheduler       %s\n", name);
}

static void show_vcpu(struct vmctl *vm, unsigned int vcpu)
{
    cleanup_free char *hard = host_affinity(vm, vcpu, false);
    cleanup_free char *soft = host_affinity(vm, vcpu, true);
    xc_vcpuinfo_t info;

    if (xc_vcpu_getinfo(vm->xch, vm->domid, vcpu, &info) < 0)
        return;
    printf("  vCPU %-3u        %s, hard affinity %s, soft %s", vcpu,
           info.online ? "online" : "offline", or_unknown(hard),
           or_unknown(soft));
    if (info.online)
        printf(", on CPU %u, %.1f s", info.cpu, (double)info.cpu_time / 1e9);
    putchar('\n');
}

enum vm_status vm_show(struct vmctl *vm)
{
    cleanup_free char *name = dom_get(vm, "name");
    cleanup_free char *type = note_get(vm, "type");
    cleanup_free char *affinity = host_node_affinity(vm);
    cleanup_free char *seconds = note_get(vm, "seconds");
    xc_domaininfo_t info;
    uint64_t mib;
    unsigned int i;

    if (!host_domain(vm, &info))
        return vm_fail("there is no domain %u", vm->domid);

    mib = (info.tot_pages + PAGES_PER_MIB / 2) / PAGES_PER_MIB;
    printf("domain %u  %s  %s  %s\n", vm->domid, or_unknown(name),
           type                                ? type
           : info.flags & XEN_DOMINF_hvm_guest ? "hvm or pvh"
                                               : "pv",
           host_state(&info));
    printf("  memory          %" PRIu64 " MiB: %" PRIu64
           " pages of at most %" PRIu64 ", claim %" PRIu64 "\n",
           mib, (uint64_t)info.tot_pages, (uint64_t)info.max_pages,
           (uint64_t)info.outstanding_pages);
    show_pages(vm, info.tot_pages);
    printf("  node affinity   %s\n", or_unknown(affinity));
    show_sched(vm);
    if (seconds)
        printf("  built in        %s s\n", seconds);
    printf("  vCPUs           %u online of %u\n", info.nr_online_vcpus,
           info.max_vcpu_id + 1);
    for (i = 0;
         i <= info.max_vcpu_id && info.max_vcpu_id != XEN_INVALID_MAX_VCPU_ID;
         i++)
        show_vcpu(vm, i);
    return VM_OK;
}

enum vm_status vm_show_all(struct vmctl *vm)
{
    unsigned int i, nr;
    cleanup_free char **domids = vm_domids(vm, &nr);
    enum vm_status status = VM_OK, one;

    for (i = 0; domids && i < nr; i++) {
        vm->domid = (uint32_t)strtoul(domids[i], NULL, 10);
        one = vm_show(vm);
        if (one)
            status = one;
    }
    return status;
}
