/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_search.h - what the two ways of searching for nodes share (private). */
#ifndef XG_NUMA_SEARCH_H
#define XG_NUMA_SEARCH_H

#include "numa_place.h"

/* Which CPUs a set must have, from the most wanted on. */
enum cpu_need {
    NEED_CORES,
    NEED_THREADS,
    NEED_A_CPU, /* or each access would be a far one */
    NEED_NO_CPU,
};

struct search {
    const struct numa_host *host;
    const struct numa_request *request;
    enum cpu_need need;

    /* The candidates, most free memory first. */
    unsigned int node[NUMA_NODES_MAX];
    unsigned int nr_nodes;
    uint64_t free_after[NUMA_NODES_MAX + 1]; /* of the candidates from i on */
    unsigned int cpus_after[NUMA_NODES_MAX + 1];

    unsigned int limit;            /* of the distance inside a set */
    uint64_t near[NUMA_NODES_MAX]; /* by node: those within the limit */
    unsigned int least_self;       /* least distance of a node to itself, */
    unsigned int least_apart;      /* and of two nodes */
    unsigned int steps;            /* that are left */

    bool found;
    struct numa_score best;
    uint64_t best_rank; /* see numa_tie_rank; computed when needed */
    bool best_rank_known;
};

/* A set that is being put together. */
struct search_set {
    struct numa_score score;
    uint64_t free_pages;
    unsigned int cpus;
};

/* What the search needs of CPUs and pages, and a node has of CPUs. */
unsigned int search_cpus_of(const struct search *s, unsigned int node);
unsigned int search_cpus_needed(const struct search *s);
uint64_t search_pages_needed(const struct search *s);

struct search_set search_with_node(const struct search *s,
                                   const struct search_set *set,
                                   unsigned int node);

bool search_holds(const struct search *s, const struct search_set *set);

/* Below 0 if the first is better, 0 if memory and numbers decide. */
int numa_score_compare(const struct numa_score *a, const struct numa_score *b);

/* Keeps a set that holds the demand, if it is the best so far. */
void search_consider(struct search *s, const struct search_set *set);

/* Grows a set from each node under the limit that is set, and improves it by
 * exchanging nodes. False if none of them comes to hold the demand. */
bool search_grow_from_each(struct search *s);

#endif
