/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_distribute.c - how a demand is spread over a set of nodes (pure). */
#include "numa_planner.h"

#include "numbers.h"

/* Stripes are of 1 GiB if each node gets at least four of them (docs/numa.md).
 */
#define LARGE_SHARE (4 * PAGES_1G)

/* What the demand itself may take of a node: the home node keeps some, unless
 * it is so full that what comes besides has to go elsewhere anyway. */
static uint64_t room(const struct numa_offer *offer,
                     const struct numa_plan *plan, unsigned int node)
{
    uint64_t pages = offer->free_pages[node];

    if (node != plan->home)
        return pages;
    return pages > offer->extra_pages ? pages - offer->extra_pages : pages;
}

/* The same without low memory. */
static uint64_t high_room(const struct numa_offer *offer,
                          const struct numa_plan *plan, unsigned int node)
{
    const struct numa_node *this = &offer->host->node[node];
    uint64_t high = number_minus(this->free_pages, this->low_pages);

    return number_min(room(offer, plan, node), high);
}

uint64_t numa_distribute_homes(const struct numa_host *host, uint64_t nodes)
{
    uint64_t with_cpus = 0;

    FOR_EACH_NODE (node, nodes)
        if (host->node[node].threads)
            with_cpus |= NUMA_BIT(node);
    return with_cpus ? with_cpus : nodes;
}

/* The home that can take the most; of equals the nearest to the devices. */
static unsigned int roomiest(const struct numa_offer *offer, uint64_t nodes)
{
    const struct numa_node *node_of = offer->host->node;
    unsigned int best;

    nodes = numa_distribute_homes(offer->host, nodes);
    best = numa_nodes_first(nodes);

    FOR_EACH_NODE (node, nodes)
        if (offer->free_pages[node] > offer->free_pages[best] ||
            (offer->free_pages[node] == offer->free_pages[best] &&
             node_of[node].device_distance < node_of[best].device_distance))
            best = node;
    return best;
}

/* The node nearest to home; of equals the one with the most free memory. */
static unsigned int nearest(const struct numa_offer *offer, uint64_t nodes,
                            unsigned int home)
{
    unsigned int best = NUMA_NODES_MAX, best_distance = 0;

    FOR_EACH_NODE (node, nodes) {
        unsigned int distance = numa_distance(offer->host, home, node);

        if (best == NUMA_NODES_MAX || distance < best_distance ||
            (distance == best_distance &&
             offer->free_pages[node] > offer->free_pages[best])) {
            best = node;
            best_distance = distance;
        }
    }
    return best;
}

void numa_distribute_order(const struct numa_offer *offer, uint64_t nodes,
                           struct numa_plan *plan)
{
    if (plan->nr_order == 0)
        plan->order[plan->nr_order++] = plan->home;
    for (unsigned int i = 0; i < plan->nr_order; i++)
        nodes &= ~NUMA_BIT(plan->order[i]);

    while (nodes) {
        unsigned int node = nearest(offer, nodes, plan->home);

        nodes &= ~NUMA_BIT(node);
        plan->order[plan->nr_order++] = node;
    }
}

typedef uint64_t room_fn(const struct numa_offer *offer,
                         const struct numa_plan *plan, unsigned int node);

/* Fills the nodes in order, in whole grains of memory that is counted so. */
static uint64_t fill_by(const struct numa_offer *offer, room_fn *room_of,
                        uint64_t grain, uint64_t left, struct numa_plan *plan)
{
    for (unsigned int i = 0; i < plan->nr_order && left; i++) {
        unsigned int node = plan->order[i];
        uint64_t can = room_of(offer, plan, node);
        uint64_t give = number_min(number_minus(can, plan->pages[node]), left);

        /* A home node that is nearly full still gets its part. */
        if (give < left && (i > 0 || give >= grain))
            give -= give % grain;
        plan->pages[node] += give;
        left -= give;
    }
    return left;
}

uint64_t numa_distribute_fill(const struct numa_offer *offer, uint64_t left,
                              struct numa_plan *plan)
{
    left = fill_by(offer, high_room, PAGES_2M, left, plan);
    left = fill_by(offer, room, PAGES_2M, left, plan);
    return fill_by(offer, room, 1, left, plan);
}

/* Spreads by weight, in whole grains; what a full node can't take goes to the
 * others. What is left after that is at most one grain a node. */
static uint64_t spread(const struct numa_offer *offer,
                       const unsigned int weight[NUMA_NODES_MAX],
                       uint64_t grain, struct numa_plan *plan)
{
    uint64_t given, left = offer->request->pages;

    do {
        uint64_t round = left, weights = 0;

        given = 0;
        for (unsigned int i = 0; i < plan->nr_order; i++) {
            unsigned int node = plan->order[i];

            if (plan->pages[node] + grain <= high_room(offer, plan, node))
                weights += weight[node];
        }
        for (unsigned int i = 0; i < plan->nr_order && weights; i++) {
            unsigned int node = plan->order[i];
            uint64_t share =
                (uint64_t)((unsigned __int128)round * weight[node] / weights);
            uint64_t can = high_room(offer, plan, node);

            share = number_min(share, number_minus(can, plan->pages[node]));
            share -= share % grain;
            plan->pages[node] += share;
            given += share;
        }
        left -= given;
    } while (given && left);
    return left;
}

static void distribute_by_cpus(const struct numa_offer *offer,
                               struct numa_plan *plan)
{
    unsigned int weight[NUMA_NODES_MAX];

    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++)
        weight[i] = offer->host->node[i].cores;
    numa_distribute_fill(offer, spread(offer, weight, PAGES_2M, plan), plan);
}

/* In equal shares of whole stripes. */
static void distribute_evenly(const struct numa_offer *offer, uint64_t stripe,
                              struct numa_plan *plan)
{
    unsigned int weight[NUMA_NODES_MAX];
    uint64_t left;

    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++)
        weight[i] = 1;
    left = spread(offer, weight, stripe, plan);

    /* At most one more for each: the shares stay within one stripe. A node that
     * has no room for even one superpage is left out. */
    for (unsigned int i = 0; i < plan->nr_order && left; i++) {
        unsigned int node = plan->order[i];
        uint64_t can = high_room(offer, plan, node);
        uint64_t give;

        if (can < PAGES_2M || can < plan->pages[node])
            continue;
        give = number_min(can - plan->pages[node], left);
        give = number_min(give, stripe);
        plan->pages[node] += give;
        left -= give;
    }
    numa_distribute_fill(offer, left, plan);
    plan->stripe_pages = stripe;
}

/* The final set: nodes with pages, the home node, which gets what libxenguest
 * and Xen add, and those that are wanted for their CPUs, which a demand too
 * small to spread has been given for their sake. */
void numa_distribute_set_nodes(const struct numa_host *host, uint64_t nodes,
                               struct numa_plan *plan)
{
    plan->nodes = NUMA_BIT(plan->home);
    FOR_EACH_NODE (node, host->nodes)
        if (plan->pages[node] ||
            (nodes & NUMA_BIT(node) && host->node[node].threads))
            plan->nodes |= NUMA_BIT(node);
}

/* The home that gets the most; of equals the plan's, and then the nearest. */
static unsigned int fullest(const struct numa_offer *offer, uint64_t nodes,
                            const struct numa_plan *plan)
{
    unsigned int best = plan->home;

    nodes = numa_distribute_homes(offer->host, nodes);
    for (unsigned int i = 0; i < plan->nr_order; i++)
        if (nodes & NUMA_BIT(plan->order[i]) &&
            plan->pages[plan->order[i]] > plan->pages[best])
            best = plan->order[i];
    return best;
}

static struct numa_plan start_at(const struct numa_offer *offer, uint64_t nodes,
                                 unsigned int home)
{
    struct numa_plan plan = { .home = home };

    numa_distribute_order(offer, nodes, &plan);
    return plan;
}

static struct numa_plan distribute_from(const struct numa_offer *offer,
                                        uint64_t nodes, unsigned int home)
{
    const struct numa_set set = numa_set_of(offer, nodes);
    bool is_for_cpus = numa_set_is_for_cpus(offer, &set);
    struct numa_plan plan = start_at(offer, nodes, home);
    struct numa_set with_pages;

    plan.by_cores = is_for_cpus;
    if (is_for_cpus)
        distribute_by_cpus(offer, &plan);
    else
        numa_distribute_fill(offer, offer->request->pages, &plan);
    numa_distribute_set_nodes(offer->host, 0, &plan);
    /* A home node that is too full for what it keeps may have left several
     * nodes without any. */
    with_pages = numa_set_of(offer, plan.nodes);
    if (is_for_cpus ||
        numa_set_lacks_cpus(offer, &set, with_pages.cores, with_pages.threads))
        numa_distribute_set_nodes(offer->host, nodes, &plan);
    return plan;
}

/* In stripes of 1 GiB over the nodes that can take some of them, if these hold
 * the guest: one that can't would cost the others theirs. False if a share
 * comes out small; short of it by less than a superpage is an HVM guest's,
 * which lacks the VGA hole of the round size that it was given. */
static bool interleave_large(const struct numa_offer *offer, uint64_t nodes,
                             struct numa_plan *plan)
{
    uint64_t large = 0;

    FOR_EACH_NODE (node, nodes)
        if (offer->free_pages[node] >= LARGE_SHARE)
            large |= NUMA_BIT(node);
    if (!large || !numa_offer_holds(offer, large))
        return false;

    *plan = start_at(offer, large, roomiest(offer, large));
    distribute_evenly(offer, PAGES_1G, plan);
    FOR_EACH_NODE (node, large)
        if (plan->pages[node] + PAGES_2M <= LARGE_SHARE)
            return false;
    return true;
}

static void interleave(const struct numa_offer *offer, uint64_t nodes,
                       struct numa_plan *plan)
{
    if (!interleave_large(offer, nodes, plan)) {
        *plan = start_at(offer, nodes, roomiest(offer, nodes));
        distribute_evenly(offer, PAGES_2M, plan);
    }
    numa_distribute_set_nodes(offer->host, 0, plan);
}

void numa_distribute(const struct numa_offer *offer, uint64_t nodes,
                     struct numa_plan *plan)
{
    struct numa_plan again;

    if (offer->request->rule == NUMA_INTERLEAVE) {
        interleave(offer, nodes, plan);
        return;
    }
    *plan = distribute_from(offer, nodes, roomiest(offer, nodes));
    if (fullest(offer, nodes, plan) == plan->home)
        return;

    /* The one with the most cores took the most: it keeps the room then. */
    again = distribute_from(offer, nodes, fullest(offer, nodes, plan));
    if (fullest(offer, nodes, &again) == again.home)
        *plan = again;
}

void numa_distribute_vnodes(const struct numa_offer *offer, uint64_t nodes,
                            struct numa_vnodes *vnodes, struct numa_plan *plan)
{
    uint64_t pages = 0;

    *plan = start_at(offer, nodes, roomiest(offer, nodes));
    numa_vnodes_place(vnodes, offer->host, plan->order);
    for (unsigned int i = 0; i < vnodes->nr; i++) {
        plan->pages[plan->order[i]] = vnodes->vnode[i].bytes >> XC_PAGE_SHIFT;
        pages += plan->pages[plan->order[i]];
    }
    /* An HVM guest's first megabyte is not all RAM. */
    plan->pages[plan->home] -= pages - offer->request->pages;
    plan->nodes = nodes;
}
