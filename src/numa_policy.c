/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_policy.c - a domain's NUMA policy as data. */
#include "numa_policy.h"

#include <errno.h>
#include <inttypes.h>

/* Each list ends in NULL; a word's place is its value. */
static const char *const rules[] = {
    "any",        "best-effort", "best-effort-hard", "prio-mem-only", "strict",
    "interleave", NULL
};
static const char *const affinities[] = { "soft", "hard", "none", NULL };
static const char *const claims[] = { "auto", "node", "host", "off", NULL };
static const char *const devices[] = { "prefer", "ignore", NULL };

static const struct key {
    const char *name;
    const char *const *words; /* NULL: it takes something else */
} keys[NUMA_NR_KEYS] = {
    [NUMA_KEY_POLICY] = { "policy", rules },
    [NUMA_KEY_NODES] = { "nodes", NULL },
    [NUMA_KEY_AFFINITY] = { "affinity", affinities },
    [NUMA_KEY_CLAIM] = { "claim", claims },
    [NUMA_KEY_RESIDUAL_CLAIM] = { "residual-claim", NULL },
    [NUMA_KEY_DEVICES] = { "devices", devices },
    [NUMA_KEY_VNODES] = { "vnodes", NULL },
};

const char *numa_rule_name(enum numa_rule rule)
{
    return rule == NUMA_PNODE ? "mem_pnode" : rules[rule];
}

const char *numa_affinity_name(enum numa_affinity affinity)
{
    return affinities[affinity];
}

bool numa_policy_needs_vnodes(const struct numa_policy *policy)
{
    return policy->vnodes && policy->vnodes != NUMA_VNODES_AUTO &&
           !policy->restore &&
           policy->origin[NUMA_KEY_VNODES] == NUMA_FROM_DOMAIN;
}

int numa_policy_check(const struct numa_policy *policy, struct xg_error *err)
{
    if (numa_policy_needs_vnodes(policy) &&
        (policy->rule == NUMA_ANY || policy->rule == NUMA_INTERLEAVE))
        return xg_fail(err, __func__, EINVAL,
                       NUMA_DIR
                       "/vnodes: '%u' needs a policy other than any and "
                       "interleave",
                       policy->vnodes);
    if (policy->rule != NUMA_ANY)
        return 0;
    if (policy->claim == NUMA_CLAIM_NODE)
        return xg_fail(err, __func__, EINVAL,
                       NUMA_DIR "/claim: 'node' needs a policy other than any");
    return 0;
}

void numa_policy_free(struct numa_policy *policy)
{
    free(policy->nodes);
    policy->nodes = NULL;
}

bool numa_policy_acts(const struct numa_policy *policy)
{
    return policy->rule != NUMA_ANY ||
           policy->origin[NUMA_KEY_CLAIM] != NUMA_FROM_DEFAULT ||
           policy->residual_pages;
}

bool numa_policy_is_own(const struct numa_policy *policy)
{
    return policy->rule != NUMA_ANY &&
           policy->origin[NUMA_KEY_POLICY] == NUMA_FROM_DOMAIN;
}

int numa_policy_make_pnode(struct numa_policy *policy, int node,
                           struct xg_error *err)
{
    numa_policy_free(policy);
    *policy = (struct numa_policy){
        .rule = NUMA_PNODE,
        .affinity = NUMA_AFFINITY_NONE,
        .claim = NUMA_CLAIM_OFF,
    };
    for (unsigned int key = 0; key < NUMA_NR_KEYS; key++)
        policy->origin[key] = NUMA_FROM_OPTION;
    if (asprintf(&policy->nodes, "%d", node) < 0) {
        policy->nodes = NULL;
        return xg_fail_errno(err, "asprintf", "-mem_pnode");
    }
    return 0;
}

enum numa_key numa_policy_first_key(const struct numa_policy *policy)
{
    for (enum numa_key key = 0; key < NUMA_NR_KEYS; key++)
        if (policy->origin[key] != NUMA_FROM_DEFAULT)
            return key;
    return NUMA_KEY_POLICY;
}

const char *numa_policy_dir(const struct numa_policy *policy, enum numa_key key)
{
    return policy->origin[key] == NUMA_FROM_HOST ? NUMA_HOST_DIR : NUMA_DIR;
}

const char *numa_origin_name(enum numa_origin origin)
{
    static const char *const names[] = { "default", "host default", "domain",
                                         "-mem_pnode" };

    return names[origin];
}

const char *numa_key_name(enum numa_key key)
{
    return keys[key].name;
}

const char *const *numa_key_words(enum numa_key key)
{
    return keys[key].words;
}

const char *numa_policy_value(const struct numa_policy *policy,
                              enum numa_key key, char text[NUMA_LIST_BYTES])
{
    switch (key) {
    case NUMA_KEY_POLICY:
        return numa_rule_name(policy->rule);
    case NUMA_KEY_NODES:
        return policy->nodes ? policy->nodes : "all";
    case NUMA_KEY_AFFINITY:
        return numa_affinity_name(policy->affinity);
    case NUMA_KEY_CLAIM:
        return claims[policy->claim];
    case NUMA_KEY_RESIDUAL_CLAIM:
        snprintf(text, NUMA_LIST_BYTES, "%" PRIu64, policy->residual_pages);
        return text;
    case NUMA_KEY_DEVICES:
        return devices[!policy->prefer_devices];
    case NUMA_KEY_VNODES:
        if (!policy->vnodes || policy->vnodes == NUMA_VNODES_AUTO)
            return policy->vnodes ? "auto" : "off";
        snprintf(text, NUMA_LIST_BYTES, "%u", policy->vnodes);
        return text;
    case NUMA_NR_KEYS:
        break;
    }
    return "";
}
