/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_place.c - which nodes a domain's memory goes to (pure). */
#include <errno.h>
#include <inttypes.h>

#include "numa_planner.h"
#include "numbers.h"

/* ---- the candidates ---- */

/* All of them to interleave over, else the best set. */
static bool choose(const struct numa_offer *offer, struct numa_plan *plan)
{
    struct numa_effort effort = { 0 };
    uint64_t nodes = offer->nodes;

    if (offer->request->rule != NUMA_INTERLEAVE)
        nodes = numa_search(offer, &effort);
    else if (!numa_offer_holds(offer, nodes))
        nodes = 0;
    if (!nodes)
        return false;
    numa_distribute(offer, nodes, plan);
    return true;
}

/* ---- not on the candidates alone ---- */

/* The candidates are filled, then the other nodes class by class, nearest
 * first, from the home node on for which that comes out nearest. */
#define NR_CLASSES 3

struct classes {
    uint64_t nodes[NR_CLASSES];
};

static uint64_t excluded_of(const struct numa_request *request)
{
    return request->excluded & ~request->candidates;
}

static struct classes classes_of(const struct numa_host *host,
                                 const struct numa_request *request)
{
    uint64_t candidates = request->candidates & host->nodes;
    uint64_t excluded = excluded_of(request) & host->nodes;
    struct classes classes = {
        { candidates, host->nodes & ~candidates & ~excluded, excluded }
    };

    return classes;
}

/* Fills from one home node on. False if the host does not hold it. */
static bool spill_from(const struct numa_offer *offer,
                       const struct classes *classes, unsigned int home,
                       struct numa_plan *plan)
{
    uint64_t left = offer->request->pages;

    *plan = (struct numa_plan){ .home = home, .spills = true };
    for (unsigned int i = 0; i < NR_CLASSES; i++) {
        numa_distribute_order(offer, classes->nodes[i], plan);
        left = numa_distribute_fill(offer, left, plan);
    }
    return !left;
}

static bool spill(const struct numa_offer *offer, const struct classes *classes,
                  struct numa_plan *plan)
{
    uint64_t homes =
        numa_distribute_homes(offer->host, classes->nodes[0] & offer->nodes);
    uint64_t best_sum = UINT64_MAX;

    FOR_EACH_NODE (home, homes) {
        struct numa_plan try;
        uint64_t sum = 0;

        if (!spill_from(offer, classes, home, &try))
            return false;
        for (unsigned int i = 0; i < try.nr_order; i++)
            sum += try.pages[try.order[i]] *
                   numa_distance(offer->host, home, try.order[i]);
        if (sum < best_sum) {
            best_sum = sum;
            *plan = try;
        }
    }
    if (best_sum == UINT64_MAX)
        return false;
    numa_distribute_set_nodes(offer->host, 0, plan);
    return true;
}

static bool spill_over(const struct numa_host *host,
                       const struct numa_request *request, uint64_t nodes,
                       enum numa_thrift thrift, const struct classes *classes,
                       struct numa_plan *plan)
{
    struct numa_offer offer;

    numa_offer_make(host, request, nodes, thrift, &offer);
    return numa_offer_holds(&offer, offer.nodes) &&
           spill(&offer, classes, plan);
}

/* Without the pages that the home node keeps, if need be: libxenguest and Xen
 * will find theirs, wherever. On excluded nodes only what all others don't
 * hold. */
static bool spill_anywhere(const struct numa_host *host,
                           const struct numa_request *request,
                           const struct classes *classes,
                           struct numa_plan *plan)
{
    uint64_t others = host->nodes & ~excluded_of(request);

    return spill_over(host, request, others, NUMA_KEEP_EXTRA, classes, plan) ||
           spill_over(host, request, others, NUMA_KEEP_NONE, classes, plan) ||
           spill_over(host, request, host->nodes, NUMA_KEEP_NONE, classes,
                      plan);
}

/* ---- the plan ---- */

static int no_room(const struct numa_host *host,
                   const struct numa_request *request, uint64_t nodes,
                   const char *why, struct xg_error *err)
{
    char list[512] = "";
    size_t used = 0;

    FOR_EACH_NODE (node, nodes) {
        uint64_t pages = host->node[node].free_pages;
        int more = snprintf(list + used, sizeof(list) - used,
                            "%s %u: %" PRIu64 " (%" PRIu64 ")", used ? "," : "",
                            node, pages / MIB_PAGES, pages);

        if (used + (size_t)more >= sizeof(list) - 4) {
            snprintf(list + used, sizeof(list) - used, "...");
            break;
        }
        used += (size_t)more;
    }
    return xg_fail(err, "numa_place", ENOMEM,
                   "%s: needs %" PRIu64 " MiB (%" PRIu64
                   " pages), free MiB (pages) per node are%s",
                   why, number_mib_up(request->pages), request->pages, list);
}

/* On those nodes alone, as thriftily as possible. */
static bool choose_of(const struct numa_host *host,
                      const struct numa_request *request, uint64_t nodes,
                      struct numa_plan *plan)
{
    for (unsigned int thrift = NUMA_KEEP_LOW; thrift <= NUMA_KEEP_NONE;
         thrift++) {
        struct numa_offer offer;

        numa_offer_make(host, request, nodes, thrift, &offer);
        if (choose(&offer, plan))
            return true;
    }
    return false;
}

/* Where to go if a node turns out shorter than it looked; full ones too: what
 * other builders have reserved there may not all be taken. */
static void order_the_rest(const struct numa_host *host,
                           const struct numa_request *request,
                           const struct classes *classes,
                           struct numa_plan *plan)
{
    struct numa_offer offer;

    numa_offer_make(host, request, host->nodes, NUMA_KEEP_NONE, &offer);
    for (unsigned int i = 0; i < NR_CLASSES; i++)
        numa_distribute_order(&offer, classes->nodes[i], plan);
}

static bool has_memory(const struct numa_host *host, uint64_t nodes)
{
    FOR_EACH_NODE (node, nodes)
        if (host->node[node].free_pages)
            return true;
    return false;
}

/* Candidates that have nothing free leave it to the next class that has. */
static bool promote_a_class(const struct numa_host *host,
                            struct classes *classes)
{
    for (unsigned int i = 0; i < NR_CLASSES; i++) {
        uint64_t nodes = classes->nodes[i];

        if (!has_memory(host, nodes))
            continue;
        classes->nodes[i] = classes->nodes[0];
        classes->nodes[0] = nodes;
        return i > 0;
    }
    return false;
}

/* The host as it looks when what is chosen is to be near to these nodes, which
 * count as devices of the guest's would. */
static struct numa_host near_to(const struct numa_host *host, uint64_t nodes)
{
    struct numa_host near = *host;

    FOR_EACH_NODE (node, host->nodes)
        FOR_EACH_NODE (other, nodes)
            near.node[node].device_distance += numa_distance(host, node, other);
    return near;
}

static int place_strictly(const struct numa_host *host,
                          const struct numa_request *request,
                          struct numa_plan *plan, struct xg_error *err)
{
    const struct classes classes = { { request->candidates & host->nodes } };

    if (!choose_of(host, request, classes.nodes[0], plan))
        return no_room(
            host, request, classes.nodes[0],
            request->rule == NUMA_PNODE ? "-mem_pnode" : "policy strict", err);
    order_the_rest(host, request, &classes, plan);
    return 0;
}

int numa_place(const struct numa_host *host, const struct numa_request *request,
               struct numa_plan *plan, struct xg_error *err)
{
    struct classes classes = classes_of(host, request);
    uint64_t candidates = classes.nodes[0];
    struct numa_host near;
    bool spills;

    if (numa_rule_keeps_to_plan(request->rule))
        return place_strictly(host, request, plan, err);

    spills = promote_a_class(host, &classes);
    if (spills) {
        near = near_to(host, candidates);
        host = &near;
    }
    if (!choose_of(host, request, classes.nodes[0], plan) &&
        !spill_anywhere(host, request, &classes, plan))
        return no_room(host, request, host->nodes, "the host", err);
    plan->spills |= spills;
    order_the_rest(host, request, &classes, plan);
    return 0;
}

/* ---- virtual nodes ---- */

/* What a node needs for the vCPUs of a virtual one. */
enum vnode_cpus {
    VNODE_CORES,
    VNODE_THREADS,
    VNODE_ANY_CPU,
};

/* The most that one of them has. */
static struct numa_vnode largest(const struct numa_vnodes *vnodes)
{
    struct numa_vnode most = { 0 };

    for (unsigned int i = 0; i < vnodes->nr; i++) {
        const struct numa_vnode *this = &vnodes->vnode[i];

        if (this->bytes > most.bytes)
            most.bytes = this->bytes;
        if (this->nr_vcpus > most.nr_vcpus)
            most.nr_vcpus = this->nr_vcpus;
    }
    return most;
}

static bool has_cpus(const struct numa_node *node, unsigned int nr_vcpus,
                     enum vnode_cpus what)
{
    switch (what) {
    case VNODE_CORES:
        return node->cores >= nr_vcpus;
    case VNODE_THREADS:
        return node->threads >= nr_vcpus;
    case VNODE_ANY_CPU:
        break;
    }
    return node->threads;
}

/* The best set of as many nodes as there are virtual ones. Each offers a share
 * to the search, and a page more if it has room for what comes besides. One
 * such page is asked for, so that fewer nodes don't hold the demand, nor do as
 * many without a home node among them. */
static uint64_t search_for_vnodes(const struct numa_offer *offer,
                                  const struct numa_vnodes *vnodes,
                                  enum vnode_cpus what)
{
    const struct numa_vnode most = largest(vnodes);
    uint64_t share = most.bytes >> XC_PAGE_SHIFT;
    struct numa_request request = *offer->request;
    struct numa_offer shares = {
        .host = offer->host,
        .request = &request,
        .is_scarce = offer->is_scarce,
        .most_nodes = vnodes->nr,
    };
    struct numa_effort effort = { 0 };

    request.rule = NUMA_PRIO_MEM_ONLY;
    request.pages = share * vnodes->nr + 1;
    FOR_EACH_NODE (node, offer->nodes)
        if (offer->free_pages[node] >= share &&
            has_cpus(&offer->host->node[node], most.nr_vcpus, what)) {
            shares.nodes |= NUMA_BIT(node);
            shares.free_pages[node] =
                share + (offer->free_pages[node] >= share + offer->extra_pages);
        }
    return numa_search(&shares, &effort);
}

static bool choose_for_vnodes(const struct numa_host *host,
                              const struct numa_request *request,
                              struct numa_vnodes *vnodes,
                              struct numa_plan *plan)
{
    for (unsigned int thrift = NUMA_KEEP_LOW; thrift <= NUMA_KEEP_NONE;
         thrift++)
        for (unsigned int what = VNODE_CORES; what <= VNODE_ANY_CPU; what++) {
            struct numa_offer offer;
            uint64_t nodes;

            numa_offer_make(host, request, request->candidates, thrift, &offer);
            nodes = search_for_vnodes(&offer, vnodes, what);
            if (!nodes)
                continue;
            numa_distribute_vnodes(&offer, nodes, vnodes, plan);
            return true;
        }
    return false;
}

int numa_place_vnodes(const struct numa_host *host,
                      const struct numa_request *request,
                      struct numa_vnodes *vnodes, struct numa_plan *plan,
                      struct xg_error *err)
{
    const struct classes classes = classes_of(host, request);
    unsigned int nr_carriers = 0;
    char why[64];

    FOR_EACH_NODE (node, classes.nodes[0])
        nr_carriers += host->node[node].threads > 0;
    if (nr_carriers < vnodes->nr)
        return xg_fail(err, __func__, EINVAL,
                       "%u virtual nodes: of the nodes that may be used %u "
                       "have pCPUs",
                       vnodes->nr, nr_carriers);
    if (!choose_for_vnodes(host, request, vnodes, plan)) {
        snprintf(why, sizeof(why), "%u virtual nodes, one on each node",
                 vnodes->nr);
        return no_room(host, request, classes.nodes[0], why, err);
    }
    if (!numa_rule_keeps_to_plan(request->rule))
        order_the_rest(host, request, &classes, plan);
    return 0;
}
