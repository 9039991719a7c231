/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build.c - turn an empty domain into a guest: what all kinds share. */
#include "build.h"

#include <errno.h>
#include <inttypes.h>

#include <xen/hvm/hvm_info_table.h>

#include "cpuid_topology.h"
#include "domain.h"
#include "numa_job_vnodes.h"
#include "numbers.h"
#include "settings_log.h"
#include "vcpu_sched.h"

/* The container: a PVH guest is in an HVM one. */
static bool is_hvm(const struct xg_options *opts)
{
    return opts->mode != MODE_LINUX_BUILD;
}

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
    return start_pages(opts) + (is_hvm(opts) ? X86_HVM_NR_SPECIAL_PAGES : 0);
}

static int check_domain(const struct build *build, struct xg_error *err)
{
    const xc_domaininfo_t *info = &build->info;
    bool hvm = is_hvm(build->opts);

    if (!(info->flags & XEN_DOMINF_hvm_guest) != !hvm)
        return xg_fail(err, __func__, EINVAL,
                       "domain %u has %s container, -mode %s needs the other: "
                       "use %s, or make another domain",
                       build->ctx->domid, hvm ? "a PV" : "an HVM",
                       options_mode_name(build->opts->mode),
                       hvm ? "linux_build" : "hvm_build or pvh_build");

    if (domain_check_empty(info, err) < 0 ||
        domain_check_limit(info, build_surely_taken_pages(build->opts), err) <
            0)
        return -1;
    return domain_check_ports(build->ctx, build->opts->store_port,
                              build->opts->console_port, err);
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
    if (!is_hvm(opts))
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

static int check_vcpus(const struct xs_platform *platform, struct xg_error *err)
{
    int64_t vcpus = platform->vcpu_number.value;

    /* What the online bitmap of the hvm_info page holds, and the DSDT of a PVH
     * guest. */
    if (vcpus > HVM_MAX_VCPUS)
        return xg_fail(err, __func__, ERANGE,
                       "platform/vcpu/number: '%" PRId64
                       "' is more than the %d vCPUs of an HVM or PVH guest",
                       vcpus, HVM_MAX_VCPUS);
    return 0;
}

static int check_safety(const struct build *build, struct xg_error *err)
{
    const char *hazard = build_hazard(build);

    return hazard ? xg_fail(err, __func__, EINVAL, "%s (use -force to try)",
                            hazard)
                  : 0;
}

int build_check(struct build *build, struct xg_error *err)
{
    enum xg_mode mode = build->opts->mode;
    bool hvm = is_hvm(build->opts);

    if (mem_claim_check(build->ctx, &build->info,
                        build_surely_taken_pages(build->opts), err) < 0 ||
        cpuid_policy_plan(build->ctx, &build->platform, hvm, &build->features,
                          err) < 0 ||
        (hvm && check_vcpus(&build->platform, err) < 0))
        return -1;
    if (mode == MODE_PVH_BUILD)
        return build_pvh_check_options(build->opts, err);
    return mode == MODE_HVM_BUILD ? check_safety(build, err) : 0;
}

int build_begin(struct build *build, struct xg_error *err)
{
    const struct xg_options *opts = build->opts;
    struct xg_ctx *ctx = build->ctx;
    bool hvm = is_hvm(opts);
    struct xc_dom_image *dom;

    if (xg_ctx_domain_info(ctx, &build->info, err) < 0 ||
        check_domain(build, err) < 0 ||
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

const char *build_hazard(const struct build *build)
{
    bool nested = build->platform.nested_virt;
    bool pod = options_has_pod(build->opts);

    if (build->opts->force)
        return NULL;
    if (build->opts->pci_passthrough[0] && pod)
        return "-pci_passthrough and populate-on-demand exclude each other";
    if (nested && pod)
        return "platform/nested-virt and populate-on-demand exclude each other";
    if (nested && !(build->info.flags & XEN_DOMINF_hap))
        return "platform/nested-virt needs hardware assisted paging";
    return NULL;
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
    if (image_file_check(what, module->path, max_bytes, err) < 0)
        return -1;
    xg_forget_errors(build->ctx);
    if (xc_dom_module_file(build->dom, module->path, module->cmdline) != 0)
        return xg_fail_xc(build->ctx, err, "xc_dom_module_file", "%s '%s'",
                          what, module->path);
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
    struct xg_error err;

    if (xs_platform_put_acpi(build->ctx, &err) < 0)
        xg_log_at(build->ctx->log, LOG_WARNING,
                  "the acpi keys are not as hvmloader reads them: %s",
                  err.text);
    numa_job_keep(&build->numa);
}

void build_free(struct build *build)
{
    hvm_multi_forget(&build->params);
    if (build->dom)
        xc_dom_release(build->dom);
    build->dom = NULL;
    image_file_unmap(&build->image);
    numa_job_free(&build->numa);
    xs_platform_free(&build->platform);
}
