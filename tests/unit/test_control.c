/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_control.c - the control channel carries whole, allowed lines, and one
 * ending. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "unit.h"

static int ends[2];
static struct control control;
static struct xg_error err;

static void open_pipe(void)
{
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(control_open(&control, -1, ends[1], &err), 0);
}

static void assert_heard(const char *wanted)
{
    char text[4096];
    ssize_t bytes;

    close(ends[1]);
    bytes = read(ends[0], text, sizeof(text) - 1);
    ck_assert_int_ge(bytes, 0);
    text[bytes] = '\0';
    ck_assert_str_eq(text, wanted);
    close(ends[0]);
}

START_TEST(a_result_is_one_line)
{
    open_pipe();
    assert_fine(control_result(&control, "1 2", &err), err);
    assert_heard("result:1 2\n");
}
END_TEST

START_TEST(an_error_is_one_line)
{
    open_pipe();
    control_error(&control, "xenguest: f: [22] no");
    assert_heard("error:xenguest: f: [22] no\n");
}
END_TEST

START_TEST(newlines_inside_become_blanks)
{
    open_pipe();
    control_error(&control, "one\ntwo\r\n\nthree\n");
    assert_heard("error:one two   three \n");
}
END_TEST

START_TEST(a_text_that_is_too_long_is_cut_and_still_ends)
{
    char text[5000], wanted[5000];
    size_t bytes;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    open_pipe();
    control_error(&control, text);

    close(ends[1]);
    bytes = (size_t)read(ends[0], wanted, sizeof(wanted));
    ck_assert_uint_gt(bytes, 1000);
    ck_assert_uint_lt(bytes, 1100);
    ck_assert_int_eq(wanted[bytes - 1], '\n');
    ck_assert_ptr_eq(memchr(wanted, '\n', bytes), wanted + bytes - 1);
    close(ends[0]);
}
END_TEST

START_TEST(nothing_follows_a_result)
{
    open_pipe();
    assert_fine(control_result(&control, "1 2", &err), err);
    control_error(&control, "xenguest: f: [22] too late");
    assert_heard("result:1 2\n");
}
END_TEST

START_TEST(nothing_follows_an_error)
{
    open_pipe();
    control_error(&control, "first");
    control_error(&control, "second");
    assert_heard("error:first\n");
}
END_TEST

START_TEST(both_fds_become_close_on_exec)
{
    ck_assert_int_eq(pipe(ends), 0);
    assert_fine(control_open(&control, ends[0], ends[1], &err), err);
    ck_assert_int_eq(control.in_fd, ends[0]);
    ck_assert_int_eq(control.out_fd, ends[1]);
    ck_assert(fcntl(ends[0], F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(ends[1], F_GETFD) & FD_CLOEXEC);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(a_closed_output_is_refused_at_once)
{
    int rc = control_open(&control, -1, 99, &err);

    assert_failed(rc, err, EBADF, "-controloutfd 99");
    /* ... and not written to later */
    ck_assert_int_eq(control.out_fd, -1);
    control_error(&control, "nowhere");
}
END_TEST

/* The error about the input still reaches the caller on the output. */
START_TEST(a_closed_input_is_reported_on_the_output)
{
    int rc;

    ck_assert_int_eq(pipe(ends), 0);
    rc = control_open(&control, 99, ends[1], &err);
    assert_failed(rc, err, EBADF, "-controlinfd 99");
    ck_assert_int_eq(control.out_fd, ends[1]);
    control_error(&control, err.text);
    assert_heard("error:-controlinfd 99: Bad file descriptor\n");
}
END_TEST

START_TEST(a_reader_that_is_gone_already_is_refused_at_once)
{
    int rc;

    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    rc = control_open(&control, -1, ends[1], &err);
    assert_failed(rc, err, EPIPE, "reader has gone");
    close(ends[1]);
}
END_TEST

START_TEST(a_reader_that_goes_fails_the_result)
{
    int rc;

    open_pipe();
    close(ends[0]);
    rc = control_result(&control, "1 2", &err);
    assert_failed(rc, err, EPIPE, "result '1 2'");
    control_error(&control, "no further failure");
    close(ends[1]);
}
END_TEST

START_TEST(without_fds_the_result_goes_to_stdout_bare)
{
    int saved = dup(STDOUT_FILENO);

    ck_assert_int_eq(pipe(ends), 0);
    assert_fine(control_open(&control, -1, -1, &err), err);
    dup2(ends[1], STDOUT_FILENO);
    ck_assert_int_eq(control_result(&control, "1 2", &err), 0);
    control_error(&control, "main puts it on stderr");
    dup2(saved, STDOUT_FILENO);
    close(saved);
    assert_heard("1 2\n");
}
END_TEST

START_TEST(a_full_disk_behind_the_fd_fails_the_result)
{
    int fd = open("/dev/full", O_WRONLY), rc;

    ck_assert_int_ge(fd, 0);
    assert_fine(control_open(&control, -1, fd, &err), err);
    rc = control_result(&control, "1 2", &err);
    assert_failed(rc, err, ENOSPC, "result '1 2'");
    close(fd);
}
END_TEST

/* ---- ends that the caller left non-blocking ---- */

static void make_nonblocking(int fd)
{
    ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

/* A pipe that is full to the last byte is emptied by another process, so late
 * that we must have found it full: it waits until we do (see wait_for_sleep).
 */
static void fill(int fd, size_t *bytes)
{
    static const char blanks[4096];
    ssize_t done;

    *bytes = 0;
    for (size_t step = sizeof(blanks); step > 0; step /= 2)
        while ((done = write(fd, blanks, step)) > 0)
            *bytes += (size_t)done;
}

/* Until a process sleeps, in a call that waits. Ends with it as well. */
static void wait_for_sleep(pid_t pid)
{
    char name[64], state = 'R';

    snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
    while (state == 'R') {
        FILE *file = fopen(name, "r");

        if (!file || fscanf(file, "%*d %*s %c", &state) != 1)
            state = 'X';
        if (file)
            fclose(file);
    }
}

/* In a child: does one thing with the parent once that sleeps. */
static pid_t start_helper(void (*help)(void))
{
    pid_t parent = getpid(), pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        wait_for_sleep(parent);
        help();
        _exit(0);
    }
    return pid;
}

static size_t filled;
static int copy[2]; /* what the reader read after that */

static void empty_it(void)
{
    char byte;

    for (size_t i = 0; i < filled; i++)
        if (read(ends[0], &byte, 1) != 1)
            _exit(1);
    while (read(ends[0], &byte, 1) == 1 && write(copy[1], &byte, 1) == 1)
        if (byte == '\n')
            break;
}

START_TEST(a_result_waits_for_room_in_a_nonblocking_pipe)
{
    char text[64] = "";

    open_pipe();
    ck_assert_int_eq(pipe(copy), 0);
    make_nonblocking(ends[1]);
    fill(ends[1], &filled);
    start_helper(empty_it);
    assert_fine(control_result(&control, "1 2", &err), err);
    ck_assert_int_gt(read(copy[0], text, sizeof(text) - 1), 0);
    for (size_t had = strlen(text); !strchr(text, '\n'); had = strlen(text))
        ck_assert_int_gt(read(copy[0], text + had, sizeof(text) - 1 - had), 0);
    ck_assert_str_eq(text, "result:1 2\n");
}
END_TEST

static int answers[2];

static void answer_it(void)
{
    if (write(answers[1], "do", 2) != 2)
        _exit(1);
    wait_for_sleep(getppid());
    if (write(answers[1], "ne\n", 3) != 3)
        _exit(1);
}

START_TEST(an_answer_is_waited_for_on_a_nonblocking_pipe)
{
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(pipe(answers), 0);
    make_nonblocking(answers[0]);
    assert_fine(control_open(&control, answers[0], ends[1], &err), err);
    start_helper(answer_it);
    assert_fine(control_suspend(&control, &err), err);
    assert_heard("suspend:\n");
}
END_TEST

/* ---- where an error goes without an output ---- */

START_TEST(a_guess_gets_the_error_and_nothing_else)
{
    int saved = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY);

    ck_assert_int_eq(pipe(ends), 0);
    assert_fine(control_open(&control, -1, -1, &err), err);
    control_guess(&control, ends[1]);
    ck_assert_int_eq(control.out_fd, -1);
    ck_assert(fcntl(ends[1], F_GETFD) & FD_CLOEXEC);
    control_error(&control, "xenguest: f: [22] no");
    dup2(null, STDOUT_FILENO);
    ck_assert_int_eq(control_result(&control, "1 2", &err), 0);
    dup2(saved, STDOUT_FILENO);
    assert_heard("error:xenguest: f: [22] no\n");
}
END_TEST

START_TEST(a_guess_counts_for_less_than_what_was_said)
{
    int other[2];

    ck_assert_int_eq(pipe(other), 0);
    open_pipe();
    control_guess(&control, other[1]);
    control_error(&control, "there");
    assert_heard("error:there\n");
}
END_TEST

START_TEST(a_guess_that_is_not_open_is_none)
{
    assert_fine(control_open(&control, -1, -1, &err), err);
    control_guess(&control, 99);
    control_guess(&control, -1);
    ck_assert_int_eq(control.error_fd, -1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("control");

    tcase_add_test(tcase, a_result_is_one_line);
    tcase_add_test(tcase, an_error_is_one_line);
    tcase_add_test(tcase, newlines_inside_become_blanks);
    tcase_add_test(tcase, a_text_that_is_too_long_is_cut_and_still_ends);
    tcase_add_test(tcase, nothing_follows_a_result);
    tcase_add_test(tcase, nothing_follows_an_error);
    tcase_add_test(tcase, both_fds_become_close_on_exec);
    tcase_add_test(tcase, a_closed_output_is_refused_at_once);
    tcase_add_test(tcase, a_closed_input_is_reported_on_the_output);
    tcase_add_test(tcase, a_reader_that_is_gone_already_is_refused_at_once);
    tcase_add_test(tcase, a_reader_that_goes_fails_the_result);
    tcase_add_test(tcase, without_fds_the_result_goes_to_stdout_bare);
    tcase_add_test(tcase, a_full_disk_behind_the_fd_fails_the_result);
    tcase_add_test(tcase, a_result_waits_for_room_in_a_nonblocking_pipe);
    tcase_add_test(tcase, an_answer_is_waited_for_on_a_nonblocking_pipe);
    tcase_add_test(tcase, a_guess_gets_the_error_and_nothing_else);
    tcase_add_test(tcase, a_guess_counts_for_less_than_what_was_said);
    tcase_add_test(tcase, a_guess_that_is_not_open_is_none);
    return unit_run("control", tcase);
}
