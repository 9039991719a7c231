/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_search.c - the best set of nodes for a demand (pure).
 *
 * The largest distance inside the set comes first in the order of what is
 * good. So the distances of the host are tried as a limit, from the smallest
 * on: the first limit under which a set holds the demand is the best one, and
 * all that remains is to find the best set under it. Each limit is searched
 * depth first, one branch per node, leaving out what can't hold the demand and
 * what can't come nearer than the best set so far.
 *
 * That is exact, and takes no longer than some 2^n steps for n nodes. Above
 * NUMA_EXACT_NODES the steps are limited. Most demands need but a few nodes and
 * don't get there; for the others sets are grown from each node and improved by
 * exchanging nodes, and as many steps again go into finding better ones. */
#include "numa_search.h"

#include <limits.h>
#include <string.h>

void numa_score_of(const struct numa_host *host, uint64_t nodes,
                   struct numa_score *score)
{
    *score = (struct numa_score){ .nodes = nodes };
    for (unsigned int a = 0; a < NUMA_NODES_MAX; a++) {
        if (!(nodes & NUMA_BIT(a)))
            continue;
        score->nr_nodes++;
        score->device_distance += host->node[a].device_distance;
        for (unsigned int b = 0; b < NUMA_NODES_MAX; b++) {
            unsigned int distance = numa_distance(host, a, b);

            if (!(nodes & NUMA_BIT(b)))
                continue;
            score->sum_distance += distance;
            if (distance > score->max_distance)
                score->max_distance = distance;
        }
    }
}

unsigned int search_cpus_of(const struct search *s, unsigned int node)
{
    switch (s->need) {
    case NEED_CORES:
        return s->host->node[node].cores;
    case NEED_THREADS:
    case NEED_A_CPU:
        return s->host->node[node].threads;
    case NEED_NO_CPU:
        break;
    }
    return 0;
}

unsigned int search_cpus_needed(const struct search *s)
{
    switch (s->need) {
    case NEED_CORES:
    case NEED_THREADS:
        return s->request->vcpus;
    case NEED_A_CPU:
        return 1;
    case NEED_NO_CPU:
        break;
    }
    return 0;
}

uint64_t search_pages_needed(const struct search *s)
{
    return s->request->pages + s->request->extra_pages;
}

/* Below 0 if the first is better, 0 if memory and numbers decide. */
int numa_score_compare(const struct numa_score *a, const struct numa_score *b)
{
    uint64_t mean_a = (uint64_t)a->sum_distance * b->nr_nodes * b->nr_nodes;
    uint64_t mean_b = (uint64_t)b->sum_distance * a->nr_nodes * a->nr_nodes;

    if (a->max_distance != b->max_distance)
        return a->max_distance < b->max_distance ? -1 : 1;
    if (mean_a != mean_b)
        return mean_a < mean_b ? -1 : 1;
    if (a->nr_nodes != b->nr_nodes)
        return a->nr_nodes < b->nr_nodes ? -1 : 1;
    if (a->device_distance != b->device_distance)
        return a->device_distance < b->device_distance ? -1 : 1;
    return 0;
}

bool numa_lower_numbers(uint64_t a, uint64_t b)
{
    uint64_t differ = a ^ b;

    return a & differ & -differ;
}

/* Of two sets that are equally near, the one of higher rank, then the one with
 * lower numbers. */
static bool is_better_tie(struct search *s, const struct search_set *set)
{
    uint64_t rank = numa_tie_rank(s->host, s->request, set->score.nodes);

    if (!s->best_rank_known)
        s->best_rank = numa_tie_rank(s->host, s->request, s->best.nodes);
    s->best_rank_known = true;

    if (rank < s->best_rank ||
        (rank == s->best_rank &&
         !numa_lower_numbers(set->score.nodes, s->best.nodes)))
        return false;
    s->best_rank = rank;
    return true;
}

void search_consider(struct search *s, const struct search_set *set)
{
    int order = s->found ? numa_score_compare(&set->score, &s->best) : -1;

    if (order > 0 || (order == 0 && !is_better_tie(s, set)))
        return;
    if (order < 0)
        s->best_rank_known = false;
    s->best = set->score;
    s->found = true;
}

bool search_holds(const struct search *s, const struct search_set *set)
{
    return set->score.nr_nodes && set->free_pages >= search_pages_needed(s) &&
           set->cpus >= search_cpus_needed(s);
}

struct search_set search_with_node(const struct search *s,
                                   const struct search_set *set,
                                   unsigned int node)
{
    struct search_set next = *set;
    uint64_t rest = set->score.nodes;
    unsigned int distance = numa_distance(s->host, node, node);

    next.score.nodes |= NUMA_BIT(node);
    next.score.nr_nodes++;
    next.score.sum_distance += distance;
    next.score.device_distance += s->host->node[node].device_distance;
    next.free_pages += s->host->node[node].free_pages;
    next.cpus += search_cpus_of(s, node);
    if (distance > next.score.max_distance)
        next.score.max_distance = distance;

    for (; rest; rest &= rest - 1) {
        unsigned int other = (unsigned int)__builtin_ctzll(rest);

        distance = numa_distance(s->host, node, other);
        next.score.sum_distance += 2 * distance;
        if (distance > next.score.max_distance)
            next.score.max_distance = distance;
    }
    return next;
}

/* True if no set that grows out of this one can have a smaller or equal mean
 * than the best: all further nodes at the least distance there is. */
static bool too_far(const struct search *s, const struct search_set *set,
                    unsigned int nr_more)
{
    unsigned int had = set->score.nr_nodes;
    uint64_t best = s->best.sum_distance;
    uint64_t best_square = (uint64_t)s->best.nr_nodes * s->best.nr_nodes;

    for (unsigned int n = had + 1; n <= had + nr_more; n++) {
        uint64_t sum =
            set->score.sum_distance + (uint64_t)(n - had) * s->least_self +
            (uint64_t)(n * (n - 1) - had * (had - 1)) * s->least_apart;

        if (sum * best_square <= best * n * n)
            return false;
    }
    return true;
}

static void grow(struct search *s, const struct search_set *set,
                 unsigned int from)
{
    for (unsigned int i = from; i < s->nr_nodes; i++) {
        unsigned int node = s->node[i];
        struct search_set next;

        if (set->free_pages + s->free_after[i] < search_pages_needed(s) ||
            set->cpus + s->cpus_after[i] < search_cpus_needed(s))
            return;
        if (!(s->near[node] & NUMA_BIT(node)) ||
            set->score.nodes & ~s->near[node])
            continue;
        if (!s->steps)
            return;
        s->steps--;

        next = search_with_node(s, set, node);
        if (search_holds(s, &next))
            search_consider(s, &next);
        if (!s->found || !too_far(s, &next, s->nr_nodes - i - 1))
            grow(s, &next, i + 1);
    }
}

/* Sets the limit, and which nodes are within it; false if the nodes near to
 * none of them could hold the demand together. */
static bool set_limit(struct search *s, unsigned int limit)
{
    bool possible = false;

    s->limit = limit;
    for (unsigned int i = 0; i < s->nr_nodes; i++) {
        unsigned int a = s->node[i], cpus = 0;
        uint64_t pages = 0;

        s->near[a] = 0;
        for (unsigned int j = 0; j < s->nr_nodes; j++) {
            unsigned int b = s->node[j];

            if (numa_distance(s->host, a, b) > limit)
                continue;
            s->near[a] |= NUMA_BIT(b);
            pages += s->host->node[b].free_pages;
            cpus += search_cpus_of(s, b);
        }
        if (pages >= search_pages_needed(s) && cpus >= search_cpus_needed(s))
            possible = true;
    }
    return possible;
}

static void list_candidates(struct search *s)
{
    s->least_self = s->least_apart = NUMA_UNREACHABLE;
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        unsigned int at = s->nr_nodes;

        if (!(s->request->candidates & s->host->nodes & NUMA_BIT(node)) ||
            !s->host->node[node].free_pages)
            continue;
        for (; at && s->host->node[s->node[at - 1]].free_pages <
                         s->host->node[node].free_pages;
             at--)
            s->node[at] = s->node[at - 1];
        s->node[at] = node;
        s->nr_nodes++;
    }
    for (unsigned int i = 0; i < s->nr_nodes; i++)
        for (unsigned int j = 0; j <= i; j++) {
            unsigned int *least = i == j ? &s->least_self : &s->least_apart;
            unsigned int distance =
                numa_distance(s->host, s->node[i], s->node[j]);

            if (distance < *least)
                *least = distance;
        }
}

/* The distances of the host, smallest first. */
static unsigned int list_limits(const struct search *s,
                                unsigned int limits[NUMA_UNREACHABLE])
{
    bool there[NUMA_UNREACHABLE + 1] = { false };
    unsigned int nr_limits = 0;

    for (unsigned int i = 0; i < s->nr_nodes; i++)
        for (unsigned int j = 0; j <= i; j++)
            there[numa_distance(s->host, s->node[i], s->node[j])] = true;
    for (unsigned int distance = 0; distance < NUMA_UNREACHABLE; distance++)
        if (there[distance])
            limits[nr_limits++] = distance;
    return nr_limits;
}

static void sum_up(struct search *s)
{
    s->free_after[s->nr_nodes] = 0;
    s->cpus_after[s->nr_nodes] = 0;
    for (unsigned int i = s->nr_nodes; i-- > 0;) {
        unsigned int node = s->node[i];

        s->free_after[i] =
            s->free_after[i + 1] + s->host->node[node].free_pages;
        s->cpus_after[i] = s->cpus_after[i + 1] + search_cpus_of(s, node);
    }
}

static void search_all(struct search *s, unsigned int limit)
{
    const struct search_set none = { 0 };

    if (set_limit(s, limit))
        grow(s, &none, 0);
}

/* Tries one limit after the other. False if the steps did not suffice; then
 * what was found may not be the best. */
static bool search_in_order(struct search *s, const unsigned int *limits,
                            unsigned int nr_limits, unsigned int steps)
{
    s->steps = steps;
    for (unsigned int i = 0; i < nr_limits && s->steps && !s->found; i++)
        search_all(s, limits[i]);
    return s->steps > 0;
}

/* Halves the limits down to the first under which sets are found by growing
 * them. Half of the steps then look for one under the limit before, which
 * growing may have missed, the rest for better ones under this. */
static void search_large(struct search *s, const unsigned int *limits,
                         unsigned int nr_limits, unsigned int steps)
{
    unsigned int low = 0, high = nr_limits;

    while (low < high) {
        unsigned int middle = low + (high - low) / 2;

        if (set_limit(s, limits[middle]) && search_grow_from_each(s))
            high = middle;
        else
            low = middle + 1;
    }

    s->steps = steps / 2;
    if (high > 0)
        search_all(s, limits[high - 1]);
    s->steps += steps - steps / 2;
    if (high < nr_limits)
        search_all(s, limits[high]);
}

bool numa_search(const struct numa_host *host,
                 const struct numa_request *request, struct numa_score *best)
{
    struct search s = { .host = host, .request = request };
    unsigned int limits[NUMA_UNREACHABLE], nr_limits, steps;

    list_candidates(&s);
    nr_limits = list_limits(&s, limits);
    steps = request->steps                   ? request->steps
            : s.nr_nodes <= NUMA_EXACT_NODES ? UINT_MAX
                                             : NUMA_SEARCH_STEPS;

    s.need = request->rule == NUMA_PRIO_MEM_ONLY ? NEED_A_CPU : NEED_CORES;
    for (; s.need <= NEED_NO_CPU && !s.found; s.need++) {
        sum_up(&s);
        if (!search_in_order(&s, limits, nr_limits, steps))
            search_large(&s, limits, nr_limits, steps);
    }

    *best = s.best;
    return s.found;
}
