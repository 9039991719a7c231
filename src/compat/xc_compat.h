/* SPDX-License-Identifier: LGPL-2.1-or-later
 * xc_compat.h - calls whose shape depends on the installed libraries.
 *
 * configure probes for each difference (by compiling, never by version); no
 * file outside src/compat/ needs to know. */
#ifndef XG_XC_COMPAT_H
#define XG_XC_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

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

#endif
