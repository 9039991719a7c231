/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_place.h - which nodes a domain's memory goes to (pure). */
#ifndef XG_NUMA_PLACE_H
#define XG_NUMA_PLACE_H

#include "numa_host.h"

/* Extents of 2 MiB and 1 GiB, in pages. */
#define NUMA_PAGES_2M (UINT64_C(1) << 9)
#define NUMA_PAGES_1G (UINT64_C(1) << 18)

/* Hosts with more candidate nodes are searched within a limit of steps. */
#define NUMA_EXACT_NODES 16
#define NUMA_SEARCH_STEPS 10000

struct numa_request {
    enum numa_rule rule;
    uint64_t candidates; /* nodes that may be used */
    uint64_t pages;      /* to populate */
    /* Besides, for what libxenguest and Xen add by themselves: that much stays
     * free on the home node, where they go. */
    uint64_t extra_pages;
    unsigned int vcpus;
    unsigned int steps; /* 0: exact where affordable; else a limit, for tests */
};

struct numa_plan {
    uint64_t nodes; /* that get pages */
    unsigned int home;
    uint64_t pages[NUMA_NODES_MAX]; /* they add up to the request's */
    uint64_t stripe_pages;          /* 0: fill one node after the other */
    bool spills;                    /* no set of nodes held the demand */

    /* All nodes that may serve this domain, from the home node on: the order
     * of filling, and where what doesn't fit after all goes; at the end those
     * that have no free memory. */
    unsigned int order[NUMA_NODES_MAX];
    unsigned int nr_order;
};

/* What a set of nodes is good for, best first: see numa_score_better. */
struct numa_score {
    uint64_t nodes;
    unsigned int nr_nodes;
    unsigned int max_distance;
    /* Between all ordered pairs of its nodes, each with itself included: that
     * divided by nr_nodes^2 is the mean distance of a vCPU to a page. */
    unsigned int sum_distance;
    unsigned int device_distance;
};

/* Plans. The same input gives the same plan. Errors: ENOMEM with need and free
 * memory per node if the rule is strict and no set of the candidates holds the
 * demand, or if no nodes that reach each other do. */
int numa_place(const struct numa_host *host, const struct numa_request *request,
               struct numa_plan *plan, struct xg_error *err);

/* Finds the best set of candidates that holds the demand. False if there is
 * none. */
bool numa_search(const struct numa_host *host,
                 const struct numa_request *request, struct numa_score *best);

/* Spreads the demand over a set that holds it, by the request's rule: fills in
 * nodes, home, pages and stripe_pages. */
void numa_distribute(const struct numa_host *host,
                     const struct numa_request *request, uint64_t nodes,
                     struct numa_plan *plan);

/* What decides between sets that are equally near: the more, the better. As
 * long as half of the candidates' memory is free, that is what is left on the
 * fullest node of the set, so that guests spread over the host. Later it is how
 * little the set has left, so that larger guests still find a node for
 * themselves. */
uint64_t numa_tie_rank(const struct numa_host *host,
                       const struct numa_request *request, uint64_t nodes);

/* True if the first set has the lower numbers: {0,3} before {1,2}. */
bool numa_lower_numbers(uint64_t a, uint64_t b);

void numa_score_of(const struct numa_host *host, uint64_t nodes,
                   struct numa_score *score);

#endif
