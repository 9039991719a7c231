/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_claim.h - stake a claim on host memory, per NUMA node where Xen can. */
#ifndef XG_MEM_CLAIM_H
#define XG_MEM_CLAIM_H

#include "numa_place.h"

enum mem_claim_kind {
    MEM_CLAIM_NONE,
    MEM_CLAIM_TOOLSTACK, /* was there already */
    MEM_CLAIM_HOST,
    MEM_CLAIM_NODE,
    MEM_CLAIM_SET,
};

struct mem_claim_request {
    enum numa_claim how;
    const char *dir; /* of the key that says how: for NUMA_CLAIM_NODE's error */
    uint64_t pages[NUMA_NODES_MAX]; /* per node; all of them for the host */
    unsigned int home;
    /* The node that the toolstack says it has claimed on, as a set of nodes: a
     * claim on others takes that claim's place. 0: it says nothing. Then a
     * claim that is there counts as one on the host, since Xen does not tell
     * its nodes, and only a set takes its place. */
    uint64_t toolstack_node;
};

/* Whether the host has so many pages for the domain: free, and not claimed by
 * others; `info` is the domain, whose own claim counts as its own. Errors:
 * ENOMEM, telling in MiB what there is and what is missing; libxenctrl's. */
int mem_claim_check(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                    uint64_t pages, struct xg_error *err);

/* The kind of claim that mem_claim_stake tries first, without a try: for who
 * only wants to know. Errors: those of a library that has no claims by node. */
int mem_claim_foresee(const xc_domaininfo_t *info,
                      const struct mem_claim_request *request,
                      enum mem_claim_kind *kind, struct xg_error *err);

/* Claims in the strongest way that the request, libxenctrl and the hypervisor
 * allow. `info` is the domain as it is now: a claim that it already has is the
 * toolstack's. The request is cut to what the domain may have, the home node's
 * pages first. On failure, and where nothing takes the toolstack's claim's
 * place, that is there as before, staked again if need be. Errors: ENOMEM with
 * *kind being what there is not enough memory for: with MEM_CLAIM_HOST the host
 * has not got it, else another plan may do; if nodes were asked for and can't
 * be had, ENOSYS, or EPERM or EACCES where the hypervisor's policy forbids
 * them. A claim on the host that it forbids is only logged: guests can be built
 * without one. */
int mem_claim_stake(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                    struct mem_claim_request *request,
                    enum mem_claim_kind *kind, struct xg_error *err);

/* Tells of a claim that was staked. By itself, since a log may have to be
 * waited for: what is reserved beside the claim is given up before. */
void mem_claim_log(const struct xg_ctx *ctx, enum mem_claim_kind kind);

/* What is claimed gives way to what the toolstack had claimed by `info`, on its
 * node (a set, as in the request) or, since Xen does not tell which, on the
 * host. On failure, -1 and errno. */
int mem_claim_put_back(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                       uint64_t toolstack_node);

/* After ENOMEM for a request's claim of this kind, on nodes: finds out which of
 * them have not got their part, which Xen does not tell, and how many pages of
 * those can be claimed, to the page: claims that are tried tell. Sets
 * claimable[node] of those, and leaves the others' alone. What the domain had
 * claimed by `info` is put back at the end (a set; the other kinds are not
 * tried where there is such a claim). Returns the number of such nodes: 0 if
 * the memory has become free meanwhile; -1 if it can't be found out. For a set
 * that takes one call for each node, log2(pages)
 * + 1 more for each that is short, and one at the end; for a claim on one node
 * up to twice that, since each that is granted has to be given up again. */
int mem_claim_measure(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                      const struct mem_claim_request *request,
                      enum mem_claim_kind kind,
                      uint64_t claimable[NUMA_NODES_MAX]);

/* For a residual claim on no node in particular. */
#define MEM_CLAIM_ANYWHERE NUMA_NODES_MAX

/* What is to stay claimed after the build. */
struct mem_claim_residual {
    uint64_t pages;
    unsigned int home; /* or MEM_CLAIM_ANYWHERE */
    const char *dir;   /* of the key that asks for it: for the log */
};

/* Gives up a claim of whichever kind; that there is none is fine. Errors: the
 * hypervisor's. */
int mem_claim_give_up(const struct xg_ctx *ctx, struct xg_error *err);

/* After the build: the claim of that kind gives way to this one, on the home
 * node if claims have nodes, or, of 0 pages, to none. That a residual claim
 * can't be had is only logged: the guest is complete. Errors: as of
 * mem_claim_give_up. */
int mem_claim_settle(const struct xg_ctx *ctx, enum mem_claim_kind kind,
                     const struct mem_claim_residual *residual,
                     struct xg_error *err);

/* set, node, host, toolstack or none. */
const char *mem_claim_name(enum mem_claim_kind kind);

#endif
