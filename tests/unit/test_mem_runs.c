/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_mem_runs.c - guest frames dealt out to nodes: each frame once, each node
 * what the plan says, superpages in one piece. */
#include "mem_runs.h"

#include <errno.h>

#include "numa_random.h"
#include "unit.h"

#define NR_GUESTS 2000

/* An HVM guest's memory of so many 2 MiB pages, with the VGA hole. */
static void make_memory(uint64_t pages_2m, struct mem_runs *memory)
{
    struct xg_error err;
    uint64_t pages = pages_2m * NUMA_PAGES_2M, low = 0xf0000;

    assert_fine(mem_runs_add(memory, 0, 0xa0, &err), err);
    if (pages <= low) {
        assert_fine(mem_runs_add(memory, 0xc0, pages - 0xc0, &err), err);
        return;
    }
    assert_fine(mem_runs_add(memory, 0xc0, low - 0xc0, &err), err);
    assert_fine(mem_runs_add(memory, 0x100000, pages - low, &err), err);
}

/* The order and the shares of a plan, as numa_place makes them. */
static void make_plan(uint64_t *seed, uint64_t pages, struct numa_plan *plan)
{
    uint64_t left = pages;

    *plan = (struct numa_plan){ .nr_order = 1 + random_below(seed, 5) };
    if (random_below(seed, 2))
        plan->stripe_pages =
            random_below(seed, 2) ? NUMA_PAGES_1G : NUMA_PAGES_2M;
    for (unsigned int i = 0; i < plan->nr_order; i++) {
        uint64_t share = left / (plan->nr_order - i);

        plan->order[i] = (7 * i + 3) % NUMA_NODES_MAX;
        if (random_below(seed, 2))
            share -= share % NUMA_PAGES_2M;
        if (i + 1 == plan->nr_order)
            share = left;
        plan->pages[plan->order[i]] = share;
        left -= share;
    }
}

/* Frames of a node that are not in whole superpages of its own. */
static uint64_t odd_pages(const struct mem_runs *runs)
{
    uint64_t odd = 0;

    for (size_t i = 0; i < runs->nr; i++) {
        uint64_t from = runs->run[i].pfn, to = from + runs->run[i].pages;
        uint64_t whole_from = (from + NUMA_PAGES_2M - 1) / NUMA_PAGES_2M;
        uint64_t whole_to = to / NUMA_PAGES_2M;

        odd += to - from;
        if (whole_to > whole_from)
            odd -= (whole_to - whole_from) * NUMA_PAGES_2M;
    }
    return odd;
}

static void free_by_node(struct mem_runs *by_node)
{
    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++)
        mem_runs_free(&by_node[i]);
}

START_TEST(each_frame_once)
{
    for (uint64_t guest = 0; guest < NR_GUESTS; guest++) {
        uint64_t seed = guest, sum = 0, odd = 0, pages, covered = 0;
        struct mem_runs by_node[NUMA_NODES_MAX] = { 0 };
        cleanup_mem_runs struct mem_runs memory = { 0 };
        struct numa_plan plan;
        struct xg_error err;

        make_memory(2 + random_below(&seed, guest % 2 ? 64 : 1 << 14), &memory);
        pages = mem_runs_pages(&memory);
        make_plan(&seed, pages, &plan);
        assert_fine(mem_runs_deal(&memory, &plan, by_node, &err), err);

        for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
            ck_assert_uint_eq(mem_runs_pages(&by_node[node]), plan.pages[node]);
            sum += mem_runs_pages(&by_node[node]);
            odd += odd_pages(&by_node[node]);
            /* A sum of the frames' numbers, which a frame that is there twice
             * and one that is missing would spoil. */
            for (size_t i = 0; i < by_node[node].nr; i++) {
                struct mem_run run = by_node[node].run[i];

                covered +=
                    run.pages * run.pfn + run.pages * (run.pages - 1) / 2;
            }
        }
        for (size_t i = 0; i < memory.nr; i++) {
            struct mem_run run = memory.run[i];

            covered -= run.pages * run.pfn + run.pages * (run.pages - 1) / 2;
        }
        ck_assert_uint_eq(sum, pages);
        ck_assert_uint_eq(covered, 0);
        /* The VGA hole's superpage, and one for each odd share. */
        ck_assert_uint_le(odd, NUMA_PAGES_2M * (plan.nr_order + 1));
        free_by_node(by_node);
    }
}
END_TEST

START_TEST(stripes_go_round)
{
    struct mem_runs by_node[NUMA_NODES_MAX] = { 0 };
    cleanup_mem_runs struct mem_runs memory = { 0 };
    struct numa_plan plan = {
        .order = { 2, 0 },
        .nr_order = 2,
        .stripe_pages = NUMA_PAGES_2M,
    };
    struct xg_error err;

    plan.pages[0] = plan.pages[2] = 4 * NUMA_PAGES_2M;
    assert_fine(mem_runs_add(&memory, 0, 8 * NUMA_PAGES_2M, &err), err);
    assert_fine(mem_runs_deal(&memory, &plan, by_node, &err), err);
    for (unsigned int i = 0; i < 4; i++) {
        ck_assert_uint_eq(by_node[2].run[i].pfn, 2 * i * NUMA_PAGES_2M);
        ck_assert_uint_eq(by_node[0].run[i].pfn, (2 * i + 1) * NUMA_PAGES_2M);
    }
    free_by_node(by_node);
}
END_TEST

START_TEST(a_plan_that_is_short)
{
    struct mem_runs by_node[NUMA_NODES_MAX] = { 0 };
    cleanup_mem_runs struct mem_runs memory = { 0 };
    struct numa_plan plan = { .nr_order = 1, .pages = { 1023 } };
    struct xg_error err;

    assert_fine(mem_runs_add(&memory, 0, 1024, &err), err);
    assert_failed(mem_runs_deal(&memory, &plan, by_node, &err), err, ERANGE,
                  "short");
    free_by_node(by_node);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("mem_runs");

    tcase_add_test(tcase, each_frame_once);
    tcase_add_test(tcase, stripes_go_round);
    tcase_add_test(tcase, a_plan_that_is_short);
    return unit_run("mem_runs", tcase);
}
