/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * hvm_multi.c - a guest's HVM parameters in one hypercall. */
#include "hvm_multi.h"

#include <errno.h>
#include <inttypes.h>

#include <xen/hvm/hvm_op.h>
#include <xen/xen.h>
#include <xencall.h>

#include "multicall.h"

/* libxenguest hands a parameter to a function, not to an object of ours. */
static struct hvm_multi *kept;

void hvm_multi_begin(struct hvm_multi *multi, const struct xg_ctx *ctx)
{
    multi->ctx = ctx;
    multi->nr = 0;
    kept = multi;
}

void hvm_multi_forget(struct hvm_multi *multi)
{
    if (kept == multi)
        kept = NULL;
    multi->nr = 0;
}

static struct xen_hvm_param argument(uint32_t domid,
                                     const struct hvm_param *param)
{
    return (struct xen_hvm_param){
        .domid = (domid_t)domid,
        .index = param->index,
        .value = param->value,
    };
}

static void add(struct multicall *multi, const struct hvm_param *param)
{
    struct xen_hvm_param *arg = multicall_data(multi, sizeof(*arg));

    *arg = argument(multi->ctx->domid, param);
    multicall_add(multi, __HYPERVISOR_hvm_op, HVMOP_set_param, arg);
}

static int set_all(const struct hvm_multi *params, struct xg_error *err)
{
    cleanup_multicall struct multicall multi = { 0 };

    if (!params->nr)
        return 0;
    if (multicall_alloc(&multi, params->ctx, params->nr,
                        params->nr *
                            MULTICALL_BYTES(sizeof(struct xen_hvm_param)),
                        err) < 0)
        return -1;
    for (unsigned int i = 0; i < params->nr; i++)
        add(&multi, &params->param[i]);
    if (multicall_run(&multi, err) < 0)
        return -1;
    for (unsigned int i = 0; i < params->nr; i++)
        if (multicall_result(&multi, i) < 0)
            return xg_fail_xc(params->ctx, err, "xc_hvm_param_set",
                              "parameter %u = %#" PRIx64,
                              params->param[i].index, params->param[i].value);
    return 0;
}

int hvm_multi_end(struct hvm_multi *multi, struct xg_error *err)
{
    int rc = set_all(multi, err);

    hvm_multi_forget(multi);
    return rc;
}

/* What libxenctrl's own does. */
static int set_one(xc_interface *xch, uint32_t domid,
                   const struct hvm_param *param)
{
    xencall_handle *xcall = xc_interface_xcall_handle(xch);
    struct xen_hvm_param *arg = xencall_alloc_buffer(xcall, sizeof(*arg));
    int rc, code;

    if (!arg)
        return -1;
    *arg = argument(domid, param);
    errno = 0;
    rc = xencall2(xcall, __HYPERVISOR_hvm_op, HVMOP_set_param,
                  (uint64_t)(uintptr_t)arg);
    code = errno;
    xencall_free_buffer(xcall, arg);
    errno = code;
    return rc;
}

int xc_hvm_param_set(xc_interface *xch, uint32_t domid, uint32_t index,
                     uint64_t value)
{
    const struct hvm_param param = { index, value };
    struct hvm_multi *multi = kept;

    if (!multi || multi->ctx->domid != domid || multi->nr == HVM_MULTI_MOST)
        return set_one(xch, domid, &param);
    multi->param[multi->nr++] = param;
    return 0;
}
