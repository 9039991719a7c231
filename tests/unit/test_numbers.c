/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numbers.c - a number is taken whole or not at all, or as C reads it. */
#include "numbers.h"

#include <limits.h>
#include <stdlib.h>

#include "cleanup.h"
#include "unit.h"

/* None of these is a whole number. */
static const char *const never[] = {
    "",    " ",  " 1", "1 ", "\t1", "1\n", "-",   "+",  "--1",
    "- 1", "x1", "1x", "0x", "1.0", "1e3", "1,0", "1_", "99999999999999999999",
};

START_TEST(what_is_no_number_is_refused_and_changes_nothing)
{
    long long number = 42;

    ck_assert_int_eq(number_parse_decimal(never[_i], &number), -1);
    ck_assert_int_eq(number, 42);
}
END_TEST

START_TEST(decimal_is_decimal_only)
{
    static const struct {
        const char *text;
        int rc;
        long long value;
    } rows[] = {
        { "0", 0, 0 },
        { "7", 0, 7 },
        { "-7", 0, -7 },
        { "007", 0, 7 }, /* not octal */
        { "010", 0, 10 },
        { "4294967360", 0, 4294967360 },
        { "9223372036854775807", 0, LLONG_MAX },
        { "-9223372036854775808", 0, LLONG_MIN },
        { "9223372036854775808", -1, 0 },
        { "-9223372036854775809", -1, 0 },
        { "+7", -1, 0 },
        { "0x10", -1, 0 },
        { "a", -1, 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        long long value = 0;

        ck_assert_msg(number_parse_decimal(rows[i].text, &value) == rows[i].rc,
                      "%s", rows[i].text);
        ck_assert_int_eq(value, rows[i].value);
    }
}
END_TEST

static const struct read {
    const char *text;
    uint64_t magnitude;
    bool negative;
    enum number_doubt doubt;
} reads[] = {
    { "0", 0, false, NUMBER_WHOLE },
    { "10", 10, false, NUMBER_WHOLE },
    { "+10", 10, false, NUMBER_WHOLE },
    { "-10", 10, true, NUMBER_WHOLE },
    { "0x10", 16, false, NUMBER_WHOLE },
    { "-0X1f", 31, true, NUMBER_WHOLE },
    { "010", 8, false, NUMBER_WHOLE },
    { " \t\n7", 7, false, NUMBER_WHOLE },
    { "18446744073709551615", UINT64_MAX, false, NUMBER_WHOLE },
    { "0xffffffffffffffff", UINT64_MAX, false, NUMBER_WHOLE },
    { "-9223372036854775808", UINT64_C(1) << 63, true, NUMBER_WHOLE },
    { "7x", 7, false, NUMBER_TAIL },
    { "7 ", 7, false, NUMBER_TAIL },
    { "1G", 1, false, NUMBER_TAIL },
    { "1.5", 1, false, NUMBER_TAIL },
    { "08", 0, false, NUMBER_TAIL },
    { "0x", 0, false, NUMBER_TAIL },
    { "0xg", 0, false, NUMBER_TAIL },
    { "-5;", 5, true, NUMBER_TAIL },
    { "", 0, false, NUMBER_NO_DIGITS },
    { " ", 0, false, NUMBER_NO_DIGITS },
    { "-", 0, true, NUMBER_NO_DIGITS },
    { "--1", 0, true, NUMBER_NO_DIGITS },
    { "- 1", 0, true, NUMBER_NO_DIGITS },
    { "+-1", 0, false, NUMBER_NO_DIGITS },
    { "abc", 0, false, NUMBER_NO_DIGITS },
    { "true", 0, false, NUMBER_NO_DIGITS },
    { "18446744073709551616", UINT64_MAX, false, NUMBER_TOO_LARGE },
    { "99999999999999999999x", UINT64_MAX, false, NUMBER_TOO_LARGE },
    { "-0x10000000000000000", UINT64_MAX, true, NUMBER_TOO_LARGE },
};

START_TEST(a_c_integer_is_read_as_strtoull_does)
{
    const struct read *row = &reads[_i];
    struct number number = number_read(row->text);

    ck_assert_msg(
        number.magnitude == row->magnitude &&
            number.negative == row->negative && number.doubt == row->doubt,
        "'%s': %s%llu, doubt %d", row->text, number.negative ? "-" : "",
        (unsigned long long)number.magnitude, (int)number.doubt);
}
END_TEST

/* To the nearest MiB, so that what is there at all may be 0 of them. */
START_TEST(memory_is_told_in_mib_with_its_pages)
{
    ck_assert_str_eq(MEMORY_TEXT(76800), "300 MiB (76800 pages)");
    ck_assert_str_eq(MEMORY_TEXT(76800 + 127), "300 MiB (76927 pages)");
    ck_assert_str_eq(MEMORY_TEXT(76800 + 128), "301 MiB (76928 pages)");
    ck_assert_str_eq(MEMORY_TEXT(10), "0 MiB (10 pages)");
    ck_assert_str_eq(MEMORY_TEXT(UINT64_MAX),
                     "72057594037927936 MiB (18446744073709551615 pages)");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numbers");

    tcase_add_loop_test(tcase, what_is_no_number_is_refused_and_changes_nothing,
                        0, ARRAY_SIZE(never));
    tcase_add_test(tcase, decimal_is_decimal_only);
    tcase_add_test(tcase, memory_is_told_in_mib_with_its_pages);
    tcase_add_loop_test(tcase, a_c_integer_is_read_as_strtoull_does, 0,
                        ARRAY_SIZE(reads));
    return unit_run("numbers", tcase);
}
