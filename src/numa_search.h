/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_search.h - a search for the best set of nodes, as its two parts see it
 * (private to them). */
#ifndef XG_NUMA_SEARCH_H
#define XG_NUMA_SEARCH_H

#include "numa_planner.h"

/* So many of the sets that growing finds are improved. */
#define SEARCH_NR_GROWN 2

struct search {
    const struct numa_offer *offer;
    struct numa_effort *effort;
    bool threads; /* count, rather than cores */
    unsigned int cpus_needed;
    uint64_t pages_needed;

    unsigned int node[NUMA_NODES_MAX]; /* most free memory first */
    unsigned int nr_nodes;
    unsigned int most_nodes;           /* that a set may have */
    unsigned int rank[NUMA_NODES_MAX]; /* by node: its place in node[] */
    /* By node: the one before it that is like it in everything, as a set. */
    uint64_t twin[NUMA_NODES_MAX];
    uint64_t free_before[NUMA_NODES_MAX + 1]; /* of the nodes before i */
    unsigned int cpus_after[NUMA_NODES_MAX + 1];
    unsigned int most_cores;  /* that a node has */
    unsigned int least_nodes; /* that can hold the demand */
    unsigned int least_self;  /* least distance of a node to itself */
    /* The least sum of its distances to so many others that a node has. */
    unsigned int least_apart[NUMA_NODES_MAX + 1];

    uint64_t near[NUMA_NODES_MAX]; /* by node: those within the limit */
    /* The best that were grown. */
    struct numa_set grown[SEARCH_NR_GROWN];
    unsigned int nr_grown;
    unsigned int steps;   /* that are left */
    struct numa_set best; /* no nodes: none yet */
};

static inline unsigned int search_cpus_of(const struct search *s,
                                          const struct numa_set *set)
{
    return s->threads ? set->threads : set->cores;
}

static inline unsigned int search_cpus_on(const struct search *s,
                                          unsigned int node)
{
    const struct numa_node *this = &s->offer->host->node[node];

    return s->threads ? this->threads : this->cores;
}

/* How far a node is from those of a set. */
struct search_apart {
    unsigned int sum, most;
};

/* The set has one more node. */
static inline struct search_apart search_farther(struct search_apart apart,
                                                 unsigned int distance)
{
    apart.sum += distance;
    if (distance > apart.most)
        apart.most = distance;
    return apart;
}

/* A node joins a set that it is so far from. */
static inline void search_add(const struct search *s, struct numa_set *set,
                              unsigned int node, struct search_apart apart)
{
    unsigned int self = numa_distance(s->offer->host, node, node);
    unsigned int most = self > apart.most ? self : apart.most;

    if (most > set->max_distance)
        set->max_distance = most;
    numa_set_add_at(s->offer, set, node, 2 * apart.sum + self);
    s->effort->sets_seen++;
}

static inline bool search_holds(const struct search *s,
                                const struct numa_set *set)
{
    return set->nodes && set->free_pages >= s->pages_needed &&
           search_cpus_of(s, set) >= s->cpus_needed;
}

/* Keeps a set that holds the demand, if it is the best so far; true then. */
static inline bool search_consider(struct search *s, const struct numa_set *set)
{
    if (s->best.nodes && numa_set_compare(s->offer, set, &s->best) >= 0)
        return false;
    s->best = *set;
    return true;
}

/* True if a node is near enough to a set, and of nodes that are alike the next
 * one. */
static inline bool search_may_join(const struct search *s, uint64_t nodes,
                                   unsigned int node)
{
    uint64_t twin = s->twin[node];

    return !(nodes & NUMA_BIT(node)) &&
           !((nodes | NUMA_BIT(node)) & ~s->near[node]) &&
           (!twin || nodes & twin);
}

/* Sets the limit to the distance inside a set. */
static inline void search_set_limit(struct search *s, unsigned int limit)
{
    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        s->near[s->node[i]] = 0;
        for (unsigned int j = 0; j < s->nr_nodes; j++)
            if (numa_distance(s->offer->host, s->node[i], s->node[j]) <= limit)
                s->near[s->node[i]] |= NUMA_BIT(s->node[j]);
    }
}

/* The least that nr_more nodes add to sum_distance of a set of `had`: each pair
 * of an old and a new one counts twice, as does each of two new ones, and each
 * new one's own distance once. A node is least_apart[n] or more from n others,
 * summed up. */
static inline unsigned int search_least_added(const struct search *s,
                                              unsigned int had,
                                              unsigned int nr_more)
{
    unsigned int there = had * s->least_apart[nr_more];
    unsigned int back = nr_more * s->least_apart[had];

    return 2 * (there > back ? there : back) +
           nr_more * (s->least_self + s->least_apart[nr_more - 1]);
}

/* How many nodes a set may have at most that grows out of this one by up to
 * nr_more, and whose mean distance is not larger than the best one's, or
 * `smaller`. 0: none. */
static inline unsigned int search_most_nodes(const struct search *s,
                                             const struct numa_set *set,
                                             unsigned int nr_more, bool smaller)
{
    unsigned int had = set->nr_nodes;

    for (unsigned int n = had + nr_more; n > had && n >= s->least_nodes; n--) {
        const struct numa_set nearest = {
            .nr_nodes = n,
            .sum_distance =
                set->sum_distance + search_least_added(s, had, n - had),
        };
        int order = numa_set_compare_mean(&nearest, &s->best);

        if (order < 0 || (order == 0 && !smaller))
            return n;
    }
    return 0;
}

/* True unless the nodes that are near enough to this one have too little. */
static inline bool search_may_begin(const struct search *s, unsigned int node)
{
    unsigned int cpus = 0;
    uint64_t pages = 0;

    FOR_EACH_NODE (other, s->near[node]) {
        cpus += search_cpus_on(s, other);
        pages += s->offer->free_pages[other];
    }
    return pages >= s->pages_needed && cpus >= s->cpus_needed;
}

/* Grows sets from each node on, under an ever lower limit, and keeps the best
 * few of those under the last one that allowed any, which is then set. All
 * nodes together hold the demand. */
void numa_grow(struct search *s);

/* Improves the sets that were kept by exchanging nodes, and considers them. */
void numa_grow_improve(struct search *s);

#endif
