/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_numbers.c - a number is taken whole or not at all. */
#include "numbers.h"

#include <limits.h>
#include <stdlib.h>

#include "cleanup.h"
#include "unit.h"

/* Neither of these is a number in any of the forms. */
static const char *const never[] = {
    "",
    " ",
    " 1",
    "1 ",
    "\t1",
    "1\n",
    "-",
    "+",
    "--1",
    "- 1",
    "x1",
    "1x",
    "0x",
    "1.0",
    "1e3",
    "1,0",
    "1_",
    "0x1g",
    "0xx",
    "nan",
    "99999999999999999999",
    "0x10000000000000000",
};

START_TEST(what_is_no_number_is_refused_and_changes_nothing)
{
    const char *text = never[_i];
    uint64_t number_u = 42;
    long long number = 42;
    bool on = true;

    ck_assert_int_eq(number_parse_decimal(text, &number), -1);
    ck_assert_int_eq(number_parse_c(text, &number), -1);
    ck_assert_int_eq(number_parse_c_unsigned(text, &number_u), -1);
    ck_assert_int_eq(number_parse_bool(text, &on), -1);
    ck_assert_int_eq(number, 42);
    ck_assert_uint_eq(number_u, 42);
    ck_assert(on);
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

START_TEST(c_integers_have_all_their_forms)
{
    static const struct {
        const char *text;
        int rc;
        long long value;
    } rows[] = {
        { "10", 0, 10 },     { "+10", 0, 10 },
        { "-10", 0, -10 },   { "0x10", 0, 16 },
        { "-0X1f", 0, -31 }, { "010", 0, 8 },
        { "08", -1, 0 },     { "0x8000000000000000", -1, 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        long long value = 0;

        ck_assert_msg(number_parse_c(rows[i].text, &value) == rows[i].rc, "%s",
                      rows[i].text);
        ck_assert_int_eq(value, rows[i].value);
    }
}
END_TEST

START_TEST(unsigned_reaches_2_64_and_never_wraps)
{
    uint64_t value = 0;

    ck_assert_int_eq(number_parse_c_unsigned("18446744073709551615", &value),
                     0);
    ck_assert(value == UINT64_MAX);
    ck_assert_int_eq(number_parse_c_unsigned("0xffffffffffffffff", &value), 0);
    ck_assert(value == UINT64_MAX);
    ck_assert_int_eq(number_parse_c_unsigned("18446744073709551616", &value),
                     -1);
    ck_assert_int_eq(number_parse_c_unsigned("-1", &value), -1);
    ck_assert_int_eq(number_parse_c_unsigned("+1", &value), -1);
}
END_TEST

START_TEST(booleans_are_words_or_integers)
{
    static const struct {
        const char *text;
        int rc;
        bool on;
    } rows[] = {
        { "true", 0, true },   { "TRUE", 0, true },    { "True", 0, true },
        { "1", 0, true },      { "2", 0, true },       { "-1", 0, true },
        { "0x1", 0, true },    { "false", 0, false },  { "FALSE", 0, false },
        { "fAlse", 0, false }, { "0", 0, false },      { "0x0", 0, false },
        { "00", 0, false },    { "yes", -1, false },   { "on", -1, false },
        { "t", -1, false },    { "truee", -1, false }, { "true ", -1, false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool on = !rows[i].on;

        ck_assert_msg(number_parse_bool(rows[i].text, &on) == rows[i].rc, "%s",
                      rows[i].text);
        ck_assert_int_eq(on, rows[i].rc == 0 ? rows[i].on : !rows[i].on);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numbers");

    tcase_add_loop_test(tcase, what_is_no_number_is_refused_and_changes_nothing,
                        0, ARRAY_SIZE(never));
    tcase_add_test(tcase, decimal_is_decimal_only);
    tcase_add_test(tcase, c_integers_have_all_their_forms);
    tcase_add_test(tcase, unsigned_reaches_2_64_and_never_wraps);
    tcase_add_test(tcase, booleans_are_words_or_integers);
    return unit_run("numbers", tcase);
}
