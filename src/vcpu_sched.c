/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vcpu_sched.c - the domain's share of CPU time. */
#include "vcpu_sched.h"

#include "domain.h"

/* The scheduler of the domain's own cpupool, which need not be the host's. */
static int pool_scheduler(const struct xg_ctx *ctx, uint32_t cpupool,
                          uint32_t *sched_id, struct xg_error *err)
{
    xc_cpupoolinfo_t *pool;

    xg_forget_errors(ctx);
    pool = xc_cpupool_getinfo(ctx->xch, cpupool);
    if (!pool)
        return xg_fail_xc(ctx, err, "xc_cpupool_getinfo", "cpupool %u",
                          cpupool);
    *sched_id = pool->sched_id;
    xc_cpupool_infofree(ctx->xch, pool);
    return 0;
}

/* What is unset keeps the value that Xen has. */
static void take_settings(const struct xs_platform *platform, uint16_t *weight,
                          uint16_t *cap)
{
    if (platform->vcpu_weight.set)
        *weight = (uint16_t)platform->vcpu_weight.value;
    if (platform->vcpu_cap.set)
        *cap = (uint16_t)platform->vcpu_cap.value;
}

/* The two schedulers differ in their limits and names, which Xen's interface
 * keeps in separate types. */

static int apply_credit(const struct xg_ctx *ctx,
                        const struct xs_platform *platform,
                        struct xg_error *err)
{
    struct xen_domctl_sched_credit params;

    xg_forget_errors(ctx);
    if (xc_sched_credit_domain_get(ctx->xch, ctx->domid, &params) < 0)
        return xg_fail_xc(ctx, err, "xc_sched_credit_domain_get",
                          "weight and cap");
    take_settings(platform, &params.weight, &params.cap);
    xg_forget_errors(ctx);
    if (xc_sched_credit_domain_set(ctx->xch, ctx->domid, &params) < 0)
        return xg_fail_xc(ctx, err, "xc_sched_credit_domain_set",
                          "weight %u, cap %u", params.weight, params.cap);
    xg_info(ctx->log, "credit: weight %u, cap %u", params.weight, params.cap);
    return 0;
}

/* All vCPUs at full speed are 100 for each: a cap above that, which credit has
 * no limit for, cuts nothing. */
static void drop_needless_cap(const struct xg_ctx *ctx,
                              const xc_domaininfo_t *info, uint16_t *cap)
{
    unsigned int most = 100 * domain_max_vcpus(info);

    if (*cap <= most)
        return;
    xg_log_at(ctx->log, LOG_WARNING,
              "platform/vcpu/cap: '%u' is more than the domain's vCPUs can "
              "take (%u): no cap",
              *cap, most);
    *cap = 0;
}

static int apply_credit2(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                         const struct xs_platform *platform,
                         struct xg_error *err)
{
    struct xen_domctl_sched_credit2 params;

    xg_forget_errors(ctx);
    if (xc_sched_credit2_domain_get(ctx->xch, ctx->domid, &params) < 0)
        return xg_fail_xc(ctx, err, "xc_sched_credit2_domain_get",
                          "weight and cap");
    take_settings(platform, &params.weight, &params.cap);
    drop_needless_cap(ctx, info, &params.cap);
    xg_forget_errors(ctx);
    if (xc_sched_credit2_domain_set(ctx->xch, ctx->domid, &params) < 0)
        return xg_fail_xc(ctx, err, "xc_sched_credit2_domain_set",
                          "weight %u, cap %u", params.weight, params.cap);
    xg_info(ctx->log, "credit2: weight %u, cap %u", params.weight, params.cap);
    return 0;
}

int vcpu_sched_apply(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                     const struct xs_platform *platform, struct xg_error *err)
{
    uint32_t sched_id = 0;

    if (!platform->vcpu_weight.set && !platform->vcpu_cap.set)
        return 0;
    if (pool_scheduler(ctx, info->cpupool, &sched_id, err) < 0)
        return -1;

    switch (sched_id) {
    case XEN_SCHEDULER_CREDIT:
        return apply_credit(ctx, platform, err);
    case XEN_SCHEDULER_CREDIT2:
        return apply_credit2(ctx, info, platform, err);
    default:
        xg_info(ctx->log, "scheduler %u has no weight and cap: left alone",
                sched_id);
        return 0;
    }
}
