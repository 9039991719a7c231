/* SPDX-License-Identifier: LGPL-2.1-or-later
 * build_pv.c - a PV guest from a kernel and a ramdisk. */
#include "build.h"

#include <inttypes.h>
#include <string.h>

#include "cpuid_policy.h"
#include "image_file.h"

static int load_ramdisk(struct build *build, uint64_t max_bytes,
                        struct xg_error *err)
{
    const char *path = build->opts->ramdisk;

    if (!path[0])
        return 0;

    if (image_file_check("ramdisk", path, max_bytes, err) < 0)
        return -1;
    if (xc_dom_module_file(build->dom, path, NULL) != 0)
        return xg_fail_xc(build->ctx, err, "xc_dom_module_file", "ramdisk '%s'",
                          path);
    return 0;
}

static int load_files(struct build *build, struct xg_error *err)
{
    uint64_t kernel_max, ramdisk_max;

    if (image_file_limit(build->ctx, "/mh/limits/pv-kernel-max_size",
                         &kernel_max, err) < 0 ||
        image_file_limit(build->ctx, "/mh/limits/pv-ramdisk-max_size",
                         &ramdisk_max, err) < 0)
        return -1;

    /* libxenguest holds the unpacked images to the same limits. */
    xc_dom_kernel_max_size(build->dom, kernel_max);
    xc_dom_module_max_size(build->dom, ramdisk_max);

    if (build_load_image(build, kernel_max, err) < 0)
        return -1;
    return load_ramdisk(build, ramdisk_max, err);
}

int build_pv(struct build *build, struct xg_error *err)
{
    const struct xg_options *opts = build->opts;
    struct xc_dom_image *dom;

    if (build_begin(build, false, err) < 0 || load_files(build, err) < 0 ||
        build_apply_vcpu_settings(build, err) < 0)
        return -1;

    dom = build->dom;
    dom->flags = (unsigned long)opts->flags;
    if (strlen(opts->cmdline) >= MAX_GUEST_CMDLINE)
        xg_log_at(build->ctx->log, LOG_WARNING,
                  "-cmdline: the guest gets the first %d bytes",
                  MAX_GUEST_CMDLINE - 1);

    if (build_boot(build, (unsigned int)opts->mem_start_mib, err) < 0 ||
        cpuid_policy_apply(build->ctx, &build->platform, false, false, err) < 0)
        return -1;

    /* A PV guest's rings are known by machine frame. */
    snprintf(build->result, sizeof(build->result), "%" PRIu64 " %" PRIu64 " %s",
             (uint64_t)xc_dom_p2m(dom, dom->xenstore_pfn),
             (uint64_t)xc_dom_p2m(dom, dom->console_pfn),
             dom->arch_hooks->native_protocol);
    return 0;
}
