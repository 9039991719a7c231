/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * hvm_params.c - what Xen and hvmloader are told about a guest in an HVM
 * container. */
#include "hvm_params.h"

#include <inttypes.h>
#include <string.h>

#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>
#include <xen/sched.h>

#include "bytes.h"
#include "numbers.h"

uint64_t hvm_viridian_mask(const struct xs_platform *platform, bool vgpu)
{
    bool stimer = platform->viridian_stimer.value;
    uint64_t mask = HVMPV_base_freq | HVMPV_cpu_hotplug;

    if (!platform->viridian)
        return 0;

    /* Windows with a vGPU loses time without it. */
    if (vgpu && !platform->viridian_stimer.set)
        stimer = platform->viridian_time_ref_count ||
                 platform->viridian_reference_tsc;

    if (platform->viridian_time_ref_count)
        mask |= HVMPV_time_ref_count;
    if (platform->viridian_reference_tsc)
        mask |= HVMPV_reference_tsc;
    if (platform->viridian_hcall_remote_tlb_flush)
        mask |= HVMPV_hcall_remote_tlb_flush;
    if (platform->viridian_apic_assist)
        mask |= HVMPV_apic_assist;
    if (platform->viridian_crash_ctl)
        mask |= HVMPV_crash_ctl;
    if (platform->viridian_hcall_ipi)
        mask |= HVMPV_hcall_ipi;
    if (stimer)
        mask |= HVMPV_synic | HVMPV_stimer;
    return mask;
}

static int set_param(const struct xg_ctx *ctx, const char *name, uint32_t param,
                     uint64_t value, struct xg_error *err)
{
    xg_forget_errors(ctx);
    if (xc_hvm_param_set(ctx->xch, ctx->domid, param, value) < 0)
        return xg_fail_xc(ctx, err, "xc_hvm_param_set", "%s = %#" PRIx64, name,
                          value);
    xg_info(ctx->log, "%s = %#" PRIx64, name, value);
    return 0;
}

/* A width that is already there is the administrator's or an earlier guest
 * state's, and stays. */
static int set_fip_width(const struct xg_ctx *ctx,
                         const struct opt_int *fip_width, struct xg_error *err)
{
    uint64_t now;

    if (!fip_width->set)
        return 0;
    /* In bytes. Xen would refuse it. */
    if (fip_width->value != 4 && fip_width->value != 8) {
        xg_log_at(ctx->log, LOG_WARNING,
                  "platform/x87-fip-width: '%" PRId64
                  "' is neither 4 nor 8: left to Xen",
                  fip_width->value);
        return 0;
    }
    xg_forget_errors(ctx);
    if (xc_hvm_param_get(ctx->xch, ctx->domid, HVM_PARAM_X87_FIP_WIDTH, &now) <
        0)
        return xg_fail_xc(ctx, err, "xc_hvm_param_get", "X87_FIP_WIDTH");
    if (now != 0)
        return 0;
    return set_param(ctx, "platform/x87-fip-width: X87_FIP_WIDTH",
                     HVM_PARAM_X87_FIP_WIDTH, (uint64_t)fip_width->value, err);
}

int hvm_unsaved_apply(const struct xg_ctx *ctx,
                      const struct xs_platform *platform, struct xg_error *err)
{
    if (set_param(ctx, "HPET_ENABLED", HVM_PARAM_HPET_ENABLED, platform->hpet,
                  err) < 0 ||
        set_param(ctx, "TRIPLE_FAULT_REASON", HVM_PARAM_TRIPLE_FAULT_REASON,
                  SHUTDOWN_crash, err) < 0)
        return -1;
    xg_forget_errors(ctx);
    if (platform->timeoffset.set &&
        xc_domain_set_time_offset(ctx->xch, ctx->domid,
                                  (int32_t)platform->timeoffset.value) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_set_time_offset",
                          "platform/timeoffset: %" PRId64,
                          platform->timeoffset.value);
    return 0;
}

int hvm_params_apply(const struct xg_ctx *ctx,
                     const struct xs_platform *platform, bool vgpu,
                     struct xg_error *err)
{
    uint64_t viridian = hvm_viridian_mask(platform, vgpu);

    if (viridian &&
        set_param(ctx, "VIRIDIAN", HVM_PARAM_VIRIDIAN, viridian, err) < 0)
        return -1;

    if (hvm_unsaved_apply(ctx, platform, err) < 0)
        return -1;
    return set_fip_width(ctx, &platform->x87_fip_width, err);
}

static void fill_hvm_info(struct hvm_info_table *info,
                          const struct xs_platform *platform)
{
    info->apic_mode = platform->apic;
    /* As the original writes it where RAM ends below 4 GiB. */
    if (!info->high_mem_pgend)
        info->high_mem_pgend = BELOW_4G_PAGES;
    info->nr_vcpus = (uint32_t)platform->vcpu_number.value;
    memset(info->vcpu_online, 0, sizeof(info->vcpu_online));
    for (int64_t vcpu = 0; vcpu < platform->vcpu_current.value; vcpu++)
        bytes_set_bit(info->vcpu_online, (size_t)vcpu);

    /* All bytes of the table add up to 0. */
    info->checksum = 0;
    info->checksum = -bytes_sum(info, info->length);
}

int hvm_info_apply(const struct xg_ctx *ctx, const struct xs_platform *platform,
                   struct xc_dom_image *dom, struct xg_error *err)
{
    uint8_t *page;

    xg_forget_errors(ctx);
    page = xc_dom_pfn_to_ptr(dom, HVM_INFO_PFN, 1);
    if (!page)
        return xg_fail_xc(ctx, err, "xc_dom_pfn_to_ptr", "hvm_info page");

    fill_hvm_info((struct hvm_info_table *)(page + HVM_INFO_OFFSET), platform);
    xc_dom_unmap_one(dom, HVM_INFO_PFN);
    return 0;
}
