/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xs_wait.c - a word in the log while xenstored does not answer. */
#include "xs_wait.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "clock.h"
#include "xs_where.h"

/* A signal tells its handler no more than that it is there. It comes while a
 * call sleeps in read or connect, which go on after it. In the listen mode it
 * may come to the server's thread; the call is the job's. */
static struct {
    struct xg_log *log; /* NULL: not prepared */
    timer_t timer;
    int64_t since_ms;
    char call[32], about[256];
    volatile sig_atomic_t told;
} waiting;

static unsigned int waited_ms(void)
{
    return (unsigned int)(clock_ms() - waiting.since_ms);
}

static void on_timer(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)context;
    if (info->si_code != SI_TIMER || !waiting.call[0])
        return;
    waiting.told = 1;
    xg_log_at(waiting.log, LOG_WARNING,
              "waiting for xenstored, which has not answered %s for %u ms%s%s",
              waiting.call, waited_ms(), waiting.about[0] ? ": " : "",
              waiting.about);
}

void xs_wait_open(struct xg_log *log)
{
    const struct sigaction heard = {
        .sa_sigaction = on_timer,
        .sa_flags = SA_SIGINFO | SA_RESTART,
    };
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL,
        .sigev_signo = SIGRTMIN,
    };
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGRTMIN);
    /* Blocked, perhaps, by whoever started us. */
    if (waiting.log || sigaction(SIGRTMIN, &heard, NULL) < 0 ||
        sigprocmask(SIG_UNBLOCK, &ours, NULL) < 0 ||
        timer_create(CLOCK_MONOTONIC, &event, &waiting.timer) < 0)
        return;
    waiting.log = log;
}

void xs_wait_close(void)
{
    if (waiting.log)
        timer_delete(waiting.timer);
    waiting.log = NULL;
}

static void set_timer(unsigned int ms)
{
    const struct itimerspec when = {
        .it_value = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L },
    };

    timer_settime(waiting.timer, 0, &when, NULL);
}

void xs_wait_begin(const char *call, const char *about)
{
    if (!waiting.log)
        return;
    waiting.told = 0;
    snprintf(waiting.call, sizeof(waiting.call), "%s", call);
    snprintf(waiting.about, sizeof(waiting.about), "%s", about);
    waiting.since_ms = clock_ms();
    set_timer(xs_where_patience_ms());
}

void xs_wait_end(void)
{
    int saved = errno;

    if (!waiting.log)
        return;
    set_timer(0);
    waiting.call[0] = '\0';
    if (waiting.told)
        xg_info(waiting.log, "xenstored has answered after %u ms", waited_ms());
    errno = saved;
}
