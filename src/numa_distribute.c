/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_distribute.c - how a demand is spread over a set of nodes (pure). */
#include "numa_distribute.h"

static uint64_t min_pages(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What the demand itself may take of a node: the home node keeps some, unless
 * it is so full that what comes besides has to go elsewhere anyway. */
static uint64_t room(const struct numa_host *host,
                     const struct numa_request *request,
                     const struct numa_plan *plan, unsigned int node)
{
    uint64_t pages = host->node[node].free_pages;

    if (node != plan->home)
        return pages;
    return pages > request->extra_pages ? pages - request->extra_pages : pages;
}

/* The node that can take the most; of equals the nearest to the devices. */
static unsigned int roomiest(const struct numa_host *host, uint64_t nodes)
{
    const struct numa_node *best = NULL;

    FOR_EACH_NODE (node, nodes) {
        const struct numa_node *this = &host->node[node];

        if (!best || this->free_pages > best->free_pages ||
            (this->free_pages == best->free_pages &&
             this->device_distance < best->device_distance))
            best = this;
    }
    return best ? (unsigned int)(best - host->node) : 0;
}

static bool reaches_all(const struct numa_host *host, unsigned int node,
                        const struct numa_plan *plan)
{
    for (unsigned int i = 0; i < plan->nr_order; i++)
        if (numa_distance(host, plan->order[i], node) >= NUMA_UNREACHABLE)
            return false;
    return true;
}

/* The node nearest to home; of equals the one with the most free memory. */
static unsigned int nearest(const struct numa_host *host, uint64_t nodes,
                            unsigned int home)
{
    unsigned int best = NUMA_NODES_MAX, best_distance = 0;

    FOR_EACH_NODE (node, nodes) {
        unsigned int distance = numa_distance(host, home, node);

        if (best == NUMA_NODES_MAX || distance < best_distance ||
            (distance == best_distance &&
             host->node[node].free_pages > host->node[best].free_pages)) {
            best = node;
            best_distance = distance;
        }
    }
    return best;
}

/* Appends nodes to the order, home first, then by distance from it. Nodes that
 * don't reach each other never serve one domain: the nearer one wins. */
void numa_order_nodes(const struct numa_host *host, uint64_t nodes,
                      struct numa_plan *plan)
{
    if (plan->nr_order == 0)
        plan->order[plan->nr_order++] = plan->home;
    for (unsigned int i = 0; i < plan->nr_order; i++)
        nodes &= ~NUMA_BIT(plan->order[i]);

    while (nodes) {
        unsigned int node = nearest(host, nodes, plan->home);

        nodes &= ~NUMA_BIT(node);
        if (reaches_all(host, node, plan))
            plan->order[plan->nr_order++] = node;
    }
}

/* Gives each node of the order in turn what it can take, in whole superpages
 * as long as that lasts. Returns the pages that are left. */
uint64_t numa_fill(const struct numa_host *host,
                   const struct numa_request *request, uint64_t left,
                   struct numa_plan *plan)
{
    for (unsigned int grain = NUMA_PAGES_2M; grain; grain = grain > 1 ? 1 : 0)
        for (unsigned int i = 0; i < plan->nr_order && left; i++) {
            unsigned int node = plan->order[i];
            uint64_t give = room(host, request, plan, node);

            give = min_pages(give - plan->pages[node], left);
            /* A home node that is nearly full still gets its part. */
            if (give < left && (i > 0 || give >= grain))
                give -= give % grain;
            plan->pages[node] += give;
            left -= give;
        }
    return left;
}

/* True if the set's memory alone, with any node left out, would do. */
static bool cpus_decide(const struct numa_host *host,
                        const struct numa_request *request, uint64_t nodes)
{
    uint64_t sum = 0, least = UINT64_MAX;

    FOR_EACH_NODE (node, nodes) {
        sum += host->node[node].free_pages;
        least = min_pages(least, host->node[node].free_pages);
    }
    return sum - least >= request->pages + request->extra_pages;
}

/* Spreads by weight, in whole superpages; what a full node can't take goes to
 * the others. What is left after that is at most one superpage a node. */
static uint64_t spread(const struct numa_host *host,
                       const struct numa_request *request, uint64_t left,
                       const unsigned int weight[NUMA_NODES_MAX],
                       struct numa_plan *plan)
{
    uint64_t given;

    do {
        uint64_t round = left, weights = 0;

        given = 0;
        for (unsigned int i = 0; i < plan->nr_order; i++) {
            unsigned int node = plan->order[i];

            if (plan->pages[node] + NUMA_PAGES_2M <=
                room(host, request, plan, node))
                weights += weight[node];
        }
        for (unsigned int i = 0; i < plan->nr_order && weights; i++) {
            unsigned int node = plan->order[i];
            uint64_t share =
                (uint64_t)((unsigned __int128)round * weight[node] / weights);
            uint64_t can = room(host, request, plan, node);

            can = can > plan->pages[node] ? can - plan->pages[node] : 0;
            share = min_pages(share, can);
            share -= share % NUMA_PAGES_2M;
            plan->pages[node] += share;
            given += share;
        }
        left -= given;
    } while (given && left);
    return left;
}

static void distribute_by_cpus(const struct numa_host *host,
                               const struct numa_request *request,
                               struct numa_plan *plan)
{
    unsigned int weight[NUMA_NODES_MAX];
    uint64_t left;

    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++)
        weight[i] = host->node[i].cores;
    left = spread(host, request, request->pages, weight, plan);
    numa_fill(host, request, left, plan);
}

/* Large stripes, if each node that gets pages gets some of them. */
static uint64_t stripe_for(const struct numa_plan *plan)
{
    uint64_t least = UINT64_MAX;

    FOR_EACH_NODE (node, ~UINT64_C(0))
        if (plan->pages[node])
            least = min_pages(least, plan->pages[node]);
    return least >= 4 * NUMA_PAGES_1G ? NUMA_PAGES_1G : NUMA_PAGES_2M;
}

static void distribute_evenly(const struct numa_host *host,
                              const struct numa_request *request,
                              struct numa_plan *plan)
{
    unsigned int weight[NUMA_NODES_MAX];
    uint64_t left;

    for (unsigned int i = 0; i < NUMA_NODES_MAX; i++)
        weight[i] = 1;
    left = spread(host, request, request->pages, weight, plan);

    /* At most one more for each: the shares stay within one stripe. A node that
     * has no room for even one is left out: its few pages would cost the others
     * their large stripes. */
    for (unsigned int i = 0; i < plan->nr_order && left; i++) {
        unsigned int node = plan->order[i];
        uint64_t can = room(host, request, plan, node);
        uint64_t give = min_pages(can - plan->pages[node], left);

        if (can < NUMA_PAGES_2M)
            continue;
        give = min_pages(give, NUMA_PAGES_2M);
        plan->pages[node] += give;
        left -= give;
    }
    numa_fill(host, request, left, plan);
    plan->stripe_pages = stripe_for(plan);
}

/* The final set: nodes with pages, the home node, which gets what libxenguest
 * and Xen add, and those of the set with CPUs, which a demand too small to
 * spread has been given for their sake. */
void numa_note_nodes(const struct numa_host *host, uint64_t nodes,
                     struct numa_plan *plan)
{
    plan->nodes = NUMA_BIT(plan->home);
    FOR_EACH_NODE (node, host->nodes)
        if (plan->pages[node] ||
            (nodes & NUMA_BIT(node) && host->node[node].threads))
            plan->nodes |= NUMA_BIT(node);
}

static unsigned int fullest(const struct numa_plan *plan)
{
    unsigned int best = plan->home;

    for (unsigned int i = 0; i < plan->nr_order; i++)
        if (plan->pages[plan->order[i]] > plan->pages[best])
            best = plan->order[i];
    return best;
}

static void distribute_from(const struct numa_host *host,
                            const struct numa_request *request, uint64_t nodes,
                            unsigned int home, struct numa_plan *plan)
{
    *plan = (struct numa_plan){ .home = home };
    numa_order_nodes(host, nodes, plan);

    if (request->rule == NUMA_INTERLEAVE)
        distribute_evenly(host, request, plan);
    else if (cpus_decide(host, request, nodes))
        distribute_by_cpus(host, request, plan);
    else
        numa_fill(host, request, request->pages, plan);
    numa_note_nodes(host, request->rule == NUMA_INTERLEAVE ? 0 : nodes, plan);
}

void numa_distribute(const struct numa_host *host,
                     const struct numa_request *request, uint64_t nodes,
                     struct numa_plan *plan)
{
    struct numa_plan again;

    distribute_from(host, request, nodes, roomiest(host, nodes), plan);
    if (fullest(plan) == plan->home)
        return;

    /* The one with the most cores took the most: it keeps the room then. */
    distribute_from(host, request, nodes, fullest(plan), &again);
    if (fullest(&again) == again.home)
        *plan = again;
}

static uint64_t left_on_fullest(const struct numa_host *host,
                                const struct numa_request *request,
                                uint64_t nodes)
{
    uint64_t least = UINT64_MAX;
    struct numa_plan plan;

    if (!(nodes & (nodes - 1)))
        return host->node[numa_next_node(nodes, 0)].free_pages - request->pages;

    /* Where memory needs more than one node, the home node is filled up. */
    if (!cpus_decide(host, request, nodes))
        return 0;

    numa_distribute(host, request, nodes, &plan);
    FOR_EACH_NODE (node, nodes) {
        uint64_t left = host->node[node].free_pages - plan.pages[node];

        least = min_pages(least, left);
    }
    return least;
}

uint64_t numa_tie_rank(const struct numa_host *host,
                       const struct numa_request *request, uint64_t nodes)
{
    uint64_t host_free = 0, host_size = 0, set_free = 0;

    FOR_EACH_NODE (node, request->candidates & host->nodes) {
        host_free += host->node[node].free_pages;
        host_size += host->node[node].size_pages;
    }
    if (host_free >= host_size / 2)
        return left_on_fullest(host, request, nodes);

    FOR_EACH_NODE (node, nodes)
        set_free += host->node[node].free_pages;
    return UINT64_MAX - set_free;
}
