/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_keys.c - what a domain has below platform/ in Xenstore, and its host
 * below /mh: a line `path = value` for each. */
#include "cleanup.h"
#include "../fake/fake.h"
#include "fuzz_ctx.h"
#include "numa_policy.h"
#include "xs_platform.h"

static const xc_domaininfo_t info = {
    .domain = FUZZ_DOMID,
    .flags = XEN_DOMINF_hvm_guest,
    .max_vcpu_id = 15,
};

static void fill_store(struct fuzz_input *input)
{
    char line[1024], path[1100];

    fake_store_clear();
    fake_store_set("/local/domain/7/platform/vcpu/number", "2");
    for (unsigned int i = 0; i < 64 && input->bytes; i++) {
        char *value =
            strstr(fuzz_take_text(input, '\n', line, sizeof(line)), " = ");

        if (!value || value == line)
            continue;
        *value = '\0';
        snprintf(path, sizeof(path), "%s%s",
                 line[0] == '/' ? "" : "/local/domain/7/", line);
        fake_store_set(path, value + 3);
    }
}

static void check_platform(const struct xg_ctx *ctx)
{
    cleanup_platform struct xs_platform platform = { 0 };
    struct xg_error err = { 0 };

    if (xs_platform_read(ctx, &info, &platform, &err) < 0) {
        assert(err.text[0]);
        return;
    }
    assert(!platform.vcpu_number.set || (platform.vcpu_number.value >= 0 &&
                                         platform.vcpu_number.value <= 16));
    assert(!platform.nested_virt || platform.nomigrate);
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
    numa_policy_log(ctx->log, &policy);
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

    fill_store(&input);
    check_platform(ctx);
    check_policy(ctx, false);
    check_policy(ctx, true);
    return 0;
}
