/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_nodes.h - a set of NUMA nodes, and lists of them as people write them.
 */
#ifndef XG_NUMA_NODES_H
#define XG_NUMA_NODES_H

#include <stdint.h>

#include "error.h"

/* MAX_NUMNODES of an x86 Xen. A set of nodes is one word, bit i for node i. */
#define NUMA_NODES_MAX 64
/* The mask keeps the shift one that C defines, and costs nothing: an x86 shifts
 * so anyway. NUMA_NODES_MAX, which is no node, would be node 0. */
#define NUMA_BIT(node) (UINT64_C(1) << ((node) & (NUMA_NODES_MAX - 1)))
/* Runs through a set, in order of the numbers. */
#define FOR_EACH_NODE(node, nodes)                                           \
    for (unsigned int node = numa_nodes_first(nodes); node < NUMA_NODES_MAX; \
         node = numa_nodes_after(nodes, node))

/* The first node of a set; NUMA_NODES_MAX: none. */
static inline unsigned int numa_nodes_first(uint64_t nodes)
{
    return nodes ? (unsigned int)__builtin_ctzll(nodes) : NUMA_NODES_MAX;
}

/* The first one of those after `node`. */
static inline unsigned int numa_nodes_after(uint64_t nodes, unsigned int node)
{
    return numa_nodes_first(nodes & -(NUMA_BIT(node) << 1));
}

/* Room for a list of nodes as text, all 64 of them apart. */
#define NUMA_LIST_BYTES 256

/* Reads a node list such as `0,2-3`, `all` or `all,^1`, from left to right, of
 * the nodes that `existing` has: those that it names, and those that it
 * excludes with ^. Errors: EINVAL for one that is malformed, names a node that
 * does not exist, or leaves none. */
int numa_nodes_parse(const char *text, uint64_t existing, uint64_t *nodes,
                     uint64_t *excluded, struct xg_error *err);

/* Writes such a list, "0,2-3"; of no node "none". Returns `text`. */
const char *numa_nodes_format(uint64_t nodes, char text[NUMA_LIST_BYTES]);

/* The same for the block that it is in. */
#define NODES_TEXT(nodes) \
    numa_nodes_format(nodes, (char[NUMA_LIST_BYTES]){ "" })

#endif
