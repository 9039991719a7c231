/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen.c - serve emu-manager's requests on a socket.
 *
 * An event loop over the listening socket, the clients and the job's reports;
 * the job is a thread (listen_job.h says why neither can block the other). A
 * client learns of a failure from its connection's end: emu-manager takes any
 * status but completed for a breach. After an abort, which a client asked for,
 * the server stays to be told to quit. */
#include "listen.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>

#include "clock.h"
#include "listen_server.h"
#include "listen_where.h"

/* How long the clients may take for their last replies when the server ends. */
#define FLUSH_MS 2000

/* How long one of them is waited for before the next has its turn. */
#define FLUSH_TURN_MS 100

/* How long no client is accepted after one could not be. */
#define ACCEPT_PAUSE_MS 500

static bool has_client(const struct listen_server *server)
{
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].fd >= 0)
            return true;
    return false;
}

static void report_progress(struct listen_server *server,
                            const struct precopy_stats *stats)
{
    char line[LISTEN_LINE_BYTES];
    size_t bytes = listen_format_progress(line, stats);

    for (int i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].wants_progress)
            listen_client_post_event(&server->clients[i], line, bytes);
}

static void report_end(struct listen_server *server)
{
    const struct listen_job *job = &server->job;
    char line[LISTEN_LINE_BYTES];
    size_t bytes = listen_format_completed(
        line, job->kind == JOB_RESTORE ? &job->rings : NULL);

    server->failed = job->rc < 0;
    if (server->failed)
        xg_log_at(server->ctx->log, LOG_ERR, "failed: %s", job->err.text);
    else
        xg_info(server->ctx->log, "completed: rings %" PRIu64 " and %" PRIu64,
                job->rings.store, job->rings.console);

    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct listen_client *client = &server->clients[i];

        /* One event, also for a client that is entitled to it twice. */
        if (!server->failed &&
            (client->wants_progress || client->wants_completion))
            listen_client_post(client, line, bytes);
        client->wants_completion = false;
    }
}

static void take_reports(struct listen_server *server)
{
    struct precopy_stats stats;

    for (;;) {
        switch (listen_job_report(&server->job, &stats)) {
        case REPORT_NONE:
            return;
        case REPORT_PROGRESS:
            report_progress(server, &stats);
            break;
        case REPORT_END:
            report_end(server);
            return;
        }
    }
}

/* The slot for the next client: a free one, else that of the client which has
 * been silent for longest. NULL: all are in use. */
static struct listen_client *slot_for_next(struct listen_server *server)
{
    struct listen_client *slot = NULL;

    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct listen_client *client = &server->clients[i];

        if (client->fd < 0)
            return client;
        if (client->silent && (!slot || client->number < slot->number))
            slot = client;
    }
    return slot;
}

static void accept_client(struct listen_server *server)
{
    struct listen_client *slot = slot_for_next(server);
    int fd;

    if (!slot) /* the last silent one has just spoken */
        return;
    fd = accept4(server->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        /* Out of fds or memory: poll would announce the client at once again.
         * After any other failure too, which is rare. */
        server->accept_after_ms = clock_ms() + ACCEPT_PAUSE_MS;
        xg_log_at(server->ctx->log, LOG_WARNING, "accept: %s", strerror(errno));
        return;
    }
    if (slot->fd >= 0) {
        xg_info(server->ctx->log, "client %d: silent, gives way", slot->fd);
        listen_client_close(slot);
    }
    listen_client_open(slot, fd, server->nr_connections++);
    xg_info(server->ctx->log, "client %d: connected", fd);
}

/* From now on there is no client. */
static void be_patient(struct listen_server *server)
{
    server->patience_ends_ms =
        clock_ms() + (int64_t)listen_where_patience_s() * 1000;
}

/* A client that will ask for nothing more may still wait for the progress or
 * the end of the work. */
static bool is_done(const struct listen_server *server,
                    const struct listen_client *client)
{
    bool waits = server->job.running &&
                 (client->wants_progress || client->wants_completion);

    return !client->out_bytes && (client->closing || (client->ended && !waits));
}

static void close_clients_done(struct listen_server *server)
{
    bool had_client = has_client(server);

    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct listen_client *client = &server->clients[i];

        if (client->fd < 0 || !is_done(server, client))
            continue;
        xg_info(server->ctx->log, "client %d: gone", client->fd);
        listen_client_close(client);
    }
    if (had_client && !has_client(server))
        be_patient(server);
}

/* The fds of one turn: the clients' in their order, then these. */
enum {
    LISTENER = CLIENTS_MAX,
    JOB,
    NR_FDS,
};

static void list_fds(struct listen_server *server, struct pollfd fds[NR_FDS])
{
    bool can_accept =
        slot_for_next(server) && clock_ms() >= server->accept_after_ms;

    for (int i = 0; i < CLIENTS_MAX; i++) {
        const struct listen_client *client = &server->clients[i];

        fds[i] = (struct pollfd){ client->fd, listen_client_events(client), 0 };
    }
    /* poll passes over an fd of -1. */
    fds[LISTENER] =
        (struct pollfd){ can_accept ? server->listener.fd : -1, POLLIN, 0 };
    fds[JOB] =
        (struct pollfd){ server->job.running ? server->job.server_fd : -1,
                         POLLIN, 0 };
}

/* One turn of the loop: waits until something happens, or timeout_ms (-1: for
 * ever), then does all that there is to do without waiting. */
static int turn(struct listen_server *server, int timeout_ms,
                struct xg_error *err)
{
    struct pollfd fds[NR_FDS];

    list_fds(server, fds);
    if (poll(fds, NR_FDS, timeout_ms) < 0) {
        if (errno == EINTR)
            return 0;
        return xg_fail_errno(err, "poll", "%s", strerror(errno));
    }

    take_reports(server);
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct listen_client *client = &server->clients[i];

        if (client->fd < 0)
            continue;
        if (fds[i].revents)
            listen_client_serve(client, fds[i].revents);
        listen_serve_requests(server, client);
    }
    close_clients_done(server);
    if (fds[LISTENER].revents)
        accept_client(server);
    return 0;
}

static bool is_over(const struct listen_server *server)
{
    const struct listen_job *job = &server->job;

    if (job->running)
        return clock_ms() >= listen_job_limit_ms(job);
    return server->quit || server->deserted ||
           (server->failed && !job->aborted);
}

/* Aborts work whose end nobody will hear of: no client has been there for too
 * long. */
static void end_if_deserted(struct listen_server *server)
{
    struct xg_error no_matter;

    if (is_over(server) || has_client(server) ||
        clock_ms() < server->patience_ends_ms)
        return;

    server->deserted = true;
    (void)listen_job_tell(&server->job, ORDER_ABORT, &no_matter);
}

/* How long the loop may wait; -1: for ever. */
static int wait_ms(const struct listen_server *server)
{
    int64_t now_ms = clock_ms();
    int64_t until_ms = listen_job_limit_ms(&server->job);

    if (server->accept_after_ms > now_ms)
        until_ms = MIN(until_ms, server->accept_after_ms);
    if (!has_client(server) && !server->deserted)
        until_ms = MIN(until_ms, server->patience_ends_ms);

    if (until_ms == INT64_MAX)
        return -1;
    return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

/* Lets the clients have what has been said to them. */
static void flush(struct listen_server *server)
{
    int64_t deadline_ms = clock_ms() + FLUSH_MS;
    bool waiting = true;

    while (waiting && clock_ms() < deadline_ms) {
        waiting = false;
        for (int i = 0; i < CLIENTS_MAX; i++) {
            struct listen_client *client = &server->clients[i];
            struct pollfd out = { client->fd, POLLOUT, 0 };

            if (client->fd < 0 || !client->out_bytes)
                continue;
            waiting = true;
            if (poll(&out, 1, FLUSH_TURN_MS) > 0)
                listen_client_serve(client, 0);
        }
    }
}

/* What came of it all. */
static int outcome(const struct listen_server *server, struct xg_error *err)
{
    if (server->job.running)
        return xg_fail(err, "migrate_abort", ETIMEDOUT,
                       "aborted, but the work still hangs in a call after %u s",
                       listen_where_abort_limit_s());
    if (server->deserted)
        return xg_fail(err, "listen_serve", ETIMEDOUT, "no client for %u s",
                       listen_where_patience_s());
    if (server->failed) {
        *err = server->job.err;
        return -1;
    }
    return 0;
}

static int serve(struct listen_server *server, struct xg_error *err)
{
    be_patient(server);
    for (;;) {
        end_if_deserted(server);
        if (is_over(server))
            break;
        if (turn(server, wait_ms(server), err) < 0)
            return -1;
    }
    flush(server);
    return outcome(server, err);
}

static void server_free(struct listen_server *server)
{
    /* Before the clients: one that sees its end may start our successor. */
    listen_socket_close(&server->listener);
    for (int i = 0; i < CLIENTS_MAX; i++)
        listen_client_close(&server->clients[i]);
    close_fd(&server->job.stream_fd); /* that no job has taken */
}

/* Under both names, or the one that can be had: that a disk is full or
 * read-only must not keep guests from leaving the host. */
static int open_socket(struct listen_server *server, struct xg_error *err)
{
    const struct xg_ctx *ctx = server->ctx;
    char path[sizeof(server->listener.path) + 1];
    char second[sizeof(path)];
    int rc;

    listen_where_socket(ctx->domid, path, sizeof(path));
    listen_where_second_name(ctx->domid, second, sizeof(second));
    rc = listen_socket_open(&server->listener, path, err);
    if (rc < 0 && err->code == EADDRINUSE)
        return -1;
    if (rc == 0 && listen_socket_name(&server->listener, second, err) == 0)
        return 0;
    xg_log_at(ctx->log, LOG_WARNING,
              "an emu-manager that connects there won't find us: %s",
              err->text);
    if (rc == 0)
        return 0;
    /* Where QEMU's sockets are made as well. */
    rc = listen_socket_open(&server->listener, second, err);
    server->listener.keeps_folder = true;
    return rc;
}

int listen_serve(struct xg_ctx *ctx, const struct xg_options *opts,
                 const struct listen_leave *leave, struct xg_error *err)
{
    struct listen_server server xg_cleanup(server_free) = {
        .ctx = ctx,
        .opts = opts,
        .listener = { .fd = -1 },
        .args = LISTEN_ARGS_NONE,
        .job = {
            .ctx = ctx,
            .stream_fd = -1,
            .server_fd = -1,
            .job_fd = -1,
            .dead_fd = -1,
            .kept_fd = -1,
            .store_domid = opts->store_domid,
            .console_domid = opts->console_domid,
        },
    };
    int rc;

    server.args.mem_pnode = opts->mem_pnode; /* unless set_args has another */
    for (int i = 0; i < CLIENTS_MAX; i++)
        server.clients[i] = LISTEN_CLIENT_NONE;

    if (open_socket(&server, err) < 0)
        return -1;

    sandbox_will_remove(ctx->sandbox);
    sandbox_drop(ctx->sandbox); /* before there are other threads */

    if (puts("Ready") < 0 || fflush(stdout) < 0)
        return xg_fail_errno(err, "write", "Ready: %s", strerror(errno));

    rc = serve(&server, err);
    if (!listen_job_stop(&server.job)) {
        listen_socket_close(&server.listener);
        leave->now(leave->data, err);
    }
    return rc;
}
