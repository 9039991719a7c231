/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build_hvm.c - an HVM guest that hvmloader starts. */
#include "build.h"

#include <inttypes.h>

#include "firmware.h"
#include "hvm_params.h"
#include "xs.h"

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
        firmware_load(build, err) < 0)
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
