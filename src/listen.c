/* SPDX-License-Identifier: LGPL-2.1-or-later
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
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "listen_server.h"
#include "listen_where.h"

/* How long the last replies may take when the server ends. */
#define FLUSH_MS 2000

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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
        line, job->kind == JOB_RESTORE ? job->result : NULL);

    server->failed = job->rc < 0;
    if (server->failed)
        xg_log_at(server->ctx->log, LOG_ERR, "failed: %s", job->err.text);
    else
        xg_info(server->ctx->log, "completed %s", job->result);

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

static void accept_client(struct listen_server *server)
{
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct listen_client *client = &server->clients[i];
        int fd;

        if (client->fd >= 0)
            continue;
        fd = accept4(server->listener.fd, NULL, NULL,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        listen_client_open(client, fd);
        xg_info(server->ctx->log, "client %d: connected", fd);
    }
}

static void close_clients_done(struct listen_server *server)
{
    bool had_client = has_client(server);

    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct listen_client *client = &server->clients[i];

        if (client->fd < 0 || !client->closing || client->out_bytes)
            continue;
        xg_info(server->ctx->log, "client %d: gone", client->fd);
        listen_client_close(client);
    }
    if (had_client && !has_client(server))
        server->alone_since_ms = now_ms();
}

/* The fds of one turn: the clients' in their order, then these. */
enum {
    LISTENER = CLIENTS_MAX,
    JOB,
    NR_FDS,
};

static void list_fds(const struct listen_server *server,
                     struct pollfd fds[NR_FDS])
{
    bool slot_free = false;

    for (int i = 0; i < CLIENTS_MAX; i++) {
        const struct listen_client *client = &server->clients[i];

        slot_free |= client->fd < 0;
        fds[i] = (struct pollfd){ client->fd, listen_client_events(client), 0 };
    }
    /* poll passes over an fd of -1. */
    fds[LISTENER] =
        (struct pollfd){ slot_free ? server->listener.fd : -1, POLLIN, 0 };
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
        return xg_fail(err, "poll", errno, "%s", strerror(errno));
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

/* How long the loop may wait; aborts the work when nobody has come for it. */
static int wait_ms(struct listen_server *server)
{
    int64_t left_ms;

    if (has_client(server) || server->timed_out)
        return -1;

    left_ms = server->alone_since_ms +
              (int64_t)listen_where_patience_s() * 1000 - now_ms();
    if (left_ms > 0)
        return (int)left_ms;

    server->timed_out = true;
    listen_job_tell(&server->job, ORDER_ABORT);
    return -1;
}

static bool is_over(const struct listen_server *server)
{
    const struct listen_job *job = &server->job;

    if (job->running)
        return false;
    return server->quit || server->timed_out ||
           (server->failed && !job->aborted);
}

/* Lets the clients have what has been said to them. */
static void flush(struct listen_server *server)
{
    int64_t deadline_ms = now_ms() + FLUSH_MS;
    bool waiting = true;

    while (waiting && now_ms() < deadline_ms) {
        waiting = false;
        for (int i = 0; i < CLIENTS_MAX; i++) {
            struct listen_client *client = &server->clients[i];
            struct pollfd out = { client->fd, POLLOUT, 0 };

            if (client->fd < 0 || !client->out_bytes)
                continue;
            waiting = true;
            if (poll(&out, 1, 100) > 0)
                listen_client_serve(client, 0);
        }
    }
}

static int serve(struct listen_server *server, struct xg_error *err)
{
    server->alone_since_ms = now_ms();
    for (;;) {
        int timeout_ms = wait_ms(server);

        if (is_over(server))
            break;
        if (turn(server, timeout_ms, err) < 0)
            return -1;
    }
    flush(server);

    if (server->timed_out)
        return xg_fail(err, __func__, ETIMEDOUT, "no client for %u s",
                       listen_where_patience_s());
    if (server->failed) {
        *err = server->job.err;
        return -1;
    }
    return 0;
}

static void server_free(struct listen_server *server)
{
    listen_job_stop(&server->job);
    /* Before the clients: one that sees its end may start our successor. */
    listen_socket_close(&server->listener);
    for (int i = 0; i < CLIENTS_MAX; i++)
        listen_client_close(&server->clients[i]);
    listen_drop_stream(server);
}

int listen_serve(struct xg_ctx *ctx, const struct xg_options *opts,
                 struct xg_error *err)
{
    struct listen_server server xg_cleanup(server_free) = {
        .ctx = ctx,
        .opts = opts,
        .listener = { .fd = -1 },
        .args = LISTEN_ARGS_NONE,
        .job = {
            .ctx = ctx,
            .stream_fd = -1,
            .store_domid = opts->store_domid,
            .console_domid = opts->console_domid,
        },
    };
    char path[sizeof(server.listener.path) + 1];

    server.args.mem_pnode = opts->mem_pnode; /* unless set_args has another */
    for (int i = 0; i < CLIENTS_MAX; i++)
        server.clients[i] = LISTEN_CLIENT_NONE;

    listen_where_socket(ctx->domid, path, sizeof(path));
    if (listen_socket_open(&server.listener, path, err) < 0)
        return -1;

    if (puts("Ready") < 0 || fflush(stdout) < 0)
        return xg_fail(err, "write", errno, "Ready: %s", strerror(errno));
    return serve(&server, err);
}
