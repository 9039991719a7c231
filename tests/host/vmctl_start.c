/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_start.c - what xenopsd does with a build's result: hand the rings to
 * xenconsoled and xenstored, start a device model, let the guest run. */
#include "vmctl.h"

#include <stdio.h>
#include <string.h>

#define CONSOLE_LIMIT_BYTES 1048576

/* ring-ref last but for the store: xenconsoled takes the console once ring and
 * port are there, and leaves one of type "ioemu" alone */
static bool write_rings(struct vmctl *vm, bool with_dm)
{
    return dom_put(vm, "console/limit", "%u", CONSOLE_LIMIT_BYTES) &&
           dom_put(vm, "console/type", with_dm ? "ioemu" : "xenconsoled") &&
           dom_put(vm, "console/output", "pty") &&
           dom_put(vm, "console/tty", "%s", "") &&
           dom_put(vm, "console/port", "%lu",
                   note_number(vm, "console-port")) &&
           dom_put(vm, "console/ring-ref", "%lu",
                   note_number(vm, "console-frame")) &&
           dom_put(vm, "store/port", "%lu", note_number(vm, "store-port")) &&
           dom_put(vm, "store/ring-ref", "%lu", note_number(vm, "store-frame"));
}

enum vm_status vm_start(struct vmctl *vm)
{
    cleanup_free char *frame = note_get(vm, "store-frame");
    cleanup_free char *device_model = note_get(vm, "device-model");
    enum vm_status status;

    if (!frame)
        return vm_fail("domain %u has not been built", vm->domid);
    if (!write_rings(vm, device_model))
        return VM_FAILED;

    if (!xs_introduce_domain(vm->xsh, vm->domid, strtoul(frame, NULL, 10),
                             (unsigned int)note_number(vm, "store-port")))
        return vm_fail_errno("xenstored does not take domain %u", vm->domid);

    if (device_model) {
        status = dm_start(vm);
        if (status)
            return status;
    }
    if (xc_domain_unpause(vm->xch, vm->domid) < 0)
        return vm_fail_errno("cannot unpause domain %u", vm->domid);
    return VM_OK;
}
