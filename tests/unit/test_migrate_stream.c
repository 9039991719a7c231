/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_migrate_stream.c - which fds a guest's state may go through. */
#include "migrate_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

START_TEST(test_kinds)
{
    struct xg_error err;
    int fds[2], file = open("/proc/self/exe", O_RDONLY);

    assert_fine(migrate_stream_check(file, &err), err);
    assert_fine(migrate_stream_check(open("/dev/null", O_RDWR), &err), err);
    ck_assert_int_eq(pipe(fds), 0);
    assert_fine(migrate_stream_check(fds[0], &err), err);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_fine(migrate_stream_check(fds[0], &err), err);

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    assert_failed(migrate_stream_check(fds[0], &err), err, EINVAL, "not a");
    assert_failed(migrate_stream_check(open("/", O_RDONLY), &err), err, EINVAL,
                  "not a");
    assert_failed(migrate_stream_check(epoll_create1(0), &err), err, EINVAL,
                  "not a");
    assert_failed(migrate_stream_check(987, &err), err, EBADF, "987");
}
END_TEST

START_TEST(test_direction)
{
    struct xg_error err;
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    assert_fine(migrate_stream_prepare(fds[0], false, &err), err);
    assert_fine(migrate_stream_prepare(fds[1], true, &err), err);
    assert_failed(migrate_stream_prepare(fds[0], true, &err), err, EINVAL,
                  "reading only");
    assert_failed(migrate_stream_prepare(fds[1], false, &err), err, EINVAL,
                  "writing only");
}
END_TEST

/* A stream that may still go on has not ended; one that failed before its end
 * has not, either. */
START_TEST(test_end)
{
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    ck_assert(!migrate_stream_has_ended(fds[0]));
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    close(fds[1]);
    ck_assert(!migrate_stream_has_ended(fds[0]));
    ck_assert(migrate_stream_has_ended(fds[0]));

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    ck_assert(!migrate_stream_has_ended(fds[0]));
    close(fds[1]);
    ck_assert(migrate_stream_has_ended(fds[0]));
}
END_TEST

START_TEST(test_becomes_blocking_and_ours)
{
    struct xg_error err;
    int fds[2];

    ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
    assert_fine(migrate_stream_prepare(fds[1], true, &err), err);
    ck_assert_int_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("migrate_stream");

    tcase_add_test(tcase, test_kinds);
    tcase_add_test(tcase, test_direction);
    tcase_add_test(tcase, test_end);
    tcase_add_test(tcase, test_becomes_blocking_and_ours);
    return unit_run("migrate_stream", tcase);
}
