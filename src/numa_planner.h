/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_planner.h - what the parts of the planner share; numa_place.h is for
 * everybody else. */
#ifndef XG_NUMA_PLANNER_H
#define XG_NUMA_PLANNER_H

#include "numa_place.h"

/* Up to so many candidate nodes the search is exact (docs/numa.md). With more
 * it is held to a limit of steps: so many, divided by the nodes, since a step
 * takes the longer, the more they are. docs/bench.md has what that takes and
 * how good the sets are. */
#define NUMA_EXACT_NODES 16
#define NUMA_SEARCH_STEPS 350000

/* ---- numa_offer.c: what is offered ---- */

/* The memory that a plan may use. The same demand may be tried on several. */
struct numa_offer {
    const struct numa_host *host;
    const struct numa_request *request;
    uint64_t nodes;                      /* that have some of it */
    uint64_t free_pages[NUMA_NODES_MAX]; /* low memory included or not */
    uint64_t extra_pages;                /* that the home node keeps */
    bool is_scarce;                      /* less than half of it is free */
    unsigned int most_nodes;             /* of a set; 0: any number */
};

/* How much of the host's memory is offered. */
enum numa_thrift {
    NUMA_KEEP_LOW,   /* low memory is not touched, extra_pages are kept */
    NUMA_KEEP_EXTRA, /* extra_pages are kept */
    NUMA_KEEP_NONE,
};

/* What a set of nodes has to offer for the request; those with nothing to give
 * are not in ->nodes. `host` and `request` are borrowed. */
void numa_offer_make(const struct numa_host *host,
                     const struct numa_request *request, uint64_t nodes,
                     enum numa_thrift thrift, struct numa_offer *offer);

/* True if those of a set of the offered nodes hold the demand. */
bool numa_offer_holds(const struct numa_offer *offer, uint64_t nodes);

/* ---- numa_set.c: what a set of nodes is good for ---- */

struct numa_set {
    uint64_t nodes;
    unsigned int nr_nodes;
    unsigned int max_distance;
    /* Between all ordered pairs of its nodes, each with itself included: that
     * divided by nr_nodes^2 is the mean distance of a vCPU to a page. */
    unsigned int sum_distance;
    unsigned int device_distance;
    unsigned int cores, threads;
    unsigned int busiest; /* load per core of its busiest node */
    uint64_t free_pages, least_free_pages;
};

/* A node's load per core. */
static inline unsigned int numa_node_busy(const struct numa_node *node)
{
    return node->cores ? node->load / node->cores : 0;
}

/* A node joins the set, and adds so much to sum_distance. */
void numa_set_add_at(const struct numa_offer *offer, struct numa_set *set,
                     unsigned int node, unsigned int sum_distance);

struct numa_set numa_set_of(const struct numa_offer *offer, uint64_t nodes);

/* The load per core of its busiest node once the domain is there. */
unsigned int numa_set_load(const struct numa_offer *offer,
                           const struct numa_set *set);

/* Below 0 if the mean distance inside the first is smaller, above if larger. */
int numa_set_compare_mean(const struct numa_set *a, const struct numa_set *b);

/* Below 0 if the first is the better one for the demand, which both hold; 0 if
 * they are the same. */
int numa_set_compare(const struct numa_offer *offer, const struct numa_set *a,
                     const struct numa_set *b);

/* True if so many CPUs of the set's are too few for the vCPUs: cores, or, where
 * the whole set has not got one for each, threads. */
bool numa_set_lacks_cpus(const struct numa_offer *offer,
                         const struct numa_set *set, unsigned int cores,
                         unsigned int threads);

/* True if the set has its nodes for their CPUs: memory needs fewer of them, or
 * the vCPUs need all. */
bool numa_set_is_for_cpus(const struct numa_offer *offer,
                          const struct numa_set *set);

/* ---- numa_search.c: the best set ---- */

/* How much may be looked at (for hosts with more than NUMA_EXACT_NODES, or if
 * it is set), and how much has been: for tests and the benchmark; others leave
 * it zeroed. */
struct numa_effort {
    unsigned int steps; /* 0: the default */
    unsigned int sets_seen;
};

/* The best set that holds the demand; 0 if none does, or, of most_nodes on more
 * than NUMA_EXACT_NODES, none was found. */
uint64_t numa_search(const struct numa_offer *offer,
                     struct numa_effort *effort);

/* ---- numa_distribute.c: how a demand is spread over a set ---- */

/* Spreads the demand over nodes that hold it, by the request's rule: fills in
 * the whole plan, its order as far as `nodes`. */
void numa_distribute(const struct numa_offer *offer, uint64_t nodes,
                     struct numa_plan *plan);

/* Gives each virtual node one of as many nodes, that with the most free memory
 * to the first, and that is the home node. */
void numa_distribute_vnodes(const struct numa_offer *offer, uint64_t nodes,
                            struct numa_vnodes *vnodes, struct numa_plan *plan);

/* Of a set those that may be its home, as the vCPUs are to be there: those with
 * pCPUs; all of them if none has any. */
uint64_t numa_distribute_homes(const struct numa_host *host, uint64_t nodes);

/* Appends nodes to the order, the home node first, then by distance from it. */
void numa_distribute_order(const struct numa_offer *offer, uint64_t nodes,
                           struct numa_plan *plan);

/* Gives each node of the order in turn what it can take of `left` pages, low
 * memory last. Returns the pages that are still left. */
uint64_t numa_distribute_fill(const struct numa_offer *offer, uint64_t left,
                              struct numa_plan *plan);

/* Sets plan->nodes: nodes with pages, the home node, and those of `nodes`,
 * which are wanted for their CPUs, that have some. */
void numa_distribute_set_nodes(const struct numa_host *host, uint64_t nodes,
                               struct numa_plan *plan);

#endif
