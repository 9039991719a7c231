/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_rivals.c - the two planners that Xen's users have today. */
#include "numa_rivals.h"

#include <stdlib.h>
#include <string.h>

#define RIVAL_NODES 16

/* What the numbers of a set add up to. */
struct sums {
    uint64_t free_pages;
    unsigned int threads, bound_vcpus, times_chosen;
};

/* For all sets of the first nr nodes at once: each is a smaller one and its
 * lowest node. */
static struct sums *sum_all_sets(const struct rival_host *host, unsigned int nr)
{
    struct sums *sums = calloc((size_t)1 << nr, sizeof(*sums));

    for (uint32_t set = 1; sums && set < UINT32_C(1) << nr; set++) {
        unsigned int node = (unsigned int)__builtin_ctz(set);

        sums[set] = sums[set & (set - 1)];
        sums[set].free_pages += host->host.node[node].free_pages;
        sums[set].threads += host->host.node[node].threads;
        sums[set].bound_vcpus += host->bound_vcpus[node];
        sums[set].times_chosen += host->times_chosen[node];
    }
    return sums;
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
                uint64_t take = pages < NUMA_PAGES_2M ? pages : NUMA_PAGES_2M;

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

static unsigned int nodes_of(const struct rival_host *host)
{
    return (unsigned int)__builtin_popcountll(host->host.nodes);
}

static double mean_of(const struct numa_score *score)
{
    return (double)score->sum_distance /
           (double)(score->nr_nodes * score->nr_nodes);
}

static void score_all_sets(struct rival_host *host, unsigned int nr)
{
    if (host->scores || nr > RIVAL_NODES)
        return;
    host->scores = calloc((size_t)1 << nr, sizeof(*host->scores));
    for (uint32_t set = 1; host->scores && set < UINT32_C(1) << nr; set++)
        numa_score_of(&host->host, set, &host->scores[set]);
}

/* The sets that xapi looks at: all, or the single nodes. */
static uint64_t next_for_xapi(uint64_t set, unsigned int nr)
{
    set = nr > RIVAL_NODES ? set << 1 : set + 1;
    return nr < 64 && set >> nr ? 0 : set;
}

static bool fits_xapi(const struct sums *sums, uint64_t pages,
                      unsigned int vcpus)
{
    return sums->free_pages >= pages && sums->threads >= vcpus;
}

void place_as_xapi(struct rival_host *host, uint64_t pages, unsigned int vcpus,
                   struct placement *out)
{
    unsigned int nr = nodes_of(host), best_chosen = 0;
    struct sums *sums = sum_all_sets(host, nr > RIVAL_NODES ? 0 : nr);
    struct numa_score best = { 0 };

    score_all_sets(host, nr);
    for (uint64_t set = 1; set; set = next_for_xapi(set, nr)) {
        unsigned int first = (unsigned int)__builtin_ctzll(set);
        struct sums one = {
            .free_pages = host->host.node[first].free_pages,
            .threads = host->host.node[first].threads,
            .times_chosen = host->times_chosen[first],
        };
        const struct sums *sum = nr > RIVAL_NODES ? &one : &sums[set];
        struct numa_score score;
        double better;

        if (!fits_xapi(sum, pages, vcpus))
            continue;
        if (host->scores)
            score = host->scores[set];
        else
            numa_score_of(&host->host, set, &score);
        better = (double)best.max_distance - (double)score.max_distance;
        if (better == 0)
            better = mean_of(&best) - mean_of(&score);
        if (better == 0)
            better = (double)best_chosen - (double)sum->times_chosen;
        if (!best.nodes || better > 0) {
            best = score;
            best_chosen = sum->times_chosen;
        }
    }
    free(sums);
    FOR_EACH_NODE (node, best.nodes)
        host->times_chosen[node]++;
    place_on(host, pages, best.nodes, out);
}

void place_as_xl(struct rival_host *host, uint64_t pages, unsigned int vcpus,
                 struct placement *out)
{
    unsigned int nr = nodes_of(host);
    struct sums *sums;
    uint64_t best = 0;

    if (nr > RIVAL_NODES) {
        place_on(host, pages, 0, out);
        return;
    }
    sums = sum_all_sets(host, nr);
    for (uint64_t set = 1; set < UINT64_C(1) << nr; set++) {
        int more = __builtin_popcountll(set) - __builtin_popcountll(best);

        if (sums[set].free_pages < pages || sums[set].threads < vcpus)
            continue;
        if (!best || more < 0 ||
            (more == 0 && (sums[set].bound_vcpus < sums[best].bound_vcpus ||
                           (sums[set].bound_vcpus == sums[best].bound_vcpus &&
                            sums[set].free_pages > sums[best].free_pages))))
            best = set;
    }
    free(sums);
    place_on(host, pages, best, out);
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
