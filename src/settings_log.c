/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * settings_log.c - what a guest is going to get, for whoever reads the log. */
#include "settings_log.h"

#include <inttypes.h>

#include "hvm_params.h"

static const char *on(bool value)
{
    return value ? "on" : "off";
}

static const char *or_none(const char *text)
{
    return text && text[0] ? text : "none";
}

/* Room for a number, or the word that stands for none. */
#define NUMBER_BYTES 24

static const char *or_default(const struct opt_int *number,
                              char text[NUMBER_BYTES])
{
    if (!number->set)
        return "default";
    snprintf(text, NUMBER_BYTES, "%" PRId64, number->value);
    return text;
}

static void log_options(struct xg_log *log, const struct xg_options *opts)
{
    xg_info(log,
            "settings, memory: max %d MiB, start %d MiB, devices %s, "
            "vgpu %s",
            opts->mem_max_mib, opts->mem_start_mib,
            or_none(opts->pci_passthrough), on(opts->vgpu));
    xg_info(log, "settings, image: %s, ramdisk %s, modules %u, cmdline '%s'",
            opts->image, or_none(opts->ramdisk), opts->nr_modules,
            opts->cmdline ? opts->cmdline : "");
    xg_info(log,
            "settings, channels: store %d of domain %d, console %d of "
            "domain %d",
            opts->store_port, opts->store_domid, opts->console_port,
            opts->console_domid);
}

static void log_cpus(struct xg_log *log, const struct xs_platform *platform)
{
    char weight[NUMBER_BYTES], cap[NUMBER_BYTES], cores[NUMBER_BYTES];
    unsigned int masks = 0;

    for (int64_t i = 0; i < platform->vcpu_number.value; i++)
        masks += platform->vcpu_affinity[i] != NULL;
    xg_info(log,
            "settings, vCPUs: %" PRId64 ", online %" PRId64
            ", with a mask %u, weight %s, cap %s, cores per socket %s",
            platform->vcpu_number.value, platform->vcpu_current.value, masks,
            or_default(&platform->vcpu_weight, weight),
            or_default(&platform->vcpu_cap, cap),
            or_default(&platform->cores_per_socket, cores));
    xg_info(log,
            "settings, CPU policy: nx %s, pae %s, nested-virt %s, "
            "nomigrate %s, tsc_mode %" PRId64 ", featureset %s",
            on(platform->nx), on(platform->pae), on(platform->nested_virt),
            on(platform->nomigrate), platform->tsc_mode.value,
            platform->featureset ? platform->featureset : "the host's");
}

static void log_hvm(struct xg_log *log, const struct xg_options *opts,
                    const struct xs_platform *platform)
{
    char fip_width[NUMBER_BYTES];

    xg_info(log,
            "settings, HVM: apic %s, hpet %s, "
            "timeoffset %" PRId64 " s, FIP width %s",
            on(platform->apic), on(platform->hpet), platform->timeoffset.value,
            or_default(&platform->x87_fip_width, fip_width));
    xg_info(log,
            "settings, firmware: MMIO hole %" PRIu64 " bytes or more, "
            "OVMF override %s, generation id %s",
            platform->mmio_hole_size, or_none(platform->ovmf_override),
            or_none(platform->generation_id));
    if (opts)
        xg_info(log, "settings, Viridian: %s, %#" PRIx64,
                on(platform->viridian),
                hvm_viridian_mask(platform, opts->vgpu));
}

/* Each key's value and origin. */
static void log_numa(struct xg_log *log, const struct numa_policy *policy)
{
    char line[1024] = "", text[NUMA_LIST_BYTES];
    size_t used = 0;

    for (enum numa_key key = 0; key < NUMA_NR_KEYS; key++)
        if (used < sizeof(line))
            used += (size_t)snprintf(line + used, sizeof(line) - used,
                                     "%s%s %s (%s)", key ? ", " : "",
                                     numa_key_name(key),
                                     numa_policy_value(policy, key, text),
                                     numa_origin_name(policy->origin[key]));
    xg_info(log, "settings, NUMA: %s", line);
}

void settings_log(struct xg_log *log, const struct xg_options *opts,
                  const struct xs_platform *platform,
                  const struct numa_policy *numa, bool hvm)
{
    if (opts)
        log_options(log, opts);
    log_cpus(log, platform);
    if (hvm)
        log_hvm(log, opts, platform);
    if (numa_policy_acts(numa))
        log_numa(log, numa);
    else
        xg_info(log, "settings, NUMA: Xen decides");
}
