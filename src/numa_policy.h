/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_policy.h - a domain's NUMA policy as data: its own keys, the host's
 * defaults for them, and ours. */
#ifndef XG_NUMA_POLICY_H
#define XG_NUMA_POLICY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "numa_nodes.h"

/* A domain's keys, and below the root the host's defaults for them. */
#define NUMA_DIR "platform/numa"
#define NUMA_HOST_DIR "/mh/numa"
/* What came of a policy, for the toolstack. */
#define NUMA_RESULT_DIR NUMA_DIR "/result"

enum numa_rule {
    NUMA_ANY,
    NUMA_BEST_EFFORT,
    NUMA_BEST_EFFORT_HARD,
    NUMA_PRIO_MEM_ONLY,
    NUMA_STRICT,
    NUMA_INTERLEAVE,
    NUMA_PNODE, /* no key's word: the node of -mem_pnode, and nothing else */
};

/* A page that is not to be had on the plan's nodes is an error. */
static inline bool numa_rule_keeps_to_plan(enum numa_rule rule)
{
    return rule == NUMA_STRICT || rule == NUMA_PNODE;
}

/* One node, or all of them, need no choosing. */
static inline bool numa_rule_weighs_load(enum numa_rule rule)
{
    return rule != NUMA_PNODE && rule != NUMA_INTERLEAVE;
}

enum numa_affinity {
    NUMA_AFFINITY_SOFT,
    NUMA_AFFINITY_HARD,
    NUMA_AFFINITY_NONE,
};

enum numa_claim {
    NUMA_CLAIM_AUTO,
    NUMA_CLAIM_NODE,
    NUMA_CLAIM_HOST,
    NUMA_CLAIM_OFF,
};

enum numa_key {
    NUMA_KEY_POLICY,
    NUMA_KEY_NODES,
    NUMA_KEY_AFFINITY,
    NUMA_KEY_CLAIM,
    NUMA_KEY_RESIDUAL_CLAIM,
    NUMA_KEY_DEVICES,
    NUMA_KEY_VNODES,
    NUMA_NR_KEYS
};

/* Where a key's value comes from. */
enum numa_origin {
    NUMA_FROM_DEFAULT,
    NUMA_FROM_HOST,   /* /mh/numa */
    NUMA_FROM_DOMAIN, /* platform/numa */
    NUMA_FROM_OPTION, /* -mem_pnode */
};

/* As many as the plan has nodes, if these are several. */
#define NUMA_VNODES_AUTO UINT_MAX

struct numa_policy {
    enum numa_rule rule;
    enum numa_affinity affinity;
    enum numa_claim claim;
    uint64_t residual_pages; /* left claimed after the build */
    bool prefer_devices;
    char *nodes;         /* a node list as written; NULL: not set. Owned */
    unsigned int vnodes; /* virtual nodes; 0: none, or NUMA_VNODES_AUTO */
    /* For a restore: whether the guest has virtual nodes was decided when it
     * was built. */
    bool restore;
    enum numa_origin origin[NUMA_NR_KEYS];
};

/* Bits of `dirs`: which directories of keys there are. */
#define NUMA_KEYS_OF_DOMAIN 1u
#define NUMA_KEYS_OF_HOST 2u

/* Reads the domain's keys, and the host's defaults for those that it has not
 * got, out of `dirs`. Where the domain's own policy is any the host's don't
 * count, and where there is no policy those that need one don't. In a restore a
 * key or a value that we don't know is a warning: the domain may come from a
 * host with a newer xenguest. The caller owns *policy, also on failure. Errors:
 * Xenstore's; EINVAL for a key or a value that is not known, naming both. */
int numa_policy_read(const struct xg_ctx *ctx, unsigned int dirs, bool restore,
                     struct numa_policy *policy, struct xg_error *err);

/* Keys that say what to do on the nodes of a plan need a policy that makes one.
 * Apart from reading, since -mem_pnode makes all of them void. Errors: EINVAL,
 * naming key and value. */
int numa_policy_check(const struct numa_policy *policy, struct xg_error *err);

/* True if the domain itself has a number of virtual nodes: it gets these or is
 * not built. Those of `auto` and of the host's default are for whom they fit.
 */
bool numa_policy_needs_vnodes(const struct numa_policy *policy);

void numa_policy_free(struct numa_policy *policy);

/* True if there is anything to do for this policy at all. */
bool numa_policy_acts(const struct numa_policy *policy);

/* True if the domain itself has a policy: then -mem_pnode is no more than a
 * hint.
 */
bool numa_policy_is_own(const struct numa_policy *policy);

/* Makes it the policy that is all there is to -mem_pnode. Errors: ENOMEM. */
int numa_policy_make_pnode(struct numa_policy *policy, int node,
                           struct xg_error *err);

/* The key that says the most: the policy, else the first that was set anywhere.
 */
enum numa_key numa_policy_first_key(const struct numa_policy *policy);

/* The directory that a key's value is from, or would be. */
const char *numa_policy_dir(const struct numa_policy *policy,
                            enum numa_key key);

/* Where a value is from, in a word or two. */
const char *numa_origin_name(enum numa_origin origin);

/* The words that a key takes, up to NULL: a word's place is its value. NULL for
 * keys that take something else. */
const char *const *numa_key_words(enum numa_key key);

/* A key's name, and its value as it would be written; `text` is room for it. */
const char *numa_key_name(enum numa_key key);
const char *numa_policy_value(const struct numa_policy *policy,
                              enum numa_key key, char text[NUMA_LIST_BYTES]);

/* The words of the keys; mem_pnode for NUMA_PNODE. */
const char *numa_rule_name(enum numa_rule rule);
const char *numa_affinity_name(enum numa_affinity affinity);

#define cleanup_numa_policy xg_cleanup(numa_policy_free)

#endif
