/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * planner.c - the longest searches for a plan (pure): on hosts with distances
 * as machines have them, for each demand from 5 to 105 % of their memory or of
 * their CPUs, and on hosts made up from a seed. Prints a table: milliseconds of
 * this machine's, the sets that the longest one looked at, and by how much the
 * mean distance of what was found is at worst larger than the best that a much
 * longer search finds. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "../unit/numa_random.h"
#include "numa_planner.h"
#include "numbers.h"

#define NR_RANDOM 10000
#define NR_JUDGED 200 /* of these */
/* Each is timed so often; the shortest time counts. */
#define NR_ROUNDS 3
/* Of the much longer search: one that ends before is exact. */
#define MANY_STEPS 1000000

static unsigned int hops(unsigned int differ)
{
    return (unsigned int)__builtin_popcount(differ);
}

static unsigned int flat(unsigned int nr, unsigned int a, unsigned int b)
{
    (void)nr;
    return a == b ? 10 : 21;
}

static unsigned int pairs(unsigned int nr, unsigned int a, unsigned int b)
{
    (void)nr;
    return a == b ? 10 : a / 2 == b / 2 ? 12 : 21;
}

static unsigned int quads(unsigned int nr, unsigned int a, unsigned int b)
{
    (void)nr;
    return a == b ? 10 : a / 4 == b / 4 ? 12 : 32;
}

static unsigned int ring(unsigned int nr, unsigned int a, unsigned int b)
{
    unsigned int apart = a > b ? a - b : b - a;

    return 10 + 4 * (apart < nr - apart ? apart : nr - apart);
}

static unsigned int hypercube(unsigned int nr, unsigned int a, unsigned int b)
{
    (void)nr;
    return 10 + 6 * hops(a ^ b);
}

static const struct shape {
    const char *name;
    unsigned int (*distance)(unsigned int nr, unsigned int a, unsigned int b);
} shapes[] = {
    { "flat", flat }, { "pairs", pairs },         { "quads", quads },
    { "ring", ring }, { "hypercube", hypercube },
};

static void make_host(const struct shape *shape, unsigned int nr, bool alike,
                      struct numa_host *host)
{
    uint64_t seed = nr;

    *host = (struct numa_host){ 0 };
    for (unsigned int a = 0; a < nr; a++) {
        struct numa_node *node = &host->node[a];

        host->nodes |= NUMA_BIT(a);
        *node = (struct numa_node){
            .free_pages = 64 * PAGES_1G,
            .size_pages = 64 * PAGES_1G,
            .cores = 32,
            .threads = 64,
        };
        if (!alike) {
            node->free_pages -= random_below(&seed, 1u << 23);
            node->load = random_below(&seed, 32 * NUMA_LOAD_VCPU);
        }
        for (unsigned int b = 0; b < nr; b++)
            host->distance[a][b] = shape->distance(nr, a, b);
    }
}

/* How many sets were held against the best, and the ratio of their mean
 * distances at worst. */
struct judged {
    unsigned int nr;
    double ratio;
};

/* What the searches of a row of the table took at most. */
struct row {
    double us, sum_us;
    unsigned int nr, sets; /* of the longest one */
    /* Against the best there is, and, where that is not known for sure, against
     * the best that was found. */
    struct judged known, found;
    struct numa_request longest;
};

static double us_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double mean(const struct numa_offer *offer, uint64_t nodes)
{
    const struct numa_set set = numa_set_of(offer, nodes);

    return (double)set.sum_distance / set.nr_nodes / set.nr_nodes;
}

/* Holds what was found against the best, as far as that is found. */
static void judge(const struct numa_offer *offer, uint64_t nodes,
                  struct row *row)
{
    struct numa_effort effort = { .steps = MANY_STEPS };
    uint64_t best = numa_search(offer, &effort);
    double ratio = mean(offer, nodes) / mean(offer, best);
    struct judged *judged =
        effort.sets_seen < MANY_STEPS / 2 ? &row->known : &row->found;

    judged->nr++;
    if (ratio > judged->ratio)
        judged->ratio = ratio;
}

static void measure(const struct numa_host *host,
                    const struct numa_request *request, bool is_judged,
                    struct row *row)
{
    struct numa_offer offer;
    struct numa_effort effort;
    double least_us = 1e12;
    uint64_t nodes = 0;

    numa_offer_make(host, request, request->candidates, NUMA_KEEP_NONE, &offer);
    for (unsigned int round = 0; round < NR_ROUNDS; round++) {
        double us = us_now();

        effort = (struct numa_effort){ 0 };
        nodes = numa_search(&offer, &effort);
        us = us_now() - us;
        least_us = us < least_us ? us : least_us;
    }
    row->nr++;
    row->sum_us += least_us;
    if (least_us > row->us) {
        row->us = least_us;
        row->sets = effort.sets_seen;
        row->longest = *request;
    }
    if (is_judged && nodes)
        judge(&offer, nodes, row);
}

static void print_judged(const struct judged *judged)
{
    if (judged->nr)
        printf(" %6u  %4.1f %%", judged->nr, (judged->ratio - 1) * 100);
    else
        printf(" %6s  %6s", "-", "-");
}

static void print(unsigned int nr_nodes, const char *name, bool alike,
                  const struct row *row, const char *what)
{
    printf("%5u  %-10s %-9s %9.3f %9.3f  %8u  %-12s", nr_nodes, name,
           alike ? "alike" : "not alike", row->sum_us / row->nr / 1e3,
           row->us / 1e3, row->sets, what);
    print_judged(&row->known);
    print_judged(&row->found);
    puts("");
    fflush(stdout);
}

static void measure_shape(const struct shape *shape, unsigned int nr_nodes,
                          bool alike)
{
    struct numa_host host;
    struct row row = { 0 };
    char what[32];

    make_host(shape, nr_nodes, alike, &host);
    for (unsigned int percent = 5; percent <= 105; percent += 5) {
        struct numa_request request = {
            .rule = NUMA_BEST_EFFORT,
            .candidates = host.nodes,
            .pages = nr_nodes * 64 * PAGES_1G / 100 * percent,
            .vcpus = 1,
        };

        measure(&host, &request, true, &row);
        request.pages = PAGES_1G;
        request.vcpus = nr_nodes * 32 * percent / 100;
        measure(&host, &request, true, &row);
    }
    if (row.longest.vcpus > 1)
        snprintf(what, sizeof(what), "%u vCPUs", row.longest.vcpus);
    else
        snprintf(what, sizeof(what), "%" PRIu64 " GiB",
                 row.longest.pages / PAGES_1G);
    print(nr_nodes, shape->name, alike, &row, what);
}

static void measure_random(unsigned int nr_nodes)
{
    struct row row = { 0 };

    for (unsigned int i = 0; i < NR_RANDOM; i++) {
        uint64_t seed = UINT64_C(2) << 32 | i;
        struct numa_host host;
        struct numa_request request;

        random_host(&seed, nr_nodes, &host);
        random_request(&seed, &host, &request);
        measure(&host, &request, i < NR_JUDGED, &row);
    }
    print(nr_nodes, "random", false, &row, "");
}

int main(void)
{
    static const unsigned int sizes[] = { 16, 32, 64 };

    printf("nodes  distances  nodes are   mean ms  worst ms      sets  "
           "of            known  off by  found  off by\n");
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        for (size_t s = 0; s < ARRAY_SIZE(shapes); s++)
            for (int alike = 1; alike >= 0; alike--)
                measure_shape(&shapes[s], sizes[i], alike);
        measure_random(sizes[i]);
    }
    return 0;
}
