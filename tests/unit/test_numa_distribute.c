/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_distribute.c - how plans deal with nodes that have little memory or
 * none, and in which order they take what there is, seen in examples. */
#include "mem_layout.h"
#include "mem_runs.h"
#include "numa_planner.h"
#include "numbers.h"
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
            .size_pages = 64 * PAGES_1G,
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
        free_pages[node] = free_gib[node] * PAGES_1G;
    return host_with_free(free_pages);
}

static void set_distance(struct numa_host *host, unsigned int a, unsigned int b,
                         uint8_t distance)
{
    host->distance[a][b] = host->distance[b][a] = distance;
}

/* Four nodes, node 1 the nearest to node 0. One that can't give four stripes of
 * 1 GiB is left out if the others hold the guest and get four of them each;
 * one that can't give a superpage always. */
static const struct stripes {
    uint64_t gib;        /* of the guest */
    uint64_t free_pages; /* of node 1 */
    uint64_t nodes, stripe_pages;
    uint64_t hole; /* pages that the guest lacks */
} stripes[] = {
    { 48, PAGES_2M / 2, 0xd, PAGES_1G, 0 },
    { 49, PAGES_2M / 2, 0xd, PAGES_1G, 0 },
    { 50, PAGES_2M / 2, 0xd, PAGES_1G, 0 },
    { 3, PAGES_2M / 2, 0xd, PAGES_2M, 0 },
    { 48, PAGES_2M, 0xd, PAGES_1G, 0 },
    { 48, 4 * PAGES_1G - 1, 0xd, PAGES_1G, 0 },
    { 12, 4 * PAGES_1G - 1, 0xd, PAGES_1G, 0 },
    { 11, 4 * PAGES_1G - 1, 0xf, PAGES_2M, 0 },
    { 48, 4 * PAGES_1G, 0xf, PAGES_1G, 0 },
    { 16, 4 * PAGES_1G, 0xf, PAGES_1G, 0 },
    { 16, 4 * PAGES_1G, 0xf, PAGES_1G, VGA_HOLE_PAGES },
    { 16, 4 * PAGES_1G, 0xf, PAGES_2M, PAGES_2M },
    { 15, 4 * PAGES_1G, 0xf, PAGES_2M, 0 },
    { 194, 3 * PAGES_1G, 0xf, PAGES_2M, 0 },
};

START_TEST(stripes_are_as_large_as_shares_allow)
{
    const struct stripes *row = &stripes[_i];
    const uint64_t large = 64 * PAGES_1G;
    struct numa_host host = host_with_free(
        (const uint64_t[NR_NODES]){ large, row->free_pages, large, large });
    const struct numa_request request = {
        .rule = NUMA_INTERLEAVE,
        .candidates = 0xf,
        .pages = row->gib * PAGES_1G - row->hole,
    };
    struct numa_plan plan;
    struct xg_error err;

    set_distance(&host, 0, 1, 12);
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, row->nodes);
    ck_assert_uint_eq(plan.stripe_pages, row->stripe_pages);
    ck_assert(!plan.spills);
}
END_TEST

/* How many extents of 1 GiB, and how many runs, a guest's frames are dealt out
 * in: below and above the hole at 3.75 GiB. */
static size_t deal(const struct numa_plan *plan, uint64_t pages,
                   uint64_t *extents_1g)
{
    const struct mem_run low = { .pages = 0xf0000 };
    const struct mem_run high = { .pfn = 0x100000, .pages = pages - low.pages };
    cleanup_mem_runs struct mem_runs memory = { 0 };
    cleanup_mem_runs struct mem_runs dealt = { 0 };
    struct xg_error err;

    assert_fine(mem_runs_add(&memory, low, &err), err);
    assert_fine(mem_runs_add(&memory, high, &err), err);
    assert_fine(mem_runs_deal(&memory, plan, NULL, &dealt, &err), err);
    *extents_1g = 0;
    for (size_t i = 0; i < dealt.nr; i++) {
        const struct mem_run *run = &dealt.run[i];
        uint64_t from = (run->pfn + PAGES_1G - 1) / PAGES_1G;
        uint64_t to = (run->pfn + run->pages) / PAGES_1G;

        *extents_1g += to > from ? to - from : 0;
    }
    return dealt.nr;
}

/* One node with 3 GiB free does not cost a guest of 3 TiB its 3,071 extents of
 * 1 GiB: at most one a node is cut. */
START_TEST(a_small_node_does_not_cost_the_large_extents)
{
    struct numa_host host = host_with_free_gib(
        (const uint64_t[NR_NODES]){ 1100, 1050, 3, 1200, 1111 });
    const struct numa_request request = {
        .rule = NUMA_INTERLEAVE,
        .candidates = 0x1f,
        .pages = 3072 * PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;
    uint64_t extents_1g;

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_le(deal(&plan, request.pages, &extents_1g), 3072 + 2 * 5);
    ck_assert_uint_ge(extents_1g, 3071 - 5);
}
END_TEST

/* From the home node on, by class and by distance; a node with nothing free
 * keeps its place, since others' reservations may not all be taken. Node 1 is
 * the nearest to node 0, node 4 is excluded. */
static const struct order {
    enum numa_rule rule;
    uint64_t candidates;
    uint64_t gib; /* of the guest */
    uint64_t free_gib[NR_NODES];
    unsigned int nr_order, order[NR_NODES];
    uint64_t pages_gib[NR_NODES];
} rows[] = {
    { NUMA_BEST_EFFORT, 0x0f, 1, { 2, 0, 2 }, 5, { 0, 1, 2, 3, 4 }, { 1 } },
    { NUMA_BEST_EFFORT, 0x05, 1, { 2, 0, 2 }, 5, { 0, 2, 1, 3, 4 }, { 1 } },
    { NUMA_STRICT, 0x03, 1, { 2, 0, 64 }, 2, { 0, 1 }, { 1 } },
    /* Not on the candidates alone: */
    { NUMA_BEST_EFFORT,
      0x05,
      8,
      { 2, 3, 1, 9, 9 },
      5,
      { 0, 2, 1, 3, 4 },
      { 2, 3, 1, 2 } },
    { NUMA_INTERLEAVE,
      0x05,
      8,
      { 2, 3, 1, 9, 9 },
      5,
      { 0, 2, 1, 3, 4 },
      { 2, 3, 1, 2 } },
    /* on excluded ones if there is nothing else; */
    { NUMA_BEST_EFFORT,
      0x05,
      8,
      { 2, 3, 1, 1, 9 },
      5,
      { 0, 2, 1, 3, 4 },
      { 2, 3, 1, 1, 1 } },
    /* the best of the others if the candidates have nothing at all. */
    { NUMA_BEST_EFFORT,
      0x05,
      8,
      { 0, 8, 0, 9, 99 },
      5,
      { 1, 3, 0, 2, 4 },
      { 0, 8 } },
};

START_TEST(class_by_class)
{
    const struct order *row = &rows[_i];
    struct numa_host host = host_with_free_gib(row->free_gib);
    struct numa_request request = {
        .rule = row->rule,
        .candidates = row->candidates,
        .excluded = 0x10,
        .pages = row->gib * PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    set_distance(&host, 0, 1, 12);
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nr_order, row->nr_order);
    for (unsigned int i = 0; i < row->nr_order; i++)
        ck_assert_uint_eq(plan.order[i], row->order[i]);
    for (unsigned int node = 0; node < NR_NODES; node++)
        ck_assert_uint_eq(plan.pages[node], row->pages_gib[node] * PAGES_1G);
}
END_TEST

/* Of node 0, 4 GiB are low memory. Sets that need none are taken first, even if
 * they are larger; of others it is what is filled last; those of candidates
 * come before other classes. */
static const struct low {
    uint64_t candidates;
    uint64_t gib; /* of the guest */
    uint64_t pages_gib[NR_NODES];
} lows[] = {
    { 0x1f, 3, { 0, 3 } },    { 0x1f, 5, { 0, 3, 2 } },
    { 0x1f, 9, { 4, 3, 2 } }, { 0x1f, 10, { 8, 0, 2 } },
    { 0x03, 9, { 6, 3 } },    { 0x01, 5, { 5 } },
    { 0x01, 8, { 8 } },       { 0x01, 9, { 8, 1 } },
};

START_TEST(low_memory_comes_last)
{
    const struct low *row = &lows[_i];
    struct numa_host host =
        host_with_free_gib((const uint64_t[NR_NODES]){ 8, 3, 2 });
    struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = row->candidates,
        .pages = row->gib * PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    host.node[0].low_pages = 4 * PAGES_1G;
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    for (unsigned int node = 0; node < NR_NODES; node++)
        ck_assert_uint_eq(plan.pages[node], row->pages_gib[node] * PAGES_1G);
}
END_TEST

/* The home node keeps what the domain may still take, if the host has it; that
 * is no reason for any rule to fail, nor to leave the candidates. */
static const struct extra {
    enum numa_rule rule;
    uint64_t gib; /* of the guest */
    uint64_t pages_gib[NR_NODES];
} extras[] = {
    { NUMA_STRICT, 3, { 3 } },
    { NUMA_STRICT, 4, { 3, 1 } },
    { NUMA_STRICT, 7, { 3, 4 } },
    { NUMA_STRICT, 8, { 4, 4 } },
    { NUMA_BEST_EFFORT, 8, { 4, 4 } },
    { NUMA_INTERLEAVE, 8, { 4, 4 } },
    { NUMA_BEST_EFFORT, 9, { 3, 4, 2 } },
};

START_TEST(the_home_node_keeps_some)
{
    const struct extra *row = &extras[_i];
    struct numa_host host =
        host_with_free_gib((const uint64_t[NR_NODES]){ 4, 4, 4 });
    struct numa_request request = {
        .rule = row->rule,
        .candidates = 0x3,
        .pages = row->gib * PAGES_1G,
        .extra_pages = PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    for (unsigned int node = 0; node < NR_NODES; node++)
        ck_assert_uint_eq(plan.pages[node], row->pages_gib[node] * PAGES_1G);
}
END_TEST

/* A guest that one node holds gets the others without a page, and only if vCPUs
 * need their cores: whether it is too small to be spread, or nodes hold no more
 * than what is kept free. Nodes have 4 GiB. */
static const struct without_pages {
    uint64_t pages, extra_pages;
    enum numa_rule rule;
    unsigned int vcpus;
    uint64_t nodes;
} without_pages[] = {
    { PAGES_2M, 0, NUMA_BEST_EFFORT, 4, 0x1 },
    { PAGES_2M, 0, NUMA_BEST_EFFORT, 5, 0x3 },
    { PAGES_2M, 0, NUMA_BEST_EFFORT, 12, 0x7 },
    { PAGES_2M, 0, NUMA_STRICT, 12, 0x7 },
    { PAGES_2M, 0, NUMA_PRIO_MEM_ONLY, 5, 0x1 },
    { 3 * PAGES_1G, 6 * PAGES_1G, NUMA_BEST_EFFORT, 1, 0x1 },
    { 3 * PAGES_1G, 6 * PAGES_1G, NUMA_BEST_EFFORT, 4, 0x1 },
    { 3 * PAGES_1G, 6 * PAGES_1G, NUMA_BEST_EFFORT, 5, 0x7 },
    { 3 * PAGES_1G, 6 * PAGES_1G, NUMA_BEST_EFFORT, 6, 0x7 },
    { 3 * PAGES_1G, 6 * PAGES_1G, NUMA_STRICT, 6, 0x7 },
    { 3 * PAGES_1G, 6 * PAGES_1G, NUMA_PRIO_MEM_ONLY, 6, 0x1 },
};

START_TEST(nodes_without_pages)
{
    const struct without_pages *row = &without_pages[_i];
    struct numa_host host =
        host_with_free_gib((const uint64_t[NR_NODES]){ 4, 4, 4, 4, 4 });
    const struct numa_request request = {
        .rule = row->rule,
        .candidates = 0x1f,
        .pages = row->pages,
        .vcpus = row->vcpus,
        .extra_pages = row->extra_pages,
    };
    struct numa_plan plan;
    struct xg_error err;

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.pages[0], request.pages);
    ck_assert_uint_eq(plan.nodes, row->nodes);
}
END_TEST

/* Node 2 is near to both of the others, which are far from each other: it makes
 * the set better, and has its part of the vCPUs although not a superpage. */
START_TEST(a_node_without_pages_that_brings_others_together)
{
    struct numa_host host = host_with_free(
        (const uint64_t[NR_NODES]){ 4 * PAGES_1G, 4 * PAGES_1G, 400 });
    const struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = 0x7,
        .pages = 6 * PAGES_1G,
        .vcpus = 2,
    };
    struct numa_plan plan;
    struct xg_error err;

    set_distance(&host, 0, 1, 40);
    set_distance(&host, 0, 2, 11);
    set_distance(&host, 1, 2, 11);
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, 0x7);
    ck_assert_uint_eq(plan.pages[2], 0);
}
END_TEST

/* What the home node keeps is no reason to go to excluded nodes, here node 2,
 * nor to take more of them than the others lack. */
START_TEST(excluded_nodes_come_after_what_is_kept)
{
    struct numa_host host =
        host_with_free_gib((const uint64_t[NR_NODES]){ 4, 4, 4 });
    struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = 0x1,
        .excluded = 0x4,
        .pages = 8 * PAGES_1G,
        .extra_pages = PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    host.nodes = 0x7;
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, 0x3);
    request.pages++;
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, 0x7);
    ck_assert_uint_eq(plan.pages[2], 1);
}
END_TEST

/* Of two nodes with as much memory. */
START_TEST(the_home_node_is_near_to_the_devices)
{
    struct numa_host host =
        host_with_free_gib((const uint64_t[NR_NODES]){ 4, 4 });
    const struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = 0x3,
        .pages = 6 * PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    host.node[0].device_distance = 20;
    host.node[1].device_distance = 10;
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, 0x3);
    ck_assert_uint_eq(plan.home, 1);
}
END_TEST

/* With less than half of the candidates' memory free: 64 GiB each. */
START_TEST(when_memory_is_scarce)
{
    struct numa_host host =
        host_with_free_gib((const uint64_t[NR_NODES]){ 30, 34 });
    const struct numa_request request = { .rule = NUMA_BEST_EFFORT };
    struct numa_offer offer;

    numa_offer_make(&host, &request, 0x3, NUMA_KEEP_LOW, &offer);
    ck_assert(!offer.is_scarce);
    host.node[1].free_pages--;
    numa_offer_make(&host, &request, 0x3, NUMA_KEEP_LOW, &offer);
    ck_assert(offer.is_scarce);
}
END_TEST

/* Nodes 0 to 2 stand in a row; all of them do not hold it. It spills from the
 * one in the middle, unless that one has no pCPUs. */
START_TEST(spills_from_the_middle)
{
    struct numa_host host =
        host_with_free_gib((const uint64_t[NR_NODES]){ 2, 2, 2, 2, 2 });
    struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = 0x7,
        .pages = 7 * PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    set_distance(&host, 0, 2, 40);
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert(plan.spills);
    ck_assert_uint_eq(plan.home, 1);

    host.node[1].cores = host.node[1].threads = 0;
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert(plan.spills);
    ck_assert_uint_eq(plan.home, 0);
}
END_TEST

/* Of nodes 0 and 1, with as many cores, a guest that memory alone brings to
 * both fills the first; one that has vCPUs for both is spread; so it is if it
 * takes their threads. */
static const struct both {
    unsigned int cores[2], vcpus;
    enum numa_rule rule;
    unsigned int home;
    uint64_t pages_gib[2]; /* of 48 GiB */
} boths[] = {
    { { 4, 4 }, 4, NUMA_BEST_EFFORT, 0, { 32, 16 } },
    { { 4, 4 }, 5, NUMA_BEST_EFFORT, 0, { 24, 24 } },
    { { 4, 4 }, 8, NUMA_BEST_EFFORT, 0, { 24, 24 } },
    { { 4, 4 }, 9, NUMA_BEST_EFFORT, 0, { 24, 24 } },
    { { 4, 4 }, 99, NUMA_BEST_EFFORT, 0, { 24, 24 } },
    { { 4, 4 }, 8, NUMA_PRIO_MEM_ONLY, 0, { 32, 16 } },
    { { 4, 8 }, 8, NUMA_BEST_EFFORT, 0, { 32, 16 } },
    { { 4, 8 }, 9, NUMA_BEST_EFFORT, 1, { 16, 32 } },
    /* No vCPU runs on node 0, which has more memory. */
    { { 0, 4 }, 2, NUMA_BEST_EFFORT, 1, { 16, 32 } },
    { { 0, 4 }, 9, NUMA_BEST_EFFORT, 1, { 16, 32 } },
    { { 0, 4 }, 2, NUMA_STRICT, 1, { 16, 32 } },
};

START_TEST(the_home_node_is_where_the_cpus_are)
{
    const struct both *row = &boths[_i];
    struct numa_host host = host_with_free_gib(
        (const uint64_t[NR_NODES]){ row->cores[0] ? 32 : 40, 32, 0, 0, 0 });
    const struct numa_request request = {
        .rule = row->rule,
        .candidates = 0x3,
        .pages = 48 * PAGES_1G,
        .vcpus = row->vcpus,
    };
    struct numa_plan plan;
    struct xg_error err;

    for (unsigned int node = 0; node < 2; node++) {
        host.node[node].cores = row->cores[node];
        host.node[node].threads = 2 * row->cores[node];
    }
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert(!plan.spills);
    ck_assert_uint_eq(plan.home, row->home);
    ck_assert_uint_eq(plan.pages[0], row->pages_gib[0] * PAGES_1G);
    ck_assert_uint_eq(plan.pages[1], row->pages_gib[1] * PAGES_1G);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_distribute");

    tcase_add_loop_test(tcase, stripes_are_as_large_as_shares_allow, 0,
                        ARRAY_SIZE(stripes));
    tcase_add_test(tcase, a_small_node_does_not_cost_the_large_extents);
    tcase_add_loop_test(tcase, class_by_class, 0, ARRAY_SIZE(rows));
    tcase_add_test(tcase, spills_from_the_middle);
    tcase_add_test(tcase, the_home_node_is_near_to_the_devices);
    tcase_add_test(tcase, when_memory_is_scarce);
    tcase_add_test(tcase, excluded_nodes_come_after_what_is_kept);
    tcase_add_test(tcase, a_node_without_pages_that_brings_others_together);
    tcase_add_loop_test(tcase, nodes_without_pages, 0,
                        ARRAY_SIZE(without_pages));
    tcase_add_loop_test(tcase, the_home_node_is_where_the_cpus_are, 0,
                        ARRAY_SIZE(boths));
    tcase_add_loop_test(tcase, low_memory_comes_last, 0, ARRAY_SIZE(lows));
    tcase_add_loop_test(tcase, the_home_node_keeps_some, 0, ARRAY_SIZE(extras));
    return unit_run("numa_distribute", tcase);
}
