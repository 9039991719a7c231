/* SPDX-License-Identifier: LGPL-2.1-or-later
 * vcpu_affinity.c - tie vCPUs to pCPUs. */
#include "vcpu_affinity.h"

#include <errno.h>
#include <string.h>

int vcpu_affinity_parse(const char *text, unsigned int nr_cpus, uint8_t *map,
                        struct xg_error *err)
{
    bool any = false;

    memset(map, 0, (nr_cpus + 7) / 8);
    for (unsigned int cpu = 0; text[cpu]; cpu++) {
        if (text[cpu] != '0' && text[cpu] != '1')
            return xg_fail(err, __func__, EINVAL,
                           "'%s' is not a string of 0 and 1", text);
        if (text[cpu] == '0' || cpu >= nr_cpus)
            continue;
        map[cpu / 8] |= 1u << cpu % 8;
        any = true;
    }

    if (!any)
        return xg_fail(err, __func__, EINVAL,
                       "'%s' leaves none of the host's %u pCPUs", text,
                       nr_cpus);
    return 0;
}

static int apply_one(const struct xg_ctx *ctx, unsigned int vcpu,
                     const char *text, struct xg_error *err)
{
    int nr_cpus = xc_get_max_cpus(ctx->xch);
    /* Xen answers with the effective mask in the same buffer. */
    xc_cpumap_t map xg_cleanup(cleanup_freep) = NULL;

    if (nr_cpus <= 0)
        return xg_fail_xc(ctx, err, "xc_get_max_cpus", "the host's pCPUs");
    map = xc_cpumap_alloc(ctx->xch);
    if (!map)
        return xg_fail_xc(ctx, err, "xc_cpumap_alloc", "pCPU map");

    if (vcpu_affinity_parse(text, (unsigned int)nr_cpus, map, err) < 0)
        return xg_error_context(err, "platform/vcpu/%u/affinity", vcpu);

    if (xc_vcpu_setaffinity(ctx->xch, ctx->domid, (int)vcpu, map, NULL,
                            XEN_VCPUAFFINITY_HARD) < 0)
        return xg_fail_xc(ctx, err, "xc_vcpu_setaffinity",
                          "hard affinity '%s' of vCPU %u", text, vcpu);

    xg_info(ctx->log, "vCPU %u: hard affinity %s", vcpu, text);
    return 0;
}

int vcpu_affinity_apply(const struct xg_ctx *ctx,
                        const struct xs_platform *platform,
                        struct xg_error *err)
{
    for (unsigned int vcpu = 0; vcpu < platform->vcpu_number.value; vcpu++)
        if (platform->vcpu_affinity[vcpu] &&
            apply_one(ctx, vcpu, platform->vcpu_affinity[vcpu], err) < 0)
            return -1;
    return 0;
}
