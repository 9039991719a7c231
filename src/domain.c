/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * domain.c - whether a domain is in the state that the work asks for. */
#include "domain.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include <xenguest.h>
#include <xen/sched.h>

#include "numbers.h"

/* Xen counts none of the pages that it gives an empty domain itself (vLAPIC,
 * grant table, shared info). Should a release count some, they are few; no
 * guest is that small. */
#define EMPTY_PAGES 64

int domain_check_paused(const xc_domaininfo_t *info, struct xg_error *err)
{
    if (info->flags & XEN_DOMINF_paused)
        return 0;
    return xg_fail(err, __func__, EBUSY,
                   "domain %u is not paused: it is a running guest",
                   info->domain);
}

unsigned int domain_max_vcpus(const xc_domaininfo_t *info)
{
    return info->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0
                                                        : info->max_vcpu_id + 1;
}

bool domain_is_empty(const xc_domaininfo_t *info)
{
    return info->tot_pages <= EMPTY_PAGES;
}

int domain_check_empty(const xc_domaininfo_t *info, struct xg_error *err)
{
    if (domain_check_paused(info, err) < 0)
        return -1;
    if (!domain_is_empty(info))
        return xg_fail(err, __func__, EBUSY,
                       "domain %u is not empty: it holds %s: a build needs a "
                       "new one",
                       info->domain, MEMORY_TEXT(info->tot_pages));
    return 0;
}

int domain_check_limit(const xc_domaininfo_t *info, uint64_t pages,
                       struct xg_error *err)
{
    if (pages > info->max_pages)
        return xg_fail(err, __func__, E2BIG,
                       "the guest needs %" PRIu64
                       " MiB, domain %u may have %" PRIu64
                       " MiB: see xl mem-max",
                       number_mib_up(pages), info->domain,
                       (uint64_t)info->max_pages / MIB_PAGES);
    return 0;
}

int domain_fitting_mib(const xc_domaininfo_t *info)
{
    uint64_t pages = info->max_pages;

    if (info->flags & XEN_DOMINF_hvm_guest)
        pages = number_minus(pages, X86_HVM_NR_SPECIAL_PAGES);
    pages /= MIB_PAGES;
    return pages < INT_MAX ? (int)pages : INT_MAX;
}

static int check_port(const struct xg_ctx *ctx, const char *name, int port,
                      struct xg_error *err)
{
    xc_evtchn_status_t channel = {
        .dom = (domid_t)ctx->domid,
        .port = (evtchn_port_t)port,
    };

    xg_forget_errors(ctx);
    if (xc_evtchn_status(ctx->xch, &channel) < 0) {
        if (errno != EINVAL) {
            xg_info(ctx->log, "event channel %d: %s", port, strerror(errno));
            return 0;
        }
        /* Beyond all that the domain ever had. */
        channel.status = EVTCHNSTAT_closed;
    }
    if (channel.status == EVTCHNSTAT_closed)
        return xg_fail(
            err, "domain_check_ports", EINVAL,
            "%s: '%d': domain %u has no such event channel: by hand, "
            "leave -%s out",
            name, port, ctx->domid, name);
    return 0;
}

int domain_check_ports(const struct xg_ctx *ctx, int store_port,
                       int console_port, struct xg_error *err)
{
    if (check_port(ctx, "store_port", store_port, err) < 0)
        return -1;
    return check_port(ctx, "console_port", console_port, err);
}

bool domain_is_suspended(const xc_domaininfo_t *info)
{
    return info->flags & XEN_DOMINF_shutdown &&
           (info->flags >> XEN_DOMINF_shutdownshift &
            XEN_DOMINF_shutdownmask) == SHUTDOWN_suspend;
}

bool domain_is_suspended_by_now(const struct xg_ctx *ctx)
{
    xc_domaininfo_t info;
    struct xg_error ignored;

    return xg_ctx_domain_info(ctx, &info, &ignored) == 0 &&
           domain_is_suspended(&info);
}
