/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_policy.h - the domain's platform/numa keys as data. */
#ifndef XG_NUMA_POLICY_H
#define XG_NUMA_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"

/* MAX_NUMNODES of an x86 Xen. A set of nodes is one word, bit i for node i. */
#define NUMA_NODES_MAX 64
#define NUMA_BIT(node) (UINT64_C(1) << (node))
/* Runs through a set, in order of the numbers. */
#define FOR_EACH_NODE(node, nodes)                                            \
    for (unsigned int node = numa_next_node(nodes, 0); node < NUMA_NODES_MAX; \
         node = numa_next_node(nodes, node + 1))

/* The first node of a set from `from` on; NUMA_NODES_MAX: none. */
static inline unsigned int numa_next_node(uint64_t nodes, unsigned int from)
{
    uint64_t rest = from < NUMA_NODES_MAX ? nodes >> from : 0;

    return rest ? from + (unsigned int)__builtin_ctzll(rest) : NUMA_NODES_MAX;
}

/* What came of a policy, for the toolstack. */
#define NUMA_RESULT_DIR "platform/numa/result"

/* Room for a list of nodes as text, all 64 of them apart. */
#define NUMA_LIST_BYTES 256

enum numa_rule {
    NUMA_ANY,
    NUMA_BEST_EFFORT,
    NUMA_BEST_EFFORT_HARD,
    NUMA_PRIO_MEM_ONLY,
    NUMA_STRICT,
    NUMA_INTERLEAVE,
};

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

struct numa_policy {
    enum numa_rule rule;
    enum numa_affinity affinity;
    enum numa_claim claim;
    uint64_t residual_pages; /* left claimed after the build */
    bool prefer_devices;
    char *nodes; /* a node list as written; NULL: not set. Owned */
};

/* Reads platform/numa; a directory that is not there is the policy `any`. The
 * caller owns *policy, also on failure. Errors: Xenstore's; EINVAL for a key
 * or a value that is not known, naming both. */
int numa_policy_read(const struct xg_ctx *ctx, struct numa_policy *policy,
                     struct xg_error *err);

/* Keys that say what to do on the nodes of a plan need a policy that makes one.
 * Apart from reading, since -mem_pnode makes all of them void. Errors: EINVAL,
 * naming key and value. */
int numa_policy_check(const struct numa_policy *policy, struct xg_error *err);

void numa_policy_free(struct numa_policy *policy);

/* True if there is anything to do for this policy at all. */
bool numa_policy_acts(const struct numa_policy *policy);

/* Reads a node list such as `0,2-3`, `all` or `all,^1`, from left to right, of
 * the nodes that `existing` has: those that it names, and those that it
 * excludes with ^. Errors: EINVAL for one that is malformed, names a node that
 * does not exist, or leaves none. */
int numa_nodes_parse(const char *text, uint64_t existing, uint64_t *nodes,
                     uint64_t *excluded, struct xg_error *err);

/* Writes such a list, "0,2-3"; of no node "none". Returns `text`. */
const char *numa_nodes_format(uint64_t nodes, char text[NUMA_LIST_BYTES]);

/* The words of the keys. */
const char *numa_rule_name(enum numa_rule rule);
const char *numa_affinity_name(enum numa_affinity affinity);

#define cleanup_numa_policy xg_cleanup(numa_policy_free)

#endif
