/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * sandbox_calls.c - which system calls are made, by seccomp. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sandbox.h"

#include <errno.h>

#if defined(HAVE_SECCOMP) && defined(__x86_64__)

#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* What any of our modes, the C library and Xen's libraries may need of a
 * kernel, more rather than less: a call is here unless there is harm in it.
 * Those that libseccomp does not know are left out. */
static const char *const calls[] = {
    /* clang-format off */
    /* memory */
    "brk", "madvise", "membarrier", "mincore", "mlock", "mlock2", "mremap",
    "msync", "munlock", "munmap",
    /* what is open */
    "close", "close_range", "dup", "dup2", "dup3", "fadvise64", "fallocate",
    "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate",
    "getdents", "getdents64", "lseek", "pread64", "preadv", "preadv2",
    "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readv", "sendfile",
    "splice", "sync_file_range", "tee", "vmsplice", "write", "writev",
    /* files: sandbox_calls_seal has an end to the opening */
    "access", "faccessat", "faccessat2", "getcwd", "lstat", "mkdir", "mkdirat",
    "newfstatat", "open", "openat", "readlink", "readlinkat", "rmdir", "stat",
    "statfs", "statx", "umask", "unlink", "unlinkat",
    /* waiting */
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2",
    "pipe", "pipe2", "poll", "ppoll", "pselect6", "select", "timerfd_create",
    "timerfd_settime",
    /* sockets: socket itself is below */
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname",
    "getsockopt", "listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg",
    "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
    /* threads and signals: clone, tgkill are below */
    "alarm", "exit", "exit_group", "futex", "futex_waitv", "get_robust_list",
    "gettid", "pause", "restart_syscall", "rseq", "rt_sigaction",
    "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigtimedwait", "sched_get_priority_max", "sched_get_priority_min",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_yield",
    "set_robust_list", "set_tid_address", "setitimer", "sigaltstack",
    /* time */
    "clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday",
    "nanosleep", "time", "times",
    /* who and where we are */
    "arch_prctl", "capget", "getcpu", "getegid", "geteuid", "getgid",
    "getgroups", "getpgrp", "getpid", "getppid", "getrandom", "getresgid",
    "getresuid", "getrlimit", "getrusage", "getuid", "sysinfo", "uname",
    /* the sandbox's own further steps: each takes something away */
    "capset", "landlock_add_rule", "landlock_create_ruleset",
    "landlock_restrict_self", "seccomp",
    /* clang-format on */
};

/* Calls that are made with some arguments alone: the one of that place, of
 * whose bits in the mask those of the value are set. */
struct call_with {
    const char *name;
    unsigned int place;
    scmp_datum_t mask, value;
};

#define ALL_BITS UINT64_MAX
#define IS(value) 0xffffffff, value
#define HAS(bits) bits, bits
#define HAS_NOT(bits) bits, 0
/* The letter of an ioctl's number: a driver's. */
#define OF_DRIVER(letter) 0xff00, (letter) << 8

static const struct call_with calls_with[] = {
    /* No code that was not there from the start. */
    { "mmap", 2, HAS_NOT(PROT_EXEC) },
    { "mprotect", 2, HAS_NOT(PROT_EXEC) },
    /* Threads, no processes. */
    { "clone", 0, HAS(CLONE_THREAD) },
    /* syslog's; no network. */
    { "socket", 0, IS(AF_UNIX) },
    /* To ask for limits, not to set them. */
    { "prlimit64", 2, ALL_BITS, 0 },
    /* privcmd, evtchn, gntdev, gntalloc; block devices; of terminals, whether
     * one is there and what it holds; not TIOCSTI, which types in our caller's.
     */
    { "ioctl", 1, OF_DRIVER('P') },
    { "ioctl", 1, OF_DRIVER('E') },
    { "ioctl", 1, OF_DRIVER('G') },
    { "ioctl", 1, OF_DRIVER(0x12) },
    { "ioctl", 1, IS(0x5401) }, /* TCGETS */
    { "ioctl", 1, IS(0x5413) }, /* TIOCGWINSZ */
    { "ioctl", 1, IS(0x541b) }, /* FIONREAD */
    { "prctl", 0, IS(PR_SET_NAME) },
    { "prctl", 0, IS(PR_GET_NAME) },
    { "prctl", 0, IS(PR_GET_DUMPABLE) },
    { "prctl", 0, IS(PR_GET_SECCOMP) },
    { "prctl", 0, IS(PR_SET_NO_NEW_PRIVS) },
    { "prctl", 0, IS(PR_GET_NO_NEW_PRIVS) },
    { "prctl", 0, IS(PR_SET_SECCOMP) },
    { "prctl", 0, IS(0x53564d41) }, /* PR_SET_VMA: malloc names its memory */
};

/* What makes files and names that were not there, or opens them. */
static const char *const openers[] = {
    "bind", "creat", "listen", "mkdir", "mkdirat", "open", "openat", "openat2",
};

/* A refused call comes to a function, which is told no more than the call: as
 * libxenguest's requests in mem_gate.c. */
static struct xg_log *refusals;

static const char *const call_names[] = {
#include "sandbox_names.h"
};

static const char *name_of(int number)
{
    bool is_known = number >= 0 && (size_t)number < ARRAY_SIZE(call_names);

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
              name_of(info->si_syscall), info->si_syscall);
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

/* Adds a rule: 0, or a negative errno. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *name,
               unsigned int nr_args, struct scmp_arg_cmp arg)
{
    int number = seccomp_syscall_resolve_name(name);

    return number < 0 ? 0
                      : seccomp_rule_add(filter, action, number, nr_args, arg);
}

static int add_names(scmp_filter_ctx filter, uint32_t action,
                     const char *const names[], size_t nr)
{
    const struct scmp_arg_cmp none = { 0 };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < nr; i++)
        rc = add(filter, action, names[i], 0, none);
    return rc;
}

static int add_calls(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp none = { 0 };
    const struct scmp_arg_cmp own =
        SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());
    int rc = add_names(filter, SCMP_ACT_ALLOW, calls, ARRAY_SIZE(calls));

    for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(calls_with); i++) {
        const struct call_with *with = &calls_with[i];

        rc = add(
            filter, SCMP_ACT_ALLOW, with->name, 1,
            SCMP_CMP(with->place, SCMP_CMP_MASKED_EQ, with->mask, with->value));
    }
    /* Signals to our own threads; a thread by the call whose arguments can be
     * looked at, to which the C library turns without a word. */
    if (rc == 0)
        rc = add(filter, SCMP_ACT_ALLOW, "tgkill", 1, own);
    if (rc == 0)
        rc = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, none);
    return rc;
}

/* As a tree, which the kernel is faster through; libseccomp before 2.5 has a
 * row alone. */
static void order(scmp_filter_ctx filter)
{
#if SCMP_VER_MAJOR > 2 || (SCMP_VER_MAJOR == 2 && SCMP_VER_MINOR >= 5)
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
#else
    (void)filter;
#endif
}

static int told(int rc)
{
    if (rc < 0)
        errno = -rc;
    return rc < 0 ? -1 : 0;
}

int sandbox_calls_limit(struct xg_log *log)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    int rc;

    if (!filter)
        return told(-ENOMEM);
    rc = add_calls(filter);
    order(filter);
    if (rc == 0)
        rc = hear_of_refusals(log) < 0 ? -errno : seccomp_load(filter);
    seccomp_release(filter);
    return told(rc);
}

int sandbox_calls_seal(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc;

    if (!filter)
        return told(-ENOMEM);
    rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0)
        rc = add_names(filter, SCMP_ACT_TRAP, openers, ARRAY_SIZE(openers));
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return told(rc);
}

#else

int sandbox_calls_limit(struct xg_log *log)
{
    (void)log;
    errno = ENOSYS;
    return -1;
}

int sandbox_calls_seal(void)
{
    errno = ENOSYS;
    return -1;
}

#endif
