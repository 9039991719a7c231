/* SPDX-License-Identifier: LGPL-2.1-or-later
 * build_hvm.c - an HVM guest that hvmloader starts. */
#include "build.h"

#include <errno.h>
#include <inttypes.h>

#include <xen/hvm/hvm_info_table.h>

#include "cpuid_policy.h"
#include "firmware.h"
#include "hvm_params.h"
#include "image_file.h"
#include "mem_layout.h"
#include "xs.h"

/* Pages 0xa0 to 0xbf are the VGA hole: no RAM, as on a PC. */
#define VGA_HOLE_PAGES 0x20

static int check_vcpus(const struct xs_platform *platform, struct xg_error *err)
{
    int64_t vcpus = platform->vcpu_number.value;
    const struct opt_int *cores = &platform->cores_per_socket;

    /* What the online bitmap of the hvm_info page holds. */
    if (vcpus > HVM_MAX_VCPUS)
        return xg_fail(err, __func__, ERANGE,
                       "platform/vcpu/number: '%" PRId64
                       "' is more than the %d vCPUs of an HVM guest",
                       vcpus, HVM_MAX_VCPUS);
    if (cores->set && vcpus % cores->value)
        return xg_fail(err, __func__, EINVAL,
                       "platform/cores-per-socket: '%" PRId64
                       "' does not divide the %" PRId64 " vCPUs",
                       cores->value, vcpus);
    return 0;
}

static int check_safety(const struct build *build, struct xg_error *err)
{
    bool nested = build->platform.nested_virt;
    bool pod = build->opts->mem_start_mib < build->opts->mem_max_mib;

    if (build->opts->force)
        return 0;
    if (nested && pod)
        return xg_fail(err, __func__, EINVAL,
                       "platform/nested-virt and populate-on-demand exclude "
                       "each other (use -force to try)");
    if (nested && !(build->info.flags & XEN_DOMINF_hap))
        return xg_fail(err, __func__, EINVAL,
                       "platform/nested-virt needs hardware assisted paging "
                       "(use -force to try)");
    return 0;
}

/* Lays the memory out, and tells the image, Xen and the device model. */
static int apply_layout(struct build *build, struct xg_error *err)
{
    struct mem_layout_request request = {
        .mem_bytes = (uint64_t)build->opts->mem_max_mib << 20,
        .min_hole_bytes = build->platform.mmio_hole_size,
    };
    struct xc_dom_image *dom = build->dom;
    struct xg_ctx *ctx = build->ctx;
    struct mem_layout layout;
    char hole[24];

    if (mem_layout_hvm(&request, &layout, err) < 0)
        return -1;

    dom->device_model = true;
    dom->vga_hole_size = VGA_HOLE_PAGES;
    dom->target_pages = (xen_pfn_t)build->opts->mem_start_mib
                        << (20 - XC_PAGE_SHIFT);
    dom->lowmem_end = layout.lowmem_end;
    dom->highmem_end = layout.highmem_end;
    dom->mmio_start = layout.mmio_start;
    dom->mmio_size = layout.mmio_size;

    if (xc_domain_set_memory_map(ctx->xch, ctx->domid, layout.map,
                                 layout.nr_map) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_set_memory_map", "%u entries",
                          layout.nr_map);

    snprintf(hole, sizeof(hole), "%" PRIu64, layout.mmio_size);
    return xs_put(ctx, "vm-data/mmio-hole-size", hole, err);
}

int build_hvm(struct build *build, struct xg_error *err)
{
    struct xs_platform *platform = &build->platform;
    struct xg_ctx *ctx = build->ctx;

    if (build_begin(build, true, err) < 0 || check_vcpus(platform, err) < 0 ||
        check_safety(build, err) < 0 ||
        build_load_image(build, IMAGE_BYTES_MAX, err) < 0 ||
        firmware_load(ctx, platform, build->dom, err) < 0)
        return -1;

    if (build_apply_vcpu_settings(build, err) < 0 ||
        apply_layout(build, err) < 0 ||
        build_boot(build, (unsigned int)build->opts->mem_max_mib, err) < 0)
        return -1;

    if (hvm_info_apply(ctx, platform, build->dom, err) < 0 ||
        hvm_params_apply(ctx, platform, build->opts->vgpu, err) < 0 ||
        hvm_acpi_keys_apply(ctx, platform, err) < 0 ||
        cpuid_policy_apply(ctx, platform, true, false, err) < 0)
        return -1;

    /* An HVM guest's rings are known by guest frame. */
    snprintf(build->result, sizeof(build->result), "%" PRIu64 " %" PRIu64,
             (uint64_t)build->dom->xenstore_pfn,
             (uint64_t)build->dom->console_pfn);
    return 0;
}
