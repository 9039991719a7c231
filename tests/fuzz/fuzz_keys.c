/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_keys.c - what a domain has below platform/ in Xenstore, and its host
 * below /mh: a line `path = value` for each. */
#include "cpuid_policy.h"
#include "fuzz_ctx.h"
#include "migrate_save.h"
#include "numa_policy.h"
#include "settings_log.h"
#include "vcpu_affinity.h"
#include "xs_platform.h"

static const xc_domaininfo_t info = {
    .domain = FUZZ_DOMID,
    .flags = XEN_DOMINF_hvm_guest,
    .max_vcpu_id = 15,
};

static void check_features(const struct xg_ctx *ctx,
                           const struct xs_platform *platform)
{
    struct featureset features = { .nr_words = 0 };
    struct xg_error err = { .code = 0 };

    if (cpuid_policy_plan(ctx, platform, true, &features, &err) < 0) {
        assert(err.text[0]);
        return;
    }
    assert(features.nr_words == fake_host_number("host/featureset_words"));
    for (unsigned int i = features.nr_words; i < FEATURESET_WORDS_MAX; i++)
        assert(!features.words[i]);
}

/* Each vCPU has a pCPU to run on. */
static void check_masks(const struct xg_ctx *ctx,
                        const struct xs_platform *platform)
{
    struct vcpu_masks masks = { .nr_vcpus = 0 };
    struct xg_error err = { .code = 0 };

    assert(vcpu_masks_read(ctx, (unsigned int)platform->vcpu_number.value,
                           &masks, &err) == 0);
    if (vcpu_masks_take_keys(&masks, platform, &err) == 0) {
        for (unsigned int i = 0; i < masks.nr_vcpus; i++)
            assert(masks.hard[i * masks.bytes]);
    } else {
        assert(err.text[0]);
    }
    vcpu_masks_free(&masks);
}

static void check_platform(const struct xg_ctx *ctx)
{
    cleanup_platform struct xs_platform platform = { 0 };
    struct xg_error err = { 0 };

    if (xs_platform_read(ctx, &info, &platform, &err) < 0) {
        assert(err.text[0]);
        return;
    }
    assert(platform.vcpu_number.value >= 1 && platform.vcpu_number.value <= 16);
    assert(platform.vcpu_current.value >= 1 &&
           platform.vcpu_current.value <= platform.vcpu_number.value);
    assert(!platform.nested_virt || platform.nomigrate);
    assert(platform.nested_virt ||
           !platform.nomigrate == !migrate_save_check(ctx, false, &err));
    settings_log(ctx->log, NULL, &platform, &(const struct numa_policy){ 0 },
                 true);
    check_features(ctx, &platform);
    check_masks(ctx, &platform);
}

/* hvmloader knows no other words. */
static void check_acpi(const struct xg_ctx *ctx)
{
    static const char *const paths[] = {
        "/local/domain/7/platform/acpi",
        "/local/domain/7/platform/acpi_s3",
        "/local/domain/7/platform/acpi_s4",
    };
    bool before, after;
    struct xg_error err;

    assert(xs_platform_has_acpi(ctx, &before, &err) == 0);
    xs_platform_put_acpi(ctx);
    assert(xs_platform_has_acpi(ctx, &after, &err) == 0 && before == after);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        assert(!strcmp(fake_store_get(paths[i]), "0") ||
               !strcmp(fake_store_get(paths[i]), "1"));
}

static void check_policy(const struct xg_ctx *ctx, bool restore)
{
    cleanup_numa_policy struct numa_policy policy = { 0 };
    struct xg_error err = { 0 };
    char text[NUMA_LIST_BYTES];

    if (numa_policy_read(ctx, NUMA_KEYS_OF_DOMAIN | NUMA_KEYS_OF_HOST, restore,
                         &policy, &err) < 0) {
        assert(err.text[0]);
        return;
    }
    settings_log(ctx->log, NULL, &(const struct xs_platform){ 0 }, &policy,
                 false);
    for (enum numa_key key = 0; key < NUMA_NR_KEYS; key++)
        assert(numa_policy_value(&policy, key, text) &&
               numa_policy_dir(&policy, key));
    if (numa_policy_check(&policy, &err) == 0 && policy.rule == NUMA_ANY)
        assert(!policy.nodes && policy.claim != NUMA_CLAIM_NODE);
    assert(!restore || !numa_policy_needs_vnodes(&policy));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const struct xg_ctx *ctx = fuzz_ctx();
    struct fuzz_input input = { data, bytes };

    fuzz_fill_store(&input);
    check_platform(ctx);
    check_policy(ctx, false);
    check_policy(ctx, true);
    check_acpi(ctx);
    return 0;
}
