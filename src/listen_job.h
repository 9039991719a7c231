/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_job.h - a save or restore in a thread of its own.
 *
 * Two threads: the server's, which never blocks but in poll, and the job's,
 * which alone uses the Xen handles while it runs. They share no data that both
 * use at the same time but the log, which has its own lock: orders and reports
 * go over a pair of connected sockets, and the outcome is read after the thread
 * has been joined.
 *
 * Why they can't wait for each other forever: the server waits for the thread
 * only after the end of its reports, when nothing is left for it to do. The
 * thread waits for the server in two places: for an order, which a client
 * gives, or the server itself when it aborts for want of one; and for room for
 * a report, which the server, never blocked, makes. In a read or write of the
 * stream it waits for the other host; an abort replaces the stream by a dead
 * one and wakes the thread with a signal. A call that does not come back even
 * then (of Xen, of a disk) is waited for up to a limit only. */
#ifndef XG_LISTEN_JOB_H
#define XG_LISTEN_JOB_H

#include <pthread.h>
#include <stdbool.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "ctx.h"
#include "guest_rings.h"
#include "listen_proto.h"

enum listen_job_kind {
    JOB_SAVE_LIVE,
    JOB_SAVE_NONLIVE,
    JOB_RESTORE,
};

/* Orders to a job, as bits. */
enum listen_order {
    ORDER_PAUSE = 1,  /* go on to stop-and-copy */
    ORDER_PAUSED = 2, /* the guest is suspended */
    ORDER_ABORT = 4,
};

struct listen_job {
    /* The request, set by the caller. */
    enum listen_job_kind kind;
    struct xg_ctx *ctx; /* borrowed; the job's alone while it runs */
    int stream_fd;      /* owned: closed when the job ends */
    struct listen_args args;
    int store_domid, console_domid;

    bool running;
    unsigned int told;     /* orders given since the stream came */
    int64_t aborted_at_ms; /* if an abort is among them */
    pthread_t thread;
    int server_fd, job_fd; /* orders and reports; all four -1 or the job's */
    int dead_fd;           /* what an abort puts in the stream's place */
    int kept_fd;           /* the stream once more, for its last close */

    /* The outcome, valid once the job has ended. */
    int rc;
    bool aborted;
    struct xg_error err;
    struct guest_rings rings; /* of a restore */
};

/* Starts the job. Errors: those of threads and sockets. */
int listen_job_start(struct listen_job *job, struct xg_error *err);

/* Gives an order; before the job starts it waits for it. An abort takes effect
 * in any case. Errors: those of sockets; the order may be given again. */
int listen_job_tell(struct listen_job *job, enum listen_order order,
                    struct xg_error *err);

/* What the job reports next, if it has something to say. */
enum listen_report {
    REPORT_NONE,
    REPORT_PROGRESS, /* *stats is filled */
    REPORT_END,      /* the thread is gone, the outcome is there */
};

enum listen_report listen_job_report(struct listen_job *job,
                                     struct precopy_stats *stats);

/* When a job that was told to abort must have ended, in clock_ms time;
 * INT64_MAX if none was. */
int64_t listen_job_limit_ms(const struct listen_job *job);

/* Aborts the job, if it runs, and waits for its end, up to the limit. False: it
 * hangs, and its thread may still use all that it was given. */
bool listen_job_stop(struct listen_job *job);

#endif
