/* SPDX-License-Identifier: LGPL-2.1-or-later
 * log.h - what we say to syslog and to -debuglog. */
#ifndef XG_LOG_H
#define XG_LOG_H

#include <stdio.h>
#include <syslog.h>
#include <time.h>

#include <xentoollog.h>

#include "cleanup.h"
#include "error.h"

/* A longer message is cut, as syslog daemons do by default. */
#define XG_LOG_LINE_BYTES 8192

/* A log is also the xentoollog logger that libxenctrl and libxenguest are
 * given; `xtl` must stay the first member, since the libraries call back with
 * a pointer to it. Not to be copied once it is open. */
struct xg_log {
    xentoollog_logger xtl;
    FILE *debug;            /* -debuglog, or NULL; owned */
    char ident[48];         /* syslog keeps a pointer to it */
    time_t next_progress_s; /* not before; on the monotonic clock */
};

/* Opens syslog (facility daemon, PID logged) under the given ident. */
void xg_log_open(struct xg_log *log, const char *ident);

/* Appends everything logged from now on to a file. Errors: open's. */
int xg_log_debuglog(struct xg_log *log, const char *path, struct xg_error *err);

void xg_log_close(struct xg_log *log);

/* Logs one message at a syslog priority; LOG_DEBUG goes to -debuglog only. */
void xg_log_at(struct xg_log *log, int priority, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define xg_info(log, ...) xg_log_at(log, LOG_INFO, __VA_ARGS__)

#define cleanup_log xg_cleanup(xg_log_close)

#endif
