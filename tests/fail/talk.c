/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * talk.c - a client of the listen mode. */
#include "talk.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake.h"

#define LINE_BYTES 512

static const struct {
    const char *word, *request;
} requests[] = {
    { "init", "migrate_init" },
    { "progress", "migrate_progress" },
    { "live", "migrate_live" },
    { "nonlive", "migrate_nonlive" },
    { "pause", "migrate_pause" },
    { "paused", "migrate_paused" },
    { "restore", "restore" },
    { "abort", "migrate_abort" },
    { "quit", "quit" },
    { "args", "set_args\",\"arguments\":{\"store_port\":\"3\","
              "\"console_port\":\"4\"},\"and\":\"no more" },
};

/* False at the end. */
static bool hear_line(int fd, char line[LINE_BYTES])
{
    size_t bytes = 0;

    while (bytes < LINE_BYTES - 1 && read(fd, line + bytes, 1) == 1)
        if (line[bytes++] == '\n')
            break;
    line[bytes] = '\0';
    return bytes > 0 && line[bytes - 1] == '\n';
}

/* Hears a line that begins so, past events that have come before. */
static bool hear(int fd, const char *begin)
{
    char line[LINE_BYTES];

    while (hear_line(fd, line)) {
        if (!strncmp(line, begin, strlen(begin)))
            return true;
        if (!strncmp(line, "{\"error\"", 8))
            return false;
    }
    return false;
}

static bool say(int fd, const char *request, int passed_fd)
{
    char text[LINE_BYTES];
    struct iovec bytes = { text, 0 };
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = { .header = {
                      .cmsg_level = SOL_SOCKET,
                      .cmsg_type = SCM_RIGHTS,
                      .cmsg_len = CMSG_LEN(sizeof(int)),
                  } };
    struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

    bytes.iov_len =
        (size_t)snprintf(text, sizeof(text), "{\"execute\":\"%s\"}", request);
    if (passed_fd >= 0) {
        memcpy(CMSG_DATA(&control.header), &passed_fd, sizeof(passed_fd));
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.room);
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)bytes.iov_len;
}

static bool do_word(int fd, int stream_fd, const char *word)
{
    static const char completed[] =
        "{\"event\":\"MIGRATION\",\"data\":{\"status\":\"completed\"";

    if (!strcmp(word, "completed"))
        return hear(fd, completed);
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
        if (!strcmp(requests[i].word, word))
            return say(fd, requests[i].request,
                       strcmp(word, "init") ? -1 : stream_fd) &&
                   hear(fd, "{\"return\"");
    fake_require(false, "a word that no request has");
    return false;
}

static bool connect_to(int fd, const char *behind)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s%s",
             getenv("XG_FAKE_SOCKET"), behind);
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

/* By the first name, or by the second. */
static int meet(int ready_fd)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char line[LINE_BYTES];

    if (!hear_line(ready_fd, line) ||
        (!connect_to(fd, "") && !connect_to(fd, "-2")))
        _exit(0);
    return fd;
}

void talk(int ready_fd, int stream_fd, const char *words)
{
    int fd = meet(ready_fd);
    char *all = strdup(words), *rest = all, line[LINE_BYTES];

    bool done = true;

    for (char *word; done && (word = strsep(&rest, " "));)
        done = do_word(fd, stream_fd, word);
    free(all);
    if (!do_word(fd, stream_fd, "quit") || !done)
        close(fd);
    while (done && hear_line(fd, line))
        ;
}
