/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_grow.c - good sets of nodes, soon found (pure). */
#include "numa_search.h"

#include <limits.h>

/* What a set still lacks, and how much of that a page or a CPU is. */
struct lack {
    double pages, cpus;
    double per_page, per_cpu;
};

static struct lack lack_of(const struct search *s, const struct numa_set *set)
{
    struct lack lack = {
        .pages = (double)s->pages_needed - (double)set->free_pages,
        .cpus = (double)s->cpus_needed - (double)search_cpus_of(s, set),
    };

    lack.per_page = lack.pages > 0 ? 1 / lack.pages : 0;
    lack.per_cpu = lack.cpus > 0 ? 1 / lack.cpus : 0;
    return lack;
}

/* What a node adds to that, 0 to 2. */
static double gain_of(const struct search *s, const struct lack *lack,
                      unsigned int node)
{
    double pages = (double)s->offer->free_pages[node];
    double cpus = search_cpus_on(s, node);

    return (pages < lack->pages ? pages : lack->pages) * lack->per_page +
           (cpus < lack->cpus ? cpus : lack->cpus) * lack->per_cpu;
}

/* The node that adds the most for its distance to a set that `last` has just
 * joined, out of those of `open`, without such as have a twin to come first;
 * NUMA_NODES_MAX: none adds anything. */
static unsigned int best_addition(const struct search *s,
                                  const struct numa_set *set, unsigned int last,
                                  uint64_t open, struct search_apart *apart)
{
    const struct lack lack = lack_of(s, set);
    unsigned int best = NUMA_NODES_MAX;
    double best_gain = 0;

    FOR_EACH_NODE (node, open) {
        double gain, worse;

        apart[node] = search_farther(apart[node],
                                     numa_distance(s->offer->host, last, node));
        if (s->twin[node] && !(set->nodes & s->twin[node]))
            continue;
        gain = gain_of(s, &lack, node);
        if (gain <= 0)
            continue;
        worse = best == NUMA_NODES_MAX
                    ? 1
                    : apart[best].sum * gain - apart[node].sum * best_gain;
        if (worse > 0 || (worse == 0 && s->rank[node] < s->rank[best])) {
            best = node;
            best_gain = gain;
        }
    }
    return best;
}

/* Grows a set from one node on until it holds the demand. False if it can't,
 * or not nearer than the best one does. */
static bool grow_from(const struct search *s, unsigned int node,
                      struct numa_set *set)
{
    struct search_apart apart[NUMA_NODES_MAX] = { { 0 } };
    unsigned int most = s->most_nodes; /* that it may come to have */
    uint64_t open = s->near[node];     /* to those that may join */

    *set = (struct numa_set){ 0 };
    if (!search_may_join(s, 0, node) || !search_may_begin(s, node))
        return false;

    while (node < NUMA_NODES_MAX && set->nr_nodes < s->most_nodes) {
        search_add(s, set, node, apart[node]);
        if (search_holds(s, set))
            return true;
        if (s->best.nodes && set->max_distance > s->best.max_distance)
            return false;
        if (s->best.nodes && set->max_distance == s->best.max_distance) {
            most = search_most_nodes(s, set, most - set->nr_nodes, true);
            if (!most)
                return false;
        }
        open &= s->near[node] & ~set->nodes;
        node = best_addition(s, set, node, open, apart);
    }
    return false;
}

/* True if a set of the same largest distance as the best one, so large and with
 * that sum of its distances, is no better than it: for most that are looked at
 * that is all there is to know. */
static bool is_farther(unsigned int nr_nodes, unsigned int sum_distance,
                       const struct numa_set *best)
{
    const struct numa_set set = {
        .nr_nodes = nr_nodes,
        .sum_distance = sum_distance,
    };

    return numa_set_compare_mean(&set, best) > 0;
}

/* A set with a node taken out, perhaps, for another one to come in. */
struct exchange {
    struct numa_set base;      /* what is left of the set */
    unsigned int out;          /* NUMA_NODES_MAX: none was taken out */
    const unsigned int *apart; /* by node: the distances to the whole set */
};

/* Its largest distance stays as it was. */
static struct numa_set without_node(const struct search *s,
                                    const struct numa_set *set,
                                    unsigned int out, unsigned int apart)
{
    const struct numa_node *node = &s->offer->host->node[out];
    uint64_t free_pages = s->offer->free_pages[out];
    struct numa_set rest = *set, again = { 0 };

    rest.nodes &= ~NUMA_BIT(out);
    rest.nr_nodes--;
    rest.sum_distance -= 2 * apart - numa_distance(s->offer->host, out, out);
    rest.device_distance -= node->device_distance;
    rest.cores -= node->cores;
    rest.threads -= node->threads;
    rest.free_pages -= free_pages;
    if (numa_node_busy(node) < set->busiest &&
        free_pages > set->least_free_pages)
        return rest;
    FOR_EACH_NODE (other, rest.nodes)
        numa_set_add_at(s->offer, &again, other, 0);
    rest.busiest = again.busiest;
    rest.least_free_pages = again.least_free_pages;
    return rest;
}

/* What a node that comes in adds to the sum of the distances. */
static unsigned int exchange_adds(const struct search *s,
                                  const struct exchange *x, unsigned int node)
{
    const struct numa_host *host = s->offer->host;
    unsigned int apart = x->apart[node];

    if (x->out != NUMA_NODES_MAX)
        apart -= numa_distance(host, node, x->out);
    return 2 * apart + numa_distance(host, node, node);
}

/* Whether a set that has one node for another, or one more or one less, is
 * better than *best, which it takes the place of. The largest distance stays as
 * it was. */
static bool exchange_best(const struct search *s, const struct exchange *x,
                          struct numa_set *best)
{
    const struct numa_set *base = &x->base;
    bool better = false;

    if (search_holds(s, base) && numa_set_compare(s->offer, base, best) < 0) {
        *best = *base;
        better = true;
    }
    if (base->nr_nodes >= s->most_nodes)
        return better;
    FOR_EACH_NODE (node, s->offer->nodes & ~base->nodes) {
        struct numa_set next;
        unsigned int added;

        if (base->free_pages + s->offer->free_pages[node] < s->pages_needed ||
            search_cpus_of(s, base) + search_cpus_on(s, node) < s->cpus_needed)
            continue;
        added = exchange_adds(s, x, node);
        if (is_farther(base->nr_nodes + 1, base->sum_distance + added, best) ||
            !search_may_join(s, base->nodes, node))
            continue;
        next = *base;
        numa_set_add_at(s->offer, &next, node, added);
        s->effort->sets_seen++;
        if (numa_set_compare(s->offer, &next, best) >= 0)
            continue;
        *best = next;
        better = true;
    }
    return better;
}

/* The sums of the nodes' distances to a set. */
static void sum_apart(const struct search *s, uint64_t nodes,
                      unsigned int apart[NUMA_NODES_MAX])
{
    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        apart[s->node[i]] = 0;
        FOR_EACH_NODE (node, nodes)
            apart[s->node[i]] +=
                numa_distance(s->offer->host, node, s->node[i]);
    }
}

/* True if no one node makes up for one that is taken out of a set. */
static bool is_needed(const struct search *s, const struct numa_set *set,
                      unsigned int out)
{
    uint64_t others = s->offer->nodes & ~set->nodes, most_pages = 0;
    unsigned int most_cpus = 0;

    FOR_EACH_NODE (node, others) {
        uint64_t pages = s->offer->free_pages[node];
        unsigned int cpus = search_cpus_on(s, node);

        most_pages = pages > most_pages ? pages : most_pages;
        most_cpus = cpus > most_cpus ? cpus : most_cpus;
    }
    return set->free_pages - s->offer->free_pages[out] + most_pages <
               s->pages_needed ||
           search_cpus_of(s, set) - search_cpus_on(s, out) + most_cpus <
               s->cpus_needed;
}

/* Takes a node away, adds one or exchanges one, as long as that helps: all
 * under the limit, so that the largest distance need not be looked at. */
static void improve(const struct search *s, struct numa_set *set)
{
    for (bool better = true; better;) {
        const struct numa_set start = *set;
        unsigned int apart[NUMA_NODES_MAX];
        struct exchange x = { start, NUMA_NODES_MAX, apart };

        sum_apart(s, start.nodes, apart);
        better = exchange_best(s, &x, set);
        FOR_EACH_NODE (out, start.nodes) {
            if (is_needed(s, &start, out))
                continue;
            x.base = without_node(s, &start, out, apart[out]);
            x.out = out;
            better |= exchange_best(s, &x, set);
        }
    }
    *set = numa_set_of(s->offer, set->nodes);
}

/* Keeps the best few sets, best first. */
static unsigned int keep(const struct search *s, struct numa_set *best,
                         unsigned int nr_best, const struct numa_set *set)
{
    unsigned int at = nr_best;

    for (unsigned int i = 0; i < nr_best; i++)
        if (best[i].nodes == set->nodes)
            return nr_best;
    if (nr_best < SEARCH_NR_GROWN)
        nr_best++;
    for (; at && numa_set_compare(s->offer, set, &best[at - 1]) < 0; at--)
        if (at < SEARCH_NR_GROWN)
            best[at] = best[at - 1];
    if (at < SEARCH_NR_GROWN)
        best[at] = *set;
    return nr_best;
}

/* From each node on, around and around: a set that was found lowers the limit
 * for the next one, until no node is left that one grows from. */
static void lower_limit(struct search *s)
{
    unsigned int in_vain = 0;

    search_set_limit(s, UINT_MAX);
    for (unsigned int i = 0; in_vain < s->nr_nodes; i++) {
        struct numa_set set;

        in_vain++;
        if (!grow_from(s, s->node[i % s->nr_nodes], &set) ||
            !search_consider(s, &set))
            continue;
        in_vain = 0;
        search_set_limit(s, s->best.max_distance - 1);
    }
}

void numa_grow(struct search *s)
{
    struct numa_set found;

    lower_limit(s);
    if (!s->best.nodes)
        return;
    found = s->best;
    search_set_limit(s, found.max_distance);
    /* One that is as near is to be grown to its end, too. */
    s->best = (struct numa_set){ 0 };
    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        struct numa_set set;

        if (!grow_from(s, s->node[i], &set))
            continue;
        s->nr_grown = keep(s, s->grown, s->nr_grown, &set);
        search_consider(s, &set);
    }
    s->nr_grown = keep(s, s->grown, s->nr_grown, &found);
    search_consider(s, &found);
}

void numa_grow_improve(struct search *s)
{
    for (unsigned int i = 0; i < s->nr_grown; i++) {
        improve(s, &s->grown[i]);
        search_consider(s, &s->grown[i]);
    }
}
