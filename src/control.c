/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * control.c - the conversation with whoever started us. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int adopt_fd(int fd, const char *option, struct xg_error *err)
{
    int flags;

    if (fd < 0)
        return 0;

    flags = fcntl(fd, F_GETFD);
    if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
        return xg_fail_errno(err, "fcntl", "-%s %d: %s", option, fd,
                             strerror(errno));
    return 0;
}

int control_open(struct control *control, int in_fd, int out_fd,
                 struct xg_error *err)
{
    struct pollfd reader = { .fd = out_fd };

    *control = (struct control){ .in_fd = -1, .out_fd = -1, .error_fd = -1 };

    if (adopt_fd(out_fd, "controloutfd", err) < 0)
        return -1;

    /* A pipe without reader polls as an error, before anything is written. */
    if (out_fd >= 0 && poll(&reader, 1, 0) > 0 && reader.revents & POLLERR)
        return xg_fail(err, "poll", EPIPE, "-controloutfd %d: %s", out_fd,
                       "its reader has gone");
    control->out_fd = control->error_fd = out_fd;

    if (adopt_fd(in_fd, "controlinfd", err) < 0)
        return -1;
    control->in_fd = in_fd;

    return 0;
}

void control_guess(struct control *control, int fd)
{
    struct xg_error ignored;

    if (control->error_fd < 0 && adopt_fd(fd, "controloutfd", &ignored) == 0)
        control->error_fd = fd;
}

/* Whether a read or write that failed is to be tried again: a caller may have
 * left its end, and so ours, non-blocking. */
static bool may_retry(int fd, short events)
{
    struct pollfd ready = { .fd = fd, .events = events };

    if (errno == EAGAIN)
        return poll(&ready, 1, -1) > 0 || errno == EINTR;
    return errno == EINTR;
}

/* One write for the whole line where the kernel allows: several of us may share
 * a log pipe, and a reader must never see half a prefix. *begun once some of it
 * is out. */
static int write_all(int fd, const char *text, size_t bytes, bool *begun)
{
    while (bytes > 0) {
        ssize_t done = write(fd, text, bytes);

        if (done < 0 && may_retry(fd, POLLOUT))
            continue;
        if (done < 0)
            return -1;
        *begun = true;
        text += done;
        bytes -= (size_t)done;
    }
    return 0;
}

static int write_line(int fd, const char *prefix, const char *text, bool *begun)
{
    char line[XG_ERROR_LINE_BYTES + 16];
    int bytes;

    bytes = snprintf(line, sizeof(line) - 1, "%s%s", prefix, text);
    if (bytes > (int)sizeof(line) - 2)
        bytes = sizeof(line) - 2;
    line[bytes] = '\0';
    xg_one_line(line);
    line[bytes++] = '\n';

    return write_all(fd, line, (size_t)bytes, begun);
}

int control_result(struct control *control, const char *text,
                   struct xg_error *err)
{
    int rc;

    if (control->out_fd >= 0)
        rc = write_line(control->out_fd, "result:", text, &control->ended);
    else
        rc = write_line(STDOUT_FILENO, "", text, &control->ended);

    if (rc < 0)
        return xg_fail_errno(err, "write", "result '%s': %s", text,
                             strerror(errno));
    return 0;
}

/* Reads to the end of a line, byte by byte: what follows it is not ours. What
 * the line says is for the log of whoever wrote it. */
static int skip_line(int fd)
{
    char byte = '\0';

    while (byte != '\n') {
        ssize_t done = read(fd, &byte, 1);

        if (done < 0 && may_retry(fd, POLLIN))
            continue;
        if (done <= 0) {
            errno = done == 0 ? EPIPE : errno;
            return -1;
        }
    }
    return 0;
}

int control_check(const struct control *control, struct xg_error *err)
{
    return control->out_fd < 0 || control->in_fd < 0
               ? xg_fail(err, __func__, ENOTCONN,
                         "the guest is not suspended, and there are no "
                         "-controloutfd and -controlinfd to have it suspended "
                         "over")
               : 0;
}

int control_suspend(struct control *control, struct xg_error *err)
{
    bool begun = false;

    if (write_line(control->out_fd, "suspend:", "", &begun) < 0)
        return xg_fail_errno(err, "write", "suspend: %s", strerror(errno));
    if (skip_line(control->in_fd) < 0)
        return xg_fail_errno(err, "read", "no answer to suspend: %s",
                             strerror(errno));
    return 0;
}

void control_error(struct control *control, const char *line)
{
    if (control->error_fd < 0 || control->ended)
        return;

    /* main reports the same text elsewhere too; nothing is lost here. */
    (void)write_line(control->error_fd, "error:", line, &control->ended);
}
