/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_xc.c - a double of libxenctrl, and of libxenguest's CPU policy calls. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/arch-x86/cpufeatureset.h>
#include <xen/hvm/e820.h>
#include <xen/hvm/params.h>

struct xc_interface_core {
    xentoollog_logger *logger;
    xc_error last;
};

/* ---- handle and errors ---- */

xc_interface *xc_interface_open(xentoollog_logger *logger,
                                xentoollog_logger *dombuild_logger,
                                unsigned int open_flags)
{
    xc_interface *xch;

    if (fake_call(__func__, NO_ARGUMENTS))
        return NULL;
    fake_require(logger && dombuild_logger,
                 "no logger: libxc would use stderr");
    xch = calloc(1, sizeof(*xch));
    xch->logger = logger;
    return fake_lend(xch);
}

int xc_interface_close(xc_interface *xch)
{
    fake_call(__func__, NO_ARGUMENTS);
    fake_take_back(xch);
    return 0;
}

static __attribute__((format(printf, 3, 4))) void
tell_logger(xc_interface *xch, xentoollog_level level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    xch->logger->vmessage(xch->logger, level, -1, "xc", fmt, ap);
    va_end(ap);
}

void fake_xc_error(xc_interface *xch, xc_error_code code, const char *message)
{
    xch->last.code = code;
    snprintf(xch->last.message, sizeof(xch->last.message), "%s", message);
    tell_logger(xch, XTL_ERROR, "%s", message);
}

void fake_xc_progress(xc_interface *xch, const char *doing_what,
                      unsigned long done, unsigned long total)
{
    int percent = total ? (int)(done * 100 / total) : 0;

    xch->logger->progress(xch->logger, "xc", doing_what, percent, done, total);
}

bool fake_xc_failed(xc_interface *xch)
{
    if (fake_message())
        fake_xc_error(xch, XC_INTERNAL_ERROR, fake_message());
    return true;
}

const xc_error *xc_get_last_error(xc_interface *xch)
{
    return &xch->last;
}

void xc_clear_last_error(xc_interface *xch)
{
    xch->last = (xc_error){ .code = XC_ERROR_NONE };
}

/* ---- the host ---- */

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return -1;
    *info = (xc_physinfo_t){
        .nr_nodes = 1,
        .max_cpu_id = (uint32_t)fake_host_number("host/pcpus") - 1,
        .free_pages =
            fake_host_number("host/free_mib") * 256 - fake_host_taken(),
        .outstanding_pages = fake_claimed_by_others() + fake_outstanding(),
    };
    return 0;
}

int xc_get_max_cpus(xc_interface *xch)
{
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return -1;
    return (int)fake_host_number("host/pcpus");
}

xc_cpumap_t xc_cpumap_alloc(xc_interface *xch)
{
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return NULL;
    return calloc((fake_host_number("host/pcpus") + 7) / 8, 1);
}

static uint32_t scheduler(void)
{
    const char *name = fake_host("host/scheduler");

    if (!strcmp(name, "credit"))
        return XEN_SCHEDULER_CREDIT;
    if (!strcmp(name, "credit2"))
        return XEN_SCHEDULER_CREDIT2;
    return (uint32_t)fake_host_number("host/scheduler");
}

/* Owned by the pool. */
static xc_cpumap_t pool_cpumap(void)
{
    unsigned int nr_cpus = (unsigned int)fake_host_number("host/pcpus");
    const char *text = fake_host("host/pool");
    uint8_t *map = calloc((nr_cpus + 7) / 8, 1);

    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
        if (!*text || (cpu < strlen(text) && text[cpu] == '1'))
            map[cpu / 8] |= (uint8_t)(1u << cpu % 8);
    return map;
}

xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
    xc_cpupoolinfo_t *pool;

    if (FAKE_XC(xch, "%u", poolid))
        return NULL;
    fake_require(poolid == fake_host_number("domain/cpupool"),
                 "xc_cpupool_getinfo: not the domain's pool");
    pool = calloc(1, sizeof(*pool));
    pool->cpupool_id = poolid;
    pool->cpumap = pool_cpumap();
    pool->sched_id = scheduler();
    return fake_lend(pool);
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
    fake_call(__func__, NO_ARGUMENTS);
    free(info->cpumap);
    fake_take_back(info);
}

/* Every featureset has PAE and NX; its last word is its index, so that the log
 * of xc_cpuid_apply_policy shows which one was taken. */
int xc_get_cpu_featureset(xc_interface *xch, uint32_t index,
                          uint32_t *nr_features, uint32_t *featureset)
{
    uint32_t words = (uint32_t)fake_host_number("host/featureset_words");

    if (FAKE_XC(xch, "%u", index))
        return -1;
    fake_require(*nr_features >= words, "xc_get_cpu_featureset: room");

    memset(featureset, 0, words * sizeof(*featureset));
    featureset[0] = UINT32_C(1) << XEN_X86_FEATURE_PAE % 32;
    featureset[XEN_X86_FEATURE_NX / 32] |= UINT32_C(1)
                                           << XEN_X86_FEATURE_NX % 32;
    if (index == XEN_SYSCTL_cpu_featureset_host &&
        fake_host_number("host/itsc"))
        featureset[XEN_X86_FEATURE_ITSC / 32] |= UINT32_C(1)
                                                 << XEN_X86_FEATURE_ITSC % 32;
    featureset[words - 1] = index;
    *nr_features = words;
    return 0;
}

/* ---- the domain ---- */

static bool is_the_domain(uint32_t domid)
{
    if (domid == fake_host_number("domain/id"))
        return true;
    errno = ESRCH;
    return false;
}

/* From first_domain on, whichever comes next: as Xen does. */
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain,
                          unsigned int max_domains, xc_domaininfo_t *info)
{
    uint64_t max_vcpus = fake_host_number("domain/max_vcpus");
    uint64_t domid = fake_host_number("domain/id");

    if (FAKE_XC(xch, "d%u %u", first_domain, max_domains))
        return -1;
    if (first_domain > domid)
        return 0;

    *info = (xc_domaininfo_t){
        .domain = (domid_t)domid,
        .tot_pages = fake_domain_pages(),
        .max_pages = fake_host_number("domain/max_pages"),
        .outstanding_pages = fake_outstanding(),
        .nr_online_vcpus = max_vcpus != 0, /* it has not begun yet */
        .max_vcpu_id =
            max_vcpus ? (uint32_t)max_vcpus - 1 : XEN_INVALID_MAX_VCPU_ID,
        .cpupool = (uint32_t)fake_host_number("domain/cpupool"),
    };
    if (!strcmp(fake_host("domain/type"), "hvm"))
        info->flags |= XEN_DOMINF_hvm_guest;
    if (fake_host_number("domain/vga"))
        info->arch_config.emulation_flags |= XEN_X86_EMU_VGA;
    if (fake_host_number("domain/paused"))
        info->flags |= XEN_DOMINF_paused;
    if (info->flags & XEN_DOMINF_hvm_guest && fake_host_number("domain/hap"))
        info->flags |= XEN_DOMINF_hap;
    if (fake_host_number("domain/suspended"))
        info->flags |= XEN_DOMINF_shutdown | SHUTDOWN_suspend
                                                 << XEN_DOMINF_shutdownshift;
    return 1;
}

/* The first ones wait for their other end; some more are there, but closed. */
int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
    uint64_t open = fake_host_number("domain/event_channels");

    if (FAKE_XC(xch, "d%u %u", status->dom, status->port) ||
        !is_the_domain(status->dom))
        return -1;
    if (status->port >= 128) {
        errno = EINVAL;
        return -1;
    }
    status->status = status->port > 0 && status->port <= open
                         ? EVTCHNSTAT_unbound
                         : EVTCHNSTAT_closed;
    return 0;
}

int xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom,
                            uint32_t remote_dom)
{
    static int next = 11;

    if (FAKE_XC(xch, "d%u d%u", dom, remote_dom) || !is_the_domain(dom))
        return -1;
    return next++;
}

/* One type for each scheduler, with the same members. */
#define SCHEDULER(name, id, cap_max)                                           \
    int xc_sched_##name##_domain_get(xc_interface *xch, uint32_t domid,        \
                                     struct xen_domctl_sched_##name *params)   \
    {                                                                          \
        if (FAKE_XC(xch, "d%u", domid) || !is_the_domain(domid))               \
            return -1;                                                         \
        fake_require(scheduler() == (id), "another scheduler runs");           \
        *params = (struct xen_domctl_sched_##name){ .weight = 256, .cap = 0 }; \
        return 0;                                                              \
    }                                                                          \
                                                                               \
    int xc_sched_##name##_domain_set(xc_interface *xch, uint32_t domid,        \
                                     struct xen_domctl_sched_##name *params)   \
    {                                                                          \
        if (FAKE_XC(xch, "d%u weight=%u cap=%u", domid, params->weight,        \
                    params->cap) ||                                            \
            !is_the_domain(domid))                                             \
            return -1;                                                         \
        fake_require(scheduler() == (id), "another scheduler runs");           \
        if (params->cap > (cap_max)) {                                         \
            errno = EINVAL;                                                    \
            return -1;                                                         \
        }                                                                      \
        return 0;                                                              \
    }

SCHEDULER(credit, XEN_SCHEDULER_CREDIT, UINT16_MAX)
SCHEDULER(credit2, XEN_SCHEDULER_CREDIT2,
          100 * fake_host_number("domain/max_vcpus"))

int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t tsc_mode,
                           uint64_t elapsed_nsec, uint32_t gtsc_khz,
                           uint32_t incarnation)
{
    if (FAKE_XC(xch, "d%u mode=%u %" PRIu64 " %u %u", domid, tsc_mode,
                elapsed_nsec, gtsc_khz, incarnation) ||
        !is_the_domain(domid))
        return -1;
    return 0;
}

int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid,
                              int32_t time_offset_seconds)
{
    if (FAKE_XC(xch, "d%u %d", domid, time_offset_seconds) ||
        !is_the_domain(domid))
        return -1;
    return 0;
}

static const char *e820_name(uint32_t type)
{
    return type == E820_RAM        ? "ram"
           : type == E820_RESERVED ? "reserved"
           : type == E820_ACPI     ? "acpi"
                                   : "other";
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid,
                             struct e820entry entries[], uint32_t nr_entries)
{
    char text[8192] = "";

    for (uint32_t i = 0; i < nr_entries; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 " %s:%#" PRIx64 "-%#" PRIx64, e820_name(entries[i].type),
                 entries[i].addr, entries[i].addr + entries[i].size);

    if (FAKE_XC(xch, "d%u%s", domid, text) || !is_the_domain(domid))
        return -1;
    return 0;
}

static const char *param_name(uint32_t param)
{
    switch (param) {
    case HVM_PARAM_STORE_PFN:
        return "STORE_PFN";
    case HVM_PARAM_STORE_EVTCHN:
        return "STORE_EVTCHN";
    case HVM_PARAM_VIRIDIAN:
        return "VIRIDIAN";
    case HVM_PARAM_HPET_ENABLED:
        return "HPET_ENABLED";
    case HVM_PARAM_TRIPLE_FAULT_REASON:
        return "TRIPLE_FAULT_REASON";
    case HVM_PARAM_X87_FIP_WIDTH:
        return "X87_FIP_WIDTH";
    case HVM_PARAM_VM_GENERATION_ID_ADDR:
        return "VM_GENERATION_ID_ADDR";
    default:
        fake_require(false, "an HVM parameter without a name here");
        return NULL;
    }
}

int fake_set_hvm_param(xc_interface *xch, uint32_t domid, uint32_t param,
                       uint64_t value)
{
    if ((fake_call("xc_hvm_param_set", "d%u %s=%#" PRIx64, domid,
                   param_name(param), value) &&
         fake_xc_failed(xch)) ||
        !is_the_domain(domid))
        return -1;
    return 0;
}

int xc_hvm_param_get(xc_interface *xch, uint32_t domid, uint32_t param,
                     uint64_t *value)
{
    if (FAKE_XC(xch, "d%u %s", domid, param_name(param)) ||
        !is_the_domain(domid))
        return -1;
    *value = param == HVM_PARAM_X87_FIP_WIDTH
                 ? fake_host_number("domain/fip_width")
             : param == HVM_PARAM_VM_GENERATION_ID_ADDR
                 ? fake_host_number("domain/generation_id_addr")
                 : 0;
    return 0;
}

/* Returns -errno, unlike its siblings. */
int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                          const uint32_t *featureset, unsigned int nr_features,
                          bool pae, bool itsc, bool nested_virt,
#ifdef HAVE_CPUID_APPLY_POLICY_CORES
                          unsigned int cores_per_socket,
#endif
                          const struct xc_xend_cpuid *xend,
                          const struct xc_msr *msr)
{
    char words[1024] = "";

    for (unsigned int i = 0; i < nr_features; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%x",
                 i ? "-" : "", featureset[i]);

    if (FAKE_XC(xch, "d%u restore=%d pae=%d itsc=%d nested=%d %s", domid,
                restore, pae, itsc, nested_virt, words) ||
        !is_the_domain(domid))
        return errno ? -errno : -1;
#ifdef HAVE_CPUID_APPLY_POLICY_CORES
    if (cores_per_socket)
        fake_call("policy_cores", "%u", cores_per_socket);
#endif
    return 0;
}
