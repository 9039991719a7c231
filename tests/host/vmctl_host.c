/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_host.c - read from Xen what it knows about a domain. */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "vmctl.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Xen's console ring is read in pieces; more than this is not its doing */
#define CHUNK 16384
#define MOST (64 * CHUNK)

bool host_domain(struct vmctl *vm, xc_domaininfo_t *info)
{
    return xc_domain_getinfolist(vm->xch, vm->domid, 1, info) == 1 &&
           info->domain == vm->domid;
}

static unsigned int shutdown_reason(const xc_domaininfo_t *info)
{
    return (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

const char *host_state(const xc_domaininfo_t *info)
{
    static const char *const reasons[] = {
        "poweroff", "reboot", "suspended", "crashed", "watchdog", "soft-reset",
    };
    unsigned int reason = shutdown_reason(info);

    if (info->flags & XEN_DOMINF_dying)
        return "dying";
    if (info->flags & XEN_DOMINF_shutdown)
        return reason < sizeof(reasons) / sizeof(*reasons) ? reasons[reason]
                                                           : "shutdown";
    if (info->flags & XEN_DOMINF_paused)
        return "paused";
    return info->flags & XEN_DOMINF_blocked ? "blocked" : "running";
}

bool host_dead(const xc_domaininfo_t *info)
{
    return info->flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown);
}

/* Reads on in Xen's console ring; true while there may be more. */
static bool read_ring(struct vmctl *vm, char *text, unsigned int *length,
                      uint32_t *index)
{
    return xc_readconsolering(vm->xch, text, length, 0, 1, index) == 0 &&
           *length;
}

enum vm_status vm_dmesg(struct vmctl *vm)
{
    char text[CHUNK];
    unsigned int length = CHUNK;

    for (uint32_t index = 0; read_ring(vm, text, &length, &index);
         length = CHUNK)
        fwrite(text, 1, length, stdout);
    return VM_OK;
}

/* Only the 'u' debug key knows where a domain's pages are, and it answers on
 * Xen's console. Read what was there before, press it, read what came. */
static char *press_u(struct vmctl *vm)
{
    unsigned int length, used = 0;
    uint32_t index = 0;
    char *text = malloc(MOST + 1);

    if (!text)
        return NULL;
    do
        length = CHUNK;
    while (read_ring(vm, text, &length, &index));

    if (xc_send_debug_keys(vm->xch, "u") < 0) {
        vm_fail_errno("cannot send debug key u to Xen");
        free(text);
        return NULL;
    }
    for (length = CHUNK;
         used + CHUNK <= MOST && read_ring(vm, text + used, &length, &index);
         length = CHUNK)
        used += length;
    text[used] = '\0';
    return text;
}

/* "Domain 3 (total: 65536):", in newer releases "d3 (total: 65536):" */
static char *find_domain(char *text, uint32_t domid)
{
    char *line, *digits;

    while ((line = strsep(&text, "\n"))) {
        digits = strstr(line, " (total: ");
        while (digits && digits > line && isdigit((unsigned char)digits[-1]))
            digits--;
        if (digits && isdigit((unsigned char)*digits) &&
            strtoul(digits, NULL, 10) == domid)
            return text;
    }
    return NULL;
}

/* After it "    Node 0: 65536" for each node; a guest's own lines may come in
 * between. Pages in a PoD cache are on no list that Xen counts here. */
unsigned long *host_node_pages(struct vmctl *vm, unsigned int *nr_nodes)
{
    cleanup_free char *text = press_u(vm);
    char *rest = text ? find_domain(text, vm->domid) : NULL, *line;
    int max_nodes = xc_get_max_nodes(vm->xch);
    unsigned long *pages, count;
    unsigned int node;

    *nr_nodes = 0;
    if (!rest || max_nodes <= 0)
        return NULL;
    pages = calloc((size_t)max_nodes, sizeof(*pages));

    while (pages && (line = strsep(&rest, "\n"))) {
        const char *tag = strstr(line, "    Node ");

        if (strstr(line, " (total: "))
            break;
        if (tag && sscanf(tag, " Node %u: %lu", &node, &count) == 2 &&
            node < (unsigned int)max_nodes) {
            pages[node] = count;
            *nr_nodes = node + 1;
        }
    }
    return pages;
}

/* "0-3,6", or "none", or what to say when all are in */
static char *ranges(const uint8_t *map, int nr, const char *all)
{
    size_t size = (size_t)nr * 6 + 8, used = 0;
    char *text = calloc(1, size);
    int from, to, set = 0;

    for (from = 0; text && from < nr; from = to + 1) {
        for (to = from; to < nr && map[to / 8] >> (to % 8) & 1; to++)
            set++;
        if (to == from)
            continue;
        used += (size_t)snprintf(text + used, size - used,
                                 to - 1 > from ? "%s%d-%d" : "%s%d",
                                 used ? "," : "", from, to - 1);
    }
    if (text && !set)
        snprintf(text, size, "none");
    if (text && all && set == nr)
        snprintf(text, size, "%s", all);
    return text;
}

char *host_node_affinity(struct vmctl *vm)
{
    cleanup_free xc_nodemap_t map = xc_nodemap_alloc(vm->xch);

    if (!map || xc_domain_node_getaffinity(vm->xch, vm->domid, map) < 0)
        return NULL;
    return ranges(map, xc_get_max_nodes(vm->xch), NULL);
}

char *host_affinity(struct vmctl *vm, unsigned int vcpu, bool soft)
{
    cleanup_free xc_cpumap_t hard_map = xc_cpumap_alloc(vm->xch);
    cleanup_free xc_cpumap_t soft_map = xc_cpumap_alloc(vm->xch);

    if (!hard_map || !soft_map ||
        xc_vcpu_getaffinity(vm->xch, vm->domid, (int)vcpu, hard_map, soft_map,
                            XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT) < 0)
        return NULL;
    return ranges(soft ? soft_map : hard_map, xc_get_max_cpus(vm->xch), "all");
}

bool host_sched(struct vmctl *vm, const char **name, unsigned int *weight,
                unsigned int *cap)
{
    struct xen_domctl_sched_credit credit;
    struct xen_domctl_sched_credit2 credit2;
    int id;

    *name = "other";
    if (xc_sched_id(vm->xch, &id) < 0)
        return false;

    if (id == XEN_SCHEDULER_CREDIT) {
        *name = "credit";
        if (xc_sched_credit_domain_get(vm->xch, vm->domid, &credit) < 0)
            return false;
        *weight = credit.weight;
        *cap = credit.cap;
        return true;
    }
    if (id == XEN_SCHEDULER_CREDIT2) {
        *name = "credit2";
        if (xc_sched_credit2_domain_get(vm->xch, vm->domid, &credit2) < 0)
            return false;
        *weight = credit2.weight;
        *cap = credit2.cap;
        return true;
    }
    return false;
}

/* An HVM or PVH guest that has not run yet has its shared_info page nowhere.
 * Put it where no guest has RAM; hvmloader or the kernel moves it away. */
#define SHARED_INFO_GFN 0xfef00

static const shared_info_t *map_shared_info(struct vmctl *vm,
                                            const xc_domaininfo_t *info)
{
    const shared_info_t *shared =
        xc_map_foreign_range(vm->xch, info->domain, XC_PAGE_SIZE, PROT_READ,
                             info->shared_info_frame);

    if (shared || !(info->flags & XEN_DOMINF_hvm_guest) ||
        xc_domain_add_to_physmap(vm->xch, info->domain, XENMAPSPACE_shared_info,
                                 0, SHARED_INFO_GFN) < 0)
        return shared;
    return xc_map_foreign_range(vm->xch, info->domain, XC_PAGE_SIZE, PROT_READ,
                                SHARED_INFO_GFN);
}

/* Guest memory, copied; false if there is none. */
bool host_memory(struct vmctl *vm, uint64_t address, void *to, size_t bytes)
{
    uint64_t first = address >> XC_PAGE_SHIFT;
    size_t offset = address & (XC_PAGE_SIZE - 1);
    size_t mapped = (offset + bytes + XC_PAGE_SIZE - 1) & XC_PAGE_MASK;
    uint8_t *pages =
        xc_map_foreign_range(vm->xch, vm->domid, (int)mapped, PROT_READ, first);

    if (!pages)
        return false;
    memcpy(to, pages + offset, bytes);
    munmap(pages, mapped);
    return true;
}

/* Where hvmloader finds what its builder says; false before there is memory. */
bool host_hvm_info(struct vmctl *vm, struct hvm_info_table *info)
{
    return host_memory(vm, HVM_INFO_PADDR, info, sizeof(*info)) &&
           !memcmp(info->signature, "HVM INFO", sizeof(info->signature));
}

/* Seconds of wall-clock at Xen's start, as this domain is told */
static bool wallclock(struct vmctl *vm, uint32_t domid, int32_t *seconds)
{
    xc_domaininfo_t info;
    const shared_info_t *shared;

    if (xc_domain_getinfolist(vm->xch, domid, 1, &info) != 1 ||
        info.domain != domid)
        return false;
    shared = map_shared_info(vm, &info);
    if (!shared)
        return false;
    *seconds = (int32_t)shared->wc_sec;
    munmap((void *)(uintptr_t)shared, XC_PAGE_SIZE);
    return true;
}

/* Xen has no call to read a time offset. It shows as the difference to the
 * clock of a domain without one, so make an empty one for a moment. */
bool host_time_offset(struct vmctl *vm, int32_t *seconds)
{
    struct xen_domctl_createdomain config = {
        .max_vcpus = 1,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };
    int32_t ours = 0, plain = 0;
    uint32_t domid = VM_ANY_DOMID;
    bool done;

    if (xc_domain_create(vm->xch, &domid, &config) < 0)
        return false;
    /* A domain is told the time when it gets an offset, or first runs; before
     * that its clock is 0, and it has no offset */
    done = xc_domain_set_time_offset(vm->xch, domid, 0) == 0 &&
           wallclock(vm, vm->domid, &ours) && wallclock(vm, domid, &plain);
    xc_domain_destroy(vm->xch, domid);
    *seconds = ours ? ours - plain : 0;
    return done;
}
