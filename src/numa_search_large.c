/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_search_large.c - sets of nodes for hosts too large to try all (pure). */
#include "numa_search.h"

/* Of the sets that grow from the nodes, so many of the best are improved. */
#define NR_IMPROVED 6

/* The sum of a node's distances to all of a set. */
static unsigned int distance_to_set(const struct search *s, uint64_t nodes,
                                    unsigned int node)
{
    unsigned int sum = 0;

    FOR_EACH_NODE (other, nodes)
        sum += numa_distance(s->host, node, other);
    return sum;
}

/* The set without one of its nodes. Its largest distance stays as it was:
 * under the limit, which is all that counts here. */
static struct search_set without_node(const struct search *s,
                                      const struct search_set *set,
                                      unsigned int node)
{
    struct search_set next = *set;

    next.score.nodes &= ~NUMA_BIT(node);
    next.score.nr_nodes--;
    next.score.sum_distance -= 2 * distance_to_set(s, next.score.nodes, node) +
                               numa_distance(s->host, node, node);
    next.score.device_distance -= s->host->node[node].device_distance;
    next.free_pages -= s->host->node[node].free_pages;
    next.cpus -= search_cpus_of(s, node);
    return next;
}

static bool may_join(const struct search *s, const struct search_set *set,
                     unsigned int node)
{
    return !(set->score.nodes & NUMA_BIT(node)) &&
           !((set->score.nodes | NUMA_BIT(node)) & ~s->near[node]);
}

/* What a node adds to the memory and CPUs that are still missing, 0 to 2. */
static double gain_of(const struct search *s, const struct search_set *set,
                      unsigned int node)
{
    double missing = (double)search_pages_needed(s) - (double)set->free_pages;
    double has = (double)s->host->node[node].free_pages;
    double gain = 0;

    if (missing > 0)
        gain += has < missing ? has / missing : 1;

    missing = (double)search_cpus_needed(s) - (double)set->cpus;
    has = search_cpus_of(s, node);
    if (missing > 0)
        gain += has < missing ? has / missing : 1;
    return gain;
}

/* What to look at when a set grows: distance alone, what a node adds to what
 * is missing for its distance, or above all what it adds. */
enum taste {
    NEAR,
    NEAR_AND_LARGE,
    LARGE,
    NR_TASTES
};

/* The best node to add; NUMA_NODES_MAX if none is near enough. apart[i] is the
 * sum of the distances of candidate i to the set. */
static unsigned int best_addition(const struct search *s,
                                  const struct search_set *set,
                                  const unsigned int *apart, enum taste taste)
{
    unsigned int best = NUMA_NODES_MAX;
    double best_cost = 0;

    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        double gain, cost;

        if (!may_join(s, set, s->node[i]))
            continue;
        gain = gain_of(s, set, s->node[i]);
        if (gain <= 0)
            continue;
        cost = taste == NEAR             ? apart[i] - gain
               : taste == NEAR_AND_LARGE ? apart[i] / gain
                                         : apart[i] / (gain * gain);
        if (best == NUMA_NODES_MAX || cost < best_cost) {
            best = s->node[i];
            best_cost = cost;
        }
    }
    return best;
}

/* The best set that comes out of `base` with one more node, or as it is. */
static bool improve_by_adding(const struct search *s,
                              const struct search_set *base,
                              struct search_set *best)
{
    bool better = false;

    if (search_holds(s, base) &&
        numa_score_compare(&base->score, &best->score) < 0) {
        *best = *base;
        better = true;
    }
    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        struct search_set next;

        if (!may_join(s, base, s->node[i]))
            continue;
        next = search_with_node(s, base, s->node[i]);
        if (!search_holds(s, &next) ||
            numa_score_compare(&next.score, &best->score) >= 0)
            continue;
        *best = next;
        better = true;
    }
    return better;
}

/* Takes a node away, adds one or exchanges one, as long as that helps. */
static void improve(const struct search *s, struct search_set *set)
{
    for (bool better = true; better;) {
        struct search_set start = *set;

        better = improve_by_adding(s, &start, set);
        FOR_EACH_NODE (out, start.score.nodes) {
            struct search_set base = without_node(s, &start, out);

            better |= improve_by_adding(s, &base, set);
        }
    }
}

/* Grows a set from one node on until it holds the demand. */
static bool grow_from(const struct search *s, unsigned int node,
                      enum taste taste, struct search_set *set)
{
    unsigned int apart[NUMA_NODES_MAX] = { 0 };

    *set = (struct search_set){ 0 };
    if (!may_join(s, set, node))
        return false;

    while (node < NUMA_NODES_MAX) {
        *set = search_with_node(s, set, node);
        if (search_holds(s, set))
            return true;
        for (unsigned int i = 0; i < s->nr_nodes; i++)
            apart[i] += numa_distance(s->host, node, s->node[i]);
        node = best_addition(s, set, apart, taste);
    }
    return false;
}

/* Keeps the best few sets, best first. */
static unsigned int keep(struct search_set *best, unsigned int nr_best,
                         const struct search_set *set)
{
    unsigned int at = nr_best;

    for (unsigned int i = 0; i < nr_best; i++)
        if (best[i].score.nodes == set->score.nodes)
            return nr_best;
    if (nr_best < NR_IMPROVED)
        nr_best++;
    for (; at && numa_score_compare(&set->score, &best[at - 1].score) < 0; at--)
        if (at < NR_IMPROVED)
            best[at] = best[at - 1];
    if (at < NR_IMPROVED)
        best[at] = *set;
    return nr_best;
}

bool search_grow_from_each(struct search *s)
{
    struct search_set best[NR_IMPROVED];
    unsigned int nr_best = 0;

    for (enum taste taste = NEAR; taste < NR_TASTES; taste++)
        for (unsigned int i = 0; i < s->nr_nodes; i++) {
            struct search_set set;

            if (grow_from(s, s->node[i], taste, &set))
                nr_best = keep(best, nr_best, &set);
        }
    for (unsigned int i = 0; i < nr_best; i++) {
        improve(s, &best[i]);
        search_consider(s, &best[i]);
    }
    return nr_best;
}
