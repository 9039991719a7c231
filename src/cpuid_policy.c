/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * cpuid_policy.c - which CPU features the guest sees. */
#include "cpuid_policy.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <xenctrl.h>
#include <xenguest.h>
#include <xen/arch-x86/cpufeatureset.h>

#include "compat/xc_compat.h"

static void feature_set(struct featureset *features, unsigned int bit, bool on)
{
    uint32_t mask = UINT32_C(1) << bit % 32;

    if (bit / 32 >= features->nr_words)
        return;
    if (on)
        features->words[bit / 32] |= mask;
    else
        features->words[bit / 32] &= ~mask;
}

static bool feature_test(const struct featureset *features, unsigned int bit)
{
    return bit / 32 < features->nr_words &&
           features->words[bit / 32] & UINT32_C(1) << bit % 32;
}

static int too_long(unsigned int i, uint32_t word, unsigned int nr_words,
                    struct xg_error *err)
{
    return xg_fail(err, "featureset_fit", EOPNOTSUPP,
                   "platform/featureset: word %u is %08x, but this host knows "
                   "only %u words",
                   i, word, nr_words);
}

int featureset_parse(const char *text, struct featureset *features,
                     struct xg_error *err)
{
    const char *word = text;

    *features = (struct featureset){ 0 };
    for (unsigned int i = 0;; i++) {
        unsigned long long value;
        char *end;

        /* A sign at the end is not another word. */
        if (!*word && i > 0)
            return 0;

        errno = 0;
        value = strtoull(word, &end, 16);
        if (!isxdigit((unsigned char)*word) || errno || value > UINT32_MAX ||
            (*end && *end != '-' && *end != ':'))
            return xg_fail(err, __func__, EINVAL,
                           "platform/featureset: word %u of '%s' is not a "
                           "32-bit hexadecimal number",
                           i, text);
        if (i < FEATURESET_WORDS_MAX)
            features->words[features->nr_words++] = (uint32_t)value;
        else if (value)
            return too_long(i, (uint32_t)value, FEATURESET_WORDS_MAX, err);

        if (!*end)
            return 0;
        word = end + 1;
    }
}

int featureset_fit(struct featureset *features, unsigned int nr_words,
                   struct xg_error *err)
{
    while (features->nr_words > nr_words) {
        uint32_t word = features->words[features->nr_words - 1];

        if (word)
            return too_long(features->nr_words - 1, word, nr_words, err);
        features->nr_words--;
    }
    /* The words past a shorter one's end are zero already. */
    features->nr_words = nr_words;
    return 0;
}

void featureset_switch(struct featureset *features,
                       const struct xs_platform *platform, bool host_itsc)
{
    if (!platform->nx)
        feature_set(features, XEN_X86_FEATURE_NX, false);
    if (!platform->pae)
        feature_set(features, XEN_X86_FEATURE_PAE, false);

    /* Xen takes away the one that the host's CPU does not have. */
    if (platform->nested_virt) {
        feature_set(features, XEN_X86_FEATURE_VMX, true);
        feature_set(features, XEN_X86_FEATURE_SVM, true);
    }

    /* A guest that stays here may rely on this host's TSC. */
    if (platform->nomigrate && host_itsc)
        feature_set(features, XEN_X86_FEATURE_ITSC, true);
}

static int read_host(const struct xg_ctx *ctx, uint32_t index,
                     struct featureset *features, struct xg_error *err)
{
    uint32_t nr_words = FEATURESET_WORDS_MAX;

    *features = (struct featureset){ 0 };
    xg_forget_errors(ctx);
    if (xc_get_cpu_featureset(ctx->xch, index, &nr_words, features->words) < 0)
        return xg_fail_xc(ctx, err, "xc_get_cpu_featureset",
                          "featureset %u of the host", index);
    features->nr_words = nr_words;
    return 0;
}

static void log_features(const struct xg_ctx *ctx,
                         const struct featureset *features)
{
    char text[FEATURESET_WORDS_MAX * 9 + 1] = "";

    for (unsigned int i = 0; i < features->nr_words; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%08x",
                 i ? "-" : "", features->words[i]);
    xg_info(ctx->log, "featureset %s", text);
}

/* The features that platform/featureset names, as many as the host has. */
static int read_featureset(const struct xg_ctx *ctx, const char *text,
                           unsigned int nr_words, struct featureset *features,
                           struct xg_error *err)
{
    if (featureset_parse(text, features, err) < 0)
        return -1;
    if (!isxdigit((unsigned char)text[strlen(text) - 1]))
        xg_log_at(ctx->log, LOG_WARNING,
                  "platform/featureset: '%s' ends without a word: it has %u",
                  text, features->nr_words);
    return featureset_fit(features, nr_words, err);
}

static int check_cores(const struct xs_platform *platform, struct xg_error *err)
{
    const struct opt_int *cores = &platform->cores_per_socket;

    if (cores->set && platform->vcpu_number.value % cores->value)
        return xg_fail(err, "cpuid_policy_plan", EINVAL,
                       "platform/cores-per-socket: '%" PRId64
                       "' does not divide the %" PRId64 " vCPUs",
                       cores->value, platform->vcpu_number.value);
    return 0;
}

int cpuid_policy_plan(const struct xg_ctx *ctx,
                      const struct xs_platform *platform, bool hvm,
                      struct featureset *features, struct xg_error *err)
{
    struct featureset host = { 0 };

    if (check_cores(platform, err) < 0)
        return -1;
    /* The host's own set limits platform/featureset, and tells whether a
     * nomigrate guest may have ITSC. */
    if ((platform->featureset || platform->nomigrate) &&
        read_host(ctx, XEN_SYSCTL_cpu_featureset_host, &host, err) < 0)
        return -1;

    if (platform->featureset) {
        if (read_featureset(ctx, platform->featureset, host.nr_words, features,
                            err) < 0)
            return -1;
    } else if (read_host(ctx,
                         hvm ? XEN_SYSCTL_cpu_featureset_hvm
                             : XEN_SYSCTL_cpu_featureset_pv,
                         features, err) < 0) {
        return -1;
    }

    featureset_switch(features, platform,
                      feature_test(&host, XEN_X86_FEATURE_ITSC));
    return 0;
}

int cpuid_policy_apply(const struct xg_ctx *ctx,
                       const struct xs_platform *platform,
                       const struct featureset *features, bool restore,
                       struct xg_error *err)
{
    struct xg_cpuid_policy policy = {
        .features = features->words,
        .nr_features = features->nr_words,
        .restore = restore,
        .pae = platform->pae,
        .itsc = platform->nomigrate,
        .nested_virt = platform->nested_virt,
        .cores_per_socket = (unsigned int)platform->cores_per_socket.value,
    };

    log_features(ctx, features);
    xg_forget_errors(ctx);
    if (xg_xc_cpuid_apply_policy(ctx->xch, ctx->domid, &policy) < 0)
        return xg_fail_xc(ctx, err, "xc_cpuid_apply_policy", "CPU policy");
    return 0;
}
