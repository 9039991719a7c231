/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_vcpu_affinity.c - a string of 0 and 1 becomes a map of pCPUs; what masks
 * reach, and what a policy makes of them. */
#include "vcpu_affinity.h"

#include <errno.h>

#include "../fake/fake.h"
#include "unit.h"

static const struct row {
    const char *text;
    unsigned int nr_cpus;
    int rc;
    uint8_t map[3];
} rows[] = {
    { "1", 8, 0, { 0x01 } },
    { "10000001", 8, 0, { 0x81 } },
    { "01", 8, 0, { 0x02 } },
    { "1111", 4, 0, { 0x0f } },
    /* shorter: 0 for the rest; longer: ignored */
    { "1", 20, 0, { 0x01, 0, 0 } },
    { "1111111111", 4, 0, { 0x0f } },
    { "1000000000", 4, 0, { 0x01 } },
    { "000000001", 9, 0, { 0x00, 0x01 } },
    { "0000000000000000011", 19, 0, { 0, 0, 0x06 } },
    { "11111111111111111111", 20, 0, { 0xff, 0xff, 0x0f } },
    /* no pCPU is left */
    { "", 8, -1, { 0 } },
    { "0", 8, -1, { 0 } },
    { "00000000", 8, -1, { 0 } },
    { "00001", 4, -1, { 0 } },
    { "1", 0, -1, { 0 } },
    /* anything else is 0 */
    { "2", 8, -1, { 0 } },
    { "true", 8, -1, { 0 } },
    { "1 ", 8, 0, { 0x01 } },
    { "1,1", 8, 0, { 0x05 } },
    { "11110000z", 4, 0, { 0x0f } },
};

START_TEST(a_map_has_the_bits_of_the_string)
{
    const struct row *row = &rows[_i];
    uint8_t map[4] = { 0xaa, 0xaa, 0xaa, 0xaa };
    size_t bytes = (row->nr_cpus + 7) / 8;
    struct xg_error err;
    int rc = vcpu_affinity_parse(row->text, row->nr_cpus, map, &err);

    ck_assert_msg(rc == row->rc, "'%s' of %u: %d", row->text, row->nr_cpus, rc);
    if (rc < 0)
        assert_failed(rc, err, EINVAL, row->text);
    else
        ck_assert_mem_eq(map, row->map, bytes);
    /* Nothing is written past the map's end. */
    ck_assert_int_eq(map[bytes], 0xaa);
}
END_TEST

/* Two vCPUs, eight pCPUs; the policy's are 2 to 5. */
static struct vcpu_masks two_masks(uint8_t hard[2], uint8_t soft[2])
{
    return (struct vcpu_masks){
        .nr_vcpus = 2,
        .nr_cpus = 8,
        .bytes = 1,
        .hard = hard,
        .soft = soft,
    };
}

static const struct reach {
    uint8_t hard[2], soft[2], usable;
    bool soft_counts;
    int reach; /* -1: no restriction */
} reaches[] = {
    { { 0x01, 0x10 }, { 0xff, 0xff }, 0xff, false, 0x11 },
    { { 0x01, 0xff }, { 0xff, 0xff }, 0xff, false, -1 },
    { { 0x0f, 0x0f }, { 0xff, 0xff }, 0x0f, false, -1 },
    { { 0xff, 0xff }, { 0x03, 0x03 }, 0xff, false, -1 },
    { { 0xff, 0x02 }, { 0x03, 0x03 }, 0xff, true, 0x03 },
    { { 0x03, 0x03 }, { 0x0c, 0x0c }, 0xff, true, 0x03 },
    { { 0x03, 0x30 }, { 0x0c, 0x30 }, 0xff, true, 0x33 },
    /* what both have is of another cpupool */
    { { 0x3f, 0x3f }, { 0x0f, 0x0f }, 0xf0, true, 0x3f },
};

START_TEST(masks_reach_together)
{
    struct reach row = reaches[_i];
    struct vcpu_masks masks = two_masks(row.hard, row.soft);
    cleanup_free uint8_t *map = NULL;
    struct xg_error err;

    assert_fine(
        vcpu_masks_reach(&masks, &row.usable, 8, row.soft_counts, &map, &err),
        err);
    if (row.reach < 0)
        ck_assert_ptr_null(map);
    else
        ck_assert_uint_eq(map[0], row.reach);
}
END_TEST

/* What is written of both vCPUs' masks, and what a vCPU that reaches none of
 * the policy's pCPUs keeps. */
static const struct pinned {
    enum numa_affinity how;
    bool strict;
    uint8_t hard[2];
    int rc;
    uint8_t hard_after, soft_after; /* of vCPU 1 */
    unsigned int nr_pinned;
} pinned[] = {
    { NUMA_AFFINITY_SOFT, false, { 0xff, 0x1f }, 0, 0x1f, 0x1c, 2 },
    { NUMA_AFFINITY_HARD, false, { 0xff, 0x1f }, 0, 0x1c, 0xff, 2 },
    { NUMA_AFFINITY_NONE, true, { 0xff, 0x01 }, 0, 0x01, 0xff, 0 },
    { NUMA_AFFINITY_SOFT, true, { 0xff, 0x03 }, 0, 0x03, 0xff, 1 },
    { NUMA_AFFINITY_HARD, false, { 0xff, 0x03 }, 0, 0x03, 0xff, 1 },
    { NUMA_AFFINITY_HARD, true, { 0xff, 0x03 }, -1, 0x03, 0xff, 0 },
};

START_TEST(a_policy_keeps_within_the_hard_masks)
{
    struct pinned row = pinned[_i];
    const uint8_t policys = 0x3c;
    const struct vcpu_pin pin = {
        .nr_vcpus = 2,
        .how = row.how,
        .cpus = &policys,
        .nr_cpus = 8,
        .strict = row.strict,
    };
    struct vcpu_masks masks xg_cleanup(vcpu_masks_free) = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    unsigned int nr_pinned = 0;
    struct xg_error err;
    int rc;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    for (int vcpu = 0; vcpu < 2; vcpu++)
        ck_assert_int_eq(xc_vcpu_setaffinity(ctx.xch, 7, vcpu, &row.hard[vcpu],
                                             NULL, XEN_VCPUAFFINITY_HARD),
                         0);
    assert_fine(vcpu_masks_read(&ctx, 2, &masks, &err), err);
    rc = vcpu_affinity_pin(&ctx, &masks, &pin, &nr_pinned, &err);
    if (row.rc < 0)
        assert_failed(rc, err, EINVAL, "hard affinity of vCPU 1");
    else
        assert_fine(rc, err);
    ck_assert_uint_eq(nr_pinned, row.nr_pinned);

    vcpu_masks_free(&masks);
    assert_fine(vcpu_masks_read(&ctx, 2, &masks, &err), err);
    ck_assert_uint_eq(masks.hard[1], row.hard_after);
    ck_assert_uint_eq(masks.soft[1], row.soft_after);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("vcpu_affinity");

    tcase_add_loop_test(tcase, masks_reach_together, 0, ARRAY_SIZE(reaches));
    tcase_add_loop_test(tcase, a_policy_keeps_within_the_hard_masks, 0,
                        ARRAY_SIZE(pinned));

    tcase_add_loop_test(tcase, a_map_has_the_bits_of_the_string, 0,
                        ARRAY_SIZE(rows));
    return unit_run("vcpu_affinity", tcase);
}
