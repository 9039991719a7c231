/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_listen_client.c - what a client sends to the listen mode's socket, with
 * file descriptors: messages of a byte for their number, a byte for how many
 * bytes it has, and these. No fd stays open. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "listen_client.h"

#define FDS_MAX 4

/* The lowest fd that is free. */
static int lowest_fd(void)
{
    int fd = dup(STDERR_FILENO);

    close(fd);
    return fd;
}

static void send_message(struct fuzz_input *input, int socket)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control = { .room = { 0 } };
    const int fds[FDS_MAX] = { STDERR_FILENO, STDERR_FILENO, STDERR_FILENO,
                               STDERR_FILENO };
    size_t nr_fds = fuzz_take(input, 1) % (FDS_MAX + 1);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = { data, bytes };
    struct listen_client client = LISTEN_CLIENT_NONE;
    int lowest = lowest_fd();
    char replies[4096];
    int ends[2];

    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                      ends) == 0);
    listen_client_open(&client, ends[0], 1);
    while (input.bytes && client.fd >= 0 && !client.closing) {
        send_message(&input, ends[1]);
        listen_client_serve(&client, listen_client_events(&client));
        answer_requests(&client);
        while (read(ends[1], replies, sizeof(replies)) > 0)
            ;
    }
    if (client.fd >= 0)
        listen_client_close(&client);
    close(ends[1]);
    assert(lowest_fd() == lowest);
    return 0;
}
