/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_client.c - one connection to the listen mode's socket. */
#include "listen_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cleanup.h"

/* Requests bring one fd; room for more tells when there are too many. */
#define FDS_MAX 4

/* Kept free for the last reply and a completion event. */
#define RESERVE_BYTES (4ul * LISTEN_LINE_BYTES)

void listen_client_open(struct listen_client *client, int fd,
                        unsigned int number)
{
    *client = LISTEN_CLIENT_NONE;
    client->fd = fd;
    client->silent = true;
    client->number = number;
}

void listen_client_close(struct listen_client *client)
{
    if (client->fd < 0)
        return;
    close(client->fd);
    close_fd(&client->stream_fd);
    *client = LISTEN_CLIENT_NONE;
}

static bool has_room(const struct listen_client *client)
{
    return sizeof(client->out) - client->out_bytes >= RESERVE_BYTES;
}

short listen_client_events(const struct listen_client *client)
{
    bool read = !client->ended && !client->closing &&
                client->in_done == client->in_bytes && has_room(client);

    return (short)((read ? POLLIN : 0) | (client->out_bytes ? POLLOUT : 0));
}

/* Closes all fds of a message but the first, which is kept. */
static void keep_fds(struct listen_client *client, struct msghdr *message)
{
    struct cmsghdr *cmsg;

    for (cmsg = CMSG_FIRSTHDR(message); cmsg;
         cmsg = CMSG_NXTHDR(message, cmsg)) {
        size_t nr_fds;

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
            continue;

        nr_fds = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < nr_fds; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
            if (client->stream_fd < 0 && !client->too_many_fds) {
                client->stream_fd = fd;
            } else {
                close(fd);
                client->too_many_fds = true;
            }
        }
    }
    if (message->msg_flags & MSG_CTRUNC)
        client->too_many_fds = true;
    if (client->too_many_fds)
        close_fd(&client->stream_fd);
}

static void receive(struct listen_client *client)
{
    struct iovec bytes = { client->in, sizeof(client->in) };
    union {
        char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t done = recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC);

    if (done < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    client->in_done = 0;
    client->in_bytes = done > 0 ? (size_t)done : 0;
    client->ended = done == 0;
    client->closing |= done < 0;
    if (done > 0)
        keep_fds(client, &message);
}

static void transmit(struct listen_client *client)
{
    ssize_t done =
        send(client->fd, client->out, client->out_bytes, MSG_NOSIGNAL);

    if (done < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (done < 0) {
        client->deaf = errno == EPIPE || errno == ECONNRESET;
        client->closing |= !client->deaf; /* else it would wait for us */
        client->out_bytes = 0;
        return;
    }
    client->out_bytes -= (size_t)done;
    memmove(client->out, client->out + done, client->out_bytes);
}

void listen_client_serve(struct listen_client *client, short revents)
{
    if (client->out_bytes)
        transmit(client);

    /* A hang-up is read like any end, so that what came before it counts. */
    if (revents & (POLLIN | POLLHUP | POLLERR) &&
        listen_client_events(client) & POLLIN)
        receive(client);

    /* One that has closed its sending half alone does not hang up. */
    if (client->ended && (client->deaf || revents & (POLLHUP | POLLERR)))
        client->closing = true;
    if (client->closing && revents & (POLLHUP | POLLERR))
        client->out_bytes = 0;
}

enum listen_verdict listen_client_next(struct listen_client *client,
                                       struct listen_args *args,
                                       enum listen_command *command,
                                       const char **error)
{
    enum listen_verdict verdict;
    size_t taken;

    if (client->parser.broken || !has_room(client))
        return LISTEN_MORE;

    /* An fd belongs to the request whose bytes it came with. */
    if (client->in_done == client->in_bytes) {
        if (listen_parser_idle(&client->parser)) {
            close_fd(&client->stream_fd);
            client->too_many_fds = false;
        }
        return LISTEN_MORE;
    }

    verdict = listen_parse(&client->parser, client->in + client->in_done,
                           client->in_bytes - client->in_done, &taken, args,
                           command, error);
    client->in_done += taken;
    if (verdict != LISTEN_MORE)
        client->silent = false;
    if (verdict == LISTEN_BROKEN) {
        client->closing = true;
        client->in_done = client->in_bytes;
    }
    return verdict;
}

int listen_client_take_fd(struct listen_client *client, const char **error)
{
    int fd = client->stream_fd;

    if (fd < 0)
        *error = client->too_many_fds ? "Too many fds" : "No fd";
    client->stream_fd = -1;
    client->too_many_fds = false;
    return fd;
}

void listen_client_post(struct listen_client *client, const char *line,
                        size_t bytes)
{
    if (client->deaf)
        return;
    if (bytes > sizeof(client->out) - client->out_bytes) {
        client->closing = true; /* it has not read for very long */
        return;
    }
    memcpy(client->out + client->out_bytes, line, bytes);
    client->out_bytes += bytes;
}

void listen_client_post_event(struct listen_client *client, const char *line,
                              size_t bytes)
{
    if (has_room(client))
        listen_client_post(client, line, bytes);
}
