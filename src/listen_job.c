/* SPDX-License-Identifier: LGPL-2.1-or-later
 * listen_job.c - a save or restore in a thread of its own. */
#include "listen_job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "migrate_restore.h"
#include "migrate_save.h"

/* Interrupts the job's read or write of its stream. */
#define WAKE_SIGNAL SIGUSR1

/* The job's side: what it has been told. */
struct worker {
    struct listen_job *job;
    unsigned int orders;
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

static int on_policy(void *data, const struct precopy_stats *stats)
{
    struct worker *worker = data;

    while (send(worker->job->job_fd, stats, sizeof(*stats), MSG_NOSIGNAL) < 0 &&
           errno == EINTR)
        ;
    while (take_order(worker, MSG_DONTWAIT) > 0)
        ;

    if (worker->orders & ORDER_ABORT)
        return XGS_POLICY_ABORT;
    if (worker->orders & ORDER_PAUSE || stats->dirty_count == 0)
        return XGS_POLICY_STOP_AND_COPY;
    return XGS_POLICY_CONTINUE_PRECOPY;
}

static bool is_suspended(const struct xg_ctx *ctx)
{
    xc_domaininfo_t info;
    struct xg_error ignored;

    return xg_ctx_domain_info(ctx, &info, &ignored) == 0 &&
           info.flags & XEN_DOMINF_shutdown &&
           (info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) ==
               SHUTDOWN_suspend;
}

static int on_suspend(void *data, struct xg_error *err)
{
    struct worker *worker = data;

    /* Some callers of migrate_nonlive have suspended the guest by themselves
     * and say nothing about it. */
    if (worker->job->kind == JOB_SAVE_NONLIVE && is_suspended(worker->job->ctx))
        return 0;

    while (!(worker->orders & (ORDER_PAUSED | ORDER_ABORT)))
        if (take_order(worker, 0) < 0)
            return xg_fail(err, "recv", errno, "orders: %s", strerror(errno));

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
    };

    if (migrate_restore(&restore, &job->err) < 0)
        return -1;
    snprintf(job->result, sizeof(job->result), "%s", restore.result);
    return 0;
}

static void *work(void *data)
{
    struct listen_job *job = data;
    struct worker worker = { .job = job };

    job->rc = job->kind == JOB_RESTORE ? run_restore(job) : run_save(&worker);
    /* The end of the reports, and the last that this thread does. */
    shutdown(job->job_fd, SHUT_WR);
    return NULL;
}

static void on_wake(int signal_number)
{
    (void)signal_number;
}

static void end(struct listen_job *job)
{
    close(job->server_fd);
    close(job->job_fd);
    close(job->stream_fd);
    job->stream_fd = -1;
    job->running = false;
}

static void send_order(struct listen_job *job, unsigned int order)
{
    /* At most one of each kind: there is always room. */
    (void)send(job->server_fd, &order, sizeof(order),
               MSG_NOSIGNAL | MSG_DONTWAIT);
}

int listen_job_start(struct listen_job *job, struct xg_error *err)
{
    /* No SA_RESTART: the interrupted call has to come back. */
    const struct sigaction wake = { .sa_handler = on_wake };
    int fds[2];

    if (sigaction(WAKE_SIGNAL, &wake, NULL) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return xg_fail(err, "socketpair", errno, "%s", strerror(errno));
    job->server_fd = fds[0];
    job->job_fd = fds[1];

    job->err = (struct xg_error){ 0 };
    job->rc = 0;
    job->result[0] = '\0';
    if (job->told)
        send_order(job, job->told);

    errno = pthread_create(&job->thread, NULL, work, job);
    if (errno) {
        int code = errno;

        end(job);
        return xg_fail(err, "pthread_create", code, "%s", strerror(code));
    }
    job->running = true;
    return 0;
}

/* Puts a socket whose other end is closed in the stream's place: the next read
 * finds the end, the next write fails. The signal comes after that, so that a
 * call which is under way is taken up again on the dead stream, if at all. */
static void cut_stream(struct listen_job *job)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0) {
        close(fds[1]);
        dup3(fds[0], job->stream_fd, O_CLOEXEC);
        close(fds[0]);
    }
    pthread_kill(job->thread, WAKE_SIGNAL);
}

void listen_job_tell(struct listen_job *job, enum listen_order order)
{
    if (job->told & order || (order == ORDER_ABORT && !job->running))
        return;

    job->told |= order;
    if (job->running)
        send_order(job, order);
    if (order == ORDER_ABORT)
        cut_stream(job);
}

/* After an abort there is only one outcome, also if the job just made it. */
static void settle(struct listen_job *job)
{
    job->aborted = job->told & ORDER_ABORT;

    pthread_join(job->thread, NULL);
    end(job);
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
    settle(job);
    return REPORT_END;
}

void listen_job_stop(struct listen_job *job)
{
    struct pollfd reports = { .fd = job->server_fd, .events = POLLIN };
    struct precopy_stats ignored;

    listen_job_tell(job, ORDER_ABORT);
    while (job->running && listen_job_report(job, &ignored) != REPORT_END)
        (void)poll(&reports, 1, -1);
}
