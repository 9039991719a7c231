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
        if (text[cpu] != '1' || cpu >= nr_cpus)
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

/* Sets one vCPU's hard or soft mask. Xen answers with the effective mask in the
 * same buffer. */
static int set_affinity(const struct xg_ctx *ctx, unsigned int vcpu,
                        xc_cpumap_t map, bool soft, const char *text,
                        struct xg_error *err)
{
    const char *kind = soft ? "soft" : "hard";

    xg_forget_errors(ctx);
    if (xc_vcpu_setaffinity(ctx->xch, ctx->domid, (int)vcpu, soft ? NULL : map,
                            soft ? map : NULL,
                            soft ? XEN_VCPUAFFINITY_SOFT
                                 : XEN_VCPUAFFINITY_HARD) < 0)
        return xg_fail_xc(ctx, err, "xc_vcpu_setaffinity",
                          "%s affinity '%s' of vCPU %u", kind, text, vcpu);

    xg_info(ctx->log, "vCPU %u: %s affinity %s", vcpu, kind, text);
    return 0;
}

/* Leaves of a map what the policy's pCPUs have too, if there is any. */
static bool intersect(uint8_t *map, unsigned int nr_cpus,
                      const struct vcpu_pin *pin)
{
    bool any = false;

    for (unsigned int cpu = 0; cpu < nr_cpus && cpu < pin->nr_cpus; cpu++)
        any |= map[cpu / 8] & pin->cpus[cpu / 8] & 1u << cpu % 8;
    for (unsigned int i = 0; any && i < (nr_cpus + 7) / 8; i++)
        map[i] &= i < (pin->nr_cpus + 7) / 8 ? pin->cpus[i] : 0;
    return any;
}

/* What the policy adds to a vCPU's hard mask, which is in `map`. */
static int apply_pin(const struct xg_ctx *ctx, unsigned int vcpu,
                     const struct vcpu_pin *pin, xc_cpumap_t map,
                     unsigned int nr_cpus, struct xg_error *err)
{
    bool hard = pin->how == NUMA_AFFINITY_HARD;

    if (intersect(map, nr_cpus, pin))
        return set_affinity(ctx, vcpu, map, !hard, "of the NUMA policy", err);
    if (hard && pin->strict)
        return xg_fail(err, __func__, EINVAL,
                       "platform/vcpu/%u/affinity has none of the pCPUs that "
                       "the NUMA policy leaves",
                       vcpu);
    xg_info(ctx->log,
            "vCPU %u: its hard affinity has none of the NUMA policy's pCPUs, "
            "and stays alone",
            vcpu);
    return 0;
}

static int apply_one(const struct xg_ctx *ctx, unsigned int vcpu,
                     const char *text, const struct vcpu_pin *pin,
                     struct xg_error *err)
{
    int nr_cpus = xc_get_max_cpus(ctx->xch);
    cleanup_free uint8_t *map = NULL;

    if (nr_cpus <= 0)
        return xg_fail_xc(ctx, err, "xc_get_max_cpus", "the host's pCPUs");
    map = xc_cpumap_alloc(ctx->xch);
    if (!map)
        return xg_fail_xc(ctx, err, "xc_cpumap_alloc", "pCPU map");

    if (text) {
        if (vcpu_affinity_parse(text, (unsigned int)nr_cpus, map, err) < 0)
            return xg_error_context(err, "platform/vcpu/%u/affinity", vcpu);
        if (text[strspn(text, "01")])
            xg_log_at(
                ctx->log, LOG_WARNING,
                "platform/vcpu/%u/affinity: '%s' is not a string of 0 and "
                "1: what is neither counts as 0",
                vcpu, text);
        if (set_affinity(ctx, vcpu, map, false, text, err) < 0)
            return -1;
    }
    if (!pin)
        return 0;

    /* Once more: Xen has left the pCPUs that are online. */
    memset(map, 0xff, ((unsigned int)nr_cpus + 7) / 8);
    if (text && vcpu_affinity_parse(text, (unsigned int)nr_cpus, map, err) < 0)
        return -1;
    return apply_pin(ctx, vcpu, pin, map, (unsigned int)nr_cpus, err);
}

int vcpu_affinity_apply(const struct xg_ctx *ctx,
                        const struct xs_platform *platform,
                        const struct vcpu_pin *pin, struct xg_error *err)
{
    if (pin && pin->how == NUMA_AFFINITY_NONE)
        pin = NULL;
    for (unsigned int vcpu = 0; vcpu < platform->vcpu_number.value; vcpu++)
        if ((pin || platform->vcpu_affinity[vcpu]) &&
            apply_one(ctx, vcpu, platform->vcpu_affinity[vcpu], pin, err) < 0)
            return -1;
    return 0;
}
