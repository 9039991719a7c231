/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vcpu_multi.c - the affinities of many vCPUs in one hypercall.
 *
 * Xen has a call for one vCPU's masks, and none for those of all. */
#include "vcpu_multi.h"

#include <string.h>

#include <xen/domctl.h>

#include "bytes.h"
#include "multicall.h"

static struct xenctl_bitmap bitmap_of(uint8_t *map, size_t map_bytes)
{
    struct xenctl_bitmap bitmap = { .nr_bits = (uint32_t)map_bytes * 8 };

    set_xen_guest_handle_raw(bitmap.bitmap, map);
    return bitmap;
}

/* Room for a call for each of them, with so many maps. */
static int alloc(struct multicall *multi, const struct xg_ctx *ctx,
                 unsigned int nr_calls, size_t maps_bytes, struct xg_error *err)
{
    return multicall_alloc(
        multi, ctx, nr_calls,
        nr_calls * (MULTICALL_BYTES(sizeof(struct xen_domctl)) + maps_bytes),
        err);
}

static struct xen_domctl_vcpuaffinity *add(struct multicall *multi,
                                           uint32_t command, unsigned int vcpu)
{
    struct xen_domctl *domctl = multicall_add_domctl(multi, command);

    domctl->u.vcpuaffinity.vcpu = vcpu;
    return &domctl->u.vcpuaffinity;
}

int vcpu_multi_get(const struct xg_ctx *ctx, unsigned int nr_vcpus,
                   size_t map_bytes, uint8_t *hard, uint8_t *soft,
                   struct xg_error *err)
{
    cleanup_multicall struct multicall multi = { 0 };
    size_t maps_bytes = nr_vcpus * map_bytes;
    uint8_t *hard_maps, *soft_maps;

    if (!nr_vcpus)
        return 0;
    if (alloc(&multi, ctx, nr_vcpus, 2 * MULTICALL_BYTES(map_bytes), err) < 0)
        return -1;
    hard_maps = multicall_data(&multi, maps_bytes);
    soft_maps = multicall_data(&multi, maps_bytes);
    for (unsigned int vcpu = 0; vcpu < nr_vcpus; vcpu++) {
        struct xen_domctl_vcpuaffinity *call =
            add(&multi, XEN_DOMCTL_getvcpuaffinity, vcpu);

        call->flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
        call->cpumap_hard = bitmap_of(hard_maps + vcpu * map_bytes, map_bytes);
        call->cpumap_soft = bitmap_of(soft_maps + vcpu * map_bytes, map_bytes);
    }

    if (multicall_run(&multi, err) < 0)
        return -1;
    for (unsigned int vcpu = 0; vcpu < nr_vcpus; vcpu++)
        if (multicall_result(&multi, vcpu) < 0)
            return xg_fail_xc(ctx, err, "xc_vcpu_getaffinity", "vCPU %u", vcpu);
    memcpy(hard, hard_maps, maps_bytes);
    memcpy(soft, soft_maps, maps_bytes);
    return 0;
}

static int fail_to_set(const struct xg_ctx *ctx,
                       const struct vcpu_setting *setting, size_t map_bytes,
                       struct xg_error *err)
{
    char text[256];

    bytes_list_bits(setting->map, map_bytes * 8, text, sizeof(text));
    return xg_fail_xc(ctx, err, "xc_vcpu_setaffinity",
                      "%s affinity of vCPU %u to pCPUs %s",
                      setting->soft ? "soft" : "hard", setting->vcpu, text);
}

int vcpu_multi_set(const struct xg_ctx *ctx,
                   const struct vcpu_setting *settings,
                   unsigned int nr_settings, size_t map_bytes,
                   struct xg_error *err)
{
    cleanup_multicall struct multicall multi = { 0 };

    if (!nr_settings)
        return 0;
    if (alloc(&multi, ctx, nr_settings, MULTICALL_BYTES(map_bytes), err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_settings; i++) {
        const struct vcpu_setting *setting = &settings[i];
        struct xen_domctl_vcpuaffinity *call =
            add(&multi, XEN_DOMCTL_setvcpuaffinity, setting->vcpu);
        /* Xen answers with the effective mask in the same place. */
        uint8_t *map = multicall_data(&multi, map_bytes);

        memcpy(map, setting->map, map_bytes);
        if (setting->soft) {
            call->flags = XEN_VCPUAFFINITY_SOFT;
            call->cpumap_soft = bitmap_of(map, map_bytes);
        } else {
            call->flags = XEN_VCPUAFFINITY_HARD;
            call->cpumap_hard = bitmap_of(map, map_bytes);
        }
    }

    if (multicall_run(&multi, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_settings; i++)
        if (multicall_result(&multi, i) < 0)
            return fail_to_set(ctx, &settings[i], map_bytes, err);
    return 0;
}
