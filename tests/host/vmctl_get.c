/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_get.c - one value about a domain, on one line, for scripts. */
#include "vmctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <xenguest.h>

struct query {
    struct vmctl *vm;
    const xc_domaininfo_t *info;
    const char *which;
    unsigned long index; /* which, as a number */
};

static bool get_pages(const struct query *q)
{
    printf("%" PRIu64 "\n", (uint64_t)q->info->tot_pages);
    return true;
}

static bool get_max_pages(const struct query *q)
{
    printf("%" PRIu64 "\n", (uint64_t)q->info->max_pages);
    return true;
}

static bool get_claim(const struct query *q)
{
    printf("%" PRIu64 "\n", (uint64_t)q->info->outstanding_pages);
    return true;
}

/* MiB, rounded up. */
static bool get_hap_pool(const struct query *q)
{
    unsigned int mib = 0;

    if (xc_shadow_control(q->vm->xch, q->vm->domid,
                          XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, &mib, 0) < 0)
        return false;
    printf("%u\n", mib);
    return true;
}

/* What is left of the pool once Xen has let go of all that it can, which fails
 * when it has. The pool gets its size back. */
static bool get_p2m_pages(const struct query *q)
{
    xc_interface *xch = q->vm->xch;
    uint64_t size, used;
    bool is_read;

    if (xc_get_paging_mempool_size(xch, q->vm->domid, &size) < 0)
        return false;
    (void)xc_set_paging_mempool_size(xch, q->vm->domid, 0);
    is_read = xc_get_paging_mempool_size(xch, q->vm->domid, &used) == 0;
    return xc_set_paging_mempool_size(xch, q->vm->domid, size) == 0 &&
           is_read && printf("%" PRIu64 "\n", used >> XC_PAGE_SHIFT);
}

static bool get_node_pages(const struct query *q)
{
    unsigned int node, nr_nodes;
    cleanup_free unsigned long *pages = host_node_pages(q->vm, &nr_nodes);

    for (node = 0; pages && node < nr_nodes; node++)
        printf("%s%lu", node ? " " : "", pages[node]);
    putchar('\n');
    return pages;
}

static bool get_state(const struct query *q)
{
    puts(host_state(q->info));
    return true;
}

static bool get_name(const struct query *q)
{
    cleanup_free char *name = dom_get(q->vm, "name");

    return name && puts(name) >= 0;
}

static bool get_type(const struct query *q)
{
    cleanup_free char *type = note_get(q->vm, "type");

    return type && puts(type) >= 0;
}

static bool get_seconds(const struct query *q)
{
    cleanup_free char *seconds = note_get(q->vm, "seconds");

    return seconds && puts(seconds) >= 0;
}

static bool get_key(const struct query *q)
{
    cleanup_free char *value = dom_get(q->vm, q->which);

    return value && puts(value) >= 0;
}

static bool get_vcpus(const struct query *q)
{
    printf("%u\n", q->info->max_vcpu_id + 1);
    return true;
}

static bool get_online(const struct query *q)
{
    printf("%u\n", q->info->nr_online_vcpus);
    return true;
}

static bool get_node_affinity(const struct query *q)
{
    cleanup_free char *nodes = host_node_affinity(q->vm);

    return nodes && puts(nodes) >= 0;
}

static bool get_affinity(const struct query *q)
{
    cleanup_free char *cpus =
        host_affinity(q->vm, (unsigned int)q->index, false);

    return cpus && puts(cpus) >= 0;
}

static bool get_soft_affinity(const struct query *q)
{
    cleanup_free char *cpus =
        host_affinity(q->vm, (unsigned int)q->index, true);

    return cpus && puts(cpus) >= 0;
}

static bool get_scheduler(const struct query *q)
{
    unsigned int weight, cap;
    const char *name;

    host_sched(q->vm, &name, &weight, &cap);
    return puts(name) >= 0;
}

static bool get_weight(const struct query *q)
{
    unsigned int weight, cap;
    const char *name;

    return host_sched(q->vm, &name, &weight, &cap) && printf("%u\n", weight);
}

static bool get_cap(const struct query *q)
{
    unsigned int weight, cap;
    const char *name;

    return host_sched(q->vm, &name, &weight, &cap) && printf("%u\n", cap);
}

static bool get_tsc_mode(const struct query *q)
{
    uint32_t mode, khz, incarnation;
    uint64_t elapsed;

    return xc_domain_get_tsc_info(q->vm->xch, q->vm->domid, &mode, &elapsed,
                                  &khz, &incarnation) == 0 &&
           printf("%" PRIu32 "\n", mode);
}

static bool get_timeoffset(const struct query *q)
{
    int32_t seconds;

    return host_time_offset(q->vm, &seconds) &&
           printf("%" PRId32 "\n", seconds);
}

static bool get_host_free_pages(const struct query *q)
{
    xc_physinfo_t info;

    return xc_physinfo(q->vm->xch, &info) == 0 &&
           printf("%" PRIu64 "\n", (uint64_t)info.free_pages);
}

/* By node, from node 0 on. */
static bool get_host_node_pages(const struct query *q)
{
    unsigned int nr_nodes = 0;
    cleanup_free xc_meminfo_t *memory = NULL;

    if (xc_numainfo(q->vm->xch, &nr_nodes, NULL, NULL) < 0)
        return false;
    memory = calloc(nr_nodes, sizeof(*memory));
    if (!memory || xc_numainfo(q->vm->xch, &nr_nodes, memory, NULL) < 0)
        return false;
    for (unsigned int node = 0; node < nr_nodes; node++)
        printf("%s%" PRIu64, node ? " " : "",
               memory[node].memfree >> XC_PAGE_SHIFT);
    putchar('\n');
    return true;
}

static bool get_hvm_param(const struct query *q)
{
    static const struct {
        const char *name;
        uint32_t index;
    } params[] = {
        { "callback-irq", HVM_PARAM_CALLBACK_IRQ },
        { "store-pfn", HVM_PARAM_STORE_PFN },
        { "store-evtchn", HVM_PARAM_STORE_EVTCHN },
        { "pae-enabled", HVM_PARAM_PAE_ENABLED },
        { "ioreq-pfn", HVM_PARAM_IOREQ_PFN },
        { "viridian", HVM_PARAM_VIRIDIAN },
        { "timer-mode", HVM_PARAM_TIMER_MODE },
        { "hpet-enabled", HVM_PARAM_HPET_ENABLED },
        { "ident-pt", HVM_PARAM_IDENT_PT },
        { "console-pfn", HVM_PARAM_CONSOLE_PFN },
        { "console-evtchn", HVM_PARAM_CONSOLE_EVTCHN },
        { "nestedhvm", HVM_PARAM_NESTEDHVM },
        { "triple-fault-reason", HVM_PARAM_TRIPLE_FAULT_REASON },
        { "ioreq-server-pfn", HVM_PARAM_IOREQ_SERVER_PFN },
        { "vm-generation-id-addr", HVM_PARAM_VM_GENERATION_ID_ADDR },
        { "altp2m", HVM_PARAM_ALTP2M },
        { "x87-fip-width", HVM_PARAM_X87_FIP_WIDTH },
    };
    unsigned long index = HVM_NR_PARAMS;
    uint64_t value;
    size_t i;

    for (i = 0; i < sizeof(params) / sizeof(*params); i++)
        if (!strcasecmp(params[i].name, q->which))
            index = params[i].index;
    if (index == HVM_NR_PARAMS &&
        !vm_number(q->which, HVM_NR_PARAMS - 1, &index))
        return false;
    return xc_hvm_param_get(q->vm->xch, q->vm->domid, (uint32_t)index,
                            &value) == 0 &&
           printf("%" PRIu64 "\n", value);
}

static bool get_generation_id(const struct query *q)
{
    uint64_t address, id[2];

    return xc_hvm_param_get(q->vm->xch, q->vm->domid,
                            HVM_PARAM_VM_GENERATION_ID_ADDR, &address) == 0 &&
           address && host_memory(q->vm, address, id, sizeof(id)) &&
           printf("%" PRIu64 ":%" PRIu64 "\n", id[0], id[1]);
}

static bool get_hvm_info(const struct query *q)
{
    struct hvm_info_table info;

    return host_hvm_info(q->vm, &info) &&
           printf("low %#x high %#x vcpus %u\n", info.low_mem_pgend,
                  info.high_mem_pgend, info.nr_vcpus);
}

static bool get_acpi(const struct query *q)
{
    return acpi_table(q->vm, q->which, stdout);
}

/* What the domain's CPU policy has for a leaf: EAX, EBX, ECX, EDX. */
static bool get_cpuid(const struct query *q)
{
    xen_cpuid_leaf_t leaves[512];
    uint32_t leaf = (uint32_t)strtoul(q->which, NULL, 16);
    uint32_t nr = sizeof(leaves) / sizeof(*leaves);
    xc_cpu_policy_t *policy = xc_cpu_policy_init();
    bool is_read;

    is_read = policy &&
              xc_cpu_policy_get_domain(q->vm->xch, q->vm->domid, policy) == 0 &&
              xc_cpu_policy_serialise(q->vm->xch, policy, leaves, &nr, NULL,
                                      NULL) == 0;
    for (uint32_t i = 0; is_read && i < nr; i++)
        if (leaves[i].leaf == leaf)
            printf("%08x %08x %08x %08x\n", leaves[i].a, leaves[i].b,
                   leaves[i].c, leaves[i].d);
    xc_cpu_policy_destroy(policy);
    return is_read;
}

enum which {
    NO_WORD,
    A_WORD,
    A_NUMBER
};

static const struct {
    const char *name;
    enum which which;
    const char *help;
    bool (*get)(const struct query *q);
} queries[] = {
    { "pages", NO_WORD, "pages that the domain has", get_pages },
    { "max-pages", NO_WORD, "pages that it may have", get_max_pages },
    { "hap-pool", NO_WORD, "MiB of its page tables' pool", get_hap_pool },
    { "p2m-pages", NO_WORD, "pages that its p2m takes; it must not run",
      get_p2m_pages },
    { "node-pages", NO_WORD, "pages on each node, from node 0 on",
      get_node_pages },
    { "claim", NO_WORD, "pages claimed and not yet taken", get_claim },
    { "host-free-pages", NO_WORD, "pages that no domain has",
      get_host_free_pages },
    { "host-node-pages", NO_WORD, "those on each node, from node 0 on",
      get_host_node_pages },
    { "node-affinity", NO_WORD, "nodes, as 0,2-3", get_node_affinity },
    { "state", NO_WORD, "paused, blocked, running, poweroff, crashed, ...",
      get_state },
    { "name", NO_WORD, "its name", get_name },
    { "type", NO_WORD, "pv, hvm or pvh", get_type },
    { "seconds", NO_WORD, "what the last good build took", get_seconds },
    { "vcpus", NO_WORD, "vCPUs at most", get_vcpus },
    { "online", NO_WORD, "vCPUs that Xen sees online", get_online },
    { "affinity", A_NUMBER, "hard affinity of vCPU N, as 0,2-3 or all",
      get_affinity },
    { "soft-affinity", A_NUMBER, "soft affinity of vCPU N", get_soft_affinity },
    { "scheduler", NO_WORD, "credit, credit2 or other", get_scheduler },
    { "weight", NO_WORD, "scheduler weight", get_weight },
    { "cap", NO_WORD, "scheduler cap", get_cap },
    { "tsc-mode", NO_WORD, "TSC mode", get_tsc_mode },
    { "timeoffset", NO_WORD, "seconds its clock is ahead of Xen's",
      get_timeoffset },
    { "hvm-param", A_WORD, "HVM parameter, by name (viridian) or number",
      get_hvm_param },
    { "generation-id", NO_WORD, "of an HVM guest, as it is in its memory",
      get_generation_id },
    { "hvm-info", NO_WORD, "what hvmloader is told: ends of RAM as frames",
      get_hvm_info },
    { "acpi", A_WORD, "ACPI table NAME of an HVM guest, as it is in its memory",
      get_acpi },
    { "cpuid", A_WORD, "leaf NAME (hex) of its CPU policy: a b c d a subleaf",
      get_cpuid },
    { "key", A_WORD, "Xenstore key below its path, or an absolute one",
      get_key },
};
#define NR_QUERIES (sizeof(queries) / sizeof(*queries))

void get_usage(void)
{
    static const char *const words[] = { "", " NAME", " N" };
    char left[32];
    size_t i;

    for (i = 0; i < NR_QUERIES; i++) {
        snprintf(left, sizeof(left), "%s%s", queries[i].name,
                 words[queries[i].which]);
        printf("  %-20s %s\n", left, queries[i].help);
    }
}

enum vm_status vm_get(struct vmctl *vm, const char *what, const char *which)
{
    struct query q = { .vm = vm, .which = which };
    xc_domaininfo_t info;
    size_t i;

    for (i = 0; i < NR_QUERIES; i++)
        if (!strcmp(queries[i].name, what))
            break;
    if (i == NR_QUERIES)
        return vm_fail("get what? not \"%s\"; see vmctl get --help", what);
    if ((queries[i].which != NO_WORD) != (which != NULL))
        return vm_fail("get %s takes %s", what,
                       which ? "nothing more" : "one more word");
    if (queries[i].which == A_NUMBER && !vm_number(which, UINT16_MAX, &q.index))
        return vm_fail("get %s: \"%s\" is not a number", what, which);

    if (!host_domain(vm, &info))
        return vm_fail("there is no domain %u", vm->domid);
    q.info = &info;
    if (!queries[i].get(&q))
        return vm_fail("domain %u: cannot get %s%s%s", vm->domid, what,
                       which ? " " : "", which ? which : "");
    return VM_OK;
}
