/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_generation_id.c - "A:B" becomes two words. */
#include "generation_id.h"

#include "unit.h"

static const struct {
    const char *text;
    uint64_t first, second;
    bool has_tail;
} good[] = {
    { "1:2", 1, 2, false },
    { "0:0", 0, 0, false },
    { "0x10:020", 16, 16, false },
    { "18446744073709551615:0xffffffffffffffff", UINT64_MAX, UINT64_MAX,
      false },
    { "-1:-9223372036854775808", UINT64_MAX, UINT64_C(1) << 63, false },
    { "1:2 ", 1, 2, true },
    { "1:2x", 1, 2, true },
    { "1:2:3", 1, 2, true },
};

START_TEST(test_good)
{
    struct generation_id id;

    ck_assert_int_eq(generation_id_parse(good[_i].text, &id), 0);
    ck_assert_uint_eq(id.words[0], good[_i].first);
    ck_assert_uint_eq(id.words[1], good[_i].second);
    ck_assert_int_eq(id.has_tail, good[_i].has_tail);
}
END_TEST

static const char *const bad[] = {
    "",
    ":",
    "1",
    "1:",
    ":2",
    "1 :2",
    "a:b",
    "18446744073709551616:1",
    "1:99999999999999999999",
    "0000000000000000000000000000000000000000000001:1",
};

START_TEST(test_bad)
{
    struct generation_id id;

    ck_assert_int_eq(generation_id_parse(bad[_i], &id), -1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("generation_id");

    tcase_add_loop_test(tcase, test_good, 0, sizeof(good) / sizeof(*good));
    tcase_add_loop_test(tcase, test_bad, 0, sizeof(bad) / sizeof(*bad));
    return unit_run("generation_id", tcase);
}
