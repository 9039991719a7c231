/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * domain.h - whether a domain is in the state that the work asks for. */
#ifndef XG_DOMAIN_H
#define XG_DOMAIN_H

#include <stdbool.h>

#include "ctx.h"

/* vCPUs that it may have; 0 if none was ever asked for. */
unsigned int domain_max_vcpus(const xc_domaininfo_t *info);

/* True if it holds no memory of a guest's. */
bool domain_is_empty(const xc_domaininfo_t *info);

/* Whether a guest can be put into the domain, as a toolstack makes one for a
 * build or restore. Errors: EBUSY if it is not paused, or, of the second, holds
 * memory. */
int domain_check_paused(const xc_domaininfo_t *info, struct xg_error *err);
int domain_check_empty(const xc_domaininfo_t *info, struct xg_error *err);

/* Whether Xen lets the domain have so many pages; beyond its limit a build ends
 * half-way. Errors: E2BIG. */
int domain_check_limit(const xc_domaininfo_t *info, uint64_t pages,
                       struct xg_error *err);

/* The size of the largest guest that Xen lets the domain have, in MiB: its
 * limit, less the special pages of a guest in an HVM container
 * (X86_HVM_NR_SPECIAL_PAGES of xenguest.h). */
int domain_fitting_mib(const xc_domaininfo_t *info);

/* Whether the domain has these event channels: on others its rings are dead.
 * Errors: EINVAL. Where Xen does not tell, they are taken as they are. */
int domain_check_ports(const struct xg_ctx *ctx, int store_port,
                       int console_port, struct xg_error *err);

/* True if the guest has shut down for a suspension: as it was when it was
 * looked at, or as it is; false if Xen does not tell. */
bool domain_is_suspended(const xc_domaininfo_t *info);
bool domain_is_suspended_by_now(const struct xg_ctx *ctx);

#endif
