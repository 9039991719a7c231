/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_hvm_params.c - which Viridian enlightenments a guest gets. */
#include "hvm_params.h"

#include <xen/hvm/params.h>

#include "unit.h"

#define BASE (HVMPV_base_freq | HVMPV_cpu_hotplug)
#define STIMER (HVMPV_synic | HVMPV_stimer)
#define ON                         \
    {                              \
        .set = true, .value = true \
    }
#define OFF                         \
    {                               \
        .set = true, .value = false \
    }

static const struct {
    struct xs_platform platform;
    bool vgpu;
    uint64_t mask;
} rows[] = {
    { { .viridian = false }, false, 0 },
    /* without viridian, its parts mean nothing */
    { { .viridian_reference_tsc = true, .viridian_stimer = ON }, true, 0 },
    { { .viridian = true }, false, BASE },
    /* one bit each */
    { { .viridian = true, .viridian_time_ref_count = true },
      false,
      BASE | HVMPV_time_ref_count },
    { { .viridian = true, .viridian_reference_tsc = true },
      false,
      BASE | HVMPV_reference_tsc },
    { { .viridian = true, .viridian_hcall_remote_tlb_flush = true },
      false,
      BASE | HVMPV_hcall_remote_tlb_flush },
    { { .viridian = true, .viridian_apic_assist = true },
      false,
      BASE | HVMPV_apic_assist },
    { { .viridian = true, .viridian_crash_ctl = true },
      false,
      BASE | HVMPV_crash_ctl },
    { { .viridian = true, .viridian_hcall_ipi = true },
      false,
      BASE | HVMPV_hcall_ipi },
    /* stimer needs synic */
    { { .viridian = true, .viridian_stimer = ON }, false, BASE | STIMER },
    { { .viridian = true, .viridian_stimer = OFF }, false, BASE },
    /* with a virtual GPU it follows the clocks, unless it is set */
    { { .viridian = true }, true, BASE },
    { { .viridian = true, .viridian_time_ref_count = true },
      true,
      BASE | HVMPV_time_ref_count | STIMER },
    { { .viridian = true, .viridian_reference_tsc = true },
      true,
      BASE | HVMPV_reference_tsc | STIMER },
    { { .viridian = true,
        .viridian_reference_tsc = true,
        .viridian_stimer = OFF },
      true,
      BASE | HVMPV_reference_tsc },
    { { .viridian = true, .viridian_apic_assist = true },
      true,
      BASE | HVMPV_apic_assist },
};

START_TEST(the_mask_has_a_bit_for_each_key)
{
    uint64_t mask = hvm_viridian_mask(&rows[_i].platform, rows[_i].vgpu);

    ck_assert_msg(mask == rows[_i].mask, "%#llx (wanted %#llx)",
                  (unsigned long long)mask, (unsigned long long)rows[_i].mask);
}
END_TEST

/* Xen refuses a mask that has more than its own bits. */
START_TEST(everything_on_is_what_xen_allows)
{
    struct xs_platform all;

    memset(&all, 1, sizeof(all));
    ck_assert_uint_eq(
        hvm_viridian_mask(&all, true) & ~(uint64_t)HVMPV_feature_mask, 0);
    ck_assert(hvm_viridian_mask(&all, true) & HVMPV_base_freq);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("hvm_params");

    tcase_add_loop_test(tcase, the_mask_has_a_bit_for_each_key, 0,
                        ARRAY_SIZE(rows));
    tcase_add_test(tcase, everything_on_is_what_xen_allows);
    return unit_run("hvm_params", tcase);
}
