/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * migrate_stream.c - the fd that a guest's state goes through. */
#include "migrate_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stream_socket(int fd)
{
    socklen_t bytes = sizeof(int);
    int type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0 &&
           type == SOCK_STREAM;
}

int migrate_stream_check(int fd, struct xg_error *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return xg_fail_errno(err, "fstat", "stream fd %d: %s", fd,
                             strerror(errno));

    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode) &&
        !S_ISFIFO(st.st_mode) &&
        !(S_ISSOCK(st.st_mode) && is_stream_socket(fd)))
        return xg_fail(err, __func__, EINVAL,
                       "stream fd %d is not a file, device, pipe or stream "
                       "socket",
                       fd);
    return 0;
}

int migrate_stream_prepare(int fd, bool for_writing, struct xg_error *err)
{
    int flags, wrong = for_writing ? O_RDONLY : O_WRONLY;

    if (migrate_stream_check(fd, err) < 0)
        return -1;

    flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return xg_fail_errno(err, "fcntl", "stream fd %d: %s", fd,
                             strerror(errno));
    if ((flags & O_ACCMODE) == wrong)
        return xg_fail(err, __func__, EINVAL,
                       "stream fd %d is open for %s only", fd,
                       for_writing ? "reading" : "writing");

    /* O_ASYNC, which nobody has on a stream, is what the sandbox refuses to ask
     * for. */
    if (fcntl(fd, F_SETFL, flags & ~(O_NONBLOCK | O_ASYNC)) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return xg_fail_errno(err, "fcntl", "stream fd %d: %s", fd,
                             strerror(errno));
    return 0;
}

bool migrate_stream_has_ended(int fd)
{
    struct pollfd readable = { .fd = fd, .events = POLLIN };
    char byte;

    return poll(&readable, 1, 0) == 1 && read(fd, &byte, 1) == 0;
}
