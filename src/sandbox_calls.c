/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * sandbox_calls.c - which system calls are made, by seccomp. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sandbox.h"

#include <errno.h>

#if defined(HAVE_SECCOMP) && defined(__x86_64__)

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* A refused call comes to a function, which is told no more than the call: as
 * libxenguest's requests in mem_gate.c. */
static struct xg_log *refusals;

static const char *const call_names[] = {
#include "sandbox_names.h"
};

static const char *name_of(const siginfo_t *info)
{
    int number = info->si_syscall;
    bool is_known = number >= 0 && (size_t)number < ARRAY_SIZE(call_names);

    if (info->si_arch != AUDIT_ARCH_X86_64)
        return "of another ABI";
    return is_known && call_names[number] ? call_names[number]
                                          : "without a name";
}

/* It runs in the place of the call, which may be one of malloc's own, or of the
 * log's: nothing in here allocates, hence a table of names of our own. */
static void on_refused(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    xg_log_at(refusals, LOG_ERR,
              "sandbox: refused the system call %s (%d): not expected of this "
              "program; -no-sandbox allows it",
              name_of(info), info->si_syscall);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
}

static int hear_of_refusals(struct xg_log *log)
{
    const struct sigaction heard = {
        .sa_sigaction = on_refused,
        .sa_flags = SA_SIGINFO | SA_NODEFER,
    };
    sigset_t refused;

    refusals = log;
    sigemptyset(&refused);
    sigaddset(&refused, SIGSYS);
    /* Blocked, perhaps, by whoever started us: then it would be our end. */
    return sigaction(SIGSYS, &heard, NULL) < 0 ||
                   sigprocmask(SIG_UNBLOCK, &refused, NULL) < 0
               ? -1
               : 0;
}

/* From Linux 4.17 to 5.15 a process with a filter is slowed down against
 * Spectre's fourth variant (its header may be older). That is for programs that
 * run what others wrote; we only look into it. */
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/* Which calls those are sandbox_list.c says; make runs it for these steps. */
static int load(struct sock_filter *steps, size_t nr, unsigned long flags)
{
    const struct sock_fprog filter = { (unsigned short)nr, steps };
    long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                      flags | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);

    if (rc < 0 && errno == EINVAL) /* an older kernel */
        rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
    /* A thread's id: of one that can't be held to it. */
    if (rc > 0)
        errno = ESRCH;
    return rc == 0 ? 0 : -1;
}

int sandbox_calls_limit(struct xg_log *log)
{
    const uint32_t own_pid = (uint32_t)getpid();
    struct sock_filter steps[] = {
#include "sandbox_limit.h"
    };

    return hear_of_refusals(log) < 0 ? -1 : load(steps, ARRAY_SIZE(steps), 0);
}

int sandbox_calls_seal(bool removes)
{
    struct sock_filter removing[] = {
#include "sandbox_seal.h"
    };
    struct sock_filter steps[] = {
#include "sandbox_seal_names.h"
    };

    return removes
               ? load(removing, ARRAY_SIZE(removing), SECCOMP_FILTER_FLAG_TSYNC)
               : load(steps, ARRAY_SIZE(steps), SECCOMP_FILTER_FLAG_TSYNC);
}

#else

int sandbox_calls_limit(struct xg_log *log)
{
    (void)log;
    errno = ENOSYS;
    return -1;
}

int sandbox_calls_seal(bool removes)
{
    (void)removes;
    errno = ENOSYS;
    return -1;
}

#endif
