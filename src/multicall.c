/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * multicall.c - several hypercalls in one.
 *
 * Xen has calls for one vCPU, one parameter, extents of one node alone, each of
 * which costs some ten microseconds besides what it does (on the test host, see
 * scripts/bench). It takes a list of calls as well, which is what libxenctrl
 * makes of a single one for memory. */
#include "multicall.h"

#include <errno.h>

#include <xen/domctl.h>
#include <xen/xen.h>
#include <xencall.h>

static xencall_handle *handle_of(const struct xg_ctx *ctx)
{
    return xc_interface_xcall_handle(ctx->xch);
}

int multicall_alloc(struct multicall *multi, const struct xg_ctx *ctx,
                    unsigned int nr_calls, size_t data_bytes,
                    struct xg_error *err)
{
    *multi = (struct multicall){ .ctx = ctx };
    xg_forget_errors(ctx);
    multi->calls = xencall_alloc_buffer(
        handle_of(ctx), nr_calls * sizeof(*multi->calls) + data_bytes);
    if (!multi->calls)
        return xg_fail_xc(ctx, err, "xencall_alloc_buffer", "%u hypercalls",
                          nr_calls);
    multi->free_data = (uint8_t *)(multi->calls + nr_calls);
    return 0;
}

void *multicall_data(struct multicall *multi, size_t bytes)
{
    void *data = multi->free_data;

    multi->free_data += MULTICALL_BYTES(bytes);
    return data;
}

void multicall_add(struct multicall *multi, unsigned int op, uint64_t command,
                   void *data)
{
    multi->calls[multi->nr_calls++] = (multicall_entry_t){
        .op = op,
        .args = { command, (xen_ulong_t)(uintptr_t)data },
    };
}

/* The version of Xen's interface is that which we were built for.
 * xc_domaininfo_t is one of its structs, so a libxenctrl for another version
 * has another soname. */
struct xen_domctl *multicall_add_domctl(struct multicall *multi,
                                        uint32_t command)
{
    struct xen_domctl *domctl = multicall_data(multi, sizeof(*domctl));

    *domctl = (struct xen_domctl){
        .cmd = command,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
        .domain = (domid_t)multi->ctx->domid,
    };
    multicall_add(multi, __HYPERVISOR_domctl, (uint64_t)(uintptr_t)domctl,
                  NULL);
    return domctl;
}

int multicall_run(struct multicall *multi, struct xg_error *err)
{
    const struct xg_ctx *ctx = multi->ctx;

    xg_forget_errors(ctx);
    if (xencall2(handle_of(ctx), __HYPERVISOR_multicall,
                 (uint64_t)(uintptr_t)multi->calls, multi->nr_calls) < 0)
        return xg_fail_xc(ctx, err, "xencall2", "%u hypercalls",
                          multi->nr_calls);
    return 0;
}

long multicall_result(const struct multicall *multi, unsigned int call)
{
    long result = (long)multi->calls[call].result;

    if (result < 0)
        errno = (int)-result;
    return result;
}

void multicall_free(struct multicall *multi)
{
    if (multi->calls)
        xencall_free_buffer(handle_of(multi->ctx), multi->calls);
    multi->calls = NULL;
}
