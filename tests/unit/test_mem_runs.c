/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_mem_runs.c - guest frames dealt out to nodes: each frame once, each node
 * what the plan says, superpages in one piece. */
#include "mem_runs.h"

#include <errno.h>

#include "numa_random.h"
#include "numbers.h"
#include "unit.h"

#define NR_GUESTS 2000

static void add(struct mem_runs *runs, uint64_t pfn, uint64_t pages,
                unsigned int node)
{
    const struct mem_run run = { .pfn = pfn, .pages = pages, .node = node };
    struct xg_error err;

    assert_fine(mem_runs_add(runs, run, &err), err);
}

/* An HVM guest's memory of so many 2 MiB pages, with the VGA hole. */
static void make_memory(uint64_t pages_2m, struct mem_runs *memory)
{
    uint64_t pages = pages_2m * PAGES_2M, low = 0xf0000;

    add(memory, 0, 0xa0, 0);
    if (pages <= low) {
        add(memory, 0xc0, pages - 0xc0, 0);
        return;
    }
    add(memory, 0xc0, low - 0xc0, 0);
    add(memory, 0x100000, pages - low, 0);
}

/* The order and the shares of a plan, as numa_place makes them. */
static void make_plan(uint64_t *seed, uint64_t pages, struct numa_plan *plan)
{
    uint64_t left = pages;

    *plan = (struct numa_plan){ .nr_order = 1 + random_below(seed, 5) };
    if (random_below(seed, 2))
        plan->stripe_pages = random_below(seed, 2) ? PAGES_1G : PAGES_2M;
    for (unsigned int i = 0; i < plan->nr_order; i++) {
        uint64_t share = left / (plan->nr_order - i);

        plan->order[i] = (7 * i + 3) % NUMA_NODES_MAX;
        if (random_below(seed, 2))
            share -= share % PAGES_2M;
        if (i + 1 == plan->nr_order)
            share = left;
        plan->pages[plan->order[i]] = share;
        left -= share;
    }
}

/* Frames that are not in whole superpages of a node's own. */
static uint64_t odd_pages(const struct mem_runs *runs)
{
    uint64_t odd = 0;

    for (size_t i = 0; i < runs->nr; i++) {
        uint64_t from = runs->run[i].pfn, to = from + runs->run[i].pages;
        uint64_t whole_from = (from + PAGES_2M - 1) / PAGES_2M;
        uint64_t whole_to = to / PAGES_2M;

        odd += to - from;
        if (whole_to > whole_from)
            odd -= (whole_to - whole_from) * PAGES_2M;
    }
    return odd;
}

/* Sorted by frame both are the same frames, in runs that follow each other. */
static void check_frames(const struct mem_runs *dealt,
                         const struct mem_runs *memory)
{
    size_t of = 0;
    uint64_t from = memory->run[0].pfn;

    for (size_t i = 0; i < dealt->nr; i++) {
        struct mem_run whole = memory->run[of];

        ck_assert_uint_eq(dealt->run[i].pfn, from);
        from += dealt->run[i].pages;
        ck_assert_uint_le(from, whole.pfn + whole.pages);
        if (from == whole.pfn + whole.pages && ++of < memory->nr)
            from = memory->run[of].pfn;
    }
    ck_assert_uint_eq(of, memory->nr);
}

START_TEST(each_frame_once)
{
    for (uint64_t guest = 0; guest < NR_GUESTS; guest++) {
        uint64_t seed = guest, pages_of[NUMA_NODES_MAX] = { 0 };
        cleanup_mem_runs struct mem_runs memory = { 0 };
        cleanup_mem_runs struct mem_runs dealt = { 0 };
        struct numa_plan plan;
        struct xg_error err;

        make_memory(2 + random_below(&seed, guest % 2 ? 64 : 1 << 14), &memory);
        make_plan(&seed, mem_runs_pages(&memory), &plan);
        assert_fine(mem_runs_deal(&memory, &plan, NULL, &dealt, &err), err);

        mem_runs_sort(&dealt);
        check_frames(&dealt, &memory);
        for (size_t i = 0; i < dealt.nr; i++)
            pages_of[dealt.run[i].node] += dealt.run[i].pages;
        for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
            ck_assert_uint_eq(pages_of[node], plan.pages[node]);
        /* The VGA hole's superpage, and one for each odd share. */
        ck_assert_uint_le(odd_pages(&dealt), PAGES_2M * (plan.nr_order + 1));
    }
}
END_TEST

START_TEST(stripes_go_round)
{
    cleanup_mem_runs struct mem_runs memory = { 0 };
    cleanup_mem_runs struct mem_runs dealt = { 0 };
    struct numa_plan plan = {
        .order = { 2, 0 },
        .nr_order = 2,
        .stripe_pages = PAGES_2M,
    };
    struct xg_error err;

    plan.pages[0] = plan.pages[2] = 4 * PAGES_2M;
    add(&memory, 0, 8 * PAGES_2M, 0);
    assert_fine(mem_runs_deal(&memory, &plan, NULL, &dealt, &err), err);
    ck_assert_uint_eq(dealt.nr, 8);
    for (unsigned int i = 0; i < 8; i++) {
        ck_assert_uint_eq(dealt.run[i].pfn, i * PAGES_2M);
        ck_assert_uint_eq(dealt.run[i].node, i % 2 ? 0 : 2);
    }
}
END_TEST

START_TEST(a_plan_that_is_short)
{
    cleanup_mem_runs struct mem_runs memory = { 0 };
    cleanup_mem_runs struct mem_runs dealt = { 0 };
    struct numa_plan plan = { .nr_order = 1, .pages = { 1023 } };
    struct xg_error err;

    add(&memory, 0, 1024, 0);
    assert_failed(mem_runs_deal(&memory, &plan, NULL, &dealt, &err), err,
                  ERANGE, "short");
}
END_TEST

static void check_runs(const struct mem_runs *runs,
                       const struct mem_run *wanted, size_t nr)
{
    ck_assert_uint_eq(runs->nr, nr);
    for (size_t i = 0; i < nr; i++) {
        ck_assert_uint_eq(runs->run[i].pfn, wanted[i].pfn);
        ck_assert_uint_eq(runs->run[i].pages, wanted[i].pages);
        ck_assert_uint_eq(runs->run[i].node, wanted[i].node);
    }
}

/* What follows each other on one node becomes one run, whatever came between
 * when it was added. */
START_TEST(sorted_and_grouped)
{
    static const struct mem_run by_frame[] = {
        { 0, 10, 1 }, { 10, 5, 0 }, { 15, 15, 1 }, { 40, 10, 0 }
    };
    static const struct mem_run by_node[] = {
        { 0, 10, 1 }, { 15, 15, 1 }, { 10, 5, 0 }, { 40, 10, 0 }
    };
    const struct numa_plan plan = { .order = { 3, 1, 0 }, .nr_order = 3 };
    cleanup_mem_runs struct mem_runs runs = { 0 };
    struct xg_error err;

    mem_runs_sort(&runs);
    ck_assert_uint_eq(runs.nr, 0);
    add(&runs, 40, 10, 0);
    add(&runs, 20, 10, 1);
    add(&runs, 0, 10, 1);
    add(&runs, 10, 5, 0);
    add(&runs, 15, 5, 1);

    mem_runs_sort(&runs);
    check_runs(&runs, by_frame, 4);
    assert_fine(mem_runs_group(&runs, &plan, &err), err);
    check_runs(&runs, by_node, 4);
}
END_TEST

static void check_extents(const struct mem_runs *runs, unsigned int largest,
                          const struct mem_extents *wanted)
{
    struct mem_extents extents[NUMA_NODES_MAX] = { { 0 } };

    mem_runs_extents(runs, largest, extents);
    ck_assert_uint_eq(extents[3].of_1g, wanted->of_1g);
    ck_assert_uint_eq(extents[3].of_2m, wanted->of_2m);
    ck_assert_uint_eq(extents[3].of_4k, wanted->of_4k);
    ck_assert_uint_eq(extents[0].of_4k, 7);
}

/* From 2 MiB less a page on: that page, 511 of 2 MiB, 2 of 1 GiB, one of 2 MiB,
 * 5 pages. */
START_TEST(extents)
{
    const struct mem_extents wanted = { 2, 512, 6 };
    const struct mem_extents without_1g = { 0, 1536, 6 };
    cleanup_mem_runs struct mem_runs runs = { 0 };

    add(&runs, PAGES_2M - 1, 1 + 511 * PAGES_2M + 2 * PAGES_1G + PAGES_2M + 5,
        3);
    add(&runs, 4 * PAGES_1G, 7, 0);
    check_extents(&runs, ORDER_1G, &wanted);
    check_extents(&runs, ORDER_2M, &without_1g);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("mem_runs");

    tcase_add_test(tcase, each_frame_once);
    tcase_add_test(tcase, stripes_go_round);
    tcase_add_test(tcase, a_plan_that_is_short);
    tcase_add_test(tcase, sorted_and_grouped);
    tcase_add_test(tcase, extents);
    return unit_run("mem_runs", tcase);
}
