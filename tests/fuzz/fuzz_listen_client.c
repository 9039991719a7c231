/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_listen_client.c - what a client sends to the listen mode's socket, with
 * file descriptors: messages of a byte for their number, which also tells
 * whether the server has its turn and the client reads then, a byte for how
 * many bytes it has, and these. Then the client hangs up: the server is soon
 * done with it, and no fd stays open. */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "listen_client.h"

#define FDS_MAX 4

/* In the byte for the number of fds. */
#define NOT_YET 0x80       /* the next message comes before the server's turn */
#define READS_NOTHING 0x40 /* of what it is answered */
/* What a socket is sure to hold. */
#define WAITING_MAX 16
/* No input has as many requests. */
#define TURNS_MAX 2048

/* The lowest fd that is free. */
static int lowest_fd(void)
{
    int fd = dup(STDERR_FILENO);

    close(fd);
    return fd;
}

static void send_message(struct fuzz_input *input, int socket, size_t nr_fds)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control = { .room = { 0 } };
    const int fds[FDS_MAX] = { STDERR_FILENO, STDERR_FILENO, STDERR_FILENO,
                               STDERR_FILENO };
    size_t bytes = fuzz_take(input, 1);
    struct iovec text = { (void *)(uintptr_t)input->data, 0 };
    struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1 };

    text.iov_len = bytes < input->bytes ? bytes : input->bytes;
    if (nr_fds) {
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(nr_fds * sizeof(int)),
            .cmsg_level = SOL_SOCKET,
            .cmsg_type = SCM_RIGHTS,
        };
        memcpy(CMSG_DATA(&control.header), fds, nr_fds * sizeof(int));
    }
    /* Of none the other end does not hear. */
    if (text.iov_len)
        assert(sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
               (ssize_t)text.iov_len);
    input->data += text.iov_len;
    input->bytes -= text.iov_len;
}

static void answer_requests(struct listen_client *client)
{
    enum listen_verdict verdict;

    do {
        struct listen_args args = LISTEN_ARGS_NONE;
        enum listen_command command = 0;
        const char *error = NULL;
        char line[LISTEN_LINE_BYTES];
        int fd;

        verdict = listen_client_next(client, &args, &command, &error);
        assert(verdict == LISTEN_MORE || verdict == LISTEN_REQUEST || error);
        if (verdict == LISTEN_REQUEST) {
            fd = listen_client_take_fd(client, &error);
            assert(fd >= 0 || error);
            if (fd >= 0)
                close(fd);
        }
        if (error)
            listen_client_post(client, line, listen_format_error(line, error));
        assert(client->out_bytes <= sizeof(client->out));
    } while (verdict == LISTEN_REQUEST);
}

/* One of the server's loop. */
static void turn(struct listen_client *client)
{
    struct pollfd fd = { client->fd, listen_client_events(client), 0 };

    assert(poll(&fd, 1, 0) >= 0);
    listen_client_serve(client, fd.revents);
    answer_requests(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = { data, bytes };
    struct listen_client client = LISTEN_CLIENT_NONE;
    int lowest = lowest_fd();
    unsigned int waiting = 0;
    char replies[4096];
    int ends[2];

    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                      ends) == 0);
    listen_client_open(&client, ends[0], 1);
    while (input.bytes && !client.closing) {
        unsigned int first = (unsigned int)fuzz_take(&input, 1);

        send_message(&input, ends[1], first % READS_NOTHING % (FDS_MAX + 1));
        waiting++;
        if (first & NOT_YET && waiting < WAITING_MAX)
            continue;
        waiting = 0;
        turn(&client);
        while (!(first & READS_NOTHING) &&
               read(ends[1], replies, sizeof(replies)) > 0)
            ;
    }
    close(ends[1]);
    for (int turns = 0; !client.closing || client.out_bytes; turns++) {
        assert(turns < TURNS_MAX);
        turn(&client);
    }
    listen_client_close(&client);
    assert(lowest_fd() == lowest);
    return 0;
}
