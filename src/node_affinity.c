/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * node_affinity.c - the nodes that Xen takes a domain's memory from. */
#include "node_affinity.h"

#include <xen/domctl.h>

#include "multicall.h"

/* Xen takes a map of ones, for nodes that don't exist too, as the order to
 * derive the set from the vCPUs' masks again. */
#define EVERY_NODE UINT64_MAX

/* Room for calls with a map of nodes each: Xen has none with more of them than
 * NUMA_NODES_MAX. */
static int alloc_calls(struct multicall *multi, const struct xg_ctx *ctx,
                       unsigned int nr_calls, struct xg_error *err)
{
    return multicall_alloc(multi, ctx, nr_calls,
                           nr_calls *
                               (MULTICALL_BYTES(sizeof(struct xen_domctl)) +
                                MULTICALL_BYTES(sizeof(uint64_t))),
                           err);
}

/* Returns where the call has, or gets, its nodes. */
static const uint64_t *add_call(struct multicall *multi, uint32_t command,
                                uint32_t domid, uint64_t nodes)
{
    struct xen_domctl *domctl = multicall_add_domctl(multi, command);
    uint64_t *map = multicall_data(multi, sizeof(*map));

    *map = nodes;
    domctl->domain = (domid_t)domid;
    domctl->u.nodeaffinity.nodemap.nr_bits = NUMA_NODES_MAX;
    set_xen_guest_handle_raw(domctl->u.nodeaffinity.nodemap.bitmap,
                             (uint8_t *)map);
    return map;
}

int node_affinity_get_others(const struct xg_ctx *ctx,
                             const xc_domaininfo_t *list,
                             unsigned int nr_domains, uint64_t *nodes,
                             struct xg_error *err)
{
    cleanup_multicall struct multicall multi = { 0 };
    cleanup_free const uint64_t **maps = calloc(nr_domains + 1, sizeof(*maps));
    unsigned int call = 0;

    if (!maps)
        return xg_fail_errno(err, "calloc", "%u domains", nr_domains);
    if (alloc_calls(&multi, ctx, nr_domains, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_domains; i++)
        if (list[i].domain != ctx->domid)
            maps[i] =
                add_call(&multi, XEN_DOMCTL_getnodeaffinity, list[i].domain, 0);
    if (multi.nr_calls && multicall_run(&multi, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_domains; i++) {
        nodes[i] = 0;
        if (maps[i] && multicall_result(&multi, call++) >= 0)
            nodes[i] = *maps[i];
    }
    return 0;
}

static int fail_to_set(const struct xg_ctx *ctx, const char *text,
                       struct xg_error *err)
{
    return xg_fail_xc(ctx, err, "xc_domain_node_setaffinity", "nodes %s", text);
}

int node_affinity_set(const struct xg_ctx *ctx, uint64_t nodes,
                      struct xg_error *err)
{
    cleanup_multicall struct multicall multi = { 0 };
    char text[NUMA_LIST_BYTES];

    if (alloc_calls(&multi, ctx, 1, err) < 0)
        return -1;
    add_call(&multi, XEN_DOMCTL_setnodeaffinity, ctx->domid, nodes);
    if (multicall_run(&multi, err) < 0)
        return -1;
    numa_nodes_format(nodes, text);
    if (multicall_result(&multi, 0) < 0)
        return fail_to_set(ctx, text, err);
    xg_info(ctx->log, "node affinity set to %s", text);
    return 0;
}

int node_affinity_leave(const struct xg_ctx *ctx, uint64_t nodes,
                        struct xg_error *err)
{
    static const char derived_text[] = "what the vCPUs' masks make it";
    cleanup_multicall struct multicall multi = { 0 };
    const uint64_t *derived;

    if (alloc_calls(&multi, ctx, 2, err) < 0)
        return -1;
    add_call(&multi, XEN_DOMCTL_setnodeaffinity, ctx->domid, EVERY_NODE);
    derived = add_call(&multi, XEN_DOMCTL_getnodeaffinity, ctx->domid, 0);
    if (multicall_run(&multi, err) < 0)
        return -1;
    if (multicall_result(&multi, 0) < 0)
        return fail_to_set(ctx, derived_text, err);
    if (multicall_result(&multi, 1) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_node_getaffinity", "domain %u",
                          ctx->domid);
    xg_info(ctx->log, "node affinity set to %s", derived_text);
    return *derived == nodes ? 0 : node_affinity_set(ctx, nodes, err);
}
