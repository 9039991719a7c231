/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_client.h - one connection to the listen mode's socket. */
#ifndef XG_LISTEN_CLIENT_H
#define XG_LISTEN_CLIENT_H

#include "listen_proto.h"

/* Never blocks, and never holds more than its two buffers: a client that does
 * not read its replies is not read from either, and misses progress events. */
struct listen_client {
    int fd; /* -1: this slot is free */
    struct listen_parser parser;

    int stream_fd;     /* came along with bytes, not yet taken; -1: none */
    bool too_many_fds; /* more than one did; all are closed again */

    bool wants_progress; /* progress and completion events */
    bool wants_completion;
    bool ended;          /* will ask for nothing more, but may still listen */
    bool deaf;           /* reads no more: what it has sent still counts */
    bool closing;        /* gone, or broken: closed once its replies are out */
    bool silent;         /* has asked for nothing so far */
    unsigned int number; /* the server's nth connection */

    char in[1024];
    size_t in_bytes, in_done;
    char out[4096];
    size_t out_bytes;
};

#define LISTEN_CLIENT_NONE ((struct listen_client){ .fd = -1, .stream_fd = -1 })

/* Takes over a connected, non-blocking socket. */
void listen_client_open(struct listen_client *client, int fd,
                        unsigned int number);
void listen_client_close(struct listen_client *client);

/* What to poll this client's socket for. */
short listen_client_events(const struct listen_client *client);

/* Sends and reads what the poll announced. */
void listen_client_serve(struct listen_client *client, short revents);

/* The next whole request, if there is one and room for its reply; see
 * listen_parse. LISTEN_MORE: none now. */
enum listen_verdict listen_client_next(struct listen_client *client,
                                       struct listen_args *args,
                                       enum listen_command *command,
                                       const char **error);

/* Hands over the fd that came with the request; -1 with *error set if there was
 * none, or more than one. */
int listen_client_take_fd(struct listen_client *client, const char **error);

/* Queues a line; listen_client_post_event drops it rather than use up the room
 * that replies and completion events need. */
void listen_client_post(struct listen_client *client, const char *line,
                        size_t bytes);
void listen_client_post_event(struct listen_client *client, const char *line,
                              size_t bytes);

#endif
