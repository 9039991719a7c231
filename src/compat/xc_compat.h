/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xc_compat.h - calls whose shape depends on the installed libraries.
 *
 * configure probes for each difference (by compiling, never by version); no
 * file outside src/compat/ needs to know. */
#ifndef XG_XC_COMPAT_H
#define XG_XC_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenguest.h>

struct xg_cpuid_policy {
    const uint32_t *features;
    unsigned int nr_features; /* words */
    bool restore, pae, itsc, nested_virt;
    unsigned int cores_per_socket; /* 0: leave; where the library can */
};

/* xc_cpuid_apply_policy, which in XenServer's libraries takes the number of
 * cores per socket too. Returns -1 with errno set on failure. */
int xg_xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid,
                             const struct xg_cpuid_policy *policy);
bool xg_xc_cpuid_takes_cores(void);

struct xg_restore_args {
    int fd;
    uint32_t domid;
    unsigned int store_port, console_port;
    uint32_t store_domid, console_domid;
    struct restore_callbacks *callbacks;
};

/* xc_domain_restore of a plain stream, which in XenServer's newer libraries
 * takes memory flags too: none, since mem_gate.h names the nodes. Returns -1
 * with errno set on failure. */
int xg_xc_domain_restore(xc_interface *xch, const struct xg_restore_args *args,
                         unsigned long *store_frame,
                         unsigned long *console_frame);

#endif
