/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_vcpu_affinity.c - a string of 0 and 1 becomes a map of pCPUs. */
#include "vcpu_affinity.h"

#include <errno.h>

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

int main(void)
{
    TCase *tcase = tcase_create("vcpu_affinity");

    tcase_add_loop_test(tcase, a_map_has_the_bits_of_the_string, 0,
                        ARRAY_SIZE(rows));
    return unit_run("vcpu_affinity", tcase);
}
