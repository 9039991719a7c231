/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_migrate.c - suspend, save, resume and restore, as xenopsd does them
 * without emu-manager. */
#include "vmctl.h"
#include "vmctl_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xenguest.h>
#include <xen/sched.h>

#define STEP_MS 10

static bool is_suspended(struct vmctl *vm)
{
    xc_domaininfo_t info;
    unsigned int reason;

    if (!host_domain(vm, &info) || !(info.flags & XEN_DOMINF_shutdown))
        return false;
    reason = info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
    return reason == SHUTDOWN_suspend;
}

enum vm_status vm_suspend(struct vmctl *vm)
{
    const struct timespec pause = { .tv_nsec = STEP_MS * 1000000L };
    double left_ms = options_timeout(vm->opts) * 1000;

    if (is_suspended(vm))
        return VM_OK;
    if (!dom_put(vm, "control/shutdown", "suspend"))
        return VM_FAILED;

    for (; left_ms > 0; left_ms -= STEP_MS) {
        if (is_suspended(vm))
            return VM_OK;
        nanosleep(&pause, NULL);
    }
    return vm_fail("domain %u did not suspend", vm->domid);
}

static bool suspend_for_xenguest(void *data)
{
    return vm_suspend(data) == VM_OK;
}

/* What every mode below is told. */
struct migrate_args {
    char domid[12], fd[12], store_port[12], console_port[12];
    const char *item[32];
    unsigned int nr;
};

static void add(struct migrate_args *args, const char *option,
                const char *value)
{
    if (args->nr + 2 >= sizeof(args->item) / sizeof(*args->item))
        return;
    args->item[args->nr++] = option;
    if (value)
        args->item[args->nr++] = value;
}

static enum vm_status run(struct vmctl *vm, struct migrate_args *args,
                          const char *mode, int fd)
{
    const char *const *extra;
    struct protocol_job job = {
        .args = args->item,
        .suspend = suspend_for_xenguest,
        .suspend_data = vm,
    };

    add(args, "-mode", mode);
    snprintf(args->domid, sizeof(args->domid), "%u", vm->domid);
    add(args, "-domid", args->domid);
    if (fd >= 0) {
        snprintf(args->fd, sizeof(args->fd), "%d", fd);
        add(args, "-fd", args->fd);
    }
    for (extra = vm->opts->extra; extra && *extra; extra++)
        add(args, *extra, NULL);
    return xenguest_run(vm, &job);
}

static bool is_pv(struct vmctl *vm)
{
    cleanup_free char *type = note_get(vm, "type");

    return type && !strcmp(type, "pv");
}

static enum vm_status run_on_file(struct vmctl *vm, struct migrate_args *args,
                                  const char *mode, const char *path, int flags)
{
    int fd = open(path, flags, 0600); /* not close-on-exec: xenguest's */
    enum vm_status status;

    if (fd < 0)
        return vm_fail_errno("cannot open %s", path);
    status = run(vm, args, mode, fd);
    close(fd);
    return status;
}

enum vm_status vm_save(struct vmctl *vm, const char *path)
{
    struct migrate_args args = { 0 };

    return run_on_file(vm, &args, is_pv(vm) ? "save" : "hvm_save", path,
                       O_WRONLY | O_CREAT | O_TRUNC);
}

enum vm_status vm_restore(struct vmctl *vm, const char *path)
{
    struct migrate_args args = { 0 };

    snprintf(args.store_port, sizeof(args.store_port), "%lu",
             note_number(vm, "store-port"));
    snprintf(args.console_port, sizeof(args.console_port), "%lu",
             note_number(vm, "console-port"));
    add(&args, "-store_port", args.store_port);
    add(&args, "-console_port", args.console_port);
    return run_on_file(vm, &args, is_pv(vm) ? "restore" : "hvm_restore", path,
                       O_RDONLY);
}

/* xenstored forgets that it has shut down, so that the next time is news. */
static enum vm_status tell_xenstored(struct vmctl *vm)
{
    if (xs_resume_domain(vm->xsh, vm->domid))
        return VM_OK;
    return vm_fail_errno("xenstored does not resume domain %u", vm->domid);
}

/* How toolstacks resume Linux, which then knows that nothing has come of its
 * suspension. Woken the slow way, as if in a new domain, it would register its
 * vcpu_info again, which Xen allows once in a domain's life, and panic. */
enum vm_status vm_resume(struct vmctl *vm)
{
    const int fast = 1;

    if (xc_domain_resume(vm->xch, vm->domid, fast) != 0)
        return vm_fail_errno("cannot resume domain %u", vm->domid);
    return tell_xenstored(vm);
}

/* How toolstacks suspend an HVM guest that has no drivers to ask. */
enum vm_status vm_freeze(struct vmctl *vm)
{
    if (xc_domain_shutdown(vm->xch, vm->domid, SHUTDOWN_suspend) != 0)
        return vm_fail_errno("cannot freeze domain %u", vm->domid);
    return VM_OK;
}

enum vm_status vm_resume_slow(struct vmctl *vm)
{
    struct migrate_args args = { 0 };
    enum vm_status status = run(vm, &args, "resume_slow", -1);

    return status ? status : tell_xenstored(vm);
}

/* emu-manager's result for a domain that it restored. */
enum vm_status vm_rings(struct vmctl *vm, const char *store,
                        const char *console)
{
    unsigned long frame;

    if (!vm_number(store, ~0ul, &frame) || !vm_number(console, ~0ul, &frame))
        return vm_fail("ring frames are numbers, not %s %s", store, console);
    return note_put(vm, "store-frame", "%s", store) &&
                   note_put(vm, "console-frame", "%s", console)
               ? VM_OK
               : VM_FAILED;
}
