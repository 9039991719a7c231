/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_vnodes.c - virtual nodes: what must hold for each layout, some of
 * them exactly, and their distances; which nodes they are placed on, and which
 * frames these get. */
#include "numa_planner.h"

#include <errno.h>
#include <inttypes.h>

#include "cleanup.h"
#include "mem_runs.h"
#include "numa_random.h"
#include "numbers.h"
#include "unit.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

static struct numa_vnodes vnodes;
static struct xg_error err;

static struct numa_vnodes_request pvh(uint64_t mem_bytes, unsigned int nr_vcpus)
{
    struct numa_vnodes_request request = { .nr_vcpus = nr_vcpus };

    request.nr_ram = mem_layout_pvh_ram(mem_bytes, request.ram);
    return request;
}

/* All RAM and all vCPUs, each once, in order; every cut at 2 MiB; shares that
 * differ by no more than that, and what the last superpage lacks. */
static void assert_sound(const struct numa_vnodes_request *request)
{
    uint64_t bytes[NUMA_VNODES_MAX] = { 0 }, least = UINT64_MAX, most = 0;
    unsigned int ram = 0, vcpu = 0;
    uint64_t at = request->ram[0].start;

    for (unsigned int i = 0; i < vnodes.nr_ranges; i++) {
        const struct numa_vnode_range *range = &vnodes.range[i];

        ck_assert_uint_eq(range->ram.start, at);
        ck_assert(range->ram.end > at);
        ck_assert(range->vnode == (i ? vnodes.range[i - 1].vnode : 0) ||
                  range->vnode == vnodes.range[i - 1].vnode + 1);
        bytes[range->vnode] += range->ram.end - at;
        at = range->ram.end;
        if (at == request->ram[ram].end)
            at = ++ram < request->nr_ram ? request->ram[ram].start : 0;
        else
            ck_assert_uint_eq(at % MIB(2), 0);
    }
    ck_assert_uint_eq(ram, request->nr_ram);

    for (unsigned int i = 0; i < vnodes.nr; i++) {
        const struct numa_vnode *vnode = &vnodes.vnode[i];

        ck_assert_uint_eq(vnode->bytes, bytes[i]);
        least = bytes[i] < least ? bytes[i] : least;
        most = bytes[i] > most ? bytes[i] : most;
        ck_assert_uint_eq(vnode->first_vcpu, vcpu);
        ck_assert_uint_ge(vnode->nr_vcpus, 1);
        for (unsigned int end = vcpu + vnode->nr_vcpus; vcpu < end; vcpu++)
            ck_assert_uint_eq(numa_vnodes_of_vcpu(&vnodes, vcpu), i);
    }
    ck_assert_uint_eq(vcpu, request->nr_vcpus);
    ck_assert_uint_lt(most - least, MIB(4));
}

static const uint64_t sizes[] = {
    MIB(64),   MIB(65),   MIB(127),  MIB(512),  MIB(1023),  GIB(1),
    MIB(3839), MIB(3840), MIB(3841), GIB(4),    MIB(4097),  GIB(6),
    MIB(7680), MIB(7682), GIB(64),   GIB(1024), GIB(16383),
};

START_TEST(every_layout_is_sound)
{
    static const unsigned int counts[] = { 1, 2, 3, 4, 7, 32 };
    static const unsigned int vcpus[] = { 32, 33, 127, 128 };

    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        for (size_t v = 0; v < ARRAY_SIZE(vcpus); v++) {
            struct numa_vnodes_request request = pvh(sizes[_i], vcpus[v]);

            assert_fine(numa_vnodes_make(&request, counts[i], &vnodes, &err),
                        err);
            ck_assert_uint_eq(vnodes.nr, counts[i]);
            assert_sound(&request);
            for (unsigned int n = 0; n < vnodes.nr; n++) {
                unsigned int nr = vnodes.vnode[n].nr_vcpus;

                ck_assert(nr == vcpus[v] / counts[i] ||
                          nr == vcpus[v] / counts[i] + 1);
            }
        }
}
END_TEST

/* Low RAM that an odd reserved range ends, as an HVM guest may have it. */
START_TEST(cuts_are_at_2_mib_of_the_address)
{
    struct numa_vnodes_request request = {
        .ram = { { 0, MIB(1024) + 0x3000 }, { GIB(4), GIB(4) + MIB(511) } },
        .nr_ram = 2,
        .nr_vcpus = 8,
    };

    for (unsigned int nr = 1; nr <= 8; nr++) {
        assert_fine(numa_vnodes_make(&request, nr, &vnodes, &err), err);
        assert_sound(&request);
    }
}
END_TEST

static void assert_range(unsigned int i, uint64_t start, uint64_t end,
                         unsigned int vnode)
{
    ck_assert_uint_eq(vnodes.range[i].ram.start, start);
    ck_assert_uint_eq(vnodes.range[i].ram.end, end);
    ck_assert_uint_eq(vnodes.range[i].vnode, vnode);
}

/* 6 GiB: 3840 MiB are below the hole, the first of three ends at 2 GiB. */
START_TEST(the_hole_splits_a_node_and_makes_none)
{
    struct numa_vnodes_request request = pvh(GIB(6), 6);

    assert_fine(numa_vnodes_make(&request, 3, &vnodes, &err), err);
    ck_assert_uint_eq(vnodes.nr_ranges, 4);
    assert_range(0, 0, GIB(2), 0);
    assert_range(1, GIB(2), MIB(3840), 1);
    assert_range(2, GIB(4), GIB(4) + MIB(256), 1);
    assert_range(3, GIB(4) + MIB(256), GIB(6) + MIB(256), 2);
}
END_TEST

/* Where a share ends at the hole, nothing is left over of it. */
START_TEST(a_share_may_end_at_the_hole)
{
    struct numa_vnodes_request request = pvh(MIB(7680), 2);

    assert_fine(numa_vnodes_make(&request, 2, &vnodes, &err), err);
    ck_assert_uint_eq(vnodes.nr_ranges, 2);
    assert_range(0, 0, MIB(3840), 0);
    assert_range(1, GIB(4), GIB(4) + MIB(3840), 1);
}
END_TEST

START_TEST(ram_that_cannot_be_shared_equally)
{
    struct numa_vnodes_request request = pvh(MIB(65), 4);

    assert_fine(numa_vnodes_make(&request, 4, &vnodes, &err), err);
    assert_range(0, 0, MIB(16), 0);
    assert_range(1, MIB(16), MIB(32), 1);
    assert_range(2, MIB(32), MIB(48), 2);
    assert_range(3, MIB(48), MIB(65), 3);
}
END_TEST

/* Sockets stay whole, also where they can't be shared equally. */
START_TEST(vcpus_in_whole_sockets)
{
    static const unsigned int first[] = { 0, 4, 12 };
    struct numa_vnodes_request request = pvh(GIB(1), 20);

    request.vcpus_per_socket = 4;
    assert_fine(numa_vnodes_make(&request, 3, &vnodes, &err), err);
    for (unsigned int i = 0; i < ARRAY_SIZE(first); i++)
        ck_assert_uint_eq(vnodes.vnode[i].first_vcpu, first[i]);
    assert_sound(&request);
    assert_failed(numa_vnodes_make(&request, 6, &vnodes, &err), err, ERANGE,
                  "6 virtual nodes: the guest has 5 sockets");
}
END_TEST

START_TEST(the_last_one_has_what_is_no_whole_socket)
{
    struct numa_vnodes_request request = pvh(GIB(1), 23);

    request.vcpus_per_socket = 4;
    assert_fine(numa_vnodes_make(&request, 3, &vnodes, &err), err);
    ck_assert_uint_eq(vnodes.vnode[2].first_vcpu, 12);
    ck_assert_uint_eq(vnodes.vnode[2].nr_vcpus, 11);
    assert_sound(&request);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    struct numa_vnodes_request request = pvh(GIB(1), 3);

    assert_failed(numa_vnodes_make(&request, 4, &vnodes, &err), err, ERANGE,
                  "4 virtual nodes: the guest has 3 vCPUs");
    assert_failed(numa_vnodes_make(&request, 0, &vnodes, &err), err, ERANGE,
                  "0 virtual nodes");
    request.nr_vcpus = 128;
    assert_failed(numa_vnodes_make(&request, 33, &vnodes, &err), err, ERANGE,
                  "33 virtual nodes: a guest has 1 to 32");
    request = pvh(MIB(3), 3);
    assert_failed(numa_vnodes_make(&request, 3, &vnodes, &err), err, ERANGE,
                  "would have no memory");
}
END_TEST

/* As four nodes in pairs have them; of 2 and 3 the table says nothing that can
 * be. */
START_TEST(distances_are_the_hosts)
{
    static const unsigned int nodes[] = { 3, 0, 2 };
    struct numa_host host = { .nodes = 0xf };
    struct numa_vnodes_request request = pvh(GIB(1), 3);

    for (unsigned int i = 0; i < 4; i++)
        for (unsigned int j = 0; j < 4; j++)
            numa_host_set_distance(&host, i, j, i == j ? 10 : 30 + i + j);
    numa_host_set_distance(&host, 2, 3, 0xff);
    numa_host_set_distance(&host, 0, 2, 10);
    numa_host_set_distance(&host, 2, 0, 10);

    assert_fine(numa_vnodes_make(&request, 3, &vnodes, &err), err);
    numa_vnodes_place(&vnodes, &host, nodes);
    for (unsigned int i = 0; i < 3; i++) {
        ck_assert_uint_eq(vnodes.vnode[i].node, nodes[i]);
        ck_assert_uint_eq(vnodes.distance[i][i], 10);
    }
    ck_assert_uint_eq(vnodes.distance[0][1], 33);
    ck_assert_uint_eq(vnodes.distance[1][0], 33);
    ck_assert_uint_eq(vnodes.distance[0][2], 20);
    ck_assert_uint_eq(vnodes.distance[2][0], 20);
    ck_assert_uint_eq(vnodes.distance[1][2], 20);
}
END_TEST

/* ---- on a host ---- */

/* Four nodes in two pairs, each of 4 GiB and 4 cores. */
static struct numa_host four_nodes(void)
{
    struct numa_host host = { .nodes = 0xf };

    for (unsigned int i = 0; i < 4; i++) {
        host.node[i] = (struct numa_node){
            .free_pages = 4 * PAGES_1G,
            .size_pages = 4 * PAGES_1G,
            .cores = 4,
            .threads = 8,
        };
        for (unsigned int j = 0; j < 4; j++)
            numa_host_set_distance(&host, i, j,
                                   i == j           ? 10
                                   : i / 2 == j / 2 ? 20
                                                    : 30);
    }
    return host;
}

/* 4 GiB and 8 vCPUs on two nodes, unless a row says otherwise. */
static const struct placed {
    const char *what;
    unsigned int nr, nr_vcpus;
    uint64_t candidates, preferred;
    uint64_t free_mib[4]; /* 0: as they are */
    unsigned int threads[4], cores[4], load[4];
    unsigned int near, far; /* 0: 20 and 30 */
    enum numa_rule rule;
    uint64_t nodes; /* 0: refused */
    unsigned int home;
    int code;
} placed[] = {
    { .what = "a near pair", .nodes = 0x3 },
    { .what = "one", .nr = 1, .nodes = 0x1 },
    { .what = "all", .nr = 4, .nodes = 0xf },
    { .what = "one is short: the other pair",
      .free_mib = { 0, 2047 },
      .nodes = 0xc,
      .home = 2 },
    { .what = "none is near: a far pair",
      .free_mib = { 2048, 100, 100, 0 },
      .nodes = 0x9,
      .home = 3 },
    { .what = "each holds its share to the page",
      .free_mib = { 2048, 2048, 2047, 2047 },
      .nodes = 0x3 },
    { .what = "one of the pair has room for what comes besides",
      .free_mib = { 2048, 2050, 100, 0 },
      .nodes = 0x3,
      .home = 1 },
    { .what = "none of the pair has: a far one",
      .free_mib = { 2048, 2049, 100, 0 },
      .nodes = 0x9,
      .home = 3 },
    { .what = "a far one, where three were nearer on average",
      .free_mib = { 2048, 2049, 3000, 100 },
      .near = 12,
      .far = 21,
      .nodes = 0x5,
      .home = 2 },
    { .what = "the same with larger distances",
      .free_mib = { 2048, 2049, 3000, 100 },
      .near = 12,
      .far = 32,
      .nodes = 0x5,
      .home = 2 },
    { .what = "no set of nodes gives the shares",
      .free_mib = { 0, 2047, 2047, 2047 },
      .code = ENOMEM },
    { .what = "candidates", .candidates = 0xa, .nodes = 0xa, .home = 1 },
    { .what = "too few candidates", .candidates = 0x4, .code = EINVAL },
    { .what = "more than nodes", .nr = 5, .nr_vcpus = 5, .code = EINVAL },
    { .what = "a node without pCPUs is none",
      .threads = { 99 },
      .nodes = 0xc,
      .home = 2 },
    { .what = "three, of which one has no pCPUs",
      .candidates = 0x7,
      .nr = 3,
      .threads = { 99 },
      .code = EINVAL },
    { .what = "rather far than on few cores",
      .cores = { 0, 3, 3, 0 },
      .nodes = 0x9 },
    { .what = "threads, where cores are few",
      .cores = { 2, 2, 2, 2 },
      .nodes = 0x3 },
    { .what = "any pCPUs, where threads are few",
      .nr_vcpus = 32,
      .nodes = 0x3 },
    { .what = "the idlest pair",
      .load = { 0, 1, 0, 0 },
      .nodes = 0xc,
      .home = 2 },
    { .what = "the toolstack's node",
      .preferred = 0x8,
      .nodes = 0xc,
      .home = 2 },
    { .what = "the roomiest is the home node",
      .free_mib = { 2560, 3072, 2048, 2048 },
      .nodes = 0x3,
      .home = 1 },
    { .what = "strict",
      .rule = NUMA_STRICT,
      .candidates = 0xc,
      .nodes = 0xc,
      .home = 2 },
};

static struct numa_host host_of(const struct placed *row)
{
    struct numa_host host = four_nodes();

    for (unsigned int i = 0; i < 4; i++) {
        struct numa_node *node = &host.node[i];

        if (row->free_mib[i])
            node->free_pages = row->free_mib[i] * (MIB(1) >> XC_PAGE_SHIFT);
        if (row->cores[i])
            node->cores = row->cores[i];
        if (row->threads[i])
            node->cores = node->threads = 0;
        node->load = row->load[i] * NUMA_LOAD_VCPU;
        for (unsigned int j = 0; j < 4 && row->near; j++)
            if (i != j)
                numa_host_set_distance(&host, i, j,
                                       i / 2 == j / 2 ? row->near : row->far);
    }
    return host;
}

START_TEST(each_on_a_node_of_its_own)
{
    const struct placed *row = &placed[_i];
    const struct numa_host host = host_of(row);
    struct numa_vnodes_request shape =
        pvh(GIB(4), row->nr_vcpus ? row->nr_vcpus : 8);
    const struct numa_request request = {
        .rule = row->rule ? row->rule : NUMA_BEST_EFFORT,
        .candidates = row->candidates ? row->candidates : 0xf,
        .preferred = row->preferred,
        .pages = GIB(4) >> XC_PAGE_SHIFT,
        .extra_pages = PAGES_2M,
        .vcpus = shape.nr_vcpus,
    };
    struct numa_plan plan;
    uint64_t nodes = 0;
    int rc;

    assert_fine(numa_vnodes_make(&shape, row->nr ? row->nr : 2, &vnodes, &err),
                err);
    rc = numa_place_vnodes(&host, &request, &vnodes, &plan, &err);
    if (!row->nodes) {
        assert_failed(rc, err, row->code, "virtual nodes");
        return;
    }
    ck_assert_msg(rc == 0, "%s: %s", row->what, err.text);
    ck_assert_msg(plan.nodes == row->nodes, "%s: nodes %#" PRIx64, row->what,
                  plan.nodes);
    ck_assert_msg(plan.home == row->home, "%s: home %u", row->what, plan.home);
    ck_assert(!plan.spills && !plan.stripe_pages);
    for (unsigned int i = 0; i < vnodes.nr; i++) {
        unsigned int node = vnodes.vnode[i].node;

        ck_assert(!(nodes & NUMA_BIT(node)));
        nodes |= NUMA_BIT(node);
        ck_assert_uint_eq(plan.order[i], node);
        ck_assert_uint_eq(plan.pages[node] << XC_PAGE_SHIFT,
                          vnodes.vnode[i].bytes);
    }
    ck_assert_uint_eq(nodes, plan.nodes);
    ck_assert_uint_eq(vnodes.vnode[0].node, plan.home);
    ck_assert_uint_eq(plan.nr_order, row->rule == NUMA_STRICT ? vnodes.nr : 4);
}
END_TEST

/* ---- trying all sets ---- */

#define NR_HOSTS 20000
#define NR_LOOPS 4

/* What each of the nodes has to have. */
struct share {
    uint64_t pages;
    unsigned int cores, threads;
};

/* As many nodes as there are virtual ones, each with a share, and one of them
 * with room for what comes besides. */
static bool may_be(const struct numa_offer *offer, uint64_t nodes,
                   const struct share *share)
{
    unsigned int nr = 0;
    bool is_roomy = false;

    FOR_EACH_NODE (node, nodes) {
        const struct numa_node *this = &offer->host->node[node];

        if (offer->free_pages[node] < share->pages ||
            this->cores < share->cores || this->threads < share->threads)
            return false;
        nr++;
        is_roomy |=
            offer->free_pages[node] >= share->pages + offer->extra_pages;
    }
    return is_roomy && nr == vnodes.nr;
}

/* Not how memory is left, and not by their numbers. */
static bool is_better(const struct numa_offer *offer, const struct numa_set *a,
                      const struct numa_set *b)
{
    uint64_t preferred = offer->request->preferred;
    bool has_a = a->nodes & preferred, has_b = b->nodes & preferred;

    if (a->max_distance != b->max_distance)
        return a->max_distance < b->max_distance;
    if (a->sum_distance != b->sum_distance)
        return a->sum_distance < b->sum_distance;
    if (a->device_distance != b->device_distance)
        return a->device_distance < b->device_distance;
    if (has_a != has_b)
        return has_a;
    return numa_set_load(offer, a) < numa_set_load(offer, b);
}

/* Sets that there are, and whether one of them is better. */
static unsigned int count_sets(const struct numa_offer *offer,
                               const struct share *share, uint64_t ours,
                               bool *better)
{
    const struct numa_set our_set = numa_set_of(offer, ours);
    unsigned int nr = 0;

    *better = false;
    for (uint64_t nodes = offer->nodes; nodes;
         nodes = (nodes - 1) & offer->nodes) {
        struct numa_set set;

        if (!may_be(offer, nodes, share))
            continue;
        nr++;
        set = numa_set_of(offer, nodes);
        *better |= ours && is_better(offer, &set, &our_set);
    }
    return nr;
}

/* The most that a virtual node has. */
static struct numa_vnode most_of_one(void)
{
    struct numa_vnode most = { 0 };

    for (unsigned int i = 0; i < vnodes.nr; i++) {
        const struct numa_vnode *vnode = &vnodes.vnode[i];

        most.bytes = vnode->bytes > most.bytes ? vnode->bytes : most.bytes;
        if (vnode->nr_vcpus > most.nr_vcpus)
            most.nr_vcpus = vnode->nr_vcpus;
    }
    return most;
}

/* The plan has the best set of the first level that has any. */
static void check_best(const struct numa_host *host,
                       const struct numa_request *request,
                       const struct numa_plan *plan)
{
    const struct numa_vnode most = most_of_one();
    struct share share = { .pages = most.bytes >> XC_PAGE_SHIFT };

    for (unsigned int level = 0; level < 9; level++) {
        struct numa_offer offer;
        bool better;

        share.cores = level % 3 == 0 ? most.nr_vcpus : 0;
        share.threads = level % 3 == 1 ? most.nr_vcpus : 1;
        numa_offer_make(host, request, request->candidates,
                        (enum numa_thrift)(level / 3), &offer);
        if (!count_sets(&offer, &share, plan ? plan->nodes : 0, &better))
            continue;
        ck_assert_msg(plan, "no plan where there are sets");
        ck_assert(may_be(&offer, plan->nodes, &share));
        ck_assert_msg(!better, "%#" PRIx64 " is not the best set", plan->nodes);
        return;
    }
    ck_assert(!plan);
}

START_TEST(the_best_of_all_sets)
{
    unsigned int nr_placed = 0;

    for (uint64_t i = (unsigned int)_i; i < NR_HOSTS; i += NR_LOOPS) {
        uint64_t seed = i;
        unsigned int nr = 1 + random_below(&seed, 4);
        struct numa_vnodes_request shape;
        struct numa_request request;
        struct numa_host host;
        struct numa_plan plan;
        bool is_made;

        random_host(&seed, nr + random_below(&seed, 7), &host);
        random_request(&seed, &host, &request);
        shape = pvh(request.pages << XC_PAGE_SHIFT, request.vcpus);
        if (numa_vnodes_make(&shape, nr, &vnodes, &err) < 0)
            continue;
        /* Their shares nearly fill some of the nodes. */
        FOR_EACH_NODE (node, host.nodes)
            if (random_below(&seed, 2))
                host.node[node].free_pages =
                    (most_of_one().bytes >> XC_PAGE_SHIFT) +
                    random_below(&seed, 2) * request.extra_pages;
        is_made = numa_place_vnodes(&host, &request, &vnodes, &plan, &err) == 0;
        nr_placed += is_made;
        check_best(&host, &request, is_made ? &plan : NULL);
    }
    ck_assert_uint_gt(nr_placed, NR_HOSTS / NR_LOOPS / 2);
}
END_TEST

/* An HVM guest's memory has the VGA hole, and goes on above 4 GiB. */
START_TEST(frames_are_on_the_node_of_their_virtual_node)
{
    static const unsigned int nodes[] = { 2, 0, 1 };
    static const struct mem_run wanted[] = {
        { 0, 0xa0, 2 },           { 0xc0, 0x80000 - 0xc0, 2 },
        { 0x80000, 0x70000, 0 },  { 0x100000, 0x10000, 0 },
        { 0x110000, 0x80000, 1 },
    };
    struct numa_host host = four_nodes();
    struct numa_vnodes_request request = pvh(GIB(6), 3);
    cleanup_mem_runs struct mem_runs memory = { 0 };
    cleanup_mem_runs struct mem_runs dealt = { 0 };

    assert_fine(numa_vnodes_make(&request, 3, &vnodes, &err), err);
    numa_vnodes_place(&vnodes, &host, nodes);
    assert_fine(mem_runs_add(&memory, (struct mem_run){ 0, 0xa0, 0 }, &err),
                err);
    assert_fine(mem_runs_add(&memory,
                             (struct mem_run){ 0xc0, 0xf0000 - 0xc0, 0 }, &err),
                err);
    assert_fine(
        mem_runs_add(&memory, (struct mem_run){ 0x100000, 0x90000, 0 }, &err),
        err);
    assert_fine(mem_runs_deal(&memory, NULL, &vnodes, &dealt, &err), err);
    ck_assert_uint_eq(dealt.nr, ARRAY_SIZE(wanted));
    for (size_t i = 0; i < dealt.nr; i++) {
        ck_assert_uint_eq(dealt.run[i].pfn, wanted[i].pfn);
        ck_assert_uint_eq(dealt.run[i].pages, wanted[i].pages);
        ck_assert_uint_eq(dealt.run[i].node, wanted[i].node);
    }

    assert_fine(mem_runs_add(&memory, (struct mem_run){ 0x200000, 1, 0 }, &err),
                err);
    assert_failed(mem_runs_deal(&memory, NULL, &vnodes, &dealt, &err), err,
                  ERANGE, "1 pages are in no virtual node");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_vnodes");

    tcase_add_loop_test(tcase, every_layout_is_sound, 0, ARRAY_SIZE(sizes));
    tcase_add_test(tcase, cuts_are_at_2_mib_of_the_address);
    tcase_add_test(tcase, the_hole_splits_a_node_and_makes_none);
    tcase_add_test(tcase, a_share_may_end_at_the_hole);
    tcase_add_test(tcase, ram_that_cannot_be_shared_equally);
    tcase_add_test(tcase, vcpus_in_whole_sockets);
    tcase_add_test(tcase, the_last_one_has_what_is_no_whole_socket);
    tcase_add_test(tcase, what_cannot_be_is_refused);
    tcase_add_test(tcase, distances_are_the_hosts);
    tcase_add_loop_test(tcase, each_on_a_node_of_its_own, 0,
                        ARRAY_SIZE(placed));
    tcase_add_loop_test(tcase, the_best_of_all_sets, 0, NR_LOOPS);
    tcase_add_test(tcase, frames_are_on_the_node_of_their_virtual_node);
    return unit_run("numa_vnodes", tcase);
}
