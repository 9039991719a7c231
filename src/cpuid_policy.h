/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * cpuid_policy.h - which CPU features the guest sees. */
#ifndef XG_CPUID_POLICY_H
#define XG_CPUID_POLICY_H

#include "xs_platform.h"

/* Room for the words of a featureset: Xen 4.17 has 18
 * (XEN_CPUFEATURE words of arch-x86/cpufeatureset.h), later ones a few more. */
#define FEATURESET_WORDS_MAX 64

struct featureset {
    uint32_t words[FEATURESET_WORDS_MAX];
    unsigned int nr_words;
};

/* Reads 32-bit hexadecimal words joined by '-' or ':', which may end in such a
 * sign. Words that there is no room for must be zero. Errors: EINVAL, naming
 * the word; EOPNOTSUPP. */
int featureset_parse(const char *text, struct featureset *features,
                     struct xg_error *err);

/* Makes a featureset as long as the host's, nr_words: what is cut must be zero.
 * Errors: EOPNOTSUPP. */
int featureset_fit(struct featureset *features, unsigned int nr_words,
                   struct xg_error *err);

/* Applies the switches of platform/ that stand for single features.
 * `host_itsc`: the host has an invariant TSC. */
void featureset_switch(struct featureset *features,
                       const struct xs_platform *platform, bool host_itsc);

/* Finds the domain's features: those of platform/featureset, or what the host
 * can give this type of guest, with nx, pae, nested-virt and nomigrate. Checks
 * the cores per socket, which are in the CPU policy too. Changes nothing.
 * `hvm`: the container's type, true for PVH too. Errors: EINVAL for cores that
 * don't divide the vCPUs; as of featureset_parse and featureset_fit;
 * libxenctrl's. */
int cpuid_policy_plan(const struct xg_ctx *ctx,
                      const struct xs_platform *platform, bool hvm,
                      struct featureset *features, struct xg_error *err);

/* Sets the domain's CPU policy. `restore`: for a stream from an older Xen that
 * carries none. Errors: libxenctrl's. */
int cpuid_policy_apply(const struct xg_ctx *ctx,
                       const struct xs_platform *platform,
                       const struct featureset *features, bool restore,
                       struct xg_error *err);

#endif
