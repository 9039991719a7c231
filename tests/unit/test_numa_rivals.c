/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_numa_rivals.c - hosts that are filled and emptied by hundreds of
 * guests, each host by three planners: ours keeps guests nearest to their
 * memory. The table that this prints is the one in docs/numa.md. */
#include "numa_rivals.h"

#include <stdio.h>
#include <stdlib.h>

#include "numa_random.h"
#include "unit.h"

#define NR_GUESTS 400 /* in each of */
#define NR_ROUNDS 8
#define MAX_RUNNING 1024
#define NODE_GIB 64
#define NODE_CORES 16

static void (*const planners[])(struct rival_host *host, uint64_t pages,
                                unsigned int vcpus, struct placement *out) = {
    place_as_xl, place_as_xapi, place_as_we_do
};
#define NR_PLANNERS (sizeof(planners) / sizeof(*planners))
#define OURS (NR_PLANNERS - 1)

static const unsigned int sizes[] = { 2, 4, 8, 16, 64 };

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
    double sum;       /* of distance times pages */
    double all_pages; /* that were ever placed */
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
        node->free_pages = NODE_GIB * NUMA_PAGES_1G;
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
    FOR_EACH_NODE (node, sim->host.host.nodes) {
        uint64_t pages = guest->placement.pages[node];

        sim->host.host.node[node].free_pages -= (uint64_t)sign * pages;
        sim->free_pages -= (uint64_t)sign * pages;
        if (guest->placement.cpu_nodes & NUMA_BIT(node))
            sim->host.bound_vcpus[node] += (unsigned int)sign * guest->vcpus;
    }
}

static void start_guest(struct simulation *sim, size_t planner,
                        struct guest *guest)
{
    const struct numa_host *host = &sim->host.host;

    planners[planner](&sim->host, guest->pages, guest->vcpus,
                      &guest->placement);
    sim->sum +=
        placement_distance(host, &guest->placement) * (double)guest->pages;
    sim->all_pages += (double)guest->pages;
    account(sim, guest, 1);
    sim->running[sim->nr_running++] = *guest;
}

static void stop_guest(struct simulation *sim, unsigned int which)
{
    account(sim, &sim->running[which], -1);
    sim->running[which] = sim->running[--sim->nr_running];
}

/* Most are small; some need more than a node has free, a few more than one
 * node has at all. */
static struct guest random_guest(uint64_t *seed, unsigned int nr_nodes)
{
    unsigned int kind = random_below(seed, 10);
    unsigned int gib = kind < 6   ? 1 + random_below(seed, 16)
                       : kind < 9 ? 16 + random_below(seed, 40)
                                  : 64 + random_below(seed, 64);

    if (nr_nodes == 2 && gib > 96)
        gib = 96;
    return (struct guest){
        .pages = gib * NUMA_PAGES_1G,
        .vcpus = 1 + gib / 8 + random_below(seed, 4),
    };
}

/* The same guests come and go on all hosts, which are kept nine tenths full. */
static void simulate(unsigned int nr_nodes, unsigned int round,
                     struct simulation *sims)
{
    uint64_t total = (uint64_t)nr_nodes * NODE_GIB * NUMA_PAGES_1G;
    uint64_t seed = nr_nodes * 1000 + round;

    for (size_t p = 0; p < NR_PLANNERS; p++)
        make_host(nr_nodes, &sims[p]);

    for (unsigned int i = 0; i < NR_GUESTS; i++) {
        struct guest guest = random_guest(&seed, nr_nodes);

        while (sims[0].free_pages < guest.pages + total / 10) {
            unsigned int which = random_below(&seed, sims[0].nr_running);

            for (size_t p = 0; p < NR_PLANNERS; p++)
                stop_guest(&sims[p], which);
        }
        for (size_t p = 0; p < NR_PLANNERS; p++)
            start_guest(&sims[p], p, &guest);
    }
}

START_TEST(ours_is_nearest)
{
    struct simulation *sims = calloc(NR_PLANNERS, sizeof(*sims));
    double mean[NR_PLANNERS] = { 0 };

    ck_assert_ptr_nonnull(sims);
    for (unsigned int round = 0; round < NR_ROUNDS; round++) {
        simulate(sizes[_i], round, sims);
        for (size_t p = 0; p < NR_PLANNERS; p++) {
            mean[p] += sims[p].sum / sims[p].all_pages / NR_ROUNDS;
            free(sims[p].host.scores);
        }
    }
    free(sims);

    printf("# | %2u | %.2f | %.2f | %.2f |\n", sizes[_i], mean[0], mean[1],
           mean[2]);
    fflush(stdout);
    for (size_t p = 0; p < OURS; p++)
        ck_assert_double_le(mean[OURS], mean[p]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_rivals");

    printf("# | nodes | xl | xapi | ours |\n");
    fflush(stdout);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, ours_is_nearest, 0,
                        sizeof(sizes) / sizeof(*sizes));
    return unit_run("numa_rivals", tcase);
}
