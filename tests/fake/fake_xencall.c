/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_xencall.c - a double of libxencall, for hypercalls that populate. */
#include "fake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <xen/memory.h>
#include <xencall.h>

xencall_handle *xc_interface_xcall_handle(xc_interface *xch)
{
    return (xencall_handle *)xch;
}

void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
    return FAKE_XC((xc_interface *)xcall, NO_ARGUMENTS) ? NULL
                                                        : calloc(1, size);
}

void xencall_free_buffer(xencall_handle *xcall, void *p)
{
    (void)xcall;
    free(p);
}

/* Each request of a hypercall is written down as libxenctrl's would be. */
static long answer(xc_interface *xch, const multicall_entry_t *call)
{
    const struct xen_memory_reservation *wanted =
        (const void *)(uintptr_t)call->args[1];
    xen_pfn_t *frames = wanted->extent_start.p;

    fake_require(call->op == __HYPERVISOR_memory_op &&
                     call->args[0] == XENMEM_populate_physmap,
                 "a multicall populates");
    errno = 0;
    if (fake_call("xc_domain_populate_physmap",
                  "d%u %lu of order %u, flags %#x, first %#" PRIx64,
                  wanted->domid, wanted->nr_extents, wanted->extent_order,
                  wanted->mem_flags, frames[0]) &&
        fake_xc_failed(xch))
        return errno ? -errno : -EIO;
    return fake_populate(wanted->mem_flags, wanted->extent_order,
                         wanted->nr_extents, frames);
}

int xencall2(xencall_handle *xcall, unsigned int op, uint64_t arg1,
             uint64_t arg2)
{
    multicall_entry_t *calls = (void *)(uintptr_t)arg1;
    xc_interface *xch = (xc_interface *)xcall;

    fake_require(op == __HYPERVISOR_multicall, "xencall2: a multicall");
    if (FAKE_XC(xch, "%" PRIu64 " that populate", arg2))
        return -1;
    for (uint64_t i = 0; i < arg2; i++)
        calls[i].result = (xen_ulong_t)answer(xch, &calls[i]);
    return 0;
}
