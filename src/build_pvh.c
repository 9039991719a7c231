/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build_pvh.c - a PVH guest: a kernel in an HVM container, no device model. */
#include "build.h"

#include "acpi_pvh.h"
#include "guest_memory.h"
#include "hvm_params.h"

static int load_files(struct build *build, struct xg_error *err)
{
    const struct xg_options *opts = build->opts;
    uint64_t module_max_bytes;

    if (build_map_kernel(build, &module_max_bytes, err) < 0)
        return -1;
    for (unsigned int i = 0; i < opts->nr_modules; i++)
        if (build_load_module(build, "module", &opts->modules[i],
                              module_max_bytes, err) < 0)
            return -1;
    return 0;
}

/* For the start info. Without a length libxenguest leaves the tables to us: it
 * would ask Xen for their pages in a way that no gate of ours sees, and for a
 * second one where the RSDP's is already. */
static void announce_rsdp(struct xc_dom_image *dom, struct acpi_pvh *acpi)
{
    dom->acpi_modules[0] = (struct xc_hvm_firmware_module){
        .data = acpi->rsdp,
        .guest_addr_out = ACPI_PVH_RSDP_ADDRESS,
    };
}

/* Made twice, with the virtual nodes as far as they are known: for the size
 * that the memory map is to show; and with the memory there, since it may have
 * cost an `auto` its virtual nodes. */
static int make_tables(const struct build *build, struct acpi_pvh *acpi,
                       struct xg_error *err)
{
    const struct xs_platform *platform = &build->platform;

    return acpi_pvh_make((unsigned int)platform->vcpu_number.value,
                         (unsigned int)platform->vcpu_current.value,
                         &build->numa.vnodes, acpi, err);
}

/* The RSDP is in a page of RAM, the tables are in pages of their own. */
static int load_tables(struct build *build, struct acpi_pvh *acpi,
                       struct xg_error *err)
{
    const struct xg_ctx *ctx = build->ctx;
    xen_pfn_t frames[ACPI_PVH_TABLES_MAX_BYTES >> XC_PAGE_SHIFT];
    uint32_t mapped_bytes = acpi->tables_bytes;
    unsigned int nr_frames = mapped_bytes >> XC_PAGE_SHIFT;

    if (make_tables(build, acpi, err) < 0)
        return -1;
    /* What the map shows is there, also if the tables have become less. */
    acpi->tables_bytes = mapped_bytes;
    for (unsigned int i = 0; i < nr_frames; i++)
        frames[i] = (ACPI_PVH_TABLES_ADDRESS >> XC_PAGE_SHIFT) + i;

    xg_forget_errors(ctx);
    if (xc_domain_populate_physmap_exact(ctx->xch, ctx->domid, nr_frames, 0, 0,
                                         frames) < 0)
        return numa_job_failure(&build->numa, err)
                   ? -1
                   : xg_fail_xc(ctx, err, "xc_domain_populate_physmap_exact",
                                "ACPI tables");
    if (guest_memory_write(ctx, "RSDP", ACPI_PVH_RSDP_ADDRESS, acpi->rsdp,
                           sizeof(acpi->rsdp), err) < 0)
        return -1;
    return guest_memory_write(ctx, "ACPI tables", ACPI_PVH_TABLES_ADDRESS,
                              acpi->tables, acpi->tables_bytes, err);
}

/* Populates the guest and loads everything into it but the tables, which are
 * made for their size. */
static int boot(struct build *build, struct acpi_pvh *acpi,
                struct xg_error *err)
{
    struct mem_range tables[] = {
        { ACPI_PVH_RSDP_ADDRESS, ACPI_PVH_RSDP_ADDRESS + ACPI_PVH_RSDP_BYTES },
        { ACPI_PVH_TABLES_ADDRESS, ACPI_PVH_TABLES_ADDRESS },
    };
    uint64_t mem_bytes = (uint64_t)build->opts->mem_max_mib << 20;
    struct mem_layout *layout = &build->layout;
    struct xc_dom_image *dom = build->dom;

    if (make_tables(build, acpi, err) < 0)
        return -1;
    tables[1].end += acpi->tables_bytes;
    if (mem_layout_pvh(mem_bytes, tables, ARRAY_SIZE(tables), layout, err) <
            0 ||
        build_set_layout(build, err) < 0)
        return -1;

    announce_rsdp(dom, acpi);
    /* For the start info, where a kernel looks before it can ask Xen. */
    dom->e820 = layout->map;
    dom->e820_entries = layout->nr_map;
    dom->device_model = false;
    return build_boot(build, (unsigned int)build->opts->mem_max_mib, err);
}

/* The checks are an HVM guest's. */
static void log_hazard(const struct build *build)
{
    const char *hazard = build_hazard(build);

    if (hazard)
        xg_log_at(build->ctx->log, LOG_WARNING, "%s", hazard);
}

int build_pvh(struct build *build, struct xg_error *err)
{
    cleanup_free struct acpi_pvh *acpi = malloc(sizeof(*acpi));
    const struct xs_platform *platform = &build->platform;

    if (!acpi)
        return xg_fail_errno(err, "malloc", "ACPI tables");

    if (build_begin(build, err) < 0)
        return -1;
    log_hazard(build);
    if (load_files(build, err) < 0 || build_prepare_memory(build, err) < 0 ||
        build_apply_sched(build, err) < 0 || boot(build, acpi, err) < 0 ||
        load_tables(build, acpi, err) < 0 ||
        hvm_params_apply(build->ctx, platform, build->opts->vgpu, err) < 0 ||
        build_finish(build, err) < 0)
        return -1;

    build_report_guest_frames(build);
    return 0;
}
