/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_rivals.c - hosts that are filled and emptied by hundreds of
 * guests, each host by three planners: ours keeps guests as near to their
 * memory as the nearer of the others, and nodes no busier. The table that this
 * prints is the one in docs/numa.md. */
#include "numa_rivals.h"

#include <stdio.h>
#include <stdlib.h>

#include "numa_random.h"
#include "numbers.h"
#include "unit.h"

#define NR_GUESTS 600 /* in each of */
#define NR_ROUNDS 8
#define MAX_RUNNING 1024
#define NODE_GIB 64
#define NODE_CORES 16

enum planner {
    XL,
    XAPI,
    OURS,
    NR_PLANNERS
};

static void (*const planners[])(struct rival_host *host, uint64_t pages,
                                unsigned int vcpus, struct placement *out) = {
    place_as_xl, place_as_xapi, place_as_we_do
};

struct guest {
    uint64_t pages;
    unsigned int vcpus;
    struct placement placement;
};

/* One host under one planner. */
struct simulation {
    struct rival_host host;
    struct guest running[MAX_RUNNING];
    unsigned int nr_running;
    uint64_t free_pages;
};

/* Means over all guests that are started once the host is full. */
struct outcome {
    double distance, pages; /* sums: of distance times pages, of pages */
    double busiest, idlest; /* sums of vCPUs per core */
    unsigned int nr;
};

static unsigned int distance_between(unsigned int a, unsigned int b)
{
    return a == b ? 10 : a / 4 == b / 4 ? 12 : a / 8 == b / 8 ? 21 : 32;
}

static void make_host(unsigned int nr_nodes, struct simulation *sim)
{
    *sim = (struct simulation){ 0 };
    for (unsigned int a = 0; a < nr_nodes; a++) {
        struct numa_node *node = &sim->host.host.node[a];

        sim->host.host.nodes |= NUMA_BIT(a);
        node->free_pages = NODE_GIB * PAGES_1G;
        node->size_pages = node->free_pages;
        node->cores = NODE_CORES;
        node->threads = 2 * NODE_CORES;
        sim->free_pages += node->free_pages;
        for (unsigned int b = 0; b < nr_nodes; b++)
            sim->host.host.distance[a][b] = (uint8_t)distance_between(a, b);
    }
}

/* Adds a guest, or with -1 takes it away. */
static void account(struct simulation *sim, const struct guest *guest, int sign)
{
    uint64_t cpu_nodes = guest->placement.cpu_nodes;
    unsigned int share = guest->vcpus * NUMA_LOAD_VCPU /
                         (unsigned int)__builtin_popcountll(cpu_nodes);

    FOR_EACH_NODE (node, sim->host.host.nodes) {
        uint64_t pages = guest->placement.pages[node];

        sim->host.host.node[node].free_pages -= (uint64_t)sign * pages;
        sim->free_pages -= (uint64_t)sign * pages;
        if (!(cpu_nodes & NUMA_BIT(node)))
            continue;
        sim->host.bound_vcpus[node] += (unsigned int)sign * guest->vcpus;
        sim->host.host.node[node].load += (unsigned int)sign * share;
    }
}

static void note(const struct simulation *sim, const struct guest *guest,
                 struct outcome *outcome)
{
    const struct numa_host *host = &sim->host.host;
    double busiest = 0, idlest = 1e9;

    FOR_EACH_NODE (node, host->nodes) {
        double load = (double)host->node[node].load / NUMA_LOAD_VCPU /
                      host->node[node].cores;

        busiest = load > busiest ? load : busiest;
        idlest = load < idlest ? load : idlest;
    }
    outcome->nr++;
    outcome->busiest += busiest;
    outcome->idlest += idlest;
    outcome->pages += (double)guest->pages;
    outcome->distance +=
        placement_distance(host, &guest->placement) * (double)guest->pages;
}

static void start_guest(struct simulation *sim, enum planner planner,
                        struct guest *guest)
{
    planners[planner](&sim->host, guest->pages, guest->vcpus,
                      &guest->placement);
    account(sim, guest, 1);
    sim->running[sim->nr_running++] = *guest;
}

static void stop_guest(struct simulation *sim, unsigned int which)
{
    account(sim, &sim->running[which], -1);
    sim->running[which] = sim->running[--sim->nr_running];
}

/* A third are of one size, with 4 vCPUs. Most others are small; some need more
 * than a node has free, a few more than one node has at all. */
static struct guest random_guest(uint64_t *seed, unsigned int most_gib)
{
    unsigned int kind = random_below(seed, 15);
    unsigned int gib = kind < 6   ? 1 + random_below(seed, 16)
                       : kind < 9 ? 16 + random_below(seed, 40)
                                  : 64 + random_below(seed, 64);

    if (kind >= 10)
        return (struct guest){ .pages = 8 * PAGES_1G, .vcpus = 4 };
    gib = gib < most_gib ? gib : most_gib;
    return (struct guest){
        .pages = gib * PAGES_1G,
        .vcpus = 1 + gib / 8 + random_below(seed, 4),
    };
}

static struct guest small_guest(uint64_t *seed, unsigned int most_gib)
{
    (void)most_gib;
    return (struct guest){
        .pages = (1 + random_below(seed, 8)) * PAGES_1G,
        .vcpus = 4,
    };
}

/* The same guests come and go on all hosts, which are kept so full. */
static void simulate(unsigned int nr_nodes, unsigned int percent,
                     struct guest (*next_guest)(uint64_t *, unsigned int),
                     struct outcome outcomes[NR_PLANNERS])
{
    struct simulation *sims = calloc(NR_PLANNERS, sizeof(*sims));
    cleanup_free struct rival_sets *sets = NULL;
    uint64_t total = (uint64_t)nr_nodes * NODE_GIB * PAGES_1G;
    unsigned int most_gib = nr_nodes * NODE_GIB * percent / 100;

    ck_assert_ptr_nonnull(sims);
    for (unsigned int round = 0; round < NR_ROUNDS; round++) {
        uint64_t seed = nr_nodes * 100000 + percent * 1000 + round;
        bool full = false;

        for (unsigned int p = 0; p < NR_PLANNERS; p++) {
            make_host(nr_nodes, &sims[p]);
            if (!sets)
                sets = rival_sets_make(&sims[p].host.host);
            ck_assert_ptr_nonnull(sets);
            sims[p].host.sets = sets;
        }
        for (unsigned int i = 0; i < NR_GUESTS; i++) {
            struct guest guest = next_guest(&seed, most_gib);

            while (sims[0].free_pages <
                   guest.pages + total * (100 - percent) / 100) {
                unsigned int which = random_below(&seed, sims[0].nr_running);

                full = true;
                for (unsigned int p = 0; p < NR_PLANNERS; p++)
                    stop_guest(&sims[p], which);
            }
            for (unsigned int p = 0; p < NR_PLANNERS; p++) {
                start_guest(&sims[p], (enum planner)p, &guest);
                if (full)
                    note(&sims[p], &guest, &outcomes[p]);
            }
        }
    }
    free(sims);
}

static const unsigned int sizes[] = { 2, 4, 8, 16, 64 };
static const unsigned int percents[] = { 55, 75, 90 };

#define NR_CELLS ((int)(ARRAY_SIZE(sizes) * ARRAY_SIZE(percents)))

START_TEST(near_and_evenly_busy)
{
    unsigned int nr_nodes = sizes[(size_t)_i / ARRAY_SIZE(percents)];
    unsigned int percent = percents[(size_t)_i % ARRAY_SIZE(percents)];
    struct outcome outcomes[NR_PLANNERS] = { 0 };
    double near[NR_PLANNERS], busy[NR_PLANNERS];

    simulate(nr_nodes, percent, random_guest, outcomes);
    for (unsigned int p = 0; p < NR_PLANNERS; p++) {
        near[p] = outcomes[p].distance / outcomes[p].pages;
        busy[p] = outcomes[p].busiest / outcomes[p].nr;
    }
    printf("# | %2u | %u %% | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n",
           nr_nodes, percent, near[XL], near[XAPI], near[OURS], busy[XL],
           busy[XAPI], busy[OURS]);
    fflush(stdout);
    for (unsigned int p = 0; p < OURS; p++)
        ck_assert_double_le(near[OURS], 1.01 * near[p]);
    ck_assert_double_le(busy[OURS], 1.01 * busy[XAPI]);
    /* Above that xl leaves all to Xen: each guest runs everywhere, evenly, and
     * far from its memory. */
    if (nr_nodes <= 16)
        ck_assert_double_le(busy[OURS], 1.10 * busy[XL]);
}
END_TEST

/* 4 nodes, a good half full of small guests of 4 vCPUs each. */
START_TEST(small_guests_spread)
{
    struct outcome outcomes[NR_PLANNERS] = { 0 };
    const struct outcome *ours = &outcomes[OURS];

    simulate(4, 55, small_guest, outcomes);
    printf("# 4 nodes, 55 %% full of guests with 4 vCPUs: %.1f vCPUs on the "
           "busiest, %.1f on the idlest\n",
           ours->busiest / ours->nr * NODE_CORES,
           ours->idlest / ours->nr * NODE_CORES);
    fflush(stdout);
    ck_assert_double_le(ours->busiest, 1.5 * ours->idlest);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_rivals");

    printf("# | nodes | full | distance: xl | xapi | ours | vCPUs per core: xl "
           "| xapi | ours |\n");
    fflush(stdout);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, near_and_evenly_busy, 0, NR_CELLS);
    tcase_add_test(tcase, small_guests_spread);
    return unit_run("numa_rivals", tcase);
}
