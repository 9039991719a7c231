/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_job.c - a save or restore in a thread of its own. */
#include "listen_job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "domain.h"
#include "listen_where.h"
#include "migrate_restore.h"
#include "migrate_save.h"

/* Interrupts the job's read or write of its stream. */
#define WAKE_SIGNAL SIGUSR1

/* xapi's progress bar lives on events inside a pass; more of them would only
 * wake up everybody. */
#define PROGRESS_INTERVAL_MS 500

/* The job's side: what it has been told, and has reported. */
struct worker {
    struct listen_job *job;
    unsigned int orders;
    struct precopy_stats decision; /* the last one; a non-live save has none */
    unsigned long sent;            /* as reported last */
    int64_t next_progress_ms;
};

/* Takes one order: 1, 0 if there was none, or -1. Without MSG_DONTWAIT in
 * `flags` it waits for one, or for a signal. */
static int take_order(struct worker *worker, int flags)
{
    unsigned int order;
    ssize_t done = recv(worker->job->job_fd, &order, sizeof(order), flags);

    if (done == sizeof(order)) {
        worker->orders |= order;
        return 1;
    }
    return done < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : -1;
}

static void report(struct worker *worker, const struct precopy_stats *stats)
{
    worker->sent = stats->total_written;
    while (send(worker->job->job_fd, stats, sizeof(*stats), MSG_NOSIGNAL) < 0 &&
           errno == EINTR)
        ;
}

/* Reports how far the first pass is. Not the later ones: once it is over,
 * XCP-ng's client takes a remaining of -1 for the end of the live part. Nor a
 * sum that is less than one before: a suspended guest's last pages count from
 * the last decision again. */
static void on_progress(void *data, unsigned long done, unsigned long total)
{
    struct worker *worker = data;
    int64_t now_ms = clock_ms();
    const struct precopy_stats stats = {
        .iteration = worker->decision.iteration,
        .total_written = worker->decision.total_written + done,
        .dirty_count = -1,
    };

    if (stats.iteration > 0 || done == 0 || done >= total ||
        stats.total_written < worker->sent || now_ms < worker->next_progress_ms)
        return;
    worker->next_progress_ms = now_ms + PROGRESS_INTERVAL_MS;
    report(worker, &stats);
}

static int on_policy(void *data, const struct precopy_stats *stats)
{
    struct worker *worker = data;

    /* libxenguest asks twice in each pass; before it has counted the dirty
     * pages there is nothing to tell. */
    worker->decision = *stats;
    if (stats->dirty_count >= 0)
        report(worker, stats);
    while (take_order(worker, MSG_DONTWAIT) > 0)
        ;

    if (worker->orders & ORDER_ABORT)
        return XGS_POLICY_ABORT;
    if (worker->orders & ORDER_PAUSE || stats->dirty_count == 0)
        return XGS_POLICY_STOP_AND_COPY;
    return XGS_POLICY_CONTINUE_PRECOPY;
}

static int on_suspend(void *data, struct xg_error *err)
{
    struct worker *worker = data;

    /* Some callers of migrate_nonlive have suspended the guest by themselves
     * and say nothing about it. */
    if (worker->job->kind == JOB_SAVE_NONLIVE &&
        domain_is_suspended_by_now(worker->job->ctx))
        return 0;

    while (!(worker->orders & (ORDER_PAUSED | ORDER_ABORT)))
        if (take_order(worker, 0) < 0)
            return xg_fail_errno(err, "recv", "orders: %s", strerror(errno));

    if (worker->orders & ORDER_ABORT)
        return xg_fail(err, __func__, ECANCELED, "aborted");
    return 0;
}

static int run_save(struct worker *worker)
{
    struct listen_job *job = worker->job;
    const struct migrate_save_ops ops = {
        .suspend = on_suspend,
        .policy = on_policy,
        .progress = on_progress,
        .data = worker,
    };

    /* -debug, which emu-manager always gives, does not reach libxenguest here:
     * it would send all of the memory again while the guest is suspended. */
    return migrate_save(job->ctx, job->stream_fd,
                        job->kind == JOB_SAVE_LIVE ? XCFLAGS_LIVE : 0, &ops,
                        &job->err);
}

static int run_restore(struct listen_job *job)
{
    cleanup_restore struct migrate_restore restore = {
        .ctx = job->ctx,
        .fd = job->stream_fd,
        .store_port = job->args.store_port,
        .store_domid = job->store_domid,
        .console_port = job->args.console_port,
        .console_domid = job->console_domid,
        .mem_pnode = job->args.mem_pnode,
        .may_hold_pages = true,
    };

    if (migrate_restore(&restore, &job->err) < 0)
        return -1;
    job->rings = restore.rings;
    migrate_restore_tell_others(&restore);
    return 0;
}

static void *work(void *data)
{
    struct listen_job *job = data;
    struct worker worker = { .job = job };
    int reports_fd = job->job_fd;
    sigset_t wake;

    /* Blocked, perhaps, by whoever started us; an abort needs it. */
    sigemptyset(&wake);
    sigaddset(&wake, WAKE_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &wake, NULL);

    job->rc = job->kind == JOB_RESTORE ? run_restore(job) : run_save(&worker);

    /* Its last close can wait for a disk, so it is not the server's. */
    dup3(job->dead_fd, job->stream_fd, O_CLOEXEC);
    close(job->kept_fd);
    job->kept_fd = -1;

    /* The end of the reports, and the last that this thread does. No other call
     * says it that can't fail. */
    job->job_fd = -1;
    close(reports_fd);
    return NULL;
}

static void on_wake(int signal_number)
{
    (void)signal_number;
}

static void close_own_fds(struct listen_job *job)
{
    close_fd(&job->server_fd);
    close_fd(&job->dead_fd);
    close_fd(&job->kept_fd);
}

/* All that an abort needs is made now: then there may be no fd left. */
static int open_own_fds(struct listen_job *job, struct xg_error *err)
{
    int reports[2] = { -1, -1 }, dead[2] = { -1, -1 };

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reports) < 0)
        return xg_fail_errno(err, "socketpair", "%s", strerror(errno));
    job->server_fd = reports[0];
    job->job_fd = reports[1];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, dead) < 0)
        return xg_fail_errno(err, "socketpair", "%s", strerror(errno));
    job->dead_fd = dead[0];
    close(dead[1]);

    job->kept_fd = fcntl(job->stream_fd, F_DUPFD_CLOEXEC, 0);
    if (job->kept_fd < 0)
        return xg_fail_errno(err, "fcntl", "stream: %s", strerror(errno));
    return 0;
}

static int send_order(struct listen_job *job, unsigned int order,
                      struct xg_error *err)
{
    /* At most one of each kind: there is always room. */
    if (send(job->server_fd, &order, sizeof(order),
             MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return xg_fail_errno(err, "send", "orders: %s", strerror(errno));
    return 0;
}

static int start_thread(struct listen_job *job, struct xg_error *err)
{
    /* No SA_RESTART: an interrupted call has to come back. One on the stream
     * would find it dead when restarted, any other would wait on. */
    const struct sigaction wake = { .sa_handler = on_wake };

    if (sigaction(WAKE_SIGNAL, &wake, NULL) < 0)
        return xg_fail_errno(err, "sigaction", "%s", strerror(errno));
    errno = pthread_create(&job->thread, NULL, work, job);
    if (errno)
        return xg_fail_errno(err, "pthread_create", "%s", strerror(errno));
    return 0;
}

int listen_job_start(struct listen_job *job, struct xg_error *err)
{
    struct xg_error before = job->err;
    int rc = open_own_fds(job, err);

    xg_error_clear(&job->err);
    job->rc = 0;
    job->rings = (struct guest_rings){ 0 };
    if (rc == 0 && job->told)
        rc = send_order(job, job->told, err);
    if (rc == 0)
        rc = start_thread(job, err);

    job->running = rc == 0;
    if (!job->running) {
        job->err = before;
        close_fd(&job->job_fd);
        close_own_fds(job);
    }
    return rc;
}

int listen_job_tell(struct listen_job *job, enum listen_order order,
                    struct xg_error *err)
{
    int rc = 0;

    if (job->told & order || (order == ORDER_ABORT && !job->running))
        return 0;

    if (job->running)
        rc = send_order(job, order, err);
    /* One that has ended meanwhile needs no order: what came of it is next. */
    if (rc < 0 && (err->code == EPIPE || err->code == ECONNRESET) &&
        order != ORDER_ABORT)
        rc = 0;
    if (order != ORDER_ABORT) {
        job->told |= rc == 0 ? order : 0;
        return rc;
    }
    job->told |= order;
    /* Who waits for orders then hears that there will be no more. */
    if (rc < 0)
        shutdown(job->server_fd, SHUT_WR);

    /* A socket whose other end is closed takes the stream's place: the next
     * read finds the end, the next write fails. The signal comes after that, so
     * that a call which is under way is taken up again on the dead stream, if
     * at all. */
    job->aborted_at_ms = clock_ms();
    dup3(job->dead_fd, job->stream_fd, O_CLOEXEC);
    pthread_kill(job->thread, WAKE_SIGNAL);
    return 0;
}

int64_t listen_job_limit_ms(const struct listen_job *job)
{
    if (!job->running || !(job->told & ORDER_ABORT))
        return INT64_MAX;
    return job->aborted_at_ms + (int64_t)listen_where_abort_limit_s() * 1000;
}

/* The thread is at its end. After an abort there is only one outcome, also if
 * the job just made it. */
static void reap(struct listen_job *job)
{
    job->aborted = job->told & ORDER_ABORT;

    pthread_join(job->thread, NULL);
    close_own_fds(job);
    close_fd(&job->stream_fd);
    job->running = false;
    job->told = 0;

    if (job->aborted) {
        struct xg_error why = job->err;

        job->rc = xg_fail(&job->err, "migrate_abort", ECANCELED, "aborted%s%s",
                          job->rc < 0 ? ": " : ", too late", why.text);
    }
}

enum listen_report listen_job_report(struct listen_job *job,
                                     struct precopy_stats *stats)
{
    ssize_t done;

    if (!job->running)
        return REPORT_NONE;

    done = recv(job->server_fd, stats, sizeof(*stats), MSG_DONTWAIT);
    if (done < 0)
        return REPORT_NONE;
    if (done > 0)
        return REPORT_PROGRESS;
    reap(job);
    return REPORT_END;
}

bool listen_job_stop(struct listen_job *job)
{
    struct pollfd reports = { .fd = job->server_fd, .events = POLLIN };
    struct precopy_stats ignored;
    struct xg_error no_matter;

    (void)listen_job_tell(job, ORDER_ABORT, &no_matter);
    while (job->running && listen_job_report(job, &ignored) != REPORT_END) {
        int64_t left_ms = listen_job_limit_ms(job) - clock_ms();

        if (left_ms <= 0)
            return false;
        (void)poll(&reports, 1, (int)left_ms);
    }
    return true;
}
