/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build.c - turn an empty domain into a guest: what all kinds share. */
#include "build.h"

#include "cpuid_topology.h"
#include "numa_job_vnodes.h"
#include "settings_log.h"
#include "vcpu_sched.h"

int build_begin(struct build *build, struct xg_error *err)
{
    const struct xg_options *opts = build->opts;
    struct xg_ctx *ctx = build->ctx;
    bool hvm = options_has_hvm_container(opts);
    struct xc_dom_image *dom;

    if (xg_ctx_domain_info(ctx, &build->info, err) < 0 ||
        build_check_domain(build, err) < 0 ||
        xs_platform_read(ctx, &build->info, &build->platform, err) < 0 ||
        build_read_numa(build, NULL, err) < 0 ||
        build_shape_vnodes(build, err) < 0)
        return -1;

    settings_log(ctx->log, opts, &build->platform, &build->numa.policy, hvm);
    if (build_check(build, err) < 0)
        return -1;

    xg_forget_errors(ctx);
    dom = xc_dom_allocate(ctx->xch, opts->cmdline, opts->features);
    if (!dom)
        return xg_fail_xc(ctx, err, "xc_dom_allocate", "image");

    dom->container_type = hvm ? XC_DOM_HVM_CONTAINER : XC_DOM_PV_CONTAINER;
    dom->xenstore_evtchn = (unsigned int)opts->store_port;
    dom->xenstore_domid = (uint32_t)opts->store_domid;
    dom->console_evtchn = (unsigned int)opts->console_port;
    dom->console_domid = (uint32_t)opts->console_domid;
    dom->max_vcpus = (unsigned int)build->platform.vcpu_number.value;
    build->dom = dom;
    return 0;
}

int build_prepare_memory(struct build *build, struct xg_error *err)
{
    if (vcpu_affinity_apply(build->ctx, &build->platform, err) < 0)
        return -1;
    return numa_job_prepare(&build->numa, &build->info, err);
}

int build_apply_sched(struct build *build, struct xg_error *err)
{
    const uint32_t tsc_mode = (uint32_t)build->platform.tsc_mode.value;
    struct xg_ctx *ctx = build->ctx;

    if (vcpu_sched_apply(ctx, &build->info, &build->platform, err) < 0)
        return -1;
    xg_forget_errors(ctx);
    if (xc_domain_set_tsc_info(ctx->xch, ctx->domid, tsc_mode, 0, 0, 0) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_set_tsc_info",
                          "platform/tsc_mode: %" PRIu32, tsc_mode);
    return 0;
}

int build_map_image(struct build *build, uint64_t max_bytes,
                    struct xg_error *err)
{
    return image_file_map("image", build->opts->image, max_bytes, &build->image,
                          err);
}

int build_map_kernel(struct build *build, uint64_t *module_max_bytes,
                     struct xg_error *err)
{
    uint64_t kernel_max_bytes;

    kernel_max_bytes = *module_max_bytes = IMAGE_BYTES_MAX;
    if (build->platform.limits &&
        (image_file_limit(build->ctx, "/mh/limits/pv-kernel-max_size",
                          &kernel_max_bytes, err) < 0 ||
         image_file_limit(build->ctx, "/mh/limits/pv-ramdisk-max_size",
                          module_max_bytes, err) < 0))
        return -1;

    /* libxenguest holds the unpacked images to the same limits. */
    xc_dom_kernel_max_size(build->dom, kernel_max_bytes);
    xc_dom_module_max_size(build->dom, *module_max_bytes);

    return build_map_image(build, kernel_max_bytes, err);
}

int build_load_module(struct build *build, const char *what,
                      const struct xg_module *module, uint64_t max_bytes,
                      struct xg_error *err)
{
    struct image_file *file = &build->modules[build->dom->num_modules];
    const struct xg_ctx *ctx = build->ctx;

    if (image_file_map(what, module->path, max_bytes, file, err) < 0)
        return -1;
    xg_forget_errors(ctx);
    if (xc_dom_module_mem(build->dom, file->data, file->bytes,
                          module->cmdline) != 0)
        return xg_fail_xc(ctx, err, "xc_dom_module_mem", "%s '%s'", what,
                          module->path);
    xg_info(ctx->log, "%s %s, %zu bytes", what, module->path, file->bytes);
    return 0;
}

int build_finish(struct build *build, struct xg_error *err)
{
    if (hvm_multi_end(&build->params, err) < 0 ||
        cpuid_policy_apply(build->ctx, &build->platform, &build->features,
                           false, err) < 0)
        return -1;
    if (build->dom->container_type == XC_DOM_HVM_CONTAINER) {
        cpuid_topology_apply(build->ctx, &build->platform, &build->numa.vnodes);
        if (numa_job_leave_note(&build->numa, !build->dom->device_model, err) <
            0)
            return -1;
    }
    return numa_job_finish(&build->numa, err);
}

void build_report_guest_frames(struct build *build)
{
    build->rings = (struct guest_rings){
        .store = build->dom->xenstore_pfn,
        .console = build->dom->console_pfn,
    };
}

void build_tell_others(struct build *build)
{
    xs_platform_put_acpi(build->ctx);
    numa_job_keep(&build->numa);
}

void build_free(struct build *build)
{
    hvm_multi_forget(&build->params);
    if (build->dom)
        xc_dom_release(build->dom);
    build->dom = NULL;
    image_file_unmap(&build->image);
    image_file_unmap(&build->firmware);
    for (size_t i = 0; i < ARRAY_SIZE(build->modules); i++)
        image_file_unmap(&build->modules[i]);
    numa_job_free(&build->numa);
    xs_platform_free(&build->platform);
}
