/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_destroy.c - take away a domain, whole or half-made, with everything
 * that belongs to it, and wait until Xen has its memory back. */
#include "vmctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define LIMIT_MS 120000
#define STEP_MS 20
#define FREE_LIMIT_MS 3000
#define HEAP_SLACK_PAGES 8

static void pause_step(void)
{
    const struct timespec pause = { .tv_nsec = STEP_MS * 1000000L };

    nanosleep(&pause, NULL);
}

static void remove_keys(struct vmctl *vm)
{
    cleanup_free char *uuid = note_get(vm, "uuid");
    char path[64];

    if (uuid) {
        snprintf(path, sizeof(path), "/vm/%s", uuid);
        xs_rm(vm->xsh, XBT_NULL, path);
    }
    snprintf(path, sizeof(path), "/local/domain/%u", vm->domid);
    xs_rm(vm->xsh, XBT_NULL, path);
    snprintf(path, sizeof(path), "/vmctl/%u", vm->domid);
    xs_rm(vm->xsh, XBT_NULL, path);
}

/* A domain's own structures are freed up to a second after it has left Xen's
 * list, once every CPU has been through the scheduler. Wait until as much is
 * free as before it was made, but for the few pages that Xen's heap keeps, and
 * not for long: another domain may have been made since. */
static void wait_host_free(struct vmctl *vm)
{
    unsigned long before = note_number(vm, "host-free-before");
    xc_physinfo_t info;
    long waited_ms;

    for (waited_ms = 0; waited_ms < FREE_LIMIT_MS; waited_ms += STEP_MS) {
        if (xc_physinfo(vm->xch, &info) < 0 ||
            info.free_pages + HEAP_SLACK_PAGES >= before)
            return;
        pause_step();
    }
}

static enum vm_status destroy_domain(struct vmctl *vm)
{
    xc_domaininfo_t info;
    long waited_ms;

    /* xenstored and xenconsoled must let go of the rings, or it stays dying */
    if (xc_domain_destroy(vm->xch, vm->domid) < 0)
        return vm_fail_errno("cannot destroy domain %u", vm->domid);
    xs_release_domain(vm->xsh, vm->domid);

    for (waited_ms = 0; host_domain(vm, &info); waited_ms += STEP_MS) {
        if (waited_ms >= LIMIT_MS)
            return vm_fail("domain %u still has %" PRIu64 " pages after %d s",
                           vm->domid, (uint64_t)info.tot_pages,
                           LIMIT_MS / 1000);
        pause_step();
    }
    wait_host_free(vm);
    return VM_OK;
}

enum vm_status vm_destroy(struct vmctl *vm)
{
    cleanup_free char *name = note_get(vm, "name");
    enum vm_status status = VM_OK;
    xc_domaininfo_t info;
    bool exists = host_domain(vm, &info);

    if (vm->domid == 0)
        return vm_fail("not domain 0");
    if (!exists && !name)
        return vm_fail("there is no domain %u", vm->domid);

    if (exists)
        xc_domain_pause(vm->xch, vm->domid);
    dm_stop(vm);
    if (exists)
        status = destroy_domain(vm);
    remove_keys(vm);
    return status;
}
