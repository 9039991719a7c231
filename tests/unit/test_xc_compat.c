/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_xc_compat.c - calls in the shape that only other releases' libraries
 * have: xc_compat.c is compiled as configure would have it there, and linked to
 * a double of that shape. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#undef HAVE_CPUID_APPLY_POLICY_CORES
#define HAVE_CPUID_APPLY_POLICY_CORES 1

/* The installed headers' own shape goes by another name. */
#define xc_cpuid_apply_policy installed_xc_cpuid_apply_policy
#include <xenctrl.h>
#include <xenguest.h>
#undef xc_cpuid_apply_policy

#include <errno.h>

#include "unit.h"

int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                          const uint32_t *featureset, unsigned int nr_features,
                          bool pae, bool itsc, bool nested_virt,
                          unsigned int cores_per_socket,
                          const struct xc_xend_cpuid *xend,
                          const struct xc_msr *msr);

#undef HAVE_CONFIG_H
#include "../../src/compat/xc_compat.c"

static unsigned int seen_cores;
static int answer;

int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                          const uint32_t *featureset, unsigned int nr_features,
                          bool pae, bool itsc, bool nested_virt,
                          unsigned int cores_per_socket,
                          const struct xc_xend_cpuid *xend,
                          const struct xc_msr *msr)
{
    ck_assert(!xch && domid == 7 && restore && nr_features == 1);
    ck_assert(featureset[0] == 0x1234 && !pae && itsc && !nested_virt);
    ck_assert(!xend && !msr);
    seen_cores = cores_per_socket;
    return answer;
}

START_TEST(the_cores_are_told_to_a_library_that_takes_them)
{
    const uint32_t words[] = { 0x1234 };
    const struct xg_cpuid_policy policy = {
        .features = words,
        .nr_features = 1,
        .restore = true,
        .itsc = true,
        .cores_per_socket = 3,
    };

    ck_assert_int_eq(xg_xc_cpuid_apply_policy(NULL, 7, &policy), 0);
    ck_assert_uint_eq(seen_cores, 3);

    answer = -EOPNOTSUPP;
    ck_assert_int_eq(xg_xc_cpuid_apply_policy(NULL, 7, &policy), -1);
    ck_assert_int_eq(errno, EOPNOTSUPP);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("xc_compat");

    tcase_add_test(tcase, the_cores_are_told_to_a_library_that_takes_them);
    return unit_run("xc_compat", tcase);
}
