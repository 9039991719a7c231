/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * cpuid_topology.c - which vCPUs share a socket, as the guest's CPUID has it.
 *
 * The leaves are those of Intel's and AMD's manuals that Xen 4.17 lets a guest
 * have. It makes 0xb, 0x8000001d and 0x8000001e zero, and the APIC ids its own.
 */
#include "cpuid_topology.h"

#include <inttypes.h>

#include <xenguest.h>

#include "compat/xc_compat.h"

#define LEAF_FEATURES 1
#define LEAF_CACHES 4
#define LEAF_SIZES UINT32_C(0x80000008)

/* EBX of leaf 1: APIC ids of a socket. */
#define IDS_SHIFT 16
#define IDS_MAX 255
/* EAX of leaf 4: kind of cache, 0 being none; APIC ids that share it, and cores
 * of a socket, both less one. */
#define CACHE_KIND 0x1f
#define SHARERS_SHIFT 14
#define SHARERS_MAX 4096
#define CORES_SHIFT 26
#define CORES_MAX 64
/* ECX of leaf 0x80000008: cores of a socket less one; bits of an APIC id that
 * tell them apart, at most the 7 that Xen's own library gives a guest
 * (xc_cpuid_apply_policy). */
#define AMD_CORES_SHIFT 0
#define AMD_CORES_MAX 255
#define AMD_IDS_MAX 128
#define ID_BITS_SHIFT 12
#define ID_BITS_MAX 15

static unsigned int at_most(unsigned int value, unsigned int most)
{
    return value < most ? value : most;
}

/* Of a field that holds up to `most`, of which there are as many as bits. */
static void put_field(uint32_t *word, unsigned int shift, unsigned int most,
                      uint32_t value)
{
    *word = (*word & ~(most << shift)) | value << shift;
}

/* ---- pure ---- */

unsigned int cpuid_topology_socket(const struct xs_platform *platform,
                                   const struct numa_vnodes *vnodes)
{
    unsigned int cores = (unsigned int)platform->cores_per_socket.value;
    unsigned int bounds = 0, socket = 1;

    if (platform->cores_per_socket.set) {
        while (socket < cores)
            socket *= 2;
        return socket;
    }
    for (unsigned int i = 0; vnodes && i < vnodes->nr; i++)
        bounds |= vnodes->vnode[i].first_vcpu;
    return bounds & -bounds;
}

static bool has_caches(const xen_cpuid_leaf_t *leaves, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++)
        if (leaves[i].leaf == LEAF_CACHES && leaves[i].a & CACHE_KIND)
            return true;
    return false;
}

/* No cache is shared beyond the socket. */
static void edit_cache(xen_cpuid_leaf_t *leaf, unsigned int ids)
{
    unsigned int sharers = (leaf->a >> SHARERS_SHIFT & (SHARERS_MAX - 1)) + 1;

    put_field(&leaf->a, SHARERS_SHIFT, SHARERS_MAX - 1,
              at_most(sharers, ids) - 1);
    put_field(&leaf->a, CORES_SHIFT, CORES_MAX - 1,
              at_most(ids, CORES_MAX) - 1);
}

static bool edit_leaf(xen_cpuid_leaf_t *leaf, unsigned int ids, bool intel)
{
    unsigned int all = at_most(ids, IDS_MAX);

    if (leaf->leaf == LEAF_FEATURES) {
        put_field(&leaf->b, IDS_SHIFT, IDS_MAX, all);
        return true;
    }
    if (leaf->leaf == LEAF_CACHES && leaf->a & CACHE_KIND) {
        edit_cache(leaf, ids);
        return true;
    }
    if (leaf->leaf == LEAF_SIZES && !intel) {
        put_field(&leaf->c, AMD_CORES_SHIFT, AMD_CORES_MAX, all - 1);
        put_field(&leaf->c, ID_BITS_SHIFT, ID_BITS_MAX,
                  (unsigned int)__builtin_ctz(ids));
        return true;
    }
    return false;
}

unsigned int cpuid_topology_edit(xen_cpuid_leaf_t *leaves, unsigned int nr,
                                 unsigned int socket_vcpus)
{
    bool intel = has_caches(leaves, nr);
    unsigned int ids = 2 * socket_vcpus;
    unsigned int nr_edited = 0;

    if (!intel)
        ids = at_most(ids, AMD_IDS_MAX);
    for (unsigned int i = 0; i < nr; i++)
        if (edit_leaf(&leaves[i], ids, intel))
            leaves[nr_edited++] = leaves[i];
    return nr_edited;
}

/* ---- the domain's policy ---- */

static void free_policy(xc_cpu_policy_t **policy)
{
    xc_cpu_policy_destroy(*policy);
}
#define cleanup_policy xg_cleanup(free_policy)

static int show(const struct xg_ctx *ctx, unsigned int socket_vcpus,
                struct xg_error *err)
{
    cleanup_policy xc_cpu_policy_t *policy = xc_cpu_policy_init();
    cleanup_free xen_cpuid_leaf_t *leaves = NULL;
    xc_interface *xch = ctx->xch;
    uint32_t nr_leaves, nr_msrs;

    xg_forget_errors(ctx);
    if (!policy)
        return xg_fail_errno(err, "xc_cpu_policy_init", "CPU policy");
    if (xc_cpu_policy_get_size(xch, &nr_leaves, &nr_msrs) != 0)
        return xg_fail_xc(ctx, err, "xc_cpu_policy_get_size", "CPU policy");
    leaves = calloc(nr_leaves, sizeof(*leaves));
    if (!leaves)
        return xg_fail_errno(err, "calloc", "%" PRIu32 " leaves", nr_leaves);

    if (xc_cpu_policy_get_domain(xch, ctx->domid, policy) != 0)
        return xg_fail_xc(ctx, err, "xc_cpu_policy_get_domain", "CPU policy");
    if (xc_cpu_policy_serialise(xch, policy, leaves, &nr_leaves, NULL, NULL) !=
        0)
        return xg_fail_xc(ctx, err, "xc_cpu_policy_serialise", "CPU policy");
    nr_leaves = cpuid_topology_edit(leaves, nr_leaves, socket_vcpus);
    if (xc_cpu_policy_update_cpuid(xch, policy, leaves, nr_leaves) != 0)
        return xg_fail_xc(ctx, err, "xc_cpu_policy_update_cpuid",
                          "%" PRIu32 " leaves", nr_leaves);
    if (xc_cpu_policy_set_domain(xch, ctx->domid, policy) != 0)
        return xg_fail_xc(ctx, err, "xc_cpu_policy_set_domain", "CPU policy");
    return 0;
}

/* What a guest sees otherwise than it was asked for. */
static void warn_of_misfits(const struct xg_ctx *ctx,
                            const struct xs_platform *platform,
                            const struct numa_vnodes *vnodes,
                            unsigned int socket_vcpus)
{
    int64_t cores = platform->cores_per_socket.value;
    unsigned int cut = 0;

    if (!platform->cores_per_socket.set)
        return;
    if (socket_vcpus != cores && cores < platform->vcpu_number.value)
        xg_log_at(ctx->log, LOG_WARNING,
                  "platform/cores-per-socket: '%" PRId64
                  "' counts as %u: Xen's APIC ids make sockets of a power of "
                  "two",
                  cores, socket_vcpus);
    for (unsigned int i = 0; vnodes && i < vnodes->nr; i++)
        cut += vnodes->vnode[i].first_vcpu % socket_vcpus != 0;
    if (cut)
        xg_log_at(ctx->log, LOG_WARNING,
                  "%u virtual nodes begin within a socket of %u vCPUs", cut,
                  socket_vcpus);
}

void cpuid_topology_apply(const struct xg_ctx *ctx,
                          const struct xs_platform *platform,
                          const struct numa_vnodes *vnodes)
{
    unsigned int socket_vcpus = cpuid_topology_socket(platform, vnodes);
    struct xg_error why;

    /* XenServer's library has been told, and knows its Xen. */
    if (!socket_vcpus ||
        (platform->cores_per_socket.set && xg_xc_cpuid_takes_cores()))
        return;
    warn_of_misfits(ctx, platform, vnodes, socket_vcpus);
    if (show(ctx, socket_vcpus, &why) < 0)
        xg_log_at(ctx->log, LOG_WARNING,
                  "the guest is not shown its sockets of %u vCPUs: %s: %s",
                  socket_vcpus, why.what, why.text);
    else
        xg_info(ctx->log, "sockets of %u vCPUs", socket_vcpus);
}
