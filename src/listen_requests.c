/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_requests.c - what each of emu-manager's requests does. */
#include "listen_server.h"

#include <string.h>
#include <unistd.h>

#include "migrate_save.h"
#include "migrate_stream.h"

static const char *init(struct listen_server *server,
                        struct listen_client *client)
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

    close_fd(&server->job.stream_fd);
    server->job.stream_fd = fd;
    /* An order that came when the last job had ended was meant for that. */
    server->job.told = 0;
    return NULL;
}

static const char *start(struct listen_server *server,
                         enum listen_job_kind kind)
{
    struct listen_job *job = &server->job;
    const struct listen_args *args = &server->args;
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
    job->args = *args;
    if (listen_job_start(job, &err) < 0) {
        xg_log_at(server->ctx->log, LOG_ERR, "%s", err.text);
        return "Out of resources";
    }
    server->failed = false;
    return NULL;
}

static const char *start_for(struct listen_server *server,
                             struct listen_client *client,
                             enum listen_job_kind kind)
{
    const char *error = start(server, kind);

    if (!error)
        client->wants_completion = true;
    return error;
}

static const char *tell(struct listen_server *server, enum listen_order order)
{
    struct xg_error err;

    if (listen_job_tell(&server->job, order, &err) == 0)
        return NULL;
    xg_log_at(server->ctx->log, LOG_ERR, "%s", err.text);
    return "Out of resources";
}

/* Returns NULL, or what is wrong. */
static const char *execute(struct listen_server *server,
                           struct listen_client *client,
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
        return tell(server, ORDER_PAUSE);
    case LISTEN_MIGRATE_PAUSED:
        return tell(server, ORDER_PAUSED);
    case LISTEN_MIGRATE_ABORT:
        return tell(server, ORDER_ABORT);
    case LISTEN_QUIT:
        server->quit = true;
        return NULL;
    case NR_LISTEN_COMMANDS:
        break;
    }
    return "Unknown command";
}

static void answer(struct listen_server *server, struct listen_client *client,
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

void listen_serve_requests(struct listen_server *server,
                           struct listen_client *client)
{
    enum listen_command command;
    const char *error;

    for (;;) {
        switch (listen_client_next(client, &server->args, &command, &error)) {
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
