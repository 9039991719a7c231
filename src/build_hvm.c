/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build_hvm.c - an HVM guest that hvmloader starts. */
#include "build.h"

#include <inttypes.h>

#include "firmware.h"
#include "hvm_params.h"
#include "mem_layout.h"
#include "pci.h"
#include "xs.h"

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

/* Where the device model is to put what it shows in the hole. */
static int tell_device_model(const struct xg_ctx *ctx,
                             const struct mem_layout *layout,
                             struct xg_error *err)
{
    uint64_t vram_bytes = layout->vram.end - layout->vram.start;
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, layout->mmio_size);
    if (xs_put(ctx, "vm-data/mmio-hole-size", text, err) < 0)
        return -1;
    if (vram_bytes == 0)
        return 0;

    snprintf(text, sizeof(text), "%" PRIx64, layout->vram.start);
    if (xs_put(ctx, "vm-data/vram-reserved-addr", text, err) < 0)
        return -1;
    snprintf(text, sizeof(text), "%" PRIu64, vram_bytes);
    return xs_put(ctx, "vm-data/vram-reserved-size", text, err);
}

int build_hvm(struct build *build, struct xg_error *err)
{
    struct xs_platform *platform = &build->platform;
    struct xg_ctx *ctx = build->ctx;

    if (build_begin(build, err) < 0 || build_hvm_layout(build, err) < 0 ||
        build_map_image(build, IMAGE_BYTES_MAX, err) < 0 ||
        firmware_load(ctx, platform, build->dom, err) < 0)
        return -1;

    build->dom->device_model = true;
    build->dom->vga_hole_size = VGA_HOLE_PAGES;
    if (build_prepare_memory(build, err) < 0 ||
        build_apply_sched(build, err) < 0 || build_set_layout(build, err) < 0 ||
        tell_device_model(ctx, &build->layout, err) < 0 ||
        build_boot(build, (unsigned int)build->opts->mem_max_mib, err) < 0)
        return -1;

    if (hvm_info_apply(ctx, platform, build->dom, err) < 0 ||
        hvm_params_apply(ctx, platform, build->opts->vgpu, err) < 0 ||
        build_finish(build, err) < 0)
        return -1;

    build_report_guest_frames(build);
    return 0;
}
