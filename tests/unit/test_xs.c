/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_xs.c - what a value in Xenstore counts as, and which ones are worth a
 * warning; how a folder is written. */
#include "xs.h"

#include <errno.h>
#include <stdlib.h>

#include "../fake/fake.h"
#include "unit.h"

#define KEY "platform/some-key"
#define PATH "/local/domain/7/" KEY

static char log_path[] = "/tmp/test_xs.XXXXXX";
static struct xg_log the_log;
static struct xg_ctx ctx;
static struct xg_error err;

static void setup(void)
{
    cleanup_close int fd = mkstemp(log_path);

    ck_assert(fd >= 0);
    xg_log_open(&the_log, "test");
    assert_fine(xg_log_debuglog(&the_log, log_path, &err), err);
    assert_fine(xg_ctx_open(&ctx, 7, &the_log, &err), err);
}

static void teardown(void)
{
    xg_ctx_close(&ctx);
    xg_log_close(&the_log);
    unlink(log_path);
}

/* All that was logged is this text, or nothing if it is NULL. */
static void assert_logged(const char *wanted)
{
    char text[4096] = "";
    FILE *file = fopen(log_path, "re");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    if (wanted)
        ck_assert_msg(strstr(text, wanted), "wanted: %s, logged: %s", wanted,
                      text);
    else
        ck_assert_str_eq(text, "");
}

static const struct xs_range any = { 0, UINT64_MAX, false };
static const struct xs_range word = { 0, UINT16_MAX, false };
static const struct xs_range seconds = { INT32_MIN, INT32_MAX, true };

static const struct row {
    const struct xs_range *range;
    const char *text;
    int64_t value;
    const char *warning; /* behind KEY: and the text; NULL: none */
} rows[] = {
    { &any, "18446744073709551615", -1, NULL },
    { &any, "0x40000000", 0x40000000, NULL },
    { &any, "-0", 0, NULL },
    { &any, "-1", 0, "is too small: counts as 0" },
    { &any, "1G", 1, "has something behind the number: counts as 1" },
    { &any, "18446744073709551616", 0, "is too large: counts as 0" },
    { &word, "65535", 65535, NULL },
    { &word, "65536", 0, "is too large: counts as 0" },
    { &word, "-3", 0, "is too small: counts as 0" },
    { &word, "-99999999999999999999", 0, "is too small: counts as 0" },
    { &word, "70000x", 0, "is too large: counts as 0" },
    { &word, "abc", 0, "is not a number: counts as 0" },
    { &seconds, "-7193", -7193, NULL },
    { &seconds, "2147483647", INT32_MAX, NULL },
    { &seconds, "-2147483648", INT32_MIN, NULL },
    { &seconds, "2147483648", INT32_MAX, "is too large: counts as 2147483647" },
    { &seconds, "-2147483649", INT32_MIN,
      "is too small: counts as -2147483648" },
    { &seconds, "99999999999999999999", INT32_MAX,
      "is too large: counts as 2147483647" },
    { &seconds, "-5s", -5, "has something behind the number: counts as -5" },
    { &seconds, "", 0, "is not a number: counts as 0" },
};

START_TEST(a_number_counts_as_what_its_range_makes_of_it)
{
    const struct row *row = &rows[_i];
    char wanted[256];

    ck_assert_int_eq((int64_t)xs_number(&ctx, KEY, row->text, row->range),
                     row->value);
    snprintf(wanted, sizeof(wanted), KEY ": '%s' %s\n", row->text,
             row->warning ? row->warning : "");
    assert_logged(row->warning ? wanted : NULL);
}
END_TEST

static const struct boolean {
    const char *text;
    bool on;
    const char *warning;
} booleans[] = {
    { "true", true, NULL },
    { "TRUE", true, NULL },
    { "True", true, NULL },
    { "1", true, NULL },
    { "42", true, NULL },
    { "-1", true, NULL },
    { "0x1", true, NULL },
    { "false", false, NULL },
    { "fAlse", false, NULL },
    { "0", false, NULL },
    { "0x0", false, NULL },
    { "00", false, NULL },
    { "yes", false, "is not a number: counts as false" },
    { "truee", false, "is not a number: counts as false" },
    { "true ", false, "is not a number: counts as false" },
    { "7x", true, "has something behind the number: counts as true" },
    { "0 ", false, "has something behind the number: counts as false" },
    { "99999999999999999999", false, "is too large: counts as false" },
};

START_TEST(a_boolean_is_a_word_or_a_number)
{
    const struct boolean *row = &booleans[_i];
    char wanted[256];

    ck_assert_int_eq(xs_bool(&ctx, KEY, row->text), row->on);
    snprintf(wanted, sizeof(wanted), KEY ": '%s' %s\n", row->text,
             row->warning ? row->warning : "");
    assert_logged(row->warning ? wanted : NULL);
}
END_TEST

START_TEST(what_is_empty_is_absent)
{
    cleanup_free char *value = NULL;

    fake_store_set(PATH, "7");
    assert_fine(xs_get(&ctx, KEY, &value, &err), err);
    ck_assert_str_eq(value, "7");
    free(value);

    fake_store_set(PATH, "");
    assert_fine(xs_get(&ctx, KEY, &value, &err), err);
    ck_assert_ptr_null(value);
    assert_logged(KEY " is empty\n");
    assert_fine(xs_get(&ctx, "platform/other", &value, &err), err);
    ck_assert_ptr_null(value);
    assert_logged("platform/other = (absent)\n");
}
END_TEST

static const struct xs_pair pairs[] = { { "one", "1" }, { "two", "2" } };

#define FOLDER "/local/domain/7/platform/folder"

static int put_folder(void)
{
    fake_store_set(FOLDER "/old", "0");
    return xs_put_dir(&ctx, "platform/folder", pairs, ARRAY_SIZE(pairs), &err);
}

static void assert_folder_is_new(void)
{
    ck_assert_ptr_null(fake_store_get(FOLDER "/old"));
    ck_assert_str_eq(fake_store_get(FOLDER "/one"), "1");
    ck_assert_str_eq(fake_store_get(FOLDER "/two"), "2");
}

START_TEST(a_folder_is_written_again_if_another_wrote_meanwhile)
{
    fake_fail("xs_transaction_end:1:EAGAIN,xs_transaction_end:2:EAGAIN");
    assert_fine(put_folder(), err);
    ck_assert_uint_eq(fake_count("xs_transaction_start"), 3);
    ck_assert_uint_eq(fake_count("xs_transaction_end"), 3);
    assert_folder_is_new();
}
END_TEST

START_TEST(a_folder_need_not_be_there_before)
{
    fake_fail("xs_rm:1:ENOENT");
    assert_fine(put_folder(), err);
    ck_assert_str_eq(fake_store_get(FOLDER "/two"), "2");
}
END_TEST

/* NONE leaves errno, in which nothing of an earlier call may be then. */
static const struct {
    const char *failure;
    int code;
    const char *call;
} put_failures[] = {
    { "xs_transaction_start:1:ENOMEM", ENOMEM, "xs_transaction_start" },
    { "xs_transaction_start:1:NONE", EIO, "xs_transaction_start" },
    { "xs_read:1:EACCES", EACCES, "xs_read" },
    { "xs_read:1:NONE", EIO, "xs_read" },
    { "xs_rm:1:EACCES", EACCES, "xs_rm" },
    { "xs_rm:1:NONE", EIO, "xs_rm" },
    { "xs_write:1:E2BIG", E2BIG, "xs_write" },
    { "xs_write:2:NONE", EIO, "xs_write" },
    { "xs_transaction_end:1:EIO", EIO, "xs_transaction_end" },
    { "xs_transaction_end:1:NONE", EIO, "xs_transaction_end" },
};

START_TEST(a_folder_that_is_not_written_stays_as_it_was)
{
    fake_fail(put_failures[_i].failure);
    errno = EAGAIN;
    ck_assert_int_eq(put_folder(), -1);
    ck_assert_int_eq(err.code, put_failures[_i].code);
    ck_assert_str_eq(err.what, put_failures[_i].call);
    ck_assert_str_eq(fake_store_get(FOLDER "/old"), "0");
    ck_assert_ptr_null(fake_store_get(FOLDER "/one"));
    /* No transaction is left open, in which a second would be a misuse. */
    assert_fine(put_folder(), err);
    assert_folder_is_new();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("xs");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_number_counts_as_what_its_range_makes_of_it, 0,
                        ARRAY_SIZE(rows));
    tcase_add_loop_test(tcase, a_boolean_is_a_word_or_a_number, 0,
                        ARRAY_SIZE(booleans));
    tcase_add_test(tcase, what_is_empty_is_absent);
    tcase_add_test(tcase, a_folder_is_written_again_if_another_wrote_meanwhile);
    tcase_add_test(tcase, a_folder_need_not_be_there_before);
    tcase_add_loop_test(tcase, a_folder_that_is_not_written_stays_as_it_was, 0,
                        ARRAY_SIZE(put_failures));
    return unit_run("xs", tcase);
}
