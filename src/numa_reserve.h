/* SPDX-License-Identifier: LGPL-2.1-or-later
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
#include "numa_policy.h"

/* Zeroed, it holds nothing. */
struct numa_reserve {
    int fd;
    struct numa_reservation *shared; /* the file, mapped */
    char path[128];
};

/* What the file holds. */
struct numa_reservation {
    uint64_t planned;               /* all pages, at first */
    uint64_t pages[NUMA_NODES_MAX]; /* by node, still to be taken */
};

/* Takes the one lock under which plans are made; *lock_fd, owned by the caller,
 * holds it until it is closed. The directory is made if it isn't there. Errors:
 * the file system's. */
int numa_reserve_lock(const char *dir, int *lock_fd, struct xg_error *err);

/* With the lock: adds up what all others mean to take, by node, and removes
 * what dead builders left. Errors: the file system's. */
int numa_reserve_sum(const struct xg_ctx *ctx, const char *dir,
                     const struct numa_reserve *own,
                     uint64_t pages[NUMA_NODES_MAX], struct xg_error *err);

/* Takes from a reservation what the domain has got without its being counted:
 * of each node in proportion, since Xen tells only the sum (pure). */
void numa_reserve_deduct(struct numa_reservation *reservation,
                         uint64_t domain_pages);

/* With the lock: reserves so many pages by node, instead of what *reserve
 * reserved before. The caller owns *reserve. Errors: the file system's. */
int numa_reserve_set(const char *dir, uint32_t domid,
                     const uint64_t pages[NUMA_NODES_MAX],
                     struct numa_reserve *reserve, struct xg_error *err);

/* So many pages of a node have been taken now: they are no longer free. */
void numa_reserve_take(struct numa_reserve *reserve, unsigned int node,
                       uint64_t pages);

/* Nothing more will be taken. */
void numa_reserve_free(struct numa_reserve *reserve);

#endif
