/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_place.c - the planner: what must hold for each plan, on 100,000
 * hosts and demands made up from a seed (a tenth of them without XG_LONG=1);
 * examples of each rule. */
#include "numa_planner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numa_random.h"
#include "unit.h"

#define HOLDS(condition) ck_assert(condition)
#include "numa_holds.h"
#include "numbers.h"

#define NR_HOSTS 100000
#define NR_LOOPS 10

/* ---- what holds for each plan ---- */

/* 0 for candidates, 1 for others, 2 for excluded nodes. */
static unsigned int class_of(const struct numa_request *request,
                             unsigned int node)
{
    if (request->candidates & NUMA_BIT(node))
        return 0;
    return request->excluded & NUMA_BIT(node) ? 2 : 1;
}

static uint64_t nodes_of_class(const struct numa_host *host,
                               const struct numa_request *request,
                               unsigned int class)
{
    uint64_t nodes = 0;

    FOR_EACH_NODE (node, host->nodes)
        if (class_of(request, node) == class)
            nodes |= NUMA_BIT(node);
    return nodes;
}

/* All nodes that may be used, class by class, each from the home node on, but
 * for the chosen set, which comes first. */
static void check_order(const struct numa_host *host,
                        const struct numa_request *request,
                        const struct numa_plan *plan)
{
    uint64_t candidates = request->candidates & host->nodes;
    uint64_t ordered = order_holds(host, plan);
    unsigned int turned_back = 0;

    for (unsigned int i = 0; i < plan->nr_order; i++) {
        unsigned int node = plan->order[i];
        unsigned int last = i > 1 ? plan->order[i - 1] : node;

        if (free_of(host, candidates))
            ck_assert_uint_le(class_of(request, last), class_of(request, node));
        if (class_of(request, last) == class_of(request, node) &&
            numa_distance(host, plan->home, last) >
                numa_distance(host, plan->home, node))
            turned_back++;
    }
    ck_assert_uint_le(turned_back, 1);
    ck_assert_uint_eq(ordered,
                      request->rule == NUMA_STRICT ? candidates : host->nodes);
}

/* A class is used only if those before it are full, but for what the home node
 * keeps; the excluded nodes are if all others don't hold the demand. */
static void check_classes(const struct numa_host *host,
                          const struct numa_request *request,
                          const struct numa_plan *plan)
{
    uint64_t before = 0, all = free_of(host, host->nodes);

    for (unsigned int class = 0; class < 3; class ++) {
        uint64_t nodes = nodes_of_class(host, request, class);

        if (planned_on(plan, nodes) && before)
            ck_assert_uint_ge(planned_on(plan, before) + request->extra_pages,
                              free_of(host, before));
        if (planned_on(plan, nodes) && before &&
            all < request->pages + request->extra_pages)
            ck_assert_uint_eq(planned_on(plan, before), free_of(host, before));
        if (class == 2 && planned_on(plan, nodes))
            ck_assert_uint_eq(planned_on(plan, before), free_of(host, before));
        before |= nodes;
    }
}

/* What the candidates have without low memory does, if it can. */
static void check_thrift(const struct numa_host *host,
                         const struct numa_request *request,
                         const struct numa_plan *plan)
{
    uint64_t candidates = request->candidates & host->nodes, low = 0;
    uint64_t needed = request->pages + request->extra_pages;

    FOR_EACH_NODE (node, candidates)
        low += host->node[node].low_pages;
    if (free_of(host, candidates) - low >= needed)
        FOR_EACH_NODE (node, candidates)
            ck_assert_uint_le(plan->pages[node] + host->node[node].low_pages,
                              host->node[node].free_pages);

    if (free_of(host, candidates) >= needed &&
        host->node[plan->home].free_pages > request->extra_pages)
        ck_assert_uint_le(plan->pages[plan->home] + request->extra_pages,
                          host->node[plan->home].free_pages);
}

/* Equal shares, but for nodes that are full, and for those that can't give the
 * others' large stripes. */
static void check_interleave(const struct numa_host *host,
                             const struct numa_request *request,
                             const struct numa_plan *plan)
{
    uint64_t most = 0;

    ck_assert(plan->stripe_pages == PAGES_2M || plan->stripe_pages == PAGES_1G);
    FOR_EACH_NODE (node, plan->nodes)
        if (plan->pages[node] > most)
            most = plan->pages[node];
    FOR_EACH_NODE (node, plan->nodes) {
        uint64_t kept =
            plan->pages[node] + plan->stripe_pages + host->node[node].low_pages;

        if (node == plan->home)
            kept += request->extra_pages;
        ck_assert(plan->pages[node] + plan->stripe_pages >= most ||
                  kept > host->node[node].free_pages);
        if (plan->stripe_pages == PAGES_1G)
            ck_assert_uint_gt(plan->pages[node] + PAGES_2M, 4 * PAGES_1G);
    }
}

/* The set is the one that the search finds, on the first memory that does. */
static void check_set(const struct numa_host *host,
                      const struct numa_request *request,
                      const struct numa_plan *plan)
{
    uint64_t best = 0;

    for (unsigned int thrift = NUMA_KEEP_LOW; thrift <= NUMA_KEEP_NONE && !best;
         thrift++) {
        struct numa_effort effort = { 0 };
        struct numa_offer offer;

        numa_offer_make(host, request, request->candidates,
                        (enum numa_thrift)thrift, &offer);
        best = numa_search(&offer, &effort);
    }
    ck_assert(best && !(plan->nodes & ~best));
}

static void check_one(uint64_t seed, unsigned int nr_nodes)
{
    struct numa_host host;
    struct numa_request request;
    struct numa_plan plan, again;
    struct xg_error err;
    uint64_t allowed;

    random_host(&seed, nr_nodes, &host);
    random_request(&seed, &host, &request);
    allowed = request.rule == NUMA_STRICT ? request.candidates & host.nodes
                                          : host.nodes;

    /* Nothing but want of memory is a reason to fail. */
    if (numa_place(&host, &request, &plan, &err) < 0) {
        ck_assert_int_eq(err.code, ENOMEM);
        ck_assert_uint_lt(free_of(&host, allowed), request.pages);
        return;
    }
    ck_assert_uint_ge(free_of(&host, allowed), request.pages);
    pages_hold(&host, &request, &plan);
    check_order(&host, &request, &plan);
    check_classes(&host, &request, &plan);
    check_thrift(&host, &request, &plan);
    if (!plan.spills && request.rule == NUMA_INTERLEAVE)
        check_interleave(&host, &request, &plan);
    if (!plan.spills && request.rule != NUMA_INTERLEAVE)
        check_set(&host, &request, &plan);

    ck_assert_int_eq(numa_place(&host, &request, &again, &err), 0);
    ck_assert_mem_eq(&plan, &again, sizeof(plan));
}

/* Mostly few nodes, as hosts have; up to 64 for a share. */
static unsigned int how_many_nodes(unsigned int i)
{
    return i % 50 ? 1 + i % 8 : 9 + i / 50 % 56;
}

START_TEST(random_hosts)
{
    const char *is_long = getenv("XG_LONG");
    unsigned int nr_hosts =
        is_long && strcmp(is_long, "0") != 0 ? NR_HOSTS : NR_HOSTS / 10;

    for (unsigned int i = (unsigned int)_i; i < nr_hosts; i += NR_LOOPS)
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
            .free_pages = 4 * PAGES_1G,
            .size_pages = 4 * PAGES_1G,
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
        .pages = example->gib * PAGES_1G,
        .vcpus = example->vcpus,
    };
    struct numa_plan plan;
    struct xg_error err;

    if (example->full_node < 4)
        host.node[example->full_node].free_pages = PAGES_1G;
    for (unsigned int node = 0; node < 4 && example->device_node < 4; node++)
        host.node[node].device_distance =
            numa_distance(&host, node, example->device_node);

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    for (unsigned int node = 0; node < 4; node++)
        ck_assert_msg(plan.pages[node] == example->pages_gib[node] * PAGES_1G,
                      "%s: %" PRIu64 " pages on node %u", example->what,
                      plan.pages[node], node);
}
END_TEST

/* The vCPUs may be tied there. */
START_TEST(near_to_candidates_that_are_full)
{
    struct numa_host host = four_nodes();
    const struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = NUMA_BIT(2),
        .pages = 2 * PAGES_1G,
        .vcpus = 1,
    };
    struct numa_plan plan;
    struct xg_error err;

    host.node[2].free_pages = 0;
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, NUMA_BIT(3));
    ck_assert(plan.spills);
}
END_TEST

/* Four nodes alike, but for one thing each; 2 GiB and 2 vCPUs go to one of
 * them. */
static const struct choice {
    const char *what;
    unsigned int load[4];  /* in vCPUs */
    unsigned int cores[4]; /* 0: 4 */
    uint64_t free_gib[4];  /* 0: 4 */
    uint64_t preferred;
    unsigned int device_node; /* 4: none */
    unsigned int node;
} choices[] = {
    { .what = "the idlest",
      .load = { 3, 2, 1, 2 },
      .device_node = 4,
      .node = 2 },
    { .what = "the idlest, by its cores",
      .load = { 4, 4, 5, 3 },
      .cores = { 0, 0, 8, 0 },
      .device_node = 4,
      .node = 2 },
    { .what = "rather idle than empty",
      .load = { 1, 1, 1, 0 },
      .free_gib = { 0, 0, 0, 2 },
      .device_node = 4,
      .node = 3 },
    { .what = "the preferred one",
      .preferred = NUMA_BIT(2),
      .device_node = 4,
      .node = 2 },
    { .what = "rather preferred than idle",
      .load = { 0, 0, 3, 0 },
      .preferred = NUMA_BIT(2),
      .device_node = 4,
      .node = 2 },
    { .what = "rather near to the device than preferred",
      .preferred = NUMA_BIT(2),
      .device_node = 1,
      .node = 1 },
    { .what = "not the preferred one if that is full",
      .free_gib = { 0, 0, 1, 0 },
      .preferred = NUMA_BIT(2),
      .device_node = 4,
      .node = 0 },
};

START_TEST(one_of_equals)
{
    const struct choice *choice = &choices[_i];
    struct numa_host host = four_nodes();
    const struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = 0xf,
        .preferred = choice->preferred,
        .pages = 2 * PAGES_1G,
        .vcpus = 2,
    };
    struct numa_plan plan;
    struct xg_error err;

    for (unsigned int node = 0; node < 4; node++) {
        host.node[node].load = choice->load[node] * NUMA_LOAD_VCPU;
        if (choice->cores[node])
            host.node[node].cores = choice->cores[node];
        if (choice->free_gib[node])
            host.node[node].free_pages = choice->free_gib[node] * PAGES_1G;
        if (choice->device_node < 4)
            host.node[node].device_distance =
                numa_distance(&host, node, choice->device_node);
    }
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_msg(plan.home == choice->node, "%s: node %u", choice->what,
                  plan.home);
}
END_TEST

/* Where CPUs need two nodes, a node without memory is none of them, also on a
 * host that is nearly full. */
START_TEST(memory_goes_with_the_cpus)
{
    struct numa_host host = four_nodes();
    const struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = 0x7,
        .pages = 8 * PAGES_1G,
        .vcpus = 12,
    };
    struct numa_plan plan;
    struct xg_error err;

    for (unsigned int a = 0; a < 4; a++) {
        host.node[a].free_pages = 40 * PAGES_1G;
        host.node[a].size_pages = 128 * PAGES_1G;
        host.node[a].cores = 8;
        host.node[a].threads = 16;
        for (unsigned int b = 0; b < 4; b++)
            host.distance[a][b] = a == b ? 10 : 20;
    }
    host.node[1].free_pages = PAGES_1G / 10;
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.pages[0], 4 * PAGES_1G);
    ck_assert_uint_eq(plan.pages[2], 4 * PAGES_1G);
}
END_TEST

/* On 16 cores with 32 threads; more vCPUs than that are as many as that. */
static const struct cpus {
    unsigned int vcpus;
    uint64_t candidates, nodes;
} cpus[] = {
    { 4, 0xf, 0x1 },  { 5, 0xf, 0x3 },  { 16, 0xf, 0xf }, { 17, 0xf, 0x7 },
    { 32, 0xf, 0xf }, { 33, 0xf, 0xf }, { 99, 0xf, 0xf }, { 8, 0x1, 0x1 },
    { 9, 0x1, 0x1 },  { 99, 0x3, 0x3 },
};

START_TEST(as_many_cpus_as_there_are)
{
    struct numa_host host = four_nodes();
    const struct numa_request request = {
        .rule = NUMA_BEST_EFFORT,
        .candidates = cpus[_i].candidates,
        .pages = PAGES_1G,
        .vcpus = cpus[_i].vcpus,
    };
    struct numa_plan plan;
    struct xg_error err;

    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert_uint_eq(plan.nodes, cpus[_i].nodes);
}
END_TEST

/* Nodes 2 and 3 have more, but nobody tells how far they are; where nothing is
 * known of any pair, a guest is placed all the same. */
static const struct unknown {
    enum numa_rule rule;
    uint64_t known; /* nodes whose distances are */
    uint64_t gib;   /* of the guest */
    uint64_t pages_gib[4];
} unknown[] = {
    { NUMA_BEST_EFFORT, 0x3, 8, { 0, 0, 8 } },
    { NUMA_BEST_EFFORT, 0x3, 7, { 4, 3 } },
    { NUMA_BEST_EFFORT, 0x3, 12, { 4, 4, 4 } },
    { NUMA_BEST_EFFORT, 0x3, 24, { 4, 4, 8, 8 } },
    { NUMA_STRICT, 0x3, 24, { 4, 4, 8, 8 } },
    { NUMA_INTERLEAVE, 0x3, 12, { 3, 3, 3, 3 } },
    { NUMA_BEST_EFFORT, 0, 12, { 4, 0, 8 } },
};

START_TEST(unknown_distances_are_taken_last)
{
    const struct unknown *row = &unknown[_i];
    struct numa_host host = four_nodes();
    struct numa_request request = {
        .rule = row->rule,
        .candidates = 0xf,
        .pages = row->gib * PAGES_1G,
        .vcpus = 1,
    };
    struct numa_plan plan;
    struct xg_error err;

    for (unsigned int a = 0; a < 4; a++) {
        host.node[a].free_pages = (a < 2 ? 4 : 8) * PAGES_1G;
        for (unsigned int b = 0; b < 4; b++)
            if (a != b && (NUMA_BIT(a) | NUMA_BIT(b)) != (row->known & 0x3))
                host.distance[a][b] = NUMA_DISTANCE_UNKNOWN;
    }
    if (row->gib == 7) /* no node holds it alone */
        host.node[2].free_pages = host.node[3].free_pages = 6 * PAGES_1G;
    assert_fine(numa_place(&host, &request, &plan, &err), err);
    ck_assert(!plan.spills);
    for (unsigned int node = 0; node < 4; node++)
        ck_assert_uint_eq(plan.pages[node], row->pages_gib[node] * PAGES_1G);
}
END_TEST

START_TEST(strict_tells_what_is_missing)
{
    struct numa_host host = four_nodes();
    const struct numa_request request = {
        .rule = NUMA_STRICT,
        .candidates = 0x5,
        .pages = 9 * PAGES_1G,
    };
    struct numa_plan plan;
    struct xg_error err;

    assert_failed(numa_place(&host, &request, &plan, &err), err, ENOMEM,
                  "needs 9216 MiB (2359296 pages), free MiB (pages) per "
                  "node are 0: 4096 (1048576), 2: 4096 (1048576)");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_place");

    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, random_hosts, 0, NR_LOOPS);
    tcase_add_loop_test(tcase, an_example, 0, ARRAY_SIZE(examples));
    tcase_add_test(tcase, near_to_candidates_that_are_full);
    tcase_add_loop_test(tcase, one_of_equals, 0, ARRAY_SIZE(choices));
    tcase_add_test(tcase, memory_goes_with_the_cpus);
    tcase_add_loop_test(tcase, as_many_cpus_as_there_are, 0, ARRAY_SIZE(cpus));
    tcase_add_loop_test(tcase, unknown_distances_are_taken_last, 0,
                        ARRAY_SIZE(unknown));
    tcase_add_test(tcase, strict_tells_what_is_missing);
    return unit_run("numa_place", tcase);
}
