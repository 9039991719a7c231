/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_xencall.c - a double of libxencall, for lists of hypercalls. */
#include "fake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/memory.h>
#include <xencall.h>

xencall_handle *xc_interface_xcall_handle(xc_interface *xch)
{
    return (xencall_handle *)xch;
}

void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
    return FAKE_XC((xc_interface *)xcall, NO_ARGUMENTS)
               ? NULL
               : fake_lend(calloc(1, size));
}

void xencall_free_buffer(xencall_handle *xcall, void *p)
{
    (void)xcall;
    fake_take_back(p);
}

/* Each call of a list is written down as libxenctrl's would be. */
static long populate(xc_interface *xch, const multicall_entry_t *call)
{
    const struct xen_memory_reservation *wanted =
        (const void *)(uintptr_t)call->args[1];
    xen_pfn_t *frames = wanted->extent_start.p;

    if (fake_call("xc_domain_populate_physmap",
                  "d%u %lu of order %u, flags %#x, first %#" PRIx64,
                  wanted->domid, wanted->nr_extents, wanted->extent_order,
                  wanted->mem_flags, frames[0]) &&
        fake_xc_failed(xch))
        return -1;
    return fake_populate(wanted->mem_flags, wanted->extent_order,
                         wanted->nr_extents, frames);
}

static int affinity(xc_interface *xch, const struct xen_domctl *domctl)
{
    const struct xen_domctl_vcpuaffinity *of = &domctl->u.vcpuaffinity;
    uint8_t *hard =
        of->flags & XEN_VCPUAFFINITY_HARD ? of->cpumap_hard.bitmap.p : NULL;
    uint8_t *soft =
        of->flags & XEN_VCPUAFFINITY_SOFT ? of->cpumap_soft.bitmap.p : NULL;

    return (domctl->cmd == XEN_DOMCTL_setvcpuaffinity ? xc_vcpu_setaffinity
                                                      : xc_vcpu_getaffinity)(
        xch, domctl->domain, (int)of->vcpu, hard, soft, of->flags);
}

static int resize_pool(xc_interface *xch, const struct xen_domctl *domctl)
{
    unsigned int mib = domctl->u.shadow_op.mb;

    return xc_shadow_control(xch, domctl->domain, domctl->u.shadow_op.op, &mib,
                             0);
}

static int control_domain(xc_interface *xch, const struct xen_domctl *domctl)
{
    fake_require(domctl->interface_version == XEN_DOMCTL_INTERFACE_VERSION,
                 "a domctl of this Xen");
    switch (domctl->cmd) {
    case XEN_DOMCTL_setvcpuaffinity:
    case XEN_DOMCTL_getvcpuaffinity:
        return affinity(xch, domctl);
    case XEN_DOMCTL_setnodeaffinity:
        return xc_domain_node_setaffinity(
            xch, domctl->domain, domctl->u.nodeaffinity.nodemap.bitmap.p);
    case XEN_DOMCTL_getnodeaffinity:
        return xc_domain_node_getaffinity(
            xch, domctl->domain, domctl->u.nodeaffinity.nodemap.bitmap.p);
    case XEN_DOMCTL_shadow_op:
        return resize_pool(xch, domctl);
    default:
        fake_require(false, "a domctl that the doubles know");
        return -1;
    }
}

static int set_param(xc_interface *xch, uint64_t command, uint64_t arg)
{
    const struct xen_hvm_param *param = (const void *)(uintptr_t)arg;

    fake_require(command == HVMOP_set_param, "an HVM operation that is known");
    return fake_set_hvm_param(xch, param->domid, param->index, param->value);
}

static bool populates(const multicall_entry_t *call)
{
    return call->op == __HYPERVISOR_memory_op &&
           call->args[0] == XENMEM_populate_physmap;
}

static long answer(xc_interface *xch, const multicall_entry_t *call)
{
    long result;

    errno = 0;
    if (populates(call)) {
        result = populate(xch, call);
    } else if (call->op == __HYPERVISOR_hvm_op) {
        result = set_param(xch, call->args[0], call->args[1]);
    } else {
        fake_require(call->op == __HYPERVISOR_domctl,
                     "a hypercall that the doubles know");
        result = control_domain(xch, (const void *)(uintptr_t)call->args[0]);
    }
    if (result < 0)
        return errno ? -errno : -EIO;
    return result;
}

int xencall2(xencall_handle *xcall, unsigned int op, uint64_t arg1,
             uint64_t arg2)
{
    multicall_entry_t *calls = (void *)(uintptr_t)arg1;
    xc_interface *xch = (xc_interface *)xcall;

    if (op == __HYPERVISOR_hvm_op)
        return set_param(xch, arg1, arg2);
    fake_require(op == __HYPERVISOR_multicall && arg2, "xencall2: a multicall");
    if (FAKE_XC(xch, "%" PRIu64 "%s", arg2,
                populates(calls) ? " that populate" : ""))
        return -1;
    for (uint64_t i = 0; i < arg2; i++)
        calls[i].result = (xen_ulong_t)answer(xch, &calls[i]);
    return 0;
}
