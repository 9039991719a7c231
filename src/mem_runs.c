/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_runs.c - which guest frames go to which node (pure). */
#include "mem_runs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

/* Whether `next` goes on where `run` ends. */
static bool follows(const struct mem_run *run, const struct mem_run *next)
{
    return run->pfn + run->pages == next->pfn && run->node == next->node;
}

int mem_runs_add(struct mem_runs *runs, struct mem_run run,
                 struct xg_error *err)
{
    if (!run.pages)
        return 0;
    if (runs->nr && follows(&runs->run[runs->nr - 1], &run)) {
        runs->run[runs->nr - 1].pages += run.pages;
        return 0;
    }
    if (runs->nr == runs->room) {
        size_t room = runs->room ? 2 * runs->room : 16;
        struct mem_run *bigger = realloc(runs->run, room * sizeof(*bigger));

        if (!bigger)
            return xg_fail_errno(err, "realloc", "%zu runs of memory", room);
        runs->run = bigger;
        runs->room = room;
    }
    runs->run[runs->nr++] = run;
    return 0;
}

bool mem_run_fits(const struct mem_run *run, unsigned int order)
{
    uint64_t pages = UINT64_C(1) << order;

    return run->pfn % pages == 0 && run->pages >= pages;
}

static int add_frames(struct mem_runs *memory, uint64_t pfn, uint64_t end,
                      struct xg_error *err)
{
    const struct mem_run run = { .pfn = pfn, .pages = end - pfn };

    return end > pfn ? mem_runs_add(memory, run, err) : 0;
}

int mem_runs_add_ram(struct mem_runs *memory, uint64_t low_end,
                     uint64_t high_end, uint64_t hole_pages,
                     struct xg_error *err)
{
    uint64_t hole = hole_pages ? VGA_HOLE_PFN : 0;

    if (add_frames(memory, 0, hole, err) < 0 ||
        add_frames(memory, hole + hole_pages, low_end >> XC_PAGE_SHIFT, err) <
            0)
        return -1;
    return add_frames(memory, BELOW_4G_PAGES, high_end >> XC_PAGE_SHIFT, err);
}

/* Adds the pages of *run that are asked for in extents of `order` until a
 * larger one fits, and leaves the rest in it. */
static void take_extents(struct mem_run *run, unsigned int order,
                         unsigned int larger, uint64_t *extents)
{
    uint64_t pages = -run->pfn % (UINT64_C(1) << larger);

    if (!pages || pages > run->pages)
        pages = run->pages;
    pages &= ~((UINT64_C(1) << order) - 1);
    *extents += pages >> order;
    run->pfn += pages;
    run->pages -= pages;
}

void mem_runs_extents(const struct mem_runs *runs, unsigned int largest,
                      struct mem_extents extents[NUMA_NODES_MAX])
{
    for (size_t i = 0; i < runs->nr; i++) {
        struct mem_run rest = runs->run[i];
        struct mem_extents *of = &extents[rest.node];

        while (rest.pages)
            if (largest >= ORDER_1G && mem_run_fits(&rest, ORDER_1G))
                take_extents(&rest, ORDER_1G, ORDER_1G, &of->of_1g);
            else if (mem_run_fits(&rest, ORDER_2M))
                take_extents(&rest, ORDER_2M, largest, &of->of_2m);
            else
                take_extents(&rest, ORDER_4K, ORDER_2M, &of->of_4k);
    }
}

static int compare_frames(const void *a, const void *b)
{
    const struct mem_run *left = a, *right = b;

    return (left->pfn > right->pfn) - (left->pfn < right->pfn);
}

void mem_runs_sort(struct mem_runs *runs)
{
    size_t nr = 0;

    if (!runs->nr)
        return;
    qsort(runs->run, runs->nr, sizeof(*runs->run), compare_frames);
    for (size_t i = 1; i < runs->nr; i++)
        if (follows(&runs->run[nr], &runs->run[i]))
            runs->run[nr].pages += runs->run[i].pages;
        else
            runs->run[++nr] = runs->run[i];
    runs->nr = nr + 1;
}

int mem_runs_group(struct mem_runs *runs, const struct numa_plan *plan,
                   struct xg_error *err)
{
    cleanup_mem_runs struct mem_runs grouped = { 0 };

    for (unsigned int turn = 0; turn < plan->nr_order; turn++)
        for (size_t i = 0; i < runs->nr; i++)
            if (runs->run[i].node == plan->order[turn] &&
                mem_runs_add(&grouped, runs->run[i], err) < 0)
                return -1;
    mem_runs_move(runs, &grouped);
    return 0;
}

void mem_runs_free(struct mem_runs *runs)
{
    free(runs->run);
    *runs = (struct mem_runs){ 0 };
}

void mem_runs_move(struct mem_runs *to, struct mem_runs *from)
{
    mem_runs_free(to);
    *to = *from;
    *from = (struct mem_runs){ 0 };
}

uint64_t mem_runs_pages(const struct mem_runs *runs)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < runs->nr; i++)
        sum += runs->run[i].pages;
    return sum;
}

void mem_dealer_begin(struct mem_dealer *dealer, const struct numa_plan *plan)
{
    *dealer = (struct mem_dealer){ .plan = plan };
    memcpy(dealer->left, plan->pages, sizeof(dealer->left));
}

/* Moves on to a node that can still take `grain` pages; false if none can. */
static bool find_taker(struct mem_dealer *dealer, uint64_t grain)
{
    unsigned int nr_order = dealer->plan->nr_order;

    for (unsigned int i = 0; i < nr_order; i++) {
        unsigned int node = dealer->plan->order[dealer->turn % nr_order];

        if (dealer->left[node] >= grain)
            return true;
        dealer->turn++;
    }
    return false;
}

unsigned int mem_dealer_next(struct mem_dealer *dealer, struct mem_run run,
                             uint64_t grain, uint64_t stripe, uint64_t *pages)
{
    unsigned int node;

    if (!find_taker(dealer, grain))
        return NUMA_NODES_MAX;
    node = dealer->plan->order[dealer->turn % dealer->plan->nr_order];

    *pages = number_min(run.pages, dealer->left[node]);
    *pages -= *pages % grain;
    if (stripe)
        *pages = number_min(*pages, stripe - run.pfn % stripe);
    dealer->left[node] -= *pages;
    if (stripe && (run.pfn + *pages) % stripe == 0)
        dealer->turn++;
    return node;
}

/* Deals out one run; what nobody can take goes to *over. */
static int deal_run(struct mem_dealer *dealer, struct mem_run run,
                    uint64_t grain, uint64_t stripe, struct mem_runs *dealt,
                    struct mem_runs *over, struct xg_error *err)
{
    while (run.pages) {
        struct mem_run part = { .pfn = run.pfn };

        part.node = mem_dealer_next(dealer, run, grain, stripe, &part.pages);
        if (part.node == NUMA_NODES_MAX)
            break;
        if (mem_runs_add(dealt, part, err) < 0)
            return -1;
        run.pfn += part.pages;
        run.pages -= part.pages;
    }
    return mem_runs_add(over, run, err);
}

static int deal_by_plan(const struct mem_runs *memory,
                        const struct numa_plan *plan, struct mem_runs *dealt,
                        struct xg_error *err)
{
    struct mem_dealer dealer;
    cleanup_mem_runs struct mem_runs odd = { 0 };
    cleanup_mem_runs struct mem_runs over = { 0 };

    mem_dealer_begin(&dealer, plan);

    /* Whole superpages first, */
    for (size_t i = 0; i < memory->nr; i++) {
        struct mem_run head = memory->run[i], body = head, tail = head;

        head.pages = number_min(-head.pfn % PAGES_2M, head.pages);
        body.pfn += head.pages;
        body.pages -= head.pages;
        body.pages -= body.pages % PAGES_2M;
        tail.pfn = body.pfn + body.pages;
        tail.pages -= head.pages + body.pages;

        if (mem_runs_add(&odd, head, err) < 0 ||
            deal_run(&dealer, body, PAGES_2M, plan->stripe_pages, dealt, &odd,
                     err) < 0 ||
            mem_runs_add(&odd, tail, err) < 0)
            return -1;
    }

    /* then the rest, to whoever lacks something. */
    dealer.turn = 0;
    for (size_t i = 0; i < odd.nr; i++)
        if (deal_run(&dealer, odd.run[i], 1, 0, dealt, &over, err) < 0)
            return -1;
    if (over.nr)
        return xg_fail(err, "mem_runs_deal", ERANGE,
                       "the plan is short of the guest's memory");
    return 0;
}

static int deal_by_vnodes(const struct mem_runs *memory,
                          const struct numa_vnodes *vnodes,
                          struct mem_runs *dealt, struct xg_error *err)
{
    uint64_t left = mem_runs_pages(memory);

    for (size_t i = 0; i < memory->nr; i++)
        for (unsigned int r = 0; r < vnodes->nr_ranges; r++) {
            const struct mem_run *run = &memory->run[i];
            const struct numa_vnode_range *range = &vnodes->range[r];
            uint64_t pfn = range->ram.start >> XC_PAGE_SHIFT;
            uint64_t end = range->ram.end >> XC_PAGE_SHIFT;
            struct mem_run part = {
                .pfn = pfn > run->pfn ? pfn : run->pfn,
                .node = vnodes->vnode[range->vnode].node,
            };

            end = number_min(end, run->pfn + run->pages);
            if (end <= part.pfn)
                continue;
            part.pages = end - part.pfn;
            left -= part.pages;
            if (mem_runs_add(dealt, part, err) < 0)
                return -1;
        }
    if (left)
        return xg_fail(err, "mem_runs_deal", ERANGE,
                       "%" PRIu64 " pages are in no virtual node", left);
    return 0;
}

int mem_runs_deal(const struct mem_runs *memory, const struct numa_plan *plan,
                  const struct numa_vnodes *vnodes, struct mem_runs *dealt,
                  struct xg_error *err)
{
    return vnodes && vnodes->nr ? deal_by_vnodes(memory, vnodes, dealt, err)
                                : deal_by_plan(memory, plan, dealt, err);
}
