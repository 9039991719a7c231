/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build_boot.c - libxenguest's steps from an image to a guest, and our
 * populating among them. */
#include "build.h"

#include <string.h>

#include "mem_populate.h"

/* What the image has to be, by mode. */
static const char *bootable(enum xg_mode mode)
{
    switch (mode) {
    case MODE_LINUX_BUILD:
        return "it takes one that can run as PV, an ELF or bzImage with Xen's "
               "notes";
    case MODE_PVH_BUILD:
        return "it takes one for PVH, an ELF with the note PHYS32_ENTRY";
    default:
        return "it takes hvmloader";
    }
}

/* More about an image that libxenguest could not unpack, or has left packed,
 * which it does without a word to us if that would take more than the limit. It
 * goes by the size in the file's last four bytes: where a file was cut, these
 * say anything. */
static const char *about_packed(const struct build *build)
{
    const struct image_file *image = &build->image;

    if (build->dom->kernel_blob != image->data || image->bytes < 2 ||
        memcmp(image->data, "\x1f\x8b", 2) != 0)
        return "";
    return " is packed with gzip, and may be damaged, or larger than the "
           "limit once it is unpacked";
}

/* The outer gzip is unpacked then and there. */
static int load_image(struct build *build, struct xg_error *err)
{
    xg_forget_errors(build->ctx);
    if (xc_dom_kernel_mem(build->dom, build->image.data, build->image.bytes))
        return xg_fail_xc(build->ctx, err, "xc_dom_kernel_mem", "image '%s'%s",
                          build->opts->image, about_packed(build));
    return 0;
}

/* With libxenguest's reason, which it gives no errno for. */
static int parse_image(struct build *build, struct xg_error *err)
{
    const struct xg_options *opts = build->opts;
    const char *packed;

    xg_forget_errors(build->ctx);
    if (xc_dom_parse_image(build->dom) == 0)
        return 0;
    packed = about_packed(build);
    if (*packed)
        return xg_fail_xc(build->ctx, err, "xc_dom_parse_image", "image '%s'%s",
                          opts->image, packed);
    return xg_fail_xc(build->ctx, err, "xc_dom_parse_image",
                      "image '%s' is not a kernel that -mode %s can boot: %s",
                      opts->image, options_mode_name(opts->mode),
                      bootable(opts->mode));
}

static int populate(void *owner, struct xc_dom_image *dom, struct xg_error *err)
{
    struct build *build = owner;
    bool claim_is_gone;

    if (mem_populate_prepare(build->ctx, dom, build->hook.library,
                             &claim_is_gone, err) < 0)
        return -1;
    if (claim_is_gone && numa_job_claim_again(&build->numa, err) < 0)
        return -1;
    return numa_job_has_plan(&build->numa)
               ? numa_job_populate(&build->numa, dom, err)
               : mem_populate_anywhere(build->ctx, dom, err);
}

/* Without a policy, a guest that is populated on demand is libxenguest's to
 * fill. */
static void choose_populating(struct build *build)
{
    struct xc_dom_image *dom = build->dom;

    if (numa_job_has_plan(&build->numa) || !mem_populate_is_on_demand(dom))
        mem_hook_set(&build->hook, dom, populate, build);
}

/* libxenguest can't tell why a hook of ours failed. */
static bool hook_failure(const struct build *build, struct xg_error *err)
{
    if (!xg_error_is_set(&build->hook.err))
        return numa_job_failure(&build->numa, err);
    *err = build->hook.err;
    return true;
}

static int run_step(struct build *build, const char *name,
                    int (*step)(struct xc_dom_image *), struct xg_error *err)
{
    xg_forget_errors(build->ctx);
    if (step(build->dom) != 0) {
        if (hook_failure(build, err))
            return -1;
        return xg_fail_xc(build->ctx, err, name, "domain %u, image '%s'",
                          build->ctx->domid, build->opts->image);
    }
    xg_info(build->ctx->log, "%s done", name);
    return 0;
}

int build_boot(struct build *build, unsigned int mem_mib, struct xg_error *err)
{
    struct xg_ctx *ctx = build->ctx;
    struct xc_dom_image *dom = build->dom;

    /* The files are mapped; the image is looked into from here on. */
    sandbox_seal(ctx->sandbox);
    xg_forget_errors(ctx);
    if (xc_dom_boot_xen_init(dom, ctx->xch, ctx->domid) != 0)
        return xg_fail_xc(ctx, err, "xc_dom_boot_xen_init", "domain %u",
                          ctx->domid);

    if (load_image(build, err) < 0 || parse_image(build, err) < 0)
        return -1;

    xg_forget_errors(ctx);
    if (xc_dom_mem_init(dom, mem_mib) != 0)
        return xg_fail_xc(ctx, err, "xc_dom_mem_init", "%u MiB", mem_mib);

    choose_populating(build);
    if (dom->container_type == XC_DOM_HVM_CONTAINER)
        hvm_multi_begin(&build->params, ctx);
    if (run_step(build, "xc_dom_boot_mem_init", xc_dom_boot_mem_init, err) <
            0 ||
        run_step(build, "xc_dom_build_image", xc_dom_build_image, err) < 0 ||
        run_step(build, "xc_dom_boot_image", xc_dom_boot_image, err) < 0)
        return -1;
    return run_step(build, "xc_dom_gnttab_init", xc_dom_gnttab_init, err);
}
