/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_place.h - which nodes a domain's memory goes to (pure). */
#ifndef XG_NUMA_PLACE_H
#define XG_NUMA_PLACE_H

#include "numa_host.h"
#include "numa_policy.h"
#include "numa_vnodes.h"

/* Of the host's nodes, each is in one of three classes: candidates; nodes that
 * are in neither set; and excluded ones. */
struct numa_request {
    enum numa_rule rule;
    uint64_t candidates; /* nodes that may be used */
    uint64_t excluded;   /* others that are used if nothing else is left */
    uint64_t preferred;  /* of equal plans, one with a node of these; 0: none */
    uint64_t pages;      /* to populate */
    /* Besides, what the domain may still take, and what libxenguest and Xen add
     * by themselves: so many pages stay free on the home node if the host has
     * them. */
    uint64_t extra_pages;
    unsigned int vcpus;
};

struct numa_plan {
    uint64_t nodes; /* that get pages */
    unsigned int home;
    uint64_t pages[NUMA_NODES_MAX]; /* they add up to the request's */
    uint64_t stripe_pages;          /* 0: fill one node after the other, */
    bool by_cores;                  /* or in proportion to their cores */
    bool spills;                    /* no set of candidates held the demand */

    /* All nodes that may serve this domain, full ones too: the order of
     * filling, and where what doesn't fit after all goes. The home node, then
     * class by class, each from the home node on. */
    unsigned int order[NUMA_NODES_MAX];
    unsigned int nr_order;
};

/* Plans. The same input gives the same plan. Errors: ENOMEM with need and free
 * memory per node if the candidates (a rule that is strict) or all nodes have
 * not got the pages. */
int numa_place(const struct numa_host *host, const struct numa_request *request,
               struct numa_plan *plan, struct xg_error *err);

/* Plans with each of the virtual nodes, whose layout has been made, on a node
 * of its own: in the plan's order. What they have of RAM are the request's
 * pages. The nodes are candidates with pCPUs: a core for each vCPU of a virtual
 * node if there are enough such nodes, else a thread, else any; all of these
 * without low memory before any with it. Nothing is spilled. Errors: EINVAL for
 * more than the candidates with pCPUs are; ENOMEM if these have not got the
 * shares. */
int numa_place_vnodes(const struct numa_host *host,
                      const struct numa_request *request,
                      struct numa_vnodes *vnodes, struct numa_plan *plan,
                      struct xg_error *err);

#endif
