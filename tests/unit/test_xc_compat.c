/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_xc_compat.c - calls in the shape that only other releases' libraries
 * have: xc_compat.c is compiled as configure would have it there, and linked to
 * a double of that shape. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#undef HAVE_CPUID_APPLY_POLICY_CORES
#define HAVE_CPUID_APPLY_POLICY_CORES 1
#undef HAVE_DOMAIN_RESTORE_MEMFLAGS
#define HAVE_DOMAIN_RESTORE_MEMFLAGS 1

/* The installed headers' own shape goes by another name. */
#define xc_cpuid_apply_policy installed_xc_cpuid_apply_policy
#define xc_domain_restore installed_xc_domain_restore
#include <xenctrl.h>
#include <xenguest.h>
#undef xc_cpuid_apply_policy
#undef xc_domain_restore

#include <errno.h>

#include "unit.h"

int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                          const uint32_t *featureset, unsigned int nr_features,
                          bool pae, bool itsc, bool nested_virt,
                          unsigned int cores_per_socket,
                          const struct xc_xend_cpuid *xend,
                          const struct xc_msr *msr);
int xc_domain_restore(xc_interface *xch, int io_fd, uint32_t dom,
                      unsigned int store_evtchn, unsigned long *store_mfn,
                      uint32_t store_domid, unsigned int console_evtchn,
                      unsigned long *console_mfn, uint32_t console_domid,
                      xc_stream_type_t stream_type,
                      struct restore_callbacks *callbacks, int send_back_fd,
                      unsigned int memflags);

#undef HAVE_CONFIG_H
#include "../../src/compat/xc_compat.c"

static unsigned int seen_cores, seen_memflags;
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

int xc_domain_restore(xc_interface *xch, int io_fd, uint32_t dom,
                      unsigned int store_evtchn, unsigned long *store_mfn,
                      uint32_t store_domid, unsigned int console_evtchn,
                      unsigned long *console_mfn, uint32_t console_domid,
                      xc_stream_type_t stream_type,
                      struct restore_callbacks *callbacks, int send_back_fd,
                      unsigned int memflags)
{
    ck_assert(!xch && io_fd == 5 && dom == 7 && store_evtchn == 1);
    ck_assert(store_domid == 2 && console_evtchn == 3 && console_domid == 4);
    ck_assert(stream_type == XC_STREAM_PLAIN && callbacks && send_back_fd < 0);
    *store_mfn = 11;
    *console_mfn = 22;
    seen_memflags = memflags;
    return answer;
}

START_TEST(a_restore_passes_memory_flags_to_a_library_that_takes_them)
{
    struct restore_callbacks callbacks = { 0 };
    const struct xg_restore_args args = {
        .fd = 5,
        .domid = 7,
        .store_port = 1,
        .store_domid = 2,
        .console_port = 3,
        .console_domid = 4,
        .memflags = 0x300,
        .callbacks = &callbacks,
    };
    unsigned long store, console;

    answer = 0;
    ck_assert_int_eq(xg_xc_domain_restore(NULL, &args, &store, &console), 0);
    ck_assert_uint_eq(seen_memflags, 0x300);
    ck_assert(store == 11 && console == 22);
}
END_TEST

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

    tcase_add_test(tcase,
                   a_restore_passes_memory_flags_to_a_library_that_takes_them);
    tcase_add_test(tcase, the_cores_are_told_to_a_library_that_takes_them);
    return unit_run("xc_compat", tcase);
}
