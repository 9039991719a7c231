/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build_demand.c - the memory and the nodes that a build asks for. */
#include "build.h"

#include "domain.h"
#include "numa_job_vnodes.h"
#include "numbers.h"

/* What is populated at start: an HVM guest has no RAM in the VGA hole. */
static uint64_t start_pages(const struct xg_options *opts)
{
    uint64_t pages = (uint64_t)opts->mem_start_mib * MIB_PAGES;

    if (opts->mode == MODE_HVM_BUILD && pages > VGA_HOLE_PAGES)
        pages -= VGA_HOLE_PAGES;
    return pages;
}

uint64_t build_surely_taken_pages(const struct xg_options *opts)
{
    return start_pages(opts) +
           (options_has_hvm_container(opts) ? X86_HVM_NR_SPECIAL_PAGES : 0);
}

/* Why a guest can have no virtual nodes, or NULL. hvmloader makes no tables
 * without acpi. */
static int find_no_vnodes(const struct build *build, const char **why,
                          struct xg_error *err)
{
    const struct xg_options *opts = build->opts;
    bool acpi = true;

    if (opts->mode == MODE_HVM_BUILD &&
        xs_platform_has_acpi(build->ctx, &acpi, err) < 0)
        return -1;
    *why = NULL;
    if (!options_has_hvm_container(opts))
        *why = "a PV guest can't be shown nodes";
    else if (!acpi)
        *why = "platform/acpi is off";
    else if (options_has_pod(opts))
        *why = "memory is populated on demand";
    else if (build->platform.vcpu_number.value !=
             domain_max_vcpus(&build->info))
        *why = "the domain may have more vCPUs than platform/vcpu/number";
    return 0;
}

int build_shape_vnodes(struct build *build, struct xg_error *err)
{
    struct numa_demand *demand = &build->numa.demand;
    struct numa_vnodes_request *shape = &demand->shape;

    if (!build->numa.policy.vnodes)
        return 0;
    if (find_no_vnodes(build, &demand->no_vnodes, err) < 0)
        return -1;
    shape->nr_vcpus = demand->vcpus;
    shape->vcpus_per_socket =
        (unsigned int)build->platform.cores_per_socket.value;
    if (!demand->no_vnodes && build->opts->mode == MODE_HVM_BUILD) {
        if (build_hvm_layout(build, err) < 0)
            return -1;
        shape->nr_ram = mem_layout_ram(&build->layout, shape->ram);
    } else {
        shape->nr_ram = mem_layout_pvh_ram(
            (uint64_t)build->opts->mem_start_mib << 20, shape->ram);
    }
    return numa_job_check_vnodes(&build->numa, err);
}

int build_read_numa(struct build *build, const struct numa_host *host,
                    struct xg_error *err)
{
    struct numa_demand demand = {
        .pages = start_pages(build->opts),
        .max_pages = build->info.max_pages,
        .claim_pages = build_surely_taken_pages(build->opts),
        .vcpus = (unsigned int)build->platform.vcpu_number.value,
        .cpupool = build->info.cpupool,
        .mem_pnode = build->opts->mem_pnode,
        .host = host,
    };

    if (build->opts->pci_passthrough[0])
        demand.pci_passthrough = build->opts->pci_passthrough;
    return numa_job_read(build->ctx, build->platform.numa_dirs, &demand,
                         &build->numa, err);
}
