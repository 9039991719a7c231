/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * log.h - what we say to syslog and to -debuglog.
 *
 * Nobody has to read it: a guest must be built, and a migration go on, also
 * where the syslog daemon hangs or a terminal is stopped. What is not taken is
 * counted, and the number is told as soon as lines are taken again. */
#ifndef XG_LOG_H
#define XG_LOG_H

#include <pthread.h>
#include <stdbool.h>
#include <syslog.h>
#include <time.h>

#include <xentoollog.h>

#include "cleanup.h"
#include "error.h"

/* A longer message is cut, as syslog daemons do by default. */
#define XG_LOG_LINE_BYTES 8192

/* Where lines go to, never waiting for long. */
struct log_sink {
    bool open;
    int fd;             /* non-blocking; owned */
    unsigned long lost; /* lines since the last one that was taken */
};

/* A log is also the xentoollog logger that libxenctrl and libxenguest are
 * given; `xtl` must stay the first member, since the libraries call back with
 * a pointer to it. Zeroed, it is closed. Not to be copied once it is open. */
struct xg_log {
    xentoollog_logger xtl;
    pthread_mutex_t lock; /* of the sinks: the listen mode has two threads */
    struct log_sink syslog, debug;
    bool details; /* syslog gets LOG_DEBUG too */
    char ident[48];
    time_t next_progress_s; /* not before; on the monotonic clock */
    char complaint[256];    /* see xg_first_complaint */

    /* Hears of each step of a library's work, unless NULL: `done` units of
     * `total`, both 0 where the library just names what it does. */
    void (*on_progress)(void *data, unsigned long done, unsigned long total);
    void *progress_data; /* borrowed */
};

/* Opens syslog (facility daemon, PID logged) under the given ident. A daemon
 * that is not there is no error, and is looked for again. */
void xg_log_open(struct xg_log *log, const char *ident);

/* Appends everything logged from now on to a file, made for root alone if there
 * is none, or to a pipe, terminal or other character device. Errors: open's,
 * such as ENXIO for a FIFO that nobody reads; EINVAL for anything else. */
int xg_log_debuglog(struct xg_log *log, const char *path, struct xg_error *err);

void xg_log_close(struct xg_log *log);

/* Logs one message at a syslog priority; LOG_DEBUG goes to -debuglog only,
 * unless ->details is set. Leaves errno alone. */
void xg_log_at(struct xg_log *log, int priority, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define xg_info(log, ...) xg_log_at(log, LOG_INFO, __VA_ARGS__)

#define cleanup_log xg_cleanup(xg_log_close)

#endif
