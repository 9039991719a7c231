/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_reserve.h - tell other builders which memory is about to be taken.
 *
 * A hypervisor without claims per node lets two builders plan on the same free
 * memory. So each of them keeps a small file with the pages that it still means
 * to take, and a lock on it as long as it lives: a file without lock is that of
 * a builder that is gone, and is removed by the next one that looks. What a
 * builder's domain has got is no longer meant: those who look ask Xen for it,
 * since in a restore, or within a hypercall, the builder can't count. */
#ifndef XG_NUMA_RESERVE_H
#define XG_NUMA_RESERVE_H

#include "ctx.h"
#include "numa_nodes.h"

/* Zeroed, it holds nothing. */
struct numa_reserve {
    int fd;
    struct numa_reservation *shared; /* the file, mapped */
    char path[128];
};

/* What the file holds. Builders of several versions may run at once: members
 * are only ever added at the end, and those of an older builder's file are 0.
 */
struct numa_reservation {
    uint64_t planned;               /* all pages that become the domain's */
    uint64_t pages[NUMA_NODES_MAX]; /* by node, still to be taken */

    /* The nodes in the order in which they are filled, one after the other. 0
     * of them: all nodes at once, as with stripes; or nobody knows, as in the
     * files of older builders. */
    uint32_t nr_order;
    uint8_t order[NUMA_NODES_MAX];
    uint64_t last_pages; /* of the first of them, those that are taken last */
};

/* The directory of the files. */
const char *numa_reserve_dir(void);

/* With the lock (numa_lock.h): adds up what all others mean to take, by node,
 * and removes what dead builders left. Errors: the file system's. */
int numa_reserve_sum(const struct xg_ctx *ctx, const char *dir,
                     const struct numa_reserve *own,
                     uint64_t pages[NUMA_NODES_MAX], struct xg_error *err);

/* The same for who only wants to know, with a lock that others may share:
 * nothing is removed. */
int numa_reserve_look(const struct xg_ctx *ctx, const char *dir,
                      uint64_t pages[NUMA_NODES_MAX], struct xg_error *err);

/* Takes from a reservation what the domain has got without its being counted,
 * of which Xen tells only the sum: in the order of filling, else of each node
 * in proportion. Any contents will do (pure). */
void numa_reserve_deduct(struct numa_reservation *reservation,
                         uint64_t domain_pages);

/* With the lock: reserves this, but for `planned`, which is counted here,
 * instead of what *reserve reserved before; SIGTERM, SIGINT and SIGHUP, if they
 * end the process, remove it. The caller owns *reserve, of which a process has
 * one at a time. Errors: the file system's. */
int numa_reserve_set(const char *dir, uint32_t domid,
                     const struct numa_reservation *reservation,
                     struct numa_reserve *reserve, struct xg_error *err);

/* So many of the pages reserved on a node have been taken now, there or
 * elsewhere, for the domain. */
void numa_reserve_take(struct numa_reserve *reserve, unsigned int node,
                       uint64_t pages);

/* So many of the pages reserved on a node don't become the domain's: they are
 * not needed, or have been taken for what Xen does not count as its memory.
 * With the last of them goes the reservation, which others need not look at
 * then. */
void numa_reserve_drop(struct numa_reserve *reserve, unsigned int node,
                       uint64_t pages);

/* Nothing more will be taken. */
void numa_reserve_free(struct numa_reserve *reserve);

#endif
