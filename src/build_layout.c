/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build_layout.c - where in its address space a guest has RAM. */
#include "build.h"

#include <inttypes.h>

#include "numbers.h"
#include "pci.h"

/* What the passed-through devices need; *reserved is owned by the caller. */
static int read_devices(const struct build *build,
                        struct mem_layout_request *request,
                        struct mem_range **reserved, struct xg_error *err)
{
    cleanup_free struct pci_device *devices = NULL;
    const char *sysfs = secure_getenv("XENGUEST_SYSFS");
    unsigned int nr_devices;

    if (!build->opts->pci_passthrough[0])
        return 0;

    if (pci_parse_list(build->opts->pci_passthrough, &devices, &nr_devices,
                       err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_devices; i++) {
        struct pci_needs needs;

        if (pci_read_needs(sysfs ? sysfs : "/sys", &devices[i], &needs, err) <
            0)
            return -1;
        if (__builtin_add_overflow(request->bar_bytes, needs.bar_bytes,
                                   &request->bar_bytes))
            request->bar_bytes = UINT64_MAX;
        request->wide_hole |= needs.wide_hole;
    }

    if (pci_read_reserved(build->ctx, devices, nr_devices, reserved,
                          &request->nr_reserved, err) < 0)
        return -1;
    request->reserved = *reserved;
    return 0;
}

/* Xen leaves RAM where it is, too, when the device is assigned. */
static void log_conflicts(const struct build *build,
                          const struct mem_layout_request *request)
{
    for (unsigned int i = 0; i < request->nr_reserved; i++)
        if (mem_layout_has_ram(&build->layout, &request->reserved[i]))
            xg_log_at(build->ctx->log, LOG_WARNING,
                      "the guest has RAM in %#" PRIx64 " to %#" PRIx64
                      ", which is reserved for a passed-through device: what "
                      "that does there is lost",
                      request->reserved[i].start, request->reserved[i].end);
}

int build_hvm_layout(struct build *build, struct xg_error *err)
{
    cleanup_free struct mem_range *reserved = NULL;
    struct mem_layout_request request = {
        .mem_bytes = (uint64_t)options_layout_mib(build->opts) << 20,
        .min_hole_bytes = build->platform.mmio_hole_size,
        .vgpu = build->opts->vgpu,
    };

    if (build->layout.nr_map)
        return 0;
    if (read_devices(build, &request, &reserved, err) < 0 ||
        mem_layout_hvm(&request, &build->layout, err) < 0)
        return -1;
    log_conflicts(build, &request);
    return 0;
}

int build_set_layout(struct build *build, struct xg_error *err)
{
    struct mem_layout *layout = &build->layout;
    struct xc_dom_image *dom = build->dom;
    struct xg_ctx *ctx = build->ctx;

    dom->target_pages = (xen_pfn_t)build->opts->mem_start_mib * MIB_PAGES;
    dom->lowmem_end = layout->lowmem_end;
    dom->highmem_end = layout->highmem_end;
    dom->mmio_start = layout->mmio_start;
    dom->mmio_size = layout->mmio_size;

    for (unsigned int i = 0; i < layout->nr_map; i++)
        xg_info(ctx->log, "map %#" PRIx64 " to %#" PRIx64 ", type %u",
                layout->map[i].addr, layout->map[i].addr + layout->map[i].size,
                layout->map[i].type);
    xg_forget_errors(ctx);
    if (xc_domain_set_memory_map(ctx->xch, ctx->domid, layout->map,
                                 layout->nr_map) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_set_memory_map", "%u entries",
                          layout->nr_map);
    return 0;
}
