/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * emu.c - a client of xenguest's listen mode, as emu-manager is one. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "emu.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

long emu_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool emu_connect(struct emu *emu, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    emu->used = 0;
    emu->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (emu->fd >= 0 &&
        connect(emu->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return true;
    fprintf(stderr, "emu: cannot connect to %s: %s\n", path, strerror(errno));
    return false;
}

bool emu_send(struct emu *emu, const char *text, size_t bytes, const int *fds,
              size_t nr_fds)
{
    struct iovec vec = { (char *)text, bytes };
    union {
        char room[CMSG_SPACE(EMU_FDS_MAX * sizeof(int))];
        struct cmsghdr align;
    } control = { { 0 } };
    struct msghdr message = { .msg_iov = &vec, .msg_iovlen = 1 };

    if (nr_fds) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
        memcpy(CMSG_DATA(&control.align), fds, nr_fds * sizeof(int));
    }

    while (vec.iov_len > 0) {
        ssize_t done = sendmsg(emu->fd, &message, MSG_NOSIGNAL);

        if (done < 0) {
            fprintf(stderr, "emu: cannot send: %s\n", strerror(errno));
            return false;
        }
        vec.iov_base = (char *)vec.iov_base + done;
        vec.iov_len -= (size_t)done;
        message.msg_controllen = 0;
    }
    return true;
}

/* Returns what read does, or -1 when nothing comes in time. */
static ssize_t read_more(struct emu *emu, long deadline_ms)
{
    struct pollfd in = { emu->fd, POLLIN, 0 };
    long left_ms = deadline_ms - emu_now_ms();

    if (emu->used == sizeof(emu->bytes) || left_ms < 0 ||
        poll(&in, 1, (int)left_ms) <= 0)
        return -1;
    return read(emu->fd, emu->bytes + emu->used,
                sizeof(emu->bytes) - emu->used);
}

const char *emu_line(struct emu *emu, int limit_ms)
{
    static char line[sizeof(emu->bytes)];
    long deadline_ms = emu_now_ms() + limit_ms;
    char *end;

    while (!(end = memchr(emu->bytes, '\n', emu->used))) {
        ssize_t done = read_more(emu, deadline_ms);

        if (done <= 0)
            return NULL;
        emu->used += (size_t)done;
    }

    memcpy(line, emu->bytes, (size_t)(end - emu->bytes));
    line[end - emu->bytes] = '\0';
    emu->used -= (size_t)(end + 1 - emu->bytes);
    memmove(emu->bytes, end + 1, emu->used);
    return line;
}

bool emu_ends(struct emu *emu)
{
    ssize_t done = emu->used ? 1 : read_more(emu, emu_now_ms() + EMU_LIMIT_MS);

    return done == 0 || (done < 0 && errno == ECONNRESET);
}
