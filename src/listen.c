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

#include "listen_client.h"
#include "listen_job.h"
#include "listen_socket.h"
#include "listen_where.h"
#include "migrate_save.h"
#include "migrate_stream.h"

/* emu-manager is one, an administrator's tool may be another; who comes when
 * all slots are taken waits in the socket's queue. */
#define CLIENTS_MAX 4

/* How long the last replies may take when the server ends. */
#define FLUSH_MS 2000

struct server {
    struct xg_ctx *ctx;            /* borrowed */
    const struct xg_options *opts; /* borrowed */
    struct listen_socket listener;
    struct listen_client clients[CLIENTS_MAX];
    struct listen_job job;
    bool quit;
    bool failed;    /* the last job; the error is in job.err */
    bool timed_out; /* no client for too long */
    int64_t alone_since_ms;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool has_client(const struct server *server)
{
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].fd >= 0)
            return true;
    return false;
}

static void drop_stream(struct server *server)
{
    if (server->job.stream_fd >= 0)
        close(server->job.stream_fd);
    server->job.stream_fd = -1;
}

static const char *init(struct server *server, struct listen_client *client)
{
    const char *error = NULL;
    struct xg_error err;
    int fd = listen_client_take_fd(client, &error);

    if (fd < 0)
        return error;
    if (server->job.running) {
        close(fd);
        return "Busy";
    }
    if (migrate_stream_check(fd, &err) < 0) {
        xg_log_at(server->ctx->log, LOG_ERR, "migrate_init: %s", err.text);
        close(fd);
        return "Bad fd";
    }

    drop_stream(server);
    server->job.stream_fd = fd;
    return NULL;
}

static const char *start(struct server *server, enum listen_job_kind kind)
{
    struct listen_job *job = &server->job;
    const struct listen_args *args = &job->args;
    struct xg_error err;

    if (job->running)
        return "Busy";
    if (job->stream_fd < 0)
        return "No fd";
    if (kind == JOB_RESTORE && (args->store_port < 0 || args->console_port < 0))
        return "No ports";

    if (kind != JOB_RESTORE &&
        migrate_save_check(server->ctx, server->opts->force, &err) < 0) {
        xg_log_at(server->ctx->log, LOG_ERR, "%s", err.text);
        return "Not migratable";
    }
    if (migrate_stream_prepare(job->stream_fd, kind != JOB_RESTORE, &err) < 0) {
        xg_log_at(server->ctx->log, LOG_ERR, "%s", err.text);
        return "Bad fd";
    }

    job->kind = kind;
    server->failed = false;
    if (listen_job_start(job, &err) < 0) {
        xg_log_at(server->ctx->log, LOG_ERR, "%s", err.text);
        return "Out of resources";
    }
    return NULL;
}

static const char *start_for(struct server *server,
                             struct listen_client *client,
                             enum listen_job_kind kind)
{
    const char *error = start(server, kind);

    if (!error)
        client->wants_completion = true;
    return error;
}

/* Returns NULL, or what is wrong. */
static const char *execute(struct server *server, struct listen_client *client,
                           enum listen_command command)
{
    switch (command) {
    case LISTEN_MIGRATE_INIT:
        return init(server, client);
    case LISTEN_SET_ARGS: /* done by its parser */
    case LISTEN_TRACK_DIRTY:
        return NULL;
    case LISTEN_MIGRATE_PROGRESS:
        client->wants_progress = true;
        return NULL;
    case LISTEN_MIGRATE_LIVE:
        return start(server, JOB_SAVE_LIVE);
    case LISTEN_MIGRATE_NONLIVE:
        return start_for(server, client, JOB_SAVE_NONLIVE);
    case LISTEN_RESTORE:
        return start_for(server, client, JOB_RESTORE);
    case LISTEN_MIGRATE_PAUSE:
        listen_job_tell(&server->job, ORDER_PAUSE);
        return NULL;
    case LISTEN_MIGRATE_PAUSED:
        listen_job_tell(&server->job, ORDER_PAUSED);
        return NULL;
    case LISTEN_MIGRATE_ABORT:
        listen_job_tell(&server->job, ORDER_ABORT);
        return NULL;
    case LISTEN_QUIT:
        server->quit = true;
        return NULL;
    case NR_LISTEN_COMMANDS:
        break;
    }
    return "Unknown command";
}

static void answer(struct server *server, struct listen_client *client,
                   const char *request, const char *error)
{
    char line[LISTEN_LINE_BYTES];

    xg_info(server->ctx->log, "client %d: %s: %s", client->fd, request,
            error ? error : "done");
    if (error)
        listen_client_post(client, line, listen_format_error(line, error));
    else
        listen_client_post(client, LISTEN_OK_LINE, strlen(LISTEN_OK_LINE));
}

static void serve_requests(struct server *server, struct listen_client *client)
{
    enum listen_command command;
    const char *error;

    for (;;) {
        switch (
            listen_client_next(client, &server->job.args, &command, &error)) {
        case LISTEN_MORE:
            return;
        case LISTEN_REQUEST:
            answer(server, client, listen_command_name(command),
                   execute(server, client, command));
            break;
        case LISTEN_REFUSED:
        case LISTEN_BROKEN:
            answer(server, client, "request", error);
            break;
        }
    }
}

static void report_progress(struct server *server,
                            const struct precopy_stats *stats)
{
    char line[LISTEN_LINE_BYTES];
    size_t bytes = listen_format_progress(line, stats);

    for (int i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i].wants_progress)
            listen_client_post_event(&server->clients[i], line, bytes);
}

static void report_end(struct server *server)
{
    const struct listen_job *job = &server->job;
    char line[LISTEN_LINE_BYTES];
    size_t bytes = listen_format_completed(
        line, job->kind == JOB_RESTORE ? job->result : NULL);

    server->failed = job->rc < 0;
    if (server->failed) {
        xg_log_at(server->ctx->log, LOG_ERR, "failed: %s", job->err.text);
        return;
    }

    xg_info(server->ctx->log, "completed %s", job->result);
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct listen_client *client = &server->clients[i];

        /* One event, also for a client that is entitled to it twice. */
        if (client->wants_progress || client->wants_completion)
            listen_client_post(client, line, bytes);
        client->wants_completion = false;
    }
}

static void take_reports(struct server *server)
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

static void accept_client(struct server *server)
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

static void close_clients_done(struct server *server)
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

static void list_fds(const struct server *server, struct pollfd fds[NR_FDS])
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
static int turn(struct server *server, int timeout_ms, struct xg_error *err)
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
        serve_requests(server, client);
    }
    close_clients_done(server);
    if (fds[LISTENER].revents)
        accept_client(server);
    return 0;
}

/* How long the loop may wait; aborts the work when nobody has come for it. */
static int wait_ms(struct server *server)
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

static bool is_over(const struct server *server)
{
    const struct listen_job *job = &server->job;

    if (job->running)
        return false;
    return server->quit || server->timed_out ||
           (server->failed && !job->aborted);
}

/* Lets the clients have what has been said to them. */
static void flush(struct server *server)
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

static int serve(struct server *server, struct xg_error *err)
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

static void server_free(struct server *server)
{
    for (int i = 0; i < CLIENTS_MAX; i++)
        listen_client_close(&server->clients[i]);
    drop_stream(server);
    listen_socket_close(&server->listener);
}

int listen_serve(struct xg_ctx *ctx, const struct xg_options *opts,
                 struct xg_error *err)
{
    struct server server xg_cleanup(server_free) = {
        .ctx = ctx,
        .opts = opts,
        .listener = { .fd = -1 },
        .job = {
            .ctx = ctx,
            .stream_fd = -1,
            .args = LISTEN_ARGS_NONE,
            .store_domid = opts->store_domid,
            .console_domid = opts->console_domid,
            .mem_pnode = opts->mem_pnode,
        },
    };
    char path[sizeof(server.listener.path) + 1];

    for (int i = 0; i < CLIENTS_MAX; i++)
        server.clients[i] = LISTEN_CLIENT_NONE;

    listen_where_socket(ctx->domid, path, sizeof(path));
    if (listen_socket_open(&server.listener, path, err) < 0)
        return -1;

    if (puts("Ready") < 0 || fflush(stdout) < 0)
        return xg_fail(err, "write", errno, "Ready: %s", strerror(errno));
    return serve(&server, err);
}
