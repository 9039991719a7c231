/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_progress.c - what somebody at a terminal sees of a build, to the byte.
 */
#include "progress.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "unit.h"

#define MIB 256 /* in pages */

static int screen, terminal; /* the pty's two ends */
static struct progress progress;

static void setup(void)
{
    struct termios raw;

    screen = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(screen, 0);
    ck_assert_int_eq(grantpt(screen), 0);
    ck_assert_int_eq(unlockpt(screen), 0);
    terminal = open(ptsname(screen), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal, 0);
    ck_assert_int_eq(tcgetattr(terminal, &raw), 0);
    cfmakeraw(&raw);
    ck_assert_int_eq(tcsetattr(terminal, TCSANOW, &raw), 0);
    setenv("TERM", "xterm", 1);
    progress_begin(&progress, terminal);
}

static void teardown(void)
{
    close(terminal);
    close(screen);
}

/* What has come since the last look; "" if nothing. */
static char *seen(void)
{
    static char text[512];
    struct pollfd ready = { .fd = screen, .events = POLLIN };
    ssize_t bytes = 0;

    if (poll(&ready, 1, 0) > 0)
        bytes = read(screen, text, sizeof(text) - 1);
    ck_assert_int_ge(bytes, 0);
    text[bytes] = '\0';
    return text;
}

/* The same with any number of seconds as N: the machine may be slow. */
static const char *seen_at_any_time(void)
{
    char *text = seen(), *seconds = strstr(text, " MiB, ");

    if (seconds)
        strcpy(seconds, " MiB, N s\r");
    return text;
}

/* As if the last line were old, and the build so many seconds. */
static void let_pass(int seconds)
{
    progress.next_ms = 0;
    progress.start_ms -= seconds * 1000LL;
}

START_TEST(a_line_says_node_mib_and_seconds)
{
    progress_expect(&progress, 1024 * MIB, false);
    progress_took(&progress, 3, 100 * MIB);
    ck_assert_str_eq(seen_at_any_time(), "node 3: 100 MiB of 1024 MiB, N s\r");
}
END_TEST

START_TEST(a_limit_is_told_as_such)
{
    progress_expect(&progress, 1024 * MIB + 1, true);
    progress_took(&progress, PROGRESS_ANY_NODE, MIB);
    ck_assert_str_eq(seen_at_any_time(), "1 MiB of at most 1025 MiB, N s\r");
}
END_TEST

/* However often pages are taken. */
START_TEST(lines_come_a_quarter_of_a_second_apart)
{
    int seconds = 0;

    progress_expect(&progress, 4 * MIB, false);
    progress_took(&progress, 0, MIB);
    seen();
    /* In an hour: the machine that runs this may be slow. */
    progress.next_ms += 3600000;
    progress_took(&progress, 0, MIB);
    ck_assert_str_eq(seen(), "");
    ck_assert_int_eq(progress.next_ms - 3600000 >= progress.start_ms + 250,
                     true);
    let_pass(7);
    progress_took(&progress, 0, MIB);
    ck_assert_int_eq(sscanf(seen(), "node 0: 3 MiB of 4 MiB, %d s", &seconds),
                     1);
    ck_assert_int_ge(seconds, 7);
}
END_TEST

/* A shorter line leaves nothing of a longer one. */
START_TEST(a_line_is_written_over)
{
    size_t bytes;

    progress_expect(&progress, 4000 * MIB, false);
    progress_took(&progress, 10, 1000 * MIB);
    bytes = strlen(seen());
    let_pass(0);
    progress.pages = 0;
    progress_took(&progress, 9, MIB);
    ck_assert_uint_eq(strlen(seen()), bytes);
}
END_TEST

START_TEST(in_the_end_the_line_is_blank)
{
    char blank[100];
    size_t bytes;

    progress_expect(&progress, MIB, false);
    progress_took(&progress, 0, MIB);
    bytes = strlen(seen());
    progress_end(&progress);
    snprintf(blank, sizeof(blank), "%*s", (int)bytes, "\r");
    ck_assert_str_eq(seen(), blank);
    let_pass(0);
    progress_end(&progress);
    ck_assert_str_eq(seen(), "");
}
END_TEST

/* What libxenguest adds once the result is told. */
START_TEST(after_the_end_nothing_is_shown)
{
    progress_end(&progress);
    progress_took(&progress, 0, MIB);
    ck_assert_str_eq(seen(), "");
}
END_TEST

START_TEST(the_longest_line_fits_a_terminal)
{
    progress_expect(&progress, UINT64_MAX / 2, true);
    progress.pages = UINT64_MAX / 2;
    progress.start_ms -= 1000LL * 1000 * 1000 * 1000;
    progress_took(&progress, 63, MIB);
    ck_assert_uint_lt(strlen(seen()), 80);
}
END_TEST

/* ^S: it is full at once. */
START_TEST(a_stopped_terminal_is_not_waited_for)
{
    ck_assert_int_eq(tcflow(terminal, TCOOFF), 0);
    progress_took(&progress, 0, MIB);
    progress_end(&progress);
    ck_assert_int_eq(tcflow(terminal, TCOON), 0);
    ck_assert_str_eq(seen(), "");
}
END_TEST

START_TEST(nobody_may_watch)
{
    progress_expect(NULL, MIB, false);
    progress_took(NULL, 0, MIB);
    progress_end(NULL);
}
END_TEST

START_TEST(only_a_terminal_that_can_is_written_on)
{
    int pipes[2];

    ck_assert(progress_can_show(terminal));
    setenv("TERM", "dumb", 1);
    ck_assert(!progress_can_show(terminal));
    setenv("TERM", "", 1);
    ck_assert(!progress_can_show(terminal));
    unsetenv("TERM");
    ck_assert(!progress_can_show(terminal));
    setenv("TERM", "xterm", 1);
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert(!progress_can_show(pipes[1]));
    close(pipes[0]);
    close(pipes[1]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("progress");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_line_says_node_mib_and_seconds);
    tcase_add_test(tcase, a_limit_is_told_as_such);
    tcase_add_test(tcase, lines_come_a_quarter_of_a_second_apart);
    tcase_add_test(tcase, a_line_is_written_over);
    tcase_add_test(tcase, in_the_end_the_line_is_blank);
    tcase_add_test(tcase, after_the_end_nothing_is_shown);
    tcase_add_test(tcase, the_longest_line_fits_a_terminal);
    tcase_add_test(tcase, a_stopped_terminal_is_not_waited_for);
    tcase_add_test(tcase, nobody_may_watch);
    tcase_add_test(tcase, only_a_terminal_that_can_is_written_on);
    return unit_run("progress", tcase);
}
