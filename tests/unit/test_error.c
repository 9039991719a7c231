/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_error.c - an error becomes one line, whatever is in it. */
#include "error.h"

#include <errno.h>

#include "unit.h"

static char line[XG_ERROR_LINE_BYTES];

START_TEST(the_line_has_function_code_and_text)
{
    struct xg_error err;

    ck_assert_int_eq(xg_fail(&err, "xc_thing", EINVAL, "domain %d", 7), -1);
    xg_error_format(&err, line, sizeof(line));
    ck_assert_str_eq(line, "xenguest: xc_thing: [22] domain 7");
}
END_TEST

START_TEST(context_is_added_in_front)
{
    struct xg_error err;

    xg_fail(&err, "f", ENOENT, "inner");
    ck_assert_int_eq(xg_error_context(&err, "outer %d", 1), -1);
    ck_assert_str_eq(err.text, "outer 1: inner");
    ck_assert_str_eq(err.what, "f");
    ck_assert_int_eq(err.code, ENOENT);
}
END_TEST

START_TEST(control_characters_become_blanks)
{
    struct xg_error err;

    xg_fail(&err, "f\ng", 0, "a\nb\tc\rd\033e\177f\001");
    xg_error_format(&err, line, sizeof(line));
    ck_assert_str_eq(line, "xenguest: f g: [5] a b c d e f");
}
END_TEST

/* U+009B begins what a terminal follows, as ESC [ does. */
START_TEST(control_characters_beyond_ascii_become_blanks)
{
    struct xg_error err;

    xg_fail(&err, "f", 0, "a\302\233b\302\200\302\237\302\240c");
    xg_error_format(&err, line, sizeof(line));
    ck_assert_str_eq(line, "xenguest: f: [5] a  b    \302\240c");
}
END_TEST

START_TEST(ascii_has_a_question_mark_for_all_else)
{
    char text[] = "a\n\177\200\377\303\266";

    xg_ascii(text);
    ck_assert_str_eq(text, "a\n\177????");
}
END_TEST

START_TEST(letters_beyond_ascii_stay)
{
    struct xg_error err;

    xg_fail(&err, "f", 0, "'/srv/Gr\303\266\303\237e'");
    xg_error_format(&err, line, sizeof(line));
    ck_assert_str_eq(line, "xenguest: f: [5] '/srv/Gr\303\266\303\237e'");
}
END_TEST

START_TEST(a_message_that_ends_in_newlines_loses_them)
{
    struct xg_error err;

    xg_fail(&err, "f", 5, "the library's words\n\n");
    xg_error_format(&err, line, sizeof(line));
    ck_assert_str_eq(line, "xenguest: f: [5] the library's words");
}
END_TEST

START_TEST(anything_long_is_cut_and_still_a_line)
{
    char text[5000];
    struct xg_error err;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    xg_fail(&err, text, -1, "%s", text);
    xg_error_context(&err, "%s", text);
    xg_error_format(&err, line, sizeof(line));
    ck_assert_uint_lt(strlen(line), sizeof(line));
    ck_assert_int_eq(strncmp(line, "xenguest: xxx", 13), 0);
    ck_assert_ptr_nonnull(strstr(line, "x: [-1] x"));
}
END_TEST

START_TEST(an_empty_error_still_makes_a_line)
{
    struct xg_error err = { 0 };

    xg_error_format(&err, line, sizeof(line));
    ck_assert_str_eq(line, "xenguest: : [0]");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("error");

    tcase_add_test(tcase, the_line_has_function_code_and_text);
    tcase_add_test(tcase, context_is_added_in_front);
    tcase_add_test(tcase, control_characters_become_blanks);
    tcase_add_test(tcase, control_characters_beyond_ascii_become_blanks);
    tcase_add_test(tcase, ascii_has_a_question_mark_for_all_else);
    tcase_add_test(tcase, letters_beyond_ascii_stay);
    tcase_add_test(tcase, a_message_that_ends_in_newlines_loses_them);
    tcase_add_test(tcase, anything_long_is_cut_and_still_a_line);
    tcase_add_test(tcase, an_empty_error_still_makes_a_line);
    return unit_run("error", tcase);
}
