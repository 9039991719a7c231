/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_numa_distribute.c - how plans deal with nodes that have little memory or
 * none, seen in examples. */
#include "numa_place.h"

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
    uint64_t free_pages[NR_NODES];
    struct numa_host host;
    struct numa_request request = {
        .rule = row->rule,
        .candidates = row->candidates,
        .pages = row->gib * NUMA_PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    for (unsigned int node = 0; node < NR_NODES; node++)
        free_pages[node] = row->free_gib[node] * NUMA_PAGES_1G;
    host = host_with_free(free_pages);
    set_distance(&host, 0, 1, 12);
    set_distance(&host, 1, 2, NUMA_UNREACHABLE);

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nr_order, row->nr_order);
    for (unsigned int i = 0; i < row->nr_order; i++)
        ck_assert_uint_eq(plan.order[i], row->order[i]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_distribute");

    tcase_add_loop_test(tcase, stripes_are_as_large_as_shares_allow, 0,
                        ARRAY_SIZE(stripes));
    tcase_add_loop_test(tcase, full_nodes_come_last, 0, ARRAY_SIZE(rows));
    return unit_run("numa_distribute", tcase);
}
