/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_search.c - the best set of nodes for a demand (pure).
 *
 * A first answer is grown (numa_grow.c): from each node on, by what brings the
 * demand nearer at the least distance, again and again for sets of a smaller
 * largest distance; the best few are improved by exchanging nodes. Then
 * all sets are tried, depth first, leaving out what can't hold the demand and
 * what can't be better than the best set so far: first for a smaller largest
 * distance, then under the one that is left. That is exact; above
 * NUMA_EXACT_NODES it ends after so many steps.
 *
 * Nodes that are alike in everything, as on hosts that are idle, are told
 * apart by their numbers alone: of those, the first ones are taken. */
#include "numa_search.h"

#include <limits.h>

/* True if no set that grows out of this one is nearer than the best one, and
 * all of them are farther from the devices or busier. */
static bool is_hopeless(const struct search *s, const struct numa_set *set,
                        unsigned int nr_more)
{
    const struct numa_request *request = s->offer->request;
    struct numa_set idle = { .busiest = set->busiest };

    if (set->device_distance < s->best.device_distance ||
        search_most_nodes(s, set, nr_more, true))
        return false;
    if (set->device_distance > s->best.device_distance)
        return true;
    idle.cores = set->cores + nr_more * s->most_cores;
    return (!request->preferred || s->best.nodes & request->preferred) &&
           numa_set_load(s->offer, &idle) > numa_set_load(s->offer, &s->best);
}

/* How many of the nodes from i on, and of `useful`, a set may come to have
 * without being farther than the best one; all that may join if it has to be
 * nearer. */
static unsigned int most_more(const struct search *s,
                              const struct numa_set *set, unsigned int i,
                              unsigned int useful, bool nearer)
{
    unsigned int most;

    if (useful > s->nr_nodes - i)
        useful = s->nr_nodes - i;
    if (nearer || !useful)
        return useful;
    most = search_most_nodes(s, set, useful, false);
    return most && !is_hopeless(s, set, most - set->nr_nodes)
               ? most - set->nr_nodes
               : 0;
}

/* A set that the search has come to, and, by node, how far from it those are
 * that may join. */
struct reached {
    struct numa_set set;
    struct search_apart apart[NUMA_NODES_MAX];
};

static void note_apart(const struct search *s, const struct reached *before,
                       unsigned int i, struct reached *reached)
{
    unsigned int joined = s->node[i];

    while (++i < s->nr_nodes)
        reached->apart[s->node[i]] =
            search_farther(before->apart[s->node[i]],
                           numa_distance(s->offer->host, joined, s->node[i]));
}

/* Tries all sets that grow out of this one by up to `useful` nodes from i on.
 * With `nearer` all that hold the demand are better than the best, and the
 * first one will do: true then. */
static bool try_from(struct search *s, const struct reached *reached,
                     unsigned int from, unsigned int useful, bool nearer)
{
    const struct numa_set *set = &reached->set;

    for (unsigned int i = from; i < s->nr_nodes; i++) {
        unsigned int to = i + useful < s->nr_nodes ? i + useful : s->nr_nodes;
        unsigned int node = s->node[i], more;
        struct reached next;

        /* They have ever less memory. */
        if (set->free_pages + s->free_before[to] - s->free_before[i] <
                s->pages_needed ||
            search_cpus_of(s, set) + s->cpus_after[i] < s->cpus_needed ||
            !s->steps)
            return false;
        if (!search_may_join(s, set->nodes, node))
            continue;
        s->steps--;

        next.set = *set;
        search_add(s, &next.set, node, reached->apart[node]);
        if (search_holds(s, &next.set) && search_consider(s, &next.set) &&
            nearer)
            return true;
        more = most_more(s, &next.set, i + 1, useful - 1, nearer);
        if (!more)
            continue;
        note_apart(s, reached, i, &next);
        if (try_from(s, &next, i + 1, more, nearer))
            return true;
    }
    return false;
}

static bool is_possible(const struct search *s)
{
    for (unsigned int i = 0; i < s->nr_nodes; i++)
        if (search_may_begin(s, s->node[i]))
            return true;
    return false;
}

static bool try_all(struct search *s, unsigned int limit, bool nearer)
{
    const struct reached none = { .set = { 0 } };
    unsigned int more;

    search_set_limit(s, limit);
    more = most_more(s, &none.set, 0, s->most_nodes, nearer);
    return more && is_possible(s) && try_from(s, &none, 0, more, nearer);
}

/* ---- the search ---- */

static bool are_twins(const struct search *s, unsigned int a, unsigned int b)
{
    const struct numa_host *host = s->offer->host;
    const struct numa_node *x = &host->node[a], *y = &host->node[b];
    uint64_t preferred = s->offer->request->preferred;

    if (s->offer->free_pages[a] != s->offer->free_pages[b] ||
        x->cores != y->cores || x->threads != y->threads ||
        x->load != y->load || x->device_distance != y->device_distance ||
        !(preferred & NUMA_BIT(a)) != !(preferred & NUMA_BIT(b)) ||
        numa_distance(host, a, a) != numa_distance(host, b, b))
        return false;
    for (unsigned int i = 0; i < s->nr_nodes; i++)
        if (s->node[i] != a && s->node[i] != b &&
            numa_distance(host, a, s->node[i]) !=
                numa_distance(host, b, s->node[i]))
            return false;
    return true;
}

static void list_nodes(struct search *s)
{
    const uint64_t *free_pages = s->offer->free_pages;

    FOR_EACH_NODE (node, s->offer->nodes) {
        unsigned int at = s->nr_nodes++;

        for (; at && free_pages[s->node[at - 1]] < free_pages[node]; at--)
            s->node[at] = s->node[at - 1];
        s->node[at] = node;
    }
    for (unsigned int i = 0; i < s->nr_nodes; i++)
        s->rank[s->node[i]] = i;
}

static void compare_nodes(struct search *s)
{
    s->least_self = UINT_MAX;
    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        unsigned int a = s->node[i];
        unsigned int self = numa_distance(s->offer->host, a, a);

        if (self < s->least_self)
            s->least_self = self;
        for (unsigned int j = i; j-- > 0;) {
            if (!s->twin[a] && are_twins(s, s->node[j], a))
                s->twin[a] = NUMA_BIT(s->node[j]);
        }
    }
}

/* The distances of a node to the others, least first; their number. */
static unsigned int sort_distances(const struct search *s, unsigned int node,
                                   unsigned int distances[NUMA_NODES_MAX])
{
    unsigned int nr = 0;

    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        unsigned int distance = numa_distance(s->offer->host, node, s->node[i]);
        unsigned int at = nr;

        if (s->node[i] == node)
            continue;
        for (; at && distances[at - 1] > distance; at--)
            distances[at] = distances[at - 1];
        distances[at] = distance;
        nr++;
    }
    return nr;
}

static void find_least_apart(struct search *s)
{
    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        unsigned int distances[NUMA_NODES_MAX], sum = 0;
        unsigned int nr = sort_distances(s, s->node[i], distances);

        for (unsigned int n = 0; n < nr; n++) {
            sum += distances[n];
            if (!i || sum < s->least_apart[n + 1])
                s->least_apart[n + 1] = sum;
        }
    }
    s->least_apart[s->nr_nodes] = s->least_apart[s->nr_nodes - 1];
}

static void sum_up(struct search *s)
{
    unsigned int most_cpus = 0;

    s->free_before[0] = 0;
    s->cpus_after[s->nr_nodes] = 0;
    for (unsigned int i = 0; i < s->nr_nodes; i++)
        s->free_before[i + 1] =
            s->free_before[i] + s->offer->free_pages[s->node[i]];
    for (unsigned int i = s->nr_nodes; i-- > 0;) {
        unsigned int cpus = search_cpus_on(s, s->node[i]);
        unsigned int cores = s->offer->host->node[s->node[i]].cores;

        s->cpus_after[i] = s->cpus_after[i + 1] + cpus;
        most_cpus = cpus > most_cpus ? cpus : most_cpus;
        s->most_cores = cores > s->most_cores ? cores : s->most_cores;
    }
    while (s->free_before[s->least_nodes] < s->pages_needed ||
           s->least_nodes * most_cpus < s->cpus_needed)
        s->least_nodes++;
}

/* Cores if there are enough of them; else threads, as many as there are. */
static void set_cpus_needed(struct search *s)
{
    const struct numa_set all = numa_set_of(s->offer, s->offer->nodes);
    const struct numa_request *request = s->offer->request;

    /* One, or each access would be a far one. */
    s->cpus_needed = request->rule == NUMA_PRIO_MEM_ONLY ? 1 : request->vcpus;
    s->threads = all.cores < s->cpus_needed;
    if (s->threads && all.threads < s->cpus_needed)
        s->cpus_needed = all.threads;
}

uint64_t numa_search(const struct numa_offer *offer, struct numa_effort *effort)
{
    struct search s = { .offer = offer, .effort = effort };
    unsigned int steps = effort->steps;

    s.pages_needed = offer->request->pages + offer->extra_pages;
    if (!numa_offer_holds(offer, offer->nodes) || !offer->nodes)
        return 0;
    list_nodes(&s);
    s.most_nodes = offer->most_nodes ? offer->most_nodes : s.nr_nodes;
    compare_nodes(&s);
    find_least_apart(&s);
    set_cpus_needed(&s);
    sum_up(&s);

    /* All of them together hold it, so that something is found, unless they
     * are more than a set may have. */
    numa_grow(&s);
    numa_grow_improve(&s);

    if (!steps)
        steps = s.nr_nodes <= NUMA_EXACT_NODES ? UINT_MAX
                                               : NUMA_SEARCH_STEPS / s.nr_nodes;
    s.steps = steps - steps / 2;
    while (try_all(&s, s.best.nodes ? s.best.max_distance - 1 : UINT_MAX, true))
        ;
    s.steps += steps / 2;
    if (s.best.nodes)
        try_all(&s, s.best.max_distance, false);
    return s.best.nodes;
}
