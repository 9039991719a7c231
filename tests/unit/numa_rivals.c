/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_rivals.c - the two planners that Xen's users have today. */
#include "numa_rivals.h"
#include "numbers.h"

#include <stdlib.h>
#include <string.h>

#define RIVAL_NODES 16

/* One, and what its numbers add up to. */
struct rival_set {
    uint64_t nodes;
    unsigned int nr_nodes, max_distance, sum_distance;
};

struct rival_sets {
    size_t nr_xapi, nr_xl;
    struct rival_set *xl; /* in the same piece of memory */
    struct rival_set xapi[];
};

struct sums {
    uint64_t free_pages;
    unsigned int threads, bound_vcpus, times_chosen;
};

static struct sums sum_up(const struct rival_host *host, uint64_t nodes)
{
    struct sums sums = { 0 };

    FOR_EACH_NODE (node, nodes) {
        sums.free_pages += host->host.node[node].free_pages;
        sums.threads += host->host.node[node].threads;
        sums.bound_vcpus += host->bound_vcpus[node];
        sums.times_chosen += host->times_chosen[node];
    }
    return sums;
}

static struct rival_set describe(const struct numa_host *host, uint64_t nodes)
{
    struct rival_set set = { .nodes = nodes };

    FOR_EACH_NODE (a, nodes) {
        set.nr_nodes++;
        FOR_EACH_NODE (b, nodes) {
            unsigned int distance = numa_distance(host, a, b);

            set.sum_distance += distance;
            if (distance > set.max_distance)
                set.max_distance = distance;
        }
    }
    return set;
}

static bool same_for_xapi(const struct rival_set *a, const struct rival_set *b)
{
    return a->max_distance == b->max_distance &&
           a->sum_distance * b->nr_nodes * b->nr_nodes ==
               b->sum_distance * a->nr_nodes * a->nr_nodes;
}

static int compare_for_xapi(const void *one, const void *other)
{
    const struct rival_set *a = one, *b = other;
    unsigned int mean_a = a->sum_distance * b->nr_nodes * b->nr_nodes;
    unsigned int mean_b = b->sum_distance * a->nr_nodes * a->nr_nodes;

    if (a->max_distance != b->max_distance)
        return a->max_distance < b->max_distance ? -1 : 1;
    if (mean_a != mean_b)
        return mean_a < mean_b ? -1 : 1;
    return a->nodes < b->nodes ? -1 : 1;
}

static int compare_for_xl(const void *one, const void *other)
{
    const struct rival_set *a = one, *b = other;

    if (a->nr_nodes != b->nr_nodes)
        return a->nr_nodes < b->nr_nodes ? -1 : 1;
    return a->nodes < b->nodes ? -1 : 1;
}

struct rival_sets *rival_sets_make(const struct numa_host *host)
{
    unsigned int nr = (unsigned int)__builtin_popcountll(host->nodes);
    size_t nr_sets = nr > RIVAL_NODES ? nr : ((size_t)1 << nr) - 1;
    struct rival_sets *sets =
        calloc(1, sizeof(*sets) + 2 * nr_sets * sizeof(struct rival_set));

    if (!sets)
        return NULL;
    sets->nr_xapi = nr_sets;
    sets->nr_xl = nr > RIVAL_NODES ? 0 : nr_sets;
    sets->xl = sets->xapi + nr_sets;
    for (size_t i = 0; i < nr_sets; i++)
        sets->xapi[i] = sets->xl[i] =
            describe(host, nr > RIVAL_NODES ? NUMA_BIT(i) : i + 1);
    qsort(sets->xapi, nr_sets, sizeof(*sets->xapi), compare_for_xapi);
    qsort(sets->xl, nr_sets, sizeof(*sets->xl), compare_for_xl);
    return sets;
}

/* What Xen does without a node in the request: one node after the other, until
 * they are full; then all others likewise. */
static void spread_pages(const struct numa_host *host, uint64_t pages,
                         uint64_t nodes, struct placement *out)
{
    uint64_t sets[2] = { nodes, host->nodes & ~nodes };

    for (unsigned int i = 0; i < 2; i++)
        for (bool any = true; any && pages;) {
            any = false;
            FOR_EACH_NODE (node, sets[i]) {
                uint64_t room = host->node[node].free_pages - out->pages[node];
                uint64_t take = pages < PAGES_2M ? pages : PAGES_2M;

                take = take < room ? take : room;
                out->pages[node] += take;
                pages -= take;
                any |= take > 0;
            }
        }
}

static void place_on(const struct rival_host *host, uint64_t pages,
                     uint64_t nodes, struct placement *out)
{
    *out = (struct placement){ .cpu_nodes = nodes ? nodes : host->host.nodes };
    spread_pages(&host->host, pages, out->cpu_nodes, out);
}

static bool fits(const struct sums *sums, uint64_t pages, unsigned int vcpus)
{
    return sums->free_pages >= pages && sums->threads >= vcpus;
}

void place_as_xapi(struct rival_host *host, uint64_t pages, unsigned int vcpus,
                   struct placement *out)
{
    const struct rival_set *best = NULL;
    unsigned int best_chosen = 0;

    for (size_t i = 0; i < host->sets->nr_xapi; i++) {
        const struct rival_set *set = &host->sets->xapi[i];
        struct sums sums = sum_up(host, set->nodes);

        if (best && !same_for_xapi(set, best))
            break;
        if (!fits(&sums, pages, vcpus) ||
            (best && sums.times_chosen >= best_chosen))
            continue;
        best = set;
        best_chosen = sums.times_chosen;
    }
    FOR_EACH_NODE (node, best ? best->nodes : 0)
        host->times_chosen[node]++;
    place_on(host, pages, best ? best->nodes : 0, out);
}

void place_as_xl(struct rival_host *host, uint64_t pages, unsigned int vcpus,
                 struct placement *out)
{
    const struct rival_set *best = NULL;
    struct sums best_sums = { 0 };

    for (size_t i = 0; i < host->sets->nr_xl; i++) {
        const struct rival_set *set = &host->sets->xl[i];
        struct sums sums = sum_up(host, set->nodes);

        if (best && set->nr_nodes > best->nr_nodes)
            break;
        if (!fits(&sums, pages, vcpus) ||
            (best && (sums.bound_vcpus > best_sums.bound_vcpus ||
                      (sums.bound_vcpus == best_sums.bound_vcpus &&
                       sums.free_pages <= best_sums.free_pages))))
            continue;
        best = set;
        best_sums = sums;
    }
    place_on(host, pages, best ? best->nodes : 0, out);
}

void place_as_we_do(struct rival_host *host, uint64_t pages, unsigned int vcpus,
                    struct placement *out)
{
    struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = host->host.nodes,
        .pages = pages,
        .vcpus = vcpus,
    };
    struct numa_plan plan;
    struct xg_error err;

    if (numa_place(&host->host, &request, &plan, &err) < 0)
        abort();
    out->cpu_nodes = plan.nodes;
    memcpy(out->pages, plan.pages, sizeof(out->pages));
}

double placement_distance(const struct numa_host *host,
                          const struct placement *placement)
{
    double sum = 0, weights = 0;

    FOR_EACH_NODE (cpu, placement->cpu_nodes)
        FOR_EACH_NODE (mem, host->nodes) {
            double weight =
                (double)host->node[cpu].cores * (double)placement->pages[mem];

            sum += weight * numa_distance(host, cpu, mem);
            weights += weight;
        }
    return weights > 0 ? sum / weights : 0;
}
