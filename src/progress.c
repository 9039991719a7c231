/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * progress.c - how far a build or restore has come, on a terminal. */
#include "progress.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "numbers.h"

/* Between two lines. */
#define INTERVAL_MS 250

#define LINE_BYTES 80

bool progress_can_show(int fd)
{
    const char *term = secure_getenv("TERM");

    return isatty(fd) && term && term[0] && strcmp(term, "dumb") != 0;
}

/* A terminal that ^S has stopped must not stop a build. */
static bool has_room(int fd)
{
    struct pollfd room = { .fd = fd, .events = POLLOUT };

    return poll(&room, 1, 0) > 0 && room.revents & POLLOUT;
}

/* Writes over what is there; the cursor stays at the beginning, so that
 * whatever else is written does not come behind it. */
static void show(struct progress *progress, const char *line)
{
    char text[2 * LINE_BYTES];
    int columns = (int)strlen(line);
    int bytes =
        snprintf(text, sizeof(text), "%-*s\r", progress->shown_columns, line);

    if (!has_room(progress->fd) ||
        write(progress->fd, text, (size_t)bytes) != bytes)
        return;
    progress->shown_columns = columns;
}

void progress_begin(struct progress *progress, int fd)
{
    *progress = (struct progress){
        .fd = fd,
        .start_ms = clock_ms(),
    };
}

void progress_expect(struct progress *progress, uint64_t pages, bool is_limit)
{
    if (!progress)
        return;
    progress->total_pages = pages;
    progress->is_limit = is_limit;
}

void progress_took(struct progress *progress, int node, uint64_t pages)
{
    char line[LINE_BYTES], where[24] = "";
    long long now;

    if (!progress)
        return;
    progress->pages += pages;
    now = clock_ms();
    if (now < progress->next_ms)
        return;
    progress->next_ms = now + INTERVAL_MS;

    if (node != PROGRESS_ANY_NODE)
        snprintf(where, sizeof(where), "node %d: ", node);
    snprintf(line, sizeof(line),
             "%s%" PRIu64 " MiB of %s%" PRIu64 " MiB, %lld s", where,
             progress->pages / MIB_PAGES, progress->is_limit ? "at most " : "",
             number_mib_up(progress->total_pages),
             (now - progress->start_ms) / 1000);
    show(progress, line);
}

void progress_end(struct progress *progress)
{
    if (!progress)
        return;
    if (progress->shown_columns)
        show(progress, "");
    progress->next_ms = LLONG_MAX;
}
