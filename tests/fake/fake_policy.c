/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_policy.c - a double of libxenguest's CPU policies: those leaves of an
 * AMD guest's that tell of sockets, and one that does not. */
#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR_LEAVES 4

struct xc_cpu_policy {
    bool is_read, is_changed;
    xen_cpuid_leaf_t leaves[NR_LEAVES];
};

static const xen_cpuid_leaf_t domain_leaves[NR_LEAVES] = {
    { 1, XEN_CPUID_NO_SUBLEAF, 0x800f12, 0x00020800, 0xf6f83203, 0x1789fbff },
    { 4, 0, 0, 0, 0, 0 },
    { 7, 0, 0, 0x9c0fbb, 0, 0 },
    { 0x80000008, XEN_CPUID_NO_SUBLEAF, 0x3028, 0, 0x1001, 0 },
};

xc_cpu_policy_t *xc_cpu_policy_init(void)
{
    return fake_call(__func__, NO_ARGUMENTS)
               ? NULL
               : fake_lend(calloc(1, sizeof(struct xc_cpu_policy)));
}

void xc_cpu_policy_destroy(xc_cpu_policy_t *policy)
{
    fake_call(__func__, NO_ARGUMENTS);
    fake_take_back(policy);
}

int xc_cpu_policy_get_size(xc_interface *xch, uint32_t *nr_leaves,
                           uint32_t *nr_msrs)
{
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return -1;
    *nr_leaves = NR_LEAVES;
    *nr_msrs = 1;
    return 0;
}

int xc_cpu_policy_get_domain(xc_interface *xch, uint32_t domid,
                             xc_cpu_policy_t *policy)
{
    if (FAKE_XC(xch, "d%u", domid))
        return -1;
    memcpy(policy->leaves, domain_leaves, sizeof(domain_leaves));
    policy->is_read = true;
    return 0;
}

int xc_cpu_policy_serialise(xc_interface *xch, const xc_cpu_policy_t *policy,
                            xen_cpuid_leaf_t *leaves, uint32_t *nr_leaves,
                            xen_msr_entry_t *msrs, uint32_t *nr_msrs)
{
    if (FAKE_XC(xch, NO_ARGUMENTS))
        return -1;
    fake_require(policy->is_read && *nr_leaves >= NR_LEAVES && !msrs &&
                     !nr_msrs,
                 "a policy's leaves with no room, or of no domain");
    memcpy(leaves, policy->leaves, sizeof(policy->leaves));
    *nr_leaves = NR_LEAVES;
    return 0;
}

int xc_cpu_policy_update_cpuid(xc_interface *xch, xc_cpu_policy_t *policy,
                               const xen_cpuid_leaf_t *leaves, uint32_t nr)
{
    char text[NR_LEAVES * 48] = "";

    for (uint32_t i = 0; i < nr && i < NR_LEAVES; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "%s%x: %x %x %x %x", i ? ", " : "", leaves[i].leaf,
                 leaves[i].a, leaves[i].b, leaves[i].c, leaves[i].d);
    if (FAKE_XC(xch, "%s", text))
        return -1;
    policy->is_changed = policy->is_read;
    return 0;
}

int xc_cpu_policy_set_domain(xc_interface *xch, uint32_t domid,
                             xc_cpu_policy_t *policy)
{
    fake_require(policy->is_changed, "a policy that nothing has changed");
    return FAKE_XC(xch, "d%u", domid) ? -1 : 0;
}
