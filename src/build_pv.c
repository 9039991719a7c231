/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build_pv.c - a PV guest from a kernel and a ramdisk. */
#include "build.h"

#include <string.h>

static int load_files(struct build *build, struct xg_error *err)
{
    const struct xg_module ramdisk = { .path = build->opts->ramdisk };
    uint64_t ramdisk_max_bytes;

    if (build_map_kernel(build, &ramdisk_max_bytes, err) < 0)
        return -1;
    if (!ramdisk.path[0])
        return 0;
    return build_load_module(build, "ramdisk", &ramdisk, ramdisk_max_bytes,
                             err);
}

int build_pv(struct build *build, struct xg_error *err)
{
    const struct xg_options *opts = build->opts;
    struct xc_dom_image *dom;

    if (build_begin(build, err) < 0 || load_files(build, err) < 0 ||
        build_prepare_memory(build, err) < 0 ||
        build_apply_sched(build, err) < 0)
        return -1;

    dom = build->dom;
    dom->flags = (uint32_t)opts->flags;
    if (strlen(opts->cmdline) >= MAX_GUEST_CMDLINE)
        xg_log_at(build->ctx->log, LOG_WARNING,
                  "-cmdline: the guest gets the first %d bytes",
                  MAX_GUEST_CMDLINE - 1);

    if (build_boot(build, (unsigned int)opts->mem_start_mib, err) < 0 ||
        build_finish(build, err) < 0)
        return -1;

    /* A PV guest's rings are known by machine frame. */
    build->rings = (struct guest_rings){
        .store = xc_dom_p2m(dom, dom->xenstore_pfn),
        .console = xc_dom_p2m(dom, dom->console_pfn),
        .abi = dom->arch_hooks->native_protocol,
    };
    return 0;
}
