/* SPDX-License-Identifier: LGPL-2.1-or-later
 * vmctl_destroy.c - take away a domain, whole or half-made, with everything
 * that belongs to it, and wait until Xen has its memory back. */
#include "vmctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define LIMIT_MS 120000
#define STEP_MS 20

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

/* The domain leaves Xen's list shortly before its last pages are free. */
static void wait_free_steady(struct vmctl *vm)
{
    xc_physinfo_t before = { 0 }, after = { 0 };
    int steady = 0, i;

    for (i = 0; i < 50 && steady < 2; i++) {
        if (xc_physinfo(vm->xch, &after) < 0)
            return;
        steady = after.free_pages == before.free_pages ? steady + 1 : 0;
        before = after;
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
    wait_free_steady(vm);
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
