/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_runs.c - which guest frames go to which node (pure). */
#include "mem_runs.h"

#include <errno.h>
#include <string.h>

int mem_runs_add(struct mem_runs *runs, uint64_t pfn, uint64_t pages,
                 struct xg_error *err)
{
    struct mem_run *last = runs->nr ? &runs->run[runs->nr - 1] : NULL;

    if (!pages)
        return 0;
    if (last && last->pfn + last->pages == pfn) {
        last->pages += pages;
        return 0;
    }
    if (runs->nr == runs->room) {
        size_t room = runs->room ? 2 * runs->room : 16;
        struct mem_run *run = realloc(runs->run, room * sizeof(*run));

        if (!run)
            return xg_fail(err, "realloc", errno, "%zu runs of memory", room);
        runs->run = run;
        runs->room = room;
    }
    runs->run[runs->nr++] = (struct mem_run){ .pfn = pfn, .pages = pages };
    return 0;
}

void mem_runs_free(struct mem_runs *runs)
{
    free(runs->run);
    *runs = (struct mem_runs){ 0 };
}

uint64_t mem_runs_pages(const struct mem_runs *runs)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < runs->nr; i++)
        sum += runs->run[i].pages;
    return sum;
}

static uint64_t min_pages(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
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

    *pages = min_pages(run.pages, dealer->left[node]);
    *pages -= *pages % grain;
    if (stripe)
        *pages = min_pages(*pages, stripe - run.pfn % stripe);
    dealer->left[node] -= *pages;
    if (stripe && (run.pfn + *pages) % stripe == 0)
        dealer->turn++;
    return node;
}

/* Deals out one run; what nobody can take goes to *over. */
static int deal_run(struct mem_dealer *dealer, struct mem_run run,
                    uint64_t grain, uint64_t stripe, struct mem_runs *by_node,
                    struct mem_runs *over, struct xg_error *err)
{
    while (run.pages) {
        uint64_t pages;
        unsigned int node = mem_dealer_next(dealer, run, grain, stripe, &pages);

        if (node == NUMA_NODES_MAX)
            break;
        if (mem_runs_add(&by_node[node], run.pfn, pages, err) < 0)
            return -1;
        run.pfn += pages;
        run.pages -= pages;
    }
    return mem_runs_add(over, run.pfn, run.pages, err);
}

int mem_runs_deal(const struct mem_runs *memory, const struct numa_plan *plan,
                  struct mem_runs *by_node, struct xg_error *err)
{
    struct mem_dealer dealer;
    cleanup_mem_runs struct mem_runs odd = { 0 };
    cleanup_mem_runs struct mem_runs over = { 0 };

    mem_dealer_begin(&dealer, plan);

    /* Whole superpages first, */
    for (size_t i = 0; i < memory->nr; i++) {
        struct mem_run run = memory->run[i];
        uint64_t head = min_pages(-run.pfn % NUMA_PAGES_2M, run.pages);
        struct mem_run body = {
            .pfn = run.pfn + head,
            .pages = (run.pages - head) / NUMA_PAGES_2M * NUMA_PAGES_2M,
        };
        uint64_t tail = run.pages - head - body.pages;

        if (mem_runs_add(&odd, run.pfn, head, err) < 0 ||
            deal_run(&dealer, body, NUMA_PAGES_2M, plan->stripe_pages, by_node,
                     &odd, err) < 0 ||
            mem_runs_add(&odd, body.pfn + body.pages, tail, err) < 0)
            return -1;
    }

    /* then the rest, to whoever lacks something. */
    dealer.turn = 0;
    for (size_t i = 0; i < odd.nr; i++)
        if (deal_run(&dealer, odd.run[i], 1, 0, by_node, &over, err) < 0)
            return -1;
    if (over.nr)
        return xg_fail(err, __func__, ERANGE,
                       "the plan is short of the guest's memory");
    return 0;
}
