/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * count.c - preloaded into a builder, counts what it asks of Xen and Xenstore
 * until it answers.
 *
 * libxenctrl reaches Xen by ioctl, libxenstore the store by a header of its own
 * size and then the body; both call the C library's functions, which these come
 * before. With its first line that starts with "result:" a builder appends a
 * row to the file that XG_BENCH_COUNTS names. With XG_HOLD it stops itself, as
 * by SIGSTOP, before its first call that populates. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <xen/memory.h>
#include <xen/sys/privcmd.h>

/* Of struct xsd_sockmsg: type, request, transaction, length. */
#define STORE_HEADER_BYTES 16

/* What continues a memory operation that was interrupted is above these. */
#define MEMORY_OP_MASK 0x3f

static struct counts {
    unsigned long store, privcmd, memory, domctl, sysctl, hvm, populates;
    unsigned long long extents;
    /* From the first call that populates to the end of the last that comes
     * before any other kind of call. */
    double phase_from_s, phase_to_s;
    bool phase_is_over;
} counts;

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* True if it populates. */
static bool count_extents(uint64_t op, uint64_t arg)
{
    const struct xen_memory_reservation *wanted = (const void *)(uintptr_t)arg;

    if ((op & MEMORY_OP_MASK) != XENMEM_populate_physmap)
        return false;
    counts.extents += wanted->nr_extents;
    return true;
}

static void count_op(uint64_t op)
{
    switch (op) {
    case __HYPERVISOR_domctl:
        counts.domctl++;
        break;
    case __HYPERVISOR_sysctl:
        counts.sysctl++;
        break;
    case __HYPERVISOR_hvm_op:
        counts.hvm++;
        break;
    case __HYPERVISOR_memory_op:
        counts.memory++;
        break;
    default:
        break;
    }
}

/* Several calls of a kind in one: libxenctrl's for memory are one in each,
 * since its result is a long, ours may be many. */
static void count_multicall(const struct multicall_entry *entry, uint64_t nr)
{
    bool populates = false;

    for (uint64_t i = 0; i < nr; i++)
        if (entry[i].op == __HYPERVISOR_memory_op)
            populates |= count_extents(entry[i].args[0], entry[i].args[1]);
    if (nr)
        count_op(entry[0].op);
    counts.populates += populates;
}

static void count_hypercall(const privcmd_hypercall_t *call)
{
    if (call->op == __HYPERVISOR_multicall) {
        count_multicall((const void *)(uintptr_t)call->arg[0], call->arg[1]);
        return;
    }
    count_op(call->op);
    if (call->op == __HYPERVISOR_memory_op)
        counts.populates += count_extents(call->arg[0], call->arg[1]);
}

/* Before a call of privcmd, which may be one that populates. */
static bool begin_call(unsigned long request, void *arg)
{
    unsigned long had = counts.populates;

    counts.privcmd++;
    if (request == IOCTL_PRIVCMD_HYPERCALL)
        count_hypercall(arg);
    if (counts.populates == had) {
        counts.phase_is_over |= had > 0;
        return false;
    }
    if (had == 0 && getenv("XG_HOLD"))
        raise(SIGSTOP);
    if (had == 0)
        counts.phase_from_s = now_s();
    return true;
}

int ioctl(int fd, unsigned long request, ...)
{
    static int (*next)(int, unsigned long, ...);
    va_list args;
    bool populates;
    void *arg;
    int rc;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "ioctl");
    populates = _IOC_TYPE(request) == 'P' && begin_call(request, arg);
    rc = next(fd, request, arg);
    if (populates && !counts.phase_is_over)
        counts.phase_to_s = now_s();
    return rc;
}

static int report_fd = -1;

/* By the time of its answer a builder can open no file any more. */
__attribute__((constructor)) static void open_report(void)
{
    const char *path = getenv("XG_BENCH_COUNTS");

    if (path)
        report_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void report(void)
{
    struct rusage usage = { 0 };

    if (report_fd < 0)
        return;
    getrusage(RUSAGE_SELF, &usage);
    dprintf(report_fd, "%lu %lu %lu %lu %lu %lu %lu %llu %ld %.5f\n",
            counts.store, counts.privcmd, counts.memory, counts.domctl,
            counts.sysctl, counts.hvm, counts.populates, counts.extents,
            usage.ru_maxrss, counts.phase_to_s - counts.phase_from_s);
}

/* Whether Xenstore is behind it: its socket, or the kernel's device. */
static bool is_store(int fd)
{
    char link[64], path[64] = "";

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    return readlink(link, path, sizeof(path) - 1) > 0 &&
           (!strncmp(path, "socket:", 7) || strstr(path, "xenbus"));
}

ssize_t write(int fd, const void *bytes, size_t nr_bytes)
{
    static ssize_t (*next)(int, const void *, size_t);

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "write");
    if (nr_bytes == STORE_HEADER_BYTES && is_store(fd))
        counts.store++;
    if (nr_bytes > 7 && !memcmp(bytes, "result:", 7))
        report();
    return next(fd, bytes, nr_bytes);
}
