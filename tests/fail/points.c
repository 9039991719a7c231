/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * points.c - counts a run's calls, and fails the one that it is told to. */
#include "points.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "points_files.h"

#define FDS_MAX 256

/* What a call that succeeds may leave in errno, and nobody may tell. */
#define STALE_ERRNO ESTALE

static struct points_order order;
static struct points_seen *seen;
static struct pollfd fds[FDS_MAX]; /* those that were open are not in use */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct point *point_of(const char *call, const char *file)
{
    struct point *point = seen->points;

    for (; point < seen->points + seen->nr_points; point++)
        if (!strcmp(point->call, call) && !strcmp(point->file, file))
            return point;
    fake_require(seen->nr_points < POINTS_MAX, "too many points");
    seen->nr_points++;
    snprintf(point->call, sizeof(point->call), "%s", call);
    snprintf(point->file, sizeof(point->file), "%s", file);
    return point;
}

/* True if this is the one; of one that dies it does not come back. */
static bool pass(const char *call, const char *file)
{
    struct point *point;
    bool is_it;

    if (!seen)
        return false;
    /* Each of its lines would be a few of them: there is no syslog then. */
    if (!order.log_too && !strcmp(file, "log.c"))
        return !strcmp(call, "socket");
    pthread_mutex_lock(&lock);
    point = point_of(call, file);
    point->times++;
    is_it = order.fate != POINTS_COUNT && point->times == order.nth &&
            !strcmp(point->call, order.point->call) &&
            !strcmp(point->file, order.point->file);
    if (is_it) {
        seen->reached = true;
        seen->after_result = seen->result_out;
    }
    pthread_mutex_unlock(&lock);
    if (is_it && order.fate == POINTS_DIE)
        kill(getpid(), SIGKILL);
    return is_it;
}

bool points_fails(const char *call, const void *from)
{
    if (!pass(call, points_file_of(from)))
        return false;
    if (order.code != POINTS_NO_ERRNO)
        errno = order.code;
    return true;
}

void points_note_line(const char *text, size_t bytes)
{
    static const char result[] = "result:";

    if (seen && bytes >= strlen(result) &&
        !memcmp(text, result, strlen(result)))
        seen->result_out = true;
}

/* Giving a claim up is a point of its own. */
static const char *name_of(const char *function, const char *line)
{
    static const char claim[] = "xc_domain_claim_pages";
    const char *last = strrchr(line, ' ');

    return !strcmp(function, claim) && last && !strcmp(last, " 0")
               ? POINTS_GIVES_UP
               : function;
}

/* A domain's nodes go with it: others would outlive the death of its builder.
 */
static bool writes_elsewhere(const char *function, const char *line)
{
    return (!strcmp(function, "xs_write") || !strcmp(function, "xs_rm")) &&
           !strstr(line, " /local/domain/7/");
}

/* A double's call. */
static bool watch(const char *function, const char *line)
{
    const char *name = name_of(function, line);

    if (!seen)
        return false;
    seen->wrote_elsewhere |= writes_elsewhere(function, line);
    for (; *line; line++)
        seen->calls_hash = seen->calls_hash * 1099511628211u ^ (uint8_t)*line;
    if (points_fails(name, NULL))
        return true;
    errno = STALE_ERRNO;
    return false;
}

void points_begin(const struct points_order *what, struct points_seen *where)
{
    order = *what;
    seen = where;
    *seen = (struct points_seen){ .nr_points = 0 };
    for (int fd = 0; fd < FDS_MAX; fd++)
        fds[fd].fd = fd;
    (void)poll(fds, FDS_MAX, 0);
    for (int fd = 0; fd < FDS_MAX; fd++)
        fds[fd].fd = fds[fd].revents & POLLNVAL ? fd : -1;
    fake_watch = watch;
    fake_watch_lent = points_note_lent;
}

/* ---- what is left ---- */

static unsigned int count_fds(void)
{
    unsigned int nr = 0;

    (void)poll(fds, FDS_MAX, 0);
    for (int fd = 0; fd < FDS_MAX; fd++)
        nr += fds[fd].fd >= 0 && !(fds[fd].revents & POLLNVAL);
    return nr;
}

/* stdin, stdout and stderr are closed by a program that takes 0 for an fd of
 * its own. */
static unsigned int count_lost(void)
{
    unsigned int nr = 0;

    for (int fd = 0; fd < 3; fd++)
        nr += fcntl(fd, F_GETFD) < 0;
    return nr;
}

static unsigned int count_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    unsigned int nr = 0;

    fake_require(dir, "/proc/self/task");
    for (const struct dirent *entry; (entry = readdir(dir));)
        nr += entry->d_name[0] != '.';
    closedir(dir);
    return nr - 1;
}

/* As far as the kernel tells. */
static unsigned int count_timers(void)
{
    FILE *file = fopen("/proc/self/timers", "r");
    char line[256];
    unsigned int nr = 0;

    while (file && fgets(line, sizeof(line), file))
        nr += !strncmp(line, "ID:", 3);
    if (file)
        fclose(file);
    return nr;
}

void points_end(int status)
{
    struct points_seen *now = seen;

    now->threads_left = count_threads();
    now->timers_left = count_timers();
    now->fds_left = count_fds();
    now->fds_lost = count_lost();
    seen = NULL; /* what follows is none of the program's */
    now->status = status;
    now->blocks_left = points_blocks_left();
    now->mappings_left = points_mappings_left();
    now->claimed_pages = fake_outstanding();
    now->published =
        fake_store_get("/local/domain/7/platform/numa/result") != NULL;
    now->ended = true;
}
