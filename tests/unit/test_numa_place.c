/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_numa_place.c - the planner: what must hold for each plan, on 100,000
 * hosts and demands made up from a seed, and that it finds what trying all
 * sets of nodes finds. */
#include "numa_place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numa_random.h"
#include "unit.h"

#define NR_HOSTS 100000
#define NR_LOOPS 10

static uint64_t free_of(const struct numa_host *host, uint64_t nodes)
{
    uint64_t sum = 0;

    FOR_EACH_NODE (node, nodes)
        sum += host->node[node].free_pages;
    return sum;
}

/* ---- trying all sets, in the plainest way ---- */

enum level {
    CORES,
    THREADS,
    SOME_CPU,
    NO_CPU,
    NR_LEVELS
};

static bool cpus_do(const struct numa_host *host,
                    const struct numa_request *request, uint64_t nodes,
                    enum level level)
{
    unsigned int cores = 0, threads = 0;

    FOR_EACH_NODE (node, nodes) {
        cores += host->node[node].cores;
        threads += host->node[node].threads;
    }
    switch (level) {
    case CORES:
        return request->rule != NUMA_PRIO_MEM_ONLY && cores >= request->vcpus;
    case THREADS:
        return request->rule != NUMA_PRIO_MEM_ONLY && threads >= request->vcpus;
    case SOME_CPU:
        return threads > 0;
    case NO_CPU:
    case NR_LEVELS:
        break;
    }
    return true;
}

static bool first_is_better(const struct numa_host *host,
                            const struct numa_request *request,
                            const struct numa_score *a,
                            const struct numa_score *b)
{
    double mean_a = (double)a->sum_distance / (a->nr_nodes * a->nr_nodes);
    double mean_b = (double)b->sum_distance / (b->nr_nodes * b->nr_nodes);
    uint64_t rank_a, rank_b;

    if (a->max_distance != b->max_distance)
        return a->max_distance < b->max_distance;
    if (mean_a < mean_b - 1e-9 || mean_a > mean_b + 1e-9)
        return mean_a < mean_b;
    if (a->nr_nodes != b->nr_nodes)
        return a->nr_nodes < b->nr_nodes;
    if (a->device_distance != b->device_distance)
        return a->device_distance < b->device_distance;

    rank_a = numa_tie_rank(host, request, a->nodes);
    rank_b = numa_tie_rank(host, request, b->nodes);
    if (rank_a != rank_b)
        return rank_a > rank_b;
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        if ((a->nodes ^ b->nodes) & NUMA_BIT(node))
            return a->nodes & NUMA_BIT(node);
    return false;
}

/* The next larger set of nodes out of `of` after `set`; 0 after the last. */
static uint64_t next_set(uint64_t set, uint64_t of)
{
    return (set - of) & of;
}

static bool try_all(const struct numa_host *host,
                    const struct numa_request *request, struct numa_score *best)
{
    uint64_t with_memory = 0;
    bool found = false;

    FOR_EACH_NODE (node, request->candidates & host->nodes)
        if (host->node[node].free_pages)
            with_memory |= NUMA_BIT(node);

    for (enum level level = CORES; level < NR_LEVELS && !found; level++)
        for (uint64_t set = next_set(0, with_memory); set;
             set = next_set(set, with_memory)) {
            struct numa_score score;

            if (free_of(host, set) < request->pages + request->extra_pages ||
                !cpus_do(host, request, set, level))
                continue;
            numa_score_of(host, set, &score);
            if (score.max_distance >= NUMA_UNREACHABLE)
                continue;
            if (!found || first_is_better(host, request, &score, best))
                *best = score;
            found = true;
        }
    return found;
}

/* ---- what holds for each plan ---- */

static void check_plan(const struct numa_host *host,
                       const struct numa_request *request,
                       const struct numa_plan *plan)
{
    uint64_t sum = 0, ordered = 0;

    FOR_EACH_NODE (node, ~UINT64_C(0)) {
        sum += plan->pages[node];
        ck_assert_uint_le(plan->pages[node], host->node[node].free_pages);
        if (plan->pages[node])
            ck_assert(plan->nodes & NUMA_BIT(node));
    }
    ck_assert_uint_eq(sum, request->pages);
    ck_assert(!(plan->nodes & ~host->nodes));
    ck_assert(plan->nodes & NUMA_BIT(plan->home));
    ck_assert_uint_eq(plan->order[0], plan->home);
    if (!plan->spills &&
        host->node[plan->home].free_pages > request->extra_pages)
        ck_assert_uint_le(plan->pages[plan->home] + request->extra_pages,
                          host->node[plan->home].free_pages);

    if (request->rule == NUMA_STRICT || !plan->spills)
        ck_assert(!(plan->nodes & ~request->candidates));

    for (unsigned int i = 0; i < plan->nr_order; i++) {
        ck_assert(!(ordered & NUMA_BIT(plan->order[i])));
        ordered |= NUMA_BIT(plan->order[i]);
        for (unsigned int j = 0; j < i; j++)
            ck_assert_uint_lt(
                numa_distance(host, plan->order[i], plan->order[j]),
                NUMA_UNREACHABLE);
    }
    ck_assert(!(plan->nodes & ~ordered));
}

/* Equal shares, but for nodes that are full. */
static void check_interleave(const struct numa_host *host,
                             const struct numa_request *request,
                             const struct numa_plan *plan)
{
    uint64_t most = 0;

    ck_assert(plan->stripe_pages == NUMA_PAGES_2M ||
              plan->stripe_pages == NUMA_PAGES_1G);
    FOR_EACH_NODE (node, plan->nodes)
        if (plan->pages[node] > most)
            most = plan->pages[node];
    FOR_EACH_NODE (node, plan->nodes) {
        uint64_t kept = plan->pages[node] + NUMA_PAGES_2M;

        if (node == plan->home)
            kept += request->extra_pages;
        ck_assert(plan->pages[node] + NUMA_PAGES_2M >= most ||
                  kept > host->node[node].free_pages);
    }
}

static void check_one(uint64_t seed, unsigned int nr_nodes)
{
    struct numa_host host;
    struct numa_request request;
    struct numa_plan plan, again;
    struct numa_score ours, best;
    struct xg_error err;
    bool found, exists;

    random_host(&seed, nr_nodes, &host);
    random_request(&seed, &host, &request);

    exists = try_all(&host, &request, &best);
    found = numa_search(&host, &request, &ours);
    ck_assert_int_eq(found, exists);
    if (found)
        ck_assert_msg(ours.nodes == best.nodes,
                      "%#" PRIx64 " is worse than %#" PRIx64, ours.nodes,
                      best.nodes);

    if (numa_place(&host, &request, &plan, &err) < 0) {
        /* Then there is no plan: not on the candidates, and for those that may
         * go elsewhere, not on all nodes. */
        ck_assert(!exists);
        if (request.rule != NUMA_STRICT)
            request.candidates = host.nodes;
        ck_assert(!try_all(&host, &request, &best));
        return;
    }
    check_plan(&host, &request, &plan);
    if (!plan.spills && request.rule == NUMA_INTERLEAVE)
        check_interleave(&host, &request, &plan);
    if (!plan.spills && request.rule != NUMA_INTERLEAVE)
        ck_assert(exists && !(plan.nodes & ~best.nodes));

    ck_assert_int_eq(numa_place(&host, &request, &again, &err), 0);
    ck_assert_mem_eq(&plan, &again, sizeof(plan));
}

/* Mostly few nodes, as hosts have; up to 16 for a share. */
static unsigned int how_many_nodes(unsigned int i)
{
    if (i % 1000 == 0)
        return 13 + i / 1000 % 4;
    if (i % 50 == 0)
        return 9 + i / 50 % 4;
    return 1 + i % 8;
}

START_TEST(random_hosts)
{
    for (unsigned int i = (unsigned int)_i; i < NR_HOSTS; i += NR_LOOPS)
        check_one(i, how_many_nodes(i));
}
END_TEST

/* ---- examples, for people ---- */

/* Four nodes of 4 GiB and 4 cores, near in pairs. */
static struct numa_host four_nodes(void)
{
    struct numa_host host = { .nodes = 0xf };

    for (unsigned int a = 0; a < 4; a++) {
        host.node[a] = (struct numa_node){
            .free_pages = 4 * NUMA_PAGES_1G,
            .size_pages = 4 * NUMA_PAGES_1G,
            .cores = 4,
            .threads = 8,
        };
        for (unsigned int b = 0; b < 4; b++)
            host.distance[a][b] = a == b ? 10 : a / 2 == b / 2 ? 20 : 30;
    }
    return host;
}

static const struct example {
    const char *what;
    enum numa_rule rule;
    uint64_t candidates;
    uint64_t gib; /* of the guest */
    unsigned int vcpus;
    unsigned int full_node;   /* has 1 GiB only; 4: none */
    unsigned int device_node; /* 4: none */
    uint64_t pages_gib[4];
} examples[] = {
    { "the lowest of equals", NUMA_BEST_EFFORT, 0xf, 2, 1, 4, 4, { 2 } },
    { "the emptiest", NUMA_BEST_EFFORT, 0xf, 1, 1, 0, 4, { 0, 1 } },
    { "near to the device", NUMA_BEST_EFFORT, 0xf, 2, 1, 4, 3, { 0, 0, 0, 2 } },
    { "home full, then near", NUMA_BEST_EFFORT, 0xf, 6, 1, 4, 4, { 4, 2 } },
    { "a pair with room", NUMA_BEST_EFFORT, 0xf, 6, 1, 0, 4, { 0, 0, 4, 2 } },
    { "two nodes for the cores", NUMA_BEST_EFFORT, 0xf, 2, 8, 4, 4, { 1, 1 } },
    { "only threads suffice", NUMA_BEST_EFFORT, 0x1, 2, 8, 4, 4, { 2 } },
    { "CPUs don't count", NUMA_PRIO_MEM_ONLY, 0xf, 2, 8, 4, 4, { 2 } },
    { "candidates first", NUMA_BEST_EFFORT, 0x8, 6, 1, 4, 4, { 0, 0, 2, 4 } },
    { "in equal shares", NUMA_INTERLEAVE, 0xd, 3, 1, 4, 4, { 1, 0, 1, 1 } },
    { "a full one drops out",
      NUMA_INTERLEAVE,
      0xd,
      5,
      1,
      3,
      4,
      { 2, 0, 2, 1 } },
    { "a list that fits", NUMA_STRICT, 0x6, 7, 1, 4, 4, { 0, 4, 3 } },
};

START_TEST(an_example)
{
    const struct example *example = &examples[_i];
    struct numa_host host = four_nodes();
    const struct numa_request request = {
        .rule = example->rule,
        .candidates = example->candidates,
        .pages = example->gib * NUMA_PAGES_1G,
        .vcpus = example->vcpus,
    };
    struct numa_plan plan;
    struct xg_error err;

    if (example->full_node < 4)
        host.node[example->full_node].free_pages = NUMA_PAGES_1G;
    for (unsigned int node = 0; node < 4 && example->device_node < 4; node++)
        host.node[node].device_distance =
            numa_distance(&host, node, example->device_node);

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    for (unsigned int node = 0; node < 4; node++)
        ck_assert_msg(plan.pages[node] ==
                          example->pages_gib[node] * NUMA_PAGES_1G,
                      "%s: %" PRIu64 " pages on node %u", example->what,
                      plan.pages[node], node);
}
END_TEST

START_TEST(strict_tells_what_is_missing)
{
    struct numa_host host = four_nodes();
    const struct numa_request request = {
        .rule = NUMA_STRICT,
        .candidates = 0x5,
        .pages = 9 * NUMA_PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    assert_failed(numa_place(&host, &request, &plan, &err), err, ENOMEM,
                  "needs 2359296 pages, free pages per node are 0: 1048576, "
                  "2: 1048576");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_place");

    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, random_hosts, 0, NR_LOOPS);
    tcase_add_loop_test(tcase, an_example, 0, ARRAY_SIZE(examples));
    tcase_add_test(tcase, strict_tells_what_is_missing);
    return unit_run("numa_place", tcase);
}
