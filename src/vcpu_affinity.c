/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vcpu_affinity.c - tie vCPUs to pCPUs. */
#include "vcpu_affinity.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "numbers.h"
#include "vcpu_multi.h"

int vcpu_affinity_parse(const char *text, unsigned int nr_cpus, uint8_t *map,
                        struct xg_error *err)
{
    bool any = false;

    memset(map, 0, (nr_cpus + 7) / 8);
    for (unsigned int cpu = 0; text[cpu]; cpu++) {
        if (text[cpu] != '1' || cpu >= nr_cpus)
            continue;
        bytes_set_bit(map, cpu);
        any = true;
    }

    if (!any)
        return xg_fail(err, __func__, EINVAL,
                       "'%s' leaves none of the host's %u pCPUs", text,
                       nr_cpus);
    return 0;
}

/* What a mask of pCPUs is on this host. */
static int read_size(const struct xg_ctx *ctx, unsigned int *nr_cpus,
                     size_t *map_bytes, struct xg_error *err)
{
    int cpus, bytes;

    xg_forget_errors(ctx);
    cpus = xc_get_max_cpus(ctx->xch);
    if (cpus <= 0)
        return xg_fail_xc(ctx, err, "xc_get_max_cpus", "the host's pCPUs");
    xg_forget_errors(ctx);
    bytes = xc_get_cpumap_size(ctx->xch);
    if (bytes <= 0)
        return xg_fail_xc(ctx, err, "xc_get_cpumap_size", "the host's pCPUs");
    *nr_cpus = (unsigned int)cpus;
    *map_bytes = (size_t)bytes;
    return 0;
}

/* Masks that are to be set, which are owned. */
struct settings {
    struct vcpu_setting *list;
    uint8_t *maps;
    size_t map_bytes;
    unsigned int nr;
};

static void free_settings(struct settings *settings)
{
    free(settings->list);
    free(settings->maps);
}
#define cleanup_settings xg_cleanup(free_settings)

static int alloc_settings(struct settings *settings, unsigned int most,
                          size_t map_bytes, struct xg_error *err)
{
    settings->map_bytes = map_bytes;
    settings->list = calloc(most, sizeof(*settings->list));
    settings->maps = calloc(most, map_bytes);
    if (!settings->list || !settings->maps)
        return xg_fail_errno(err, "calloc", "masks of %u vCPUs", most);
    return 0;
}

/* Where the next one's map is. */
static uint8_t *next_map(const struct settings *settings)
{
    return settings->maps + settings->nr * settings->map_bytes;
}

static void add_setting(struct settings *settings, unsigned int vcpu, bool soft)
{
    settings->list[settings->nr] = (struct vcpu_setting){
        .vcpu = vcpu,
        .soft = soft,
        .map = next_map(settings),
    };
    settings->nr++;
}

static int set_all(const struct xg_ctx *ctx, const struct settings *settings,
                   struct xg_error *err)
{
    return vcpu_multi_set(ctx, settings->list, settings->nr,
                          settings->map_bytes, err);
}

static int parse_one(const struct xg_ctx *ctx, unsigned int vcpu,
                     const char *text, unsigned int nr_cpus, uint8_t *map,
                     struct xg_error *err)
{
    if (vcpu_affinity_parse(text, nr_cpus, map, err) < 0)
        return xg_error_context(err, "platform/vcpu/%u/affinity", vcpu);
    if (text[strspn(text, "01")])
        xg_log_at(ctx->log, LOG_WARNING,
                  "platform/vcpu/%u/affinity: '%s' is not a string of 0 and "
                  "1: what is neither counts as 0",
                  vcpu, text);
    return 0;
}

int vcpu_affinity_apply(const struct xg_ctx *ctx,
                        const struct xs_platform *platform,
                        struct xg_error *err)
{
    const unsigned int nr_vcpus = (unsigned int)platform->vcpu_number.value;
    cleanup_settings struct settings settings = { 0 };
    unsigned int nr_cpus = 0;
    size_t map_bytes;

    for (unsigned int vcpu = 0; vcpu < nr_vcpus; vcpu++) {
        const char *text = platform->vcpu_affinity[vcpu];

        if (!text)
            continue;
        if (!nr_cpus &&
            (read_size(ctx, &nr_cpus, &map_bytes, err) < 0 ||
             alloc_settings(&settings, nr_vcpus, map_bytes, err) < 0))
            return -1;
        if (parse_one(ctx, vcpu, text, nr_cpus, next_map(&settings), err) < 0)
            return -1;
        add_setting(&settings, vcpu, false);
    }
    if (set_all(ctx, &settings, err) < 0)
        return -1;
    for (unsigned int i = 0; i < settings.nr; i++)
        xg_info(ctx->log, "vCPU %u: hard affinity %s", settings.list[i].vcpu,
                platform->vcpu_affinity[settings.list[i].vcpu]);
    return 0;
}

/* ---- masks ---- */

int vcpu_masks_read(const struct xg_ctx *ctx, unsigned int nr_vcpus,
                    struct vcpu_masks *masks, struct xg_error *err)
{
    *masks = (struct vcpu_masks){ .nr_vcpus = nr_vcpus };
    if (read_size(ctx, &masks->nr_cpus, &masks->bytes, err) < 0)
        return -1;
    masks->hard = calloc(nr_vcpus, masks->bytes);
    masks->soft = calloc(nr_vcpus, masks->bytes);
    if (!masks->hard || !masks->soft)
        return xg_fail_errno(err, "calloc", "masks of %u vCPUs", nr_vcpus);
    return vcpu_multi_get(ctx, nr_vcpus, masks->bytes, masks->hard, masks->soft,
                          err);
}

int vcpu_masks_take_keys(struct vcpu_masks *masks,
                         const struct xs_platform *platform,
                         struct xg_error *err)
{
    for (unsigned int vcpu = 0; vcpu < masks->nr_vcpus; vcpu++) {
        const char *text = platform->vcpu_affinity[vcpu];
        uint8_t *hard = masks->hard + vcpu * masks->bytes;

        if (!text)
            continue;
        memset(hard, 0, masks->bytes);
        if (vcpu_affinity_parse(text, masks->nr_cpus, hard, err) < 0)
            return xg_error_context(err, "platform/vcpu/%u/affinity", vcpu);
    }
    return 0;
}

void vcpu_masks_free(struct vcpu_masks *masks)
{
    free(masks->hard);
    free(masks->soft);
    *masks = (struct vcpu_masks){ 0 };
}

/* Adds the pCPUs that one vCPU reaches. A soft mask that has none of the hard
 * one's that are usable counts for nothing, in Xen as well. */
static void add_reach(const struct vcpu_masks *masks, unsigned int vcpu,
                      const uint8_t *usable, unsigned int nr_cpus,
                      bool soft_counts, uint8_t *reach)
{
    const uint8_t *hard = masks->hard + vcpu * masks->bytes;
    const uint8_t *soft = masks->soft + vcpu * masks->bytes;
    size_t bytes = number_min(masks->bytes, (nr_cpus + 7) / 8);
    bool in_both = false;

    for (size_t i = 0; i < bytes; i++)
        in_both |= hard[i] & soft[i] & usable[i];
    for (size_t i = 0; i < bytes; i++)
        reach[i] |= soft_counts && in_both ? hard[i] & soft[i] : hard[i];
}

int vcpu_masks_reach(const struct vcpu_masks *masks, const uint8_t *usable,
                     unsigned int nr_cpus, bool soft_counts, uint8_t **reach,
                     struct xg_error *err)
{
    cleanup_free uint8_t *sum = calloc(1, nr_cpus / 8 + 1);
    bool all = true;

    *reach = NULL;
    if (!sum)
        return xg_fail_errno(err, "calloc", "%u pCPUs", nr_cpus);
    for (unsigned int vcpu = 0; vcpu < masks->nr_vcpus; vcpu++)
        add_reach(masks, vcpu, usable, nr_cpus, soft_counts, sum);
    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
        all &= bytes_has_bit(sum, cpu) || !bytes_has_bit(usable, cpu);
    if (masks->nr_vcpus && !all)
        *reach = steal_pointer(&sum);
    return 0;
}

/* ---- a policy's ---- */

/* What a mask and the policy's pCPUs have in common; false if nothing. */
static bool intersect(const uint8_t *mask, const struct vcpu_masks *masks,
                      const struct vcpu_pin *pin, uint8_t *map)
{
    bool any = false;

    memset(map, 0, masks->bytes);
    for (unsigned int cpu = 0; cpu < masks->nr_cpus && cpu < pin->nr_cpus;
         cpu++) {
        if (!bytes_has_bit(mask, cpu) || !bytes_has_bit(pin->cpus, cpu))
            continue;
        bytes_set_bit(map, cpu);
        any = true;
    }
    return any;
}

/* The mask that ties a vCPU to the policy's pCPUs: 1 if it is in `map`, 0 if
 * the vCPU is left alone, or -1. */
static int find_pin(const struct vcpu_masks *masks, unsigned int vcpu,
                    const struct vcpu_pin *pin, uint8_t *map,
                    struct xg_error *err)
{
    if (intersect(masks->hard + vcpu * masks->bytes, masks, pin, map))
        return 1;
    if (pin->how == NUMA_AFFINITY_HARD && pin->strict)
        return xg_fail(err, "vcpu_affinity_pin", EINVAL,
                       "the hard affinity of vCPU %u has none of the pCPUs "
                       "that the NUMA policy leaves",
                       vcpu);
    return 0;
}

static int add_pin(const struct xg_ctx *ctx, unsigned int vcpu,
                   const struct vcpu_masks *masks, const struct vcpu_pin *pin,
                   struct settings *settings, struct xg_error *err)
{
    int found = find_pin(masks, vcpu, pin, next_map(settings), err);

    if (found < 0)
        return -1;
    if (found)
        add_setting(settings, vcpu, pin->how != NUMA_AFFINITY_HARD);
    else
        xg_info(ctx->log,
                "vCPU %u: its hard affinity has none of the NUMA policy's "
                "pCPUs, and stays alone",
                vcpu);
    return 0;
}

int vcpu_affinity_pin(const struct xg_ctx *ctx, const struct vcpu_masks *masks,
                      const struct vcpu_pin *pin, unsigned int *nr_pinned,
                      struct xg_error *err)
{
    cleanup_settings struct settings settings = { 0 };

    if (pin->how == NUMA_AFFINITY_NONE)
        return 0;
    if (alloc_settings(&settings, pin->nr_vcpus, masks->bytes, err) < 0)
        return -1;
    for (unsigned int i = 0; i < pin->nr_vcpus; i++)
        if (add_pin(ctx, pin->first_vcpu + i, masks, pin, &settings, err) < 0)
            return -1;
    if (set_all(ctx, &settings, err) < 0)
        return -1;
    *nr_pinned += settings.nr;
    xg_info(ctx->log, "%u vCPUs: %s affinity of the NUMA policy", settings.nr,
            numa_affinity_name(pin->how));
    return 0;
}

int vcpu_masks_pin(struct vcpu_masks *masks, const struct vcpu_pin *pin,
                   struct xg_error *err)
{
    uint8_t *own = pin->how == NUMA_AFFINITY_HARD ? masks->hard : masks->soft;
    cleanup_free uint8_t *map = calloc(1, masks->bytes);

    if (!map)
        return xg_fail_errno(err, "calloc", "%u pCPUs", masks->nr_cpus);
    if (pin->how == NUMA_AFFINITY_NONE)
        return 0;
    for (unsigned int i = 0; i < pin->nr_vcpus; i++) {
        unsigned int vcpu = pin->first_vcpu + i;
        int found = find_pin(masks, vcpu, pin, map, err);

        if (found < 0)
            return -1;
        if (found)
            memcpy(own + vcpu * masks->bytes, map, masks->bytes);
    }
    return 0;
}
