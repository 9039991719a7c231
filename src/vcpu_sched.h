/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vcpu_sched.h - the domain's share of CPU time. */
#ifndef XG_VCPU_SCHED_H
#define XG_VCPU_SCHED_H

#include "xs_platform.h"

/* Gives the domain its weight and cap (per cent of one pCPU, 0: none), if set,
 * under the credit and credit2 schedulers; any other one is logged and left
 * alone. A cap that cuts nothing is none, with a warning: credit2 takes at most
 * 100 for each vCPU (csched2_dom_cntl in xen/common/sched/credit2.c). `info` is
 * the domain. Errors: libxenctrl's. */
int vcpu_sched_apply(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                     const struct xs_platform *platform, struct xg_error *err);

#endif
