/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_bytes.c - a bitmap's bits, also as text; a table's sum. */
#include "bytes.h"

#include "cleanup.h"
#include "unit.h"

START_TEST(bits_are_set_and_found)
{
    uint8_t map[3] = { 0x10 };

    bytes_set_bit(map, 0);
    bytes_set_bit(map, 15);
    bytes_set_bit(map, 15);
    ck_assert_uint_eq(map[0], 0x11);
    ck_assert_uint_eq(map[1], 0x80);
    ck_assert_uint_eq(map[2], 0);
    ck_assert(bytes_has_bit(map, 4));
    ck_assert(!bytes_has_bit(map, 5));
    ck_assert(bytes_has_bit(map, 15));
    ck_assert(!bytes_has_bit(map, 16));
}
END_TEST

START_TEST(bits_as_a_list)
{
    static const struct {
        uint8_t map[3];
        size_t nr_bits;
        const char *text;
    } rows[] = {
        { { 0 }, 24, "none" },
        { { 0xff, 0xff, 0xff }, 0, "none" },
        { { 0x01 }, 24, "0" },
        { { 0x03 }, 24, "0-1" },
        { { 0x0d, 0x01 }, 24, "0,2-3,8" },
        { { 0x80, 0x01, 0x80 }, 24, "7-8,23" },
        { { 0xff, 0xff, 0xff }, 24, "0-23" },
        { { 0xff, 0xff, 0xff }, 20, "0-19" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[64];

        ck_assert_str_eq(
            bytes_list_bits(rows[i].map, rows[i].nr_bits, text, sizeof(text)),
            rows[i].text);
    }
}
END_TEST

/* However small the room is, what is not there is said. */
START_TEST(a_list_that_has_no_room)
{
    uint8_t map[250];
    char text[256], *end = text + 64;

    memset(map, 0x55, sizeof(map));
    for (size_t size = 64; size < sizeof(text); size++, end++) {
        memset(text, 'x', sizeof(text));
        bytes_list_bits(map, 8 * sizeof(map), text, size);
        ck_assert(memchr(text, '\0', size));
        ck_assert_int_eq(*end, 'x');
        ck_assert_str_eq(text + strlen(text) - 4, ",...");
    }
}
END_TEST

START_TEST(a_tables_sum)
{
    const uint8_t table[] = { 200, 50, 6, 7 };

    ck_assert_uint_eq(bytes_sum(table, 0), 0);
    ck_assert_uint_eq(bytes_sum(table, 2), 250);
    ck_assert_uint_eq(bytes_sum(table, 3), 0);
    ck_assert_uint_eq(bytes_sum(table, 4), 7);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("bytes");

    tcase_add_test(tcase, bits_are_set_and_found);
    tcase_add_test(tcase, bits_as_a_list);
    tcase_add_test(tcase, a_list_that_has_no_room);
    tcase_add_test(tcase, a_tables_sum);
    return unit_run("bytes", tcase);
}
