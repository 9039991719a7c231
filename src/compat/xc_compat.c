/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xc_compat.c - calls whose shape depends on the installed libraries. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "xc_compat.h"

#include <errno.h>

int xg_xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid,
                             const struct xg_cpuid_policy *policy)
{
    int rc = xc_cpuid_apply_policy(
        xch, domid, policy->restore, policy->features, policy->nr_features,
        policy->pae, policy->itsc, policy->nested_virt,
#ifdef HAVE_CPUID_APPLY_POLICY_CORES
        policy->cores_per_socket,
#endif
        NULL, NULL);

    /* It returns -errno where its siblings return -1. */
    if (rc < -1)
        errno = -rc;
    return rc ? -1 : 0;
}

bool xg_xc_cpuid_takes_cores(void)
{
#ifdef HAVE_CPUID_APPLY_POLICY_CORES
    return true;
#else
    return false;
#endif
}

int xg_xc_domain_restore(xc_interface *xch, const struct xg_restore_args *args,
                         unsigned long *store_frame,
                         unsigned long *console_frame)
{
    return xc_domain_restore(xch, args->fd, args->domid, args->store_port,
                             store_frame, args->store_domid, args->console_port,
                             console_frame, args->console_domid,
                             XC_STREAM_PLAIN, args->callbacks, -1
#ifdef HAVE_DOMAIN_RESTORE_MEMFLAGS
                             ,
                             0
#endif
    );
}
