/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_numa_distribute.c - how plans deal with nodes that have little memory or
 * none, seen in examples. */
#include "numa_place.h"

#include <errno.h>

#include "unit.h"

#define NR_NODES 5

/* Nodes that are equally far from each other. */
static struct numa_host host_with_free(const uint64_t free_pages[NR_NODES])
{
    struct numa_host host = { 0 };

    for (unsigned int a = 0; a < NR_NODES; a++) {
        host.nodes |= NUMA_BIT(a);
        host.node[a] = (struct numa_node){
            .free_pages = free_pages[a],
            .size_pages = 64 * NUMA_PAGES_1G,
            .cores = 4,
            .threads = 8,
        };
        for (unsigned int b = 0; b < NR_NODES; b++)
            host.distance[a][b] = a == b ? 10 : 20;
    }
    return host;
}

static struct numa_host host_with_free_gib(const uint64_t free_gib[NR_NODES])
{
    uint64_t free_pages[NR_NODES];

    for (unsigned int node = 0; node < NR_NODES; node++)
        free_pages[node] = free_gib[node] * NUMA_PAGES_1G;
    return host_with_free(free_pages);
}

static void set_distance(struct numa_host *host, unsigned int a, unsigned int b,
                         uint8_t distance)
{
    host->distance[a][b] = host->distance[b][a] = distance;
}

/* Four nodes, node 1 the nearest to node 0. One with less than a superpage gets
 * nothing, also where the shares leave superpages over; then stripes stay
 * large. */
static const struct stripes {
    uint64_t gib;        /* of the guest */
    uint64_t free_pages; /* of node 1 */
    uint64_t nodes, stripe_pages;
} stripes[] = {
    { 48, NUMA_PAGES_2M / 2, 0xd, NUMA_PAGES_1G },
    { 49, NUMA_PAGES_2M / 2, 0xd, NUMA_PAGES_1G },
    { 50, NUMA_PAGES_2M / 2, 0xd, NUMA_PAGES_1G },
    { 48, NUMA_PAGES_2M, 0xf, NUMA_PAGES_2M },
    { 48, 4 * NUMA_PAGES_1G, 0xf, NUMA_PAGES_1G },
};

START_TEST(stripes_are_as_large_as_shares_allow)
{
    const struct stripes *row = &stripes[_i];
    const uint64_t large = 64 * NUMA_PAGES_1G;
    struct numa_host host = host_with_free(
        (const uint64_t[NR_NODES]){ large, row->free_pages, large, large });
    const struct numa_request request = {
        .rule = NUMA_INTERLEAVE,
        .candidates = 0xf,
        .pages = row->gib * NUMA_PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    set_distance(&host, 0, 1, 12);
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, row->nodes);
    ck_assert_uint_eq(plan.stripe_pages, row->stripe_pages);
}
END_TEST

/* Node 1 has nothing free, is the nearest to node 0, and does not reach node 2,
 * which has most of the memory: that comes first all the same, on the way to
 * other candidates and to other nodes. What looks full may be tried last, if it
 * reaches all before it. */
static const struct order {
    enum numa_rule rule;
    uint64_t candidates;
    uint64_t gib; /* of the guest */
    uint64_t free_gib[NR_NODES];
    unsigned int nr_order, order[NR_NODES];
} rows[] = {
    { NUMA_BEST_EFFORT, 0x1f, 1, { 2, 0, 64 }, 4, { 0, 2, 3, 4 } },
    { NUMA_BEST_EFFORT, 0x3, 1, { 2, 0, 64 }, 4, { 0, 2, 3, 4 } },
    { NUMA_BEST_EFFORT, 0x3, 1, { 2, 0, 64, 1 }, 4, { 0, 2, 3, 4 } },
    { NUMA_BEST_EFFORT, 0x3, 1, { 2, 0, 0, 1 }, 4, { 0, 3, 1, 4 } },
    { NUMA_STRICT, 0x3, 1, { 2, 0, 64 }, 2, { 0, 1 } },
    /* Nothing on the candidates holds it: pages are planned elsewhere. */
    { NUMA_BEST_EFFORT, 0x3, 4, { 2, 0, 64 }, 4, { 0, 2, 3, 4 } },
    { NUMA_INTERLEAVE, 0x7, 1, { 64, 0, 64 }, 4, { 0, 2, 3, 4 } },
};

START_TEST(full_nodes_come_last)
{
    const struct order *row = &rows[_i];
    struct numa_host host = host_with_free_gib(row->free_gib);
    struct numa_request request = {
        .rule = row->rule,
        .candidates = row->candidates,
        .pages = row->gib * NUMA_PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    set_distance(&host, 0, 1, 12);
    set_distance(&host, 1, 2, NUMA_UNREACHABLE);

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nr_order, row->nr_order);
    for (unsigned int i = 0; i < row->nr_order; i++)
        ck_assert_uint_eq(plan.order[i], row->order[i]);
}
END_TEST

/* Groups of nodes that don't reach each other. Interleaving takes the largest
 * that holds the guest; of equals the one with the most free memory, then the
 * one with the lowest numbers. */
static const struct islands {
    uint64_t gib; /* of the guest */
    uint64_t free_gib[NR_NODES];
    uint8_t island[NR_NODES];
    uint64_t nodes; /* 0: none holds it */
} islands[] = {
    { 6, { 4, 4, 4, 64, 64 }, { 0, 0, 0, 1, 1 }, 0x07 },
    { 48, { 4, 4, 4, 64, 64 }, { 0, 0, 0, 1, 1 }, 0x18 },
    { 6, { 4, 4, 0, 4, 8 }, { 0, 0, 0, 1, 1 }, 0x18 },
    { 6, { 0, 8, 8, 8, 8 }, { 0, 1, 2, 1, 2 }, 0x0a },
    { 6, { 9, 1, 1, 1, 1 }, { 0, 1, 1, 2, 2 }, 0x01 },
    { 140, { 4, 4, 4, 64, 64 }, { 0, 0, 0, 1, 1 }, 0 },
};

START_TEST(interleaves_on_the_island_that_holds_it)
{
    const struct islands *row = &islands[_i];
    struct numa_host host = host_with_free_gib(row->free_gib);
    const struct numa_request request = {
        .rule = NUMA_INTERLEAVE,
        .candidates = 0x1f,
        .pages = row->gib * NUMA_PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    for (unsigned int a = 0; a < NR_NODES; a++)
        for (unsigned int b = 0; b < a; b++)
            if (row->island[a] != row->island[b])
                set_distance(&host, a, b, NUMA_UNREACHABLE);

    if (!row->nodes) {
        assert_failed(numa_place(&host, &request, &plan, &err), err, ENOMEM,
                      "no nodes that reach each other");
        return;
    }
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, row->nodes);
    ck_assert(!plan.spills);
    FOR_EACH_NODE (node, plan.nodes)
        ck_assert_uint_eq(plan.pages[node],
                          request.pages /
                              (unsigned int)__builtin_popcountll(plan.nodes));
}
END_TEST

/* {0,2} is as good as {1,3}, but found later: around node 0 there is {0,4},
 * which does not hold the guest. */
START_TEST(of_equal_islands_the_lowest_numbers)
{
    static const unsigned int apart[][2] = { { 0, 1 }, { 0, 3 }, { 1, 2 },
                                             { 1, 4 }, { 2, 3 }, { 2, 4 },
                                             { 3, 4 } };
    const uint64_t much = 4 * NUMA_PAGES_1G;
    struct numa_host host = host_with_free(
        (const uint64_t[NR_NODES]){ much, much, much, much, NUMA_PAGES_1G });
    const struct numa_request request = {
        .rule = NUMA_INTERLEAVE,
        .candidates = 0x1f,
        .pages = 6 * NUMA_PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    for (size_t i = 0; i < ARRAY_SIZE(apart); i++)
        set_distance(&host, apart[i][0], apart[i][1], NUMA_UNREACHABLE);
    set_distance(&host, 0, 4, 12);

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, 0x05);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_distribute");

    tcase_add_loop_test(tcase, stripes_are_as_large_as_shares_allow, 0,
                        ARRAY_SIZE(stripes));
    tcase_add_loop_test(tcase, full_nodes_come_last, 0, ARRAY_SIZE(rows));
    tcase_add_loop_test(tcase, interleaves_on_the_island_that_holds_it, 0,
                        ARRAY_SIZE(islands));
    tcase_add_test(tcase, of_equal_islands_the_lowest_numbers);
    return unit_run("numa_distribute", tcase);
}
