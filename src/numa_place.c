/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_place.c - which nodes a domain's memory goes to (pure). */
#include "numa_distribute.h"

#include <errno.h>
#include <inttypes.h>

/* Those of a set that have memory to give. */
static uint64_t with_memory(const struct numa_host *host, uint64_t nodes)
{
    uint64_t have = 0;

    FOR_EACH_NODE (node, nodes)
        if (host->node[node].free_pages)
            have |= NUMA_BIT(node);
    return have;
}

/* Nodes that reach each other. */
struct island {
    uint64_t nodes;
    unsigned int nr_nodes;
    uint64_t free_pages;
};

/* The one around a node, out of a set: nearer nodes come first. */
static struct island island_around(const struct numa_host *host, uint64_t nodes,
                                   unsigned int start)
{
    struct numa_plan plan = { .home = start };
    struct island island = { 0 };

    numa_order_nodes(host, nodes, &plan);
    island.nr_nodes = plan.nr_order;
    for (unsigned int i = 0; i < plan.nr_order; i++) {
        island.nodes |= NUMA_BIT(plan.order[i]);
        island.free_pages += host->node[plan.order[i]].free_pages;
    }
    return island;
}

static bool is_wider(const struct island *a, const struct island *b)
{
    if (a->nr_nodes != b->nr_nodes)
        return a->nr_nodes > b->nr_nodes;
    if (a->free_pages != b->free_pages)
        return a->free_pages > b->free_pages;
    return numa_lower_numbers(a->nodes, b->nodes);
}

/* Where interleaving goes: of the islands that hold the demand the widest; 0 if
 * none does. */
static uint64_t widest(const struct numa_host *host,
                       const struct numa_request *request)
{
    uint64_t usable = with_memory(host, request->candidates & host->nodes);
    struct island best = { 0 };

    FOR_EACH_NODE (start, usable) {
        struct island island = island_around(host, usable, start);

        if (island.free_pages >= request->pages + request->extra_pages &&
            is_wider(&island, &best))
            best = island;
        if (island.nodes == usable)
            break;
    }
    return best.nodes;
}

/* The candidates filled, then all other nodes, nearest first, from the home
 * node on for which that comes out nearest. */
static bool spill(const struct numa_host *host,
                  const struct numa_request *request, struct numa_plan *plan)
{
    uint64_t all = with_memory(host, host->nodes);
    uint64_t candidates = request->candidates & all;
    uint64_t best_sum = UINT64_MAX;

    FOR_EACH_NODE (home, candidates) {
        struct numa_plan try = { .home = home, .spills = true };
        uint64_t sum = 0;

        numa_order_nodes(host, candidates, &try);
        numa_order_nodes(host, all, &try);
        if (numa_fill(host, request, request->pages, &try) || !try.pages[home])
            continue;
        for (unsigned int i = 0; i < try.nr_order; i++)
            sum += try.pages[try.order[i]] *
                   numa_distance(host, home, try.order[i]);
        if (sum < best_sum) {
            best_sum = sum;
            *plan = try;
        }
    }
    if (best_sum == UINT64_MAX)
        return false;
    numa_note_nodes(host, 0, plan);
    return true;
}

static int no_room(const struct numa_host *host,
                   const struct numa_request *request, const char *why,
                   struct xg_error *err)
{
    char list[512] = "";
    size_t used = 0;

    FOR_EACH_NODE (node, request->candidates & host->nodes) {
        int more = snprintf(list + used, sizeof(list) - used, "%s %u: %" PRIu64,
                            used ? "," : "", node, host->node[node].free_pages);

        if (used + (size_t)more >= sizeof(list) - 4) {
            snprintf(list + used, sizeof(list) - used, "...");
            break;
        }
        used += (size_t)more;
    }
    return xg_fail(err, "numa_place", ENOMEM,
                   "%s: needs %" PRIu64 " pages, free pages per node are%s",
                   why, request->pages + request->extra_pages, list);
}

/* A set of the candidates that holds the demand. */
static bool choose(const struct numa_host *host,
                   const struct numa_request *request, struct numa_plan *plan)
{
    struct numa_score best;

    if (request->rule == NUMA_INTERLEAVE) {
        best.nodes = widest(host, request);
        if (!best.nodes)
            return false;
    } else if (!numa_search(host, request, &best)) {
        return false;
    }
    numa_distribute(host, request, best.nodes, plan);
    return true;
}

/* Filling from any node on may run into nodes that don't reach each other,
 * where another choice would not have. */
static bool choose_of_all(const struct numa_host *host,
                          const struct numa_request *request,
                          struct numa_plan *plan)
{
    struct numa_request all = *request;

    all.candidates = host->nodes;
    all.rule = NUMA_PRIO_MEM_ONLY;
    if (!choose(host, &all, plan))
        return false;
    plan->spills = true;
    return true;
}

/* Not on the candidates alone: anywhere. Without the room for what libxenguest
 * and Xen add, if need be: they will find it, wherever. */
static bool choose_anywhere(const struct numa_host *host,
                            const struct numa_request *request,
                            struct numa_plan *plan)
{
    struct numa_request bare = *request;

    bare.extra_pages = 0;
    return spill(host, request, plan) || choose_of_all(host, request, plan) ||
           spill(host, &bare, plan) || choose_of_all(host, &bare, plan);
}

int numa_place(const struct numa_host *host, const struct numa_request *request,
               struct numa_plan *plan, struct xg_error *err)
{
    bool strict = request->rule == NUMA_STRICT;
    uint64_t candidates = request->candidates & host->nodes;
    uint64_t allowed = strict ? candidates : host->nodes;

    if (!choose(host, request, plan)) {
        if (strict)
            return no_room(host, request, "policy strict", err);
        if (!choose_anywhere(host, request, plan))
            return no_room(host, request,
                           "no nodes that reach each other hold it", err);
    }

    /* Where to go if a node turns out shorter than it looked. Last to those
     * that look full, lest they keep away others that they don't reach: what
     * other builders have reserved there may not all be taken. */
    numa_order_nodes(host, with_memory(host, candidates), plan);
    numa_order_nodes(host, with_memory(host, allowed), plan);
    numa_order_nodes(host, allowed, plan);
    return 0;
}
