/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_server.h - the listen mode's server, as its two files know it. */
#ifndef XG_LISTEN_SERVER_H
#define XG_LISTEN_SERVER_H

#include "listen_client.h"
#include "listen_job.h"
#include "listen_socket.h"
#include "options.h"

/* emu-manager is one, an administrator's tool may be another. When all slots
 * are taken, a client that has said nothing yet gives way to the next one; if
 * all have, that one waits in the socket's queue. */
#define CLIENTS_MAX 4

struct listen_server {
    struct xg_ctx *ctx;            /* borrowed */
    const struct xg_options *opts; /* borrowed */
    struct listen_socket listener;
    struct listen_client clients[CLIENTS_MAX];
    struct listen_args args; /* as set so far; a job starts with a copy */
    struct listen_job job;
    bool quit;
    bool failed;   /* the last job; the error is in job.err */
    bool deserted; /* no client will hear how the work ends */
    /* By clock_ms: how long work goes on without a client; and when
     * one is accepted again. */
    int64_t patience_ends_ms, accept_after_ms;
    unsigned int nr_connections; /* so far */
};

/* Does what a client has asked for so far, and replies (listen_requests.c). */
void listen_serve_requests(struct listen_server *server,
                           struct listen_client *client);

#endif
