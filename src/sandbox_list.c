/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * sandbox_list.c - which system calls the program makes. No part of it: make
 * runs this, and libseccomp makes of the list what the kernel loads, as C. When
 * a guest is built that would take most of what the sandbox costs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

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
    "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate",
    "getdents", "getdents64", "lseek", "pread64", "preadv", "preadv2",
    "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readv", "sendfile",
    "splice", "sync_file_range", "tee", "vmsplice", "write", "writev",
    /* files: sandbox_calls_seal has an end to the opening */
    "access", "faccessat", "faccessat2", "getcwd", "lstat", "mkdir", "mkdirat",
    "newfstatat", "open", "openat", "readlink", "readlinkat", "rmdir", "stat",
    "statfs", "statx", "symlink", "umask", "unlink", "unlinkat",
    /* waiting */
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2",
    "pipe", "pipe2", "poll", "ppoll", "pselect6", "select", "timer_delete",
    "timer_settime", "timerfd_create", "timerfd_settime",
    /* sockets: those that make one are below */
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname",
    "getsockopt", "listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg",
    "sendmsg", "sendto", "shutdown",
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

/* A call with certain arguments only: in argument number `place` the bits of
 * the mask are those of the value. */
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
/* Of clone: what makes another world for the thread; the last is
 * CLONE_NEWCGROUP, which older C libraries have not. */
#define NEW_WORLD                                                \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
     CLONE_NEWPID | CLONE_NEWNET | 0x02000000)

static const struct call_with calls_with[] = {
    /* No code that was not there from the start. */
    { "mmap", 2, HAS_NOT(PROT_EXEC) },
    { "mprotect", 2, HAS_NOT(PROT_EXEC) },
    /* Threads, no processes. */
    { "clone", 0, CLONE_THREAD | NEW_WORLD, CLONE_THREAD },
    /* syslog's, and the listen mode's; no network. */
    { "socket", 0, IS(AF_UNIX) },
    { "socketpair", 0, IS(AF_UNIX) },
    /* To ask for limits, not to set them. */
    { "prlimit64", 2, ALL_BITS, 0 },
    /* Not what has the kernel send signals: F_SETOWN, F_SETSIG, F_SETLEASE,
     * F_NOTIFY. F_SETFL is below. */
    { "fcntl", 1, IS(F_DUPFD) },
    { "fcntl", 1, IS(F_DUPFD_CLOEXEC) },
    { "fcntl", 1, IS(F_GETFD) },
    { "fcntl", 1, IS(F_SETFD) },
    { "fcntl", 1, IS(F_GETFL) },
    { "fcntl", 1, IS(F_GETLK) },
    { "fcntl", 1, IS(F_SETLK) },
    { "fcntl", 1, IS(F_SETLKW) },
    { "fcntl", 1, IS(36) }, /* F_OFD_GETLK, not in older C libraries */
    { "fcntl", 1, IS(37) }, /* F_OFD_SETLK */
    { "fcntl", 1, IS(38) }, /* F_OFD_SETLKW */
    { "fcntl", 1, IS(F_GETPIPE_SZ) },
    { "fcntl", 1, IS(F_SETPIPE_SZ) },
    /* privcmd, evtchn, gntdev, gntalloc; of block devices their sizes, not what
     * discards or partitions them; of terminals, whether one is there and what
     * it holds; not TIOCSTI, which types in our caller's, nor FIOASYNC and
     * FIOSETOWN, which are O_ASYNC and F_SETOWN. */
    { "ioctl", 1, OF_DRIVER('P') },
    { "ioctl", 1, OF_DRIVER('E') },
    { "ioctl", 1, OF_DRIVER('G') },
    { "ioctl", 1, IS(BLKGETSIZE) },
    { "ioctl", 1, IS(BLKGETSIZE64) },
    { "ioctl", 1, IS(BLKSSZGET) },
    { "ioctl", 1, IS(0x5401) },     /* TCGETS */
    { "ioctl", 1, IS(0x802c542a) }, /* TCGETS2, of newer C libraries */
    { "ioctl", 1, IS(0x5413) },     /* TIOCGWINSZ */
    { "ioctl", 1, IS(0x541b) },     /* FIONREAD */
    { "prctl", 0, IS(PR_SET_NAME) },
    { "prctl", 0, IS(PR_GET_NAME) },
    { "prctl", 0, IS(PR_GET_DUMPABLE) },
    { "prctl", 0, IS(PR_GET_SECCOMP) },
    { "prctl", 0, IS(PR_SET_NO_NEW_PRIVS) },
    { "prctl", 0, IS(PR_GET_NO_NEW_PRIVS) },
    { "prctl", 0, IS(PR_SET_SECCOMP) },
    { "prctl", 0, IS(0x53564d41) }, /* PR_SET_VMA: malloc names its memory */
};

/* What makes files and names that were not there, or opens them; and what
 * removes one below a folder that is open, as is done of other builders'
 * reservations before ours is there. */
static const char *const openers[] = {
    "bind", "creat",  "listen",  "mkdir",   "mkdirat",
    "open", "openat", "openat2", "symlink", "unlinkat",
};

/* What removes a reservation, and the listen mode's socket. */
static const char *const removers[] = { "rmdir", "unlink" };

/* What makes a socket that a server could be asked by, all but SOCK_DGRAM (2):
 * with that one the log finds a syslog daemon that was started anew.
 * xenstored's is open; libxenstore makes no other when it is lost. */
static const struct call_with askers[] = {
    { "socket", 1, HAS(1) },
    { "socket", 1, HAS(4) },
    { "socket", 1, HAS(8) },
};

/* What stands for the process, which the list does not know yet: in one place,
 * and found there by this number. */
#define OWN_PID 0x70494421

/* Adds a rule: 0, or a negative errno. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *name,
               unsigned int nr_args, const struct scmp_arg_cmp *args)
{
    int number = seccomp_syscall_resolve_name(name);

    return number < 0
               ? 0
               : seccomp_rule_add_array(filter, action, number, nr_args, args);
}

static int add_names(scmp_filter_ctx filter, uint32_t action,
                     const char *const names[], size_t nr)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < nr; i++)
        rc = add(filter, action, names[i], 0, NULL);
    return rc;
}

static int add_with(scmp_filter_ctx filter, uint32_t action,
                    const struct call_with calls_of[], size_t nr)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < nr; i++) {
        const struct call_with *with = &calls_of[i];
        const struct scmp_arg_cmp arg =
            SCMP_CMP(with->place, SCMP_CMP_MASKED_EQ, with->mask, with->value);

        rc = add(filter, action, with->name, 1, &arg);
    }
    return rc;
}

static int add_calls(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp own = SCMP_A0(SCMP_CMP_EQ, OWN_PID, 0);
    /* O_ASYNC is for signals too: on a terminal, to all in its foreground. */
    const struct scmp_arg_cmp set_flags[] = {
        SCMP_A1(SCMP_CMP_MASKED_EQ, IS(F_SETFL)),
        SCMP_A2(SCMP_CMP_MASKED_EQ, HAS_NOT(O_ASYNC)),
    };
    int rc = add_names(filter, SCMP_ACT_ALLOW, calls, ARRAY_SIZE(calls));

    if (rc == 0)
        rc = add(filter, SCMP_ACT_ALLOW, "fcntl", ARRAY_SIZE(set_flags),
                 set_flags);
    if (rc == 0)
        rc = add_with(filter, SCMP_ACT_ALLOW, calls_with,
                      ARRAY_SIZE(calls_with));
    /* Signals to our own threads; a thread by the call whose arguments can be
     * looked at, to which the C library turns without a word. */
    if (rc == 0)
        rc = add(filter, SCMP_ACT_ALLOW, "tgkill", 1, &own);
    if (rc == 0)
        rc = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
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

/* libseccomp would have calls of the other ABIs (i386, x32) end the thread that
 * makes them, without a word, and the process wait for it. */
static scmp_filter_ctx begin(uint32_t action)
{
    scmp_filter_ctx filter = seccomp_init(action);

    if (filter &&
        seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP) < 0)
        return NULL;
    return filter;
}

/* What sandbox_calls_limit and sandbox_calls_seal load. */
static scmp_filter_ctx make_limit(void)
{
    scmp_filter_ctx filter = begin(SCMP_ACT_TRAP);

    if (!filter || add_calls(filter) < 0)
        return NULL;
    order(filter);
    return filter;
}

static scmp_filter_ctx make_seal(bool removes)
{
    scmp_filter_ctx filter = begin(SCMP_ACT_ALLOW);

    if (!filter ||
        add_names(filter, SCMP_ACT_TRAP, openers, ARRAY_SIZE(openers)) < 0 ||
        add_with(filter, SCMP_ACT_TRAP, askers, ARRAY_SIZE(askers)) < 0 ||
        (!removes &&
         add_names(filter, SCMP_ACT_TRAP, removers, ARRAY_SIZE(removers)) < 0))
        return NULL;
    return filter;
}

/* The number of places where the process belongs. */
static unsigned int write_steps(FILE *steps)
{
    struct sock_filter step;
    unsigned int nr_own = 0;

    while (fread(&step, sizeof(step), 1, steps) == 1) {
        bool is_own = step.k == OWN_PID;

        printf("{ 0x%02x, %u, %u, ", step.code, step.jt, step.jf);
        printf(is_own ? "own_pid },\n" : "0x%08x },\n", step.k);
        nr_own += is_own;
    }
    return nr_own;
}

int main(int argc, char **argv)
{
    bool is_limit = argc == 2 && strcmp(argv[1], "limit") == 0;
    bool is_seal = argc == 2 && strcmp(argv[1], "seal") == 0;
    bool is_names = argc == 2 && strcmp(argv[1], "seal-names") == 0;
    scmp_filter_ctx filter = is_limit              ? make_limit()
                             : is_seal || is_names ? make_seal(is_seal)
                                                   : NULL;
    FILE *steps = tmpfile();

    /* libseccomp counts calls as the machine does that it is on. */
    if (seccomp_arch_native() != SCMP_ARCH_X86_64) {
        fprintf(stderr, "sandbox_list: runs on x86-64 alone\n");
        return EXIT_FAILURE;
    }
    if (!filter || !steps || seccomp_export_bpf(filter, fileno(steps)) < 0 ||
        fseek(steps, 0, SEEK_SET) < 0) {
        fprintf(stderr, "sandbox_list limit|seal|seal-names: no list\n");
        return EXIT_FAILURE;
    }
    if (write_steps(steps) != (is_limit ? 1 : 0)) {
        fprintf(stderr, "sandbox_list: our process has not one place\n");
        return EXIT_FAILURE;
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
