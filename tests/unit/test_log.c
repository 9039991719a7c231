/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_log.c - the debug log is appended to, line by line, and hears the
 * libraries too. */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "unit.h"

static char path[] = "/tmp/test_log.XXXXXX";
static struct xg_log the_log;
static struct xg_error err;

static void setup(void)
{
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "before\n", 7), 7);
    close(fd);
    xg_log_open(&the_log, "xenguest-7-build");
    assert_fine(xg_log_debuglog(&the_log, path, &err), err);
}

static void teardown(void)
{
    xg_log_close(&the_log);
    unlink(path);
}

/* The file now, and its number of lines. */
static const char *content(unsigned int *nr_lines)
{
    static char text[8 * XG_LOG_LINE_BYTES];
    FILE *file = fopen(path, "r");
    size_t bytes;

    ck_assert_ptr_nonnull(file);
    bytes = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[bytes] = '\0';

    *nr_lines = 0;
    for (size_t i = 0; i < bytes; i++)
        *nr_lines += text[i] == '\n';
    return text;
}

static __attribute__((format(printf, 4, 5))) void
library_says(xentoollog_level level, int errnoval, const char *context,
             const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    the_log.xtl.vmessage(&the_log.xtl, level, errnoval, context, fmt, ap);
    va_end(ap);
}

START_TEST(what_was_there_stays_and_lines_are_whole_at_once)
{
    unsigned int nr_lines;
    char wanted[80];

    xg_info(&the_log, "hello %d", 5);
    snprintf(wanted, sizeof(wanted), " xenguest-7-build[%d]: hello 5\n",
             (int)getpid());
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), wanted));
    ck_assert_int_eq(strncmp(content(&nr_lines), "before\n", 7), 0);
    ck_assert_uint_eq(nr_lines, 2);
}
END_TEST

START_TEST(a_message_is_one_line)
{
    unsigned int nr_lines;

    xg_log_at(&the_log, LOG_DEBUG, "one\ntwo\n");
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), ": one two \n"));
    ck_assert_uint_eq(nr_lines, 2);
}
END_TEST

START_TEST(the_libraries_messages_have_context_and_reason)
{
    unsigned int nr_lines;

    library_says(XTL_ERROR, ENOENT, "xc", "file '%s'\n", "x");
    library_says(XTL_DEBUG, -1, NULL, "detail");
    ck_assert_ptr_nonnull(strstr(content(&nr_lines),
                                 ": xc: file 'x' : No such file or directory"));
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), ": xen: detail\n"));
    ck_assert_uint_eq(nr_lines, 3);
}
END_TEST

START_TEST(a_message_that_is_too_long_is_cut)
{
    unsigned int nr_lines;
    char text[2 * XG_LOG_LINE_BYTES];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    library_says(XTL_ERROR, ENOENT, "xc", "%s", text);
    xg_info(&the_log, "%s", text);
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), "xxx\n"));
    ck_assert_uint_eq(nr_lines, 3);
}
END_TEST

START_TEST(progress_is_told_seldom)
{
    unsigned int nr_lines;

    for (unsigned int i = 1; i <= 1000; i++)
        the_log.xtl.progress(&the_log.xtl, "xc", "Populating", (int)i, i % 100,
                             100);
    ck_assert_ptr_nonnull(
        strstr(content(&nr_lines), ": Populating: 1 of 100 (1%)\n"));
    /* one more if 5 s went by */
    ck_assert_uint_ge(nr_lines, 2);
    ck_assert_uint_le(nr_lines, 3);
}
END_TEST

START_TEST(progress_without_a_total_is_its_words)
{
    unsigned int nr_lines;

    the_log.xtl.progress(&the_log.xtl, "xc", "Start of stream", 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), "]: Start of stream\n"));
}
END_TEST

START_TEST(a_debug_log_that_cannot_be_opened_is_an_error)
{
    struct xg_log other = { 0 };
    int rc = xg_log_debuglog(&other, "/nowhere/log", &err);

    assert_failed(rc, err, ENOENT, "-debuglog '/nowhere/log'");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("log");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_there_stays_and_lines_are_whole_at_once);
    tcase_add_test(tcase, a_message_is_one_line);
    tcase_add_test(tcase, the_libraries_messages_have_context_and_reason);
    tcase_add_test(tcase, a_message_that_is_too_long_is_cut);
    tcase_add_test(tcase, progress_is_told_seldom);
    tcase_add_test(tcase, progress_without_a_total_is_its_words);
    tcase_add_test(tcase, a_debug_log_that_cannot_be_opened_is_an_error);
    return unit_run("log", tcase);
}
