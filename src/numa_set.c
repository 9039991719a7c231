/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_set.c - what a set of nodes is good for (pure). */
#include "numa_planner.h"

#include "numbers.h"

void numa_set_add_at(const struct numa_offer *offer, struct numa_set *set,
                     unsigned int node, unsigned int sum_distance)
{
    const struct numa_node *this = &offer->host->node[node];
    uint64_t free_pages = offer->free_pages[node];

    set->sum_distance += sum_distance;
    set->device_distance += this->device_distance;
    set->cores += this->cores;
    set->threads += this->threads;
    if (numa_node_busy(this) > set->busiest)
        set->busiest = numa_node_busy(this);

    if (!set->nodes || free_pages < set->least_free_pages)
        set->least_free_pages = free_pages;
    set->free_pages += free_pages;
    set->nodes |= NUMA_BIT(node);
    set->nr_nodes++;
}

static void add(const struct numa_offer *offer, struct numa_set *set,
                unsigned int node)
{
    unsigned int distance = numa_distance(offer->host, node, node);
    unsigned int max = distance, sum = distance;

    FOR_EACH_NODE (other, set->nodes) {
        distance = numa_distance(offer->host, node, other);
        sum += 2 * distance;
        if (distance > max)
            max = distance;
    }
    if (max > set->max_distance)
        set->max_distance = max;
    numa_set_add_at(offer, set, node, sum);
}

struct numa_set numa_set_of(const struct numa_offer *offer, uint64_t nodes)
{
    struct numa_set set = { 0 };

    FOR_EACH_NODE (node, nodes)
        add(offer, &set, node);
    return set;
}

/* The domain's vCPUs run on any of the cores. */
unsigned int numa_set_load(const struct numa_offer *offer,
                           const struct numa_set *set)
{
    return set->busiest +
           (set->cores ? offer->request->vcpus * NUMA_LOAD_VCPU / set->cores
                       : 0);
}

bool numa_set_lacks_cpus(const struct numa_offer *offer,
                         const struct numa_set *set, unsigned int cores,
                         unsigned int threads)
{
    unsigned int vcpus = offer->request->vcpus;

    return offer->request->rule != NUMA_PRIO_MEM_ONLY &&
           (set->cores >= vcpus ? cores : threads) < vcpus;
}

static bool do_cpus_need_all(const struct numa_offer *offer,
                             const struct numa_set *set)
{
    FOR_EACH_NODE (node, set->nodes) {
        const struct numa_node *this = &offer->host->node[node];

        if (!numa_set_lacks_cpus(offer, set, set->cores - this->cores,
                                 set->threads - this->threads))
            return false;
    }
    return true;
}

bool numa_set_is_for_cpus(const struct numa_offer *offer,
                          const struct numa_set *set)
{
    return set->nr_nodes > 1 &&
           (set->free_pages - set->least_free_pages >=
                offer->request->pages + offer->extra_pages ||
            do_cpus_need_all(offer, set));
}

/* How memory is left. */
struct left {
    uint64_t missing_pages; /* that lie on other nodes than their CPUs */
    uint64_t least_pages;   /* on the node with the least */
};

static struct left left_by(const struct numa_offer *offer,
                           const struct numa_set *set)
{
    uint64_t pages = offer->request->pages;
    struct left left = { 0 };

    if (set->nr_nodes == 1) {
        left.least_pages = set->free_pages - pages;
        return left;
    }
    /* Where memory needs the nodes, they are filled up. */
    if (!numa_set_is_for_cpus(offer, set) || !set->cores)
        return left;

    left.least_pages = UINT64_MAX;
    FOR_EACH_NODE (node, set->nodes) {
        uint64_t share = pages / set->cores * offer->host->node[node].cores;
        uint64_t have = offer->free_pages[node];

        left.missing_pages += number_minus(share, have);
        left.least_pages =
            number_min(left.least_pages, number_minus(have, share));
    }
    return left;
}

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Memory is left evenly, so that guests spread over the host. Once it is scarce
 * the set with the least is the best one, so that larger guests still find a
 * node for themselves. */
static int compare_memory(const struct numa_offer *offer,
                          const struct numa_set *a, const struct numa_set *b)
{
    struct left left_a = left_by(offer, a), left_b = left_by(offer, b);
    int order = compare(left_a.missing_pages, left_b.missing_pages);

    if (order)
        return order;
    return offer->is_scarce ? compare(a->free_pages, b->free_pages)
                            : compare(left_b.least_pages, left_a.least_pages);
}

int numa_set_compare_mean(const struct numa_set *a, const struct numa_set *b)
{
    return compare((uint64_t)a->sum_distance * b->nr_nodes * b->nr_nodes,
                   (uint64_t)b->sum_distance * a->nr_nodes * a->nr_nodes);
}

/* {0,3} comes before {1,2}. */
static int compare_numbers(uint64_t a, uint64_t b)
{
    uint64_t differ = a ^ b;

    return !differ ? 0 : a & differ & -differ ? -1 : 1;
}

int numa_set_compare(const struct numa_offer *offer, const struct numa_set *a,
                     const struct numa_set *b)
{
    uint64_t preferred = offer->request->preferred;
    int order = compare(a->max_distance, b->max_distance);

    if (!order)
        order = numa_set_compare_mean(a, b);
    if (!order)
        order = compare(a->nr_nodes, b->nr_nodes);
    if (!order)
        order = compare(a->device_distance, b->device_distance);
    if (!order)
        order = compare(!(a->nodes & preferred), !(b->nodes & preferred));
    if (!order)
        order = compare(numa_set_load(offer, a), numa_set_load(offer, b));
    if (!order)
        order = compare_memory(offer, a, b);
    return order ? order : compare_numbers(a->nodes, b->nodes);
}
