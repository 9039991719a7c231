/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_host.c - cores and threads of the pCPUs that count, devices, and
 * which pCPUs go with a set of nodes. */
#include "numa_host.h"

#include <stdio.h>
#include <time.h>

#include "../fake/fake.h"
#include "unit.h"

/* Two nodes with two cores of two threads, one whose cores Xen does not tell,
 * one without pCPUs. */
static struct numa_cpu cpus[] = {
    { .node = 0, .core = 0, .usable = true },
    { .node = 0, .core = 0, .usable = true },
    { .node = 0, .core = 2, .usable = true },
    { .node = 0, .core = 2, .usable = true },
    { .node = 1, .core = 4, .usable = true },
    { .node = 1, .core = 4, .usable = true },
    { .node = 1, .core = 6, .usable = true },
    { .node = 1, .core = 6, .usable = false },
    { .node = 2, .core = 8, .usable = true },
    { .node = 2, .core = 9, .usable = true },
};

static struct numa_host make_host(void)
{
    struct numa_host host = {
        .nodes = 0xf,
        .nr_cpus = ARRAY_SIZE(cpus),
        .cpu = cpus,
    };

    for (unsigned int a = 0; a < 4; a++)
        for (unsigned int b = 0; b < 4; b++)
            host.distance[a][b] = (uint8_t)(a == b ? 10 : 10 + 5 * (a + b));
    return host;
}

START_TEST(siblings_count_once)
{
    struct numa_host host = make_host();

    ck_assert_uint_eq(numa_host_count_cpus(&host, NULL), 0x7);
    ck_assert_uint_eq(host.node[0].cores, 2);
    ck_assert_uint_eq(host.node[0].threads, 4);
    ck_assert_uint_eq(host.node[1].cores, 2);
    ck_assert_uint_eq(host.node[1].threads, 3);
    ck_assert_uint_eq(host.node[2].cores, 2);
    ck_assert_uint_eq(host.node[3].threads, 0);
}
END_TEST

START_TEST(only_those_of_the_mask_count)
{
    struct numa_host host = make_host();
    const uint8_t mask[] = { 0xa2, 0x00 };

    ck_assert_uint_eq(numa_host_count_cpus(&host, mask), 0x3);
    ck_assert_uint_eq(host.node[0].cores, 1);
    ck_assert_uint_eq(host.node[1].threads, 1);
    ck_assert_uint_eq(host.node[2].threads, 0);
}
END_TEST

static const struct set {
    uint64_t nodes;
    unsigned int home;
    uint8_t map[2];
} sets[] = {
    { 0x1, 0, { 0x0f, 0x00 } },
    { 0x2, 1, { 0x70, 0x00 } }, /* not the one that is not usable */
    { 0x6, 1, { 0x70, 0x03 } },
    { 0x9, 3, { 0x0f, 0x00 } }, /* what the set itself has */
    { 0x8, 3, { 0x0f, 0x00 } }, /* the nearest to node 3 */
};

START_TEST(a_set_has_its_cpus)
{
    struct numa_host host = make_host();
    cleanup_free uint8_t *map = NULL;
    struct xg_error err;

    assert_fine(
        numa_host_cpu_map(&host, sets[_i].nodes, sets[_i].home, &map, &err),
        err);
    ck_assert_mem_eq(map, sets[_i].map, 2);
}
END_TEST

START_TEST(a_first_node_without_cpus_has_those_of_the_nearest)
{
    struct numa_host host = make_host();
    struct numa_cpu others[ARRAY_SIZE(cpus)];
    const uint8_t nearest[] = { 0x70, 0x00 };
    cleanup_free uint8_t *map = NULL;
    struct xg_error err;

    memcpy(others, cpus, sizeof(others));
    for (unsigned int cpu = 0; cpu < ARRAY_SIZE(others); cpu++)
        others[cpu].usable &= others[cpu].node != 0;
    host.cpu = others;
    assert_fine(numa_host_cpu_map(&host, 0x1, 0, &map, &err), err);
    ck_assert_mem_eq(map, nearest, 2);
}
END_TEST

START_TEST(the_host_as_xen_tells)
{
    cleanup_numa_host struct numa_host host = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    physdev_pci_device_t device = { .bus = 3 };
    struct xg_error err;

    fake_host_set("host/node_free_mib", "100,200,300");
    fake_host_set("host/pcpus", "6");
    fake_host_set("host/threads_per_core", "2");
    fake_host_set("host/pool", "001111");
    fake_host_set("host/device_node", "2");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_fine(numa_host_read(&ctx, 0, &host, &err), err);
    ck_assert_uint_eq(host.nodes, 0x7);
    ck_assert_uint_eq(host.node[2].free_pages, 0);
    assert_fine(numa_host_read_free(&ctx, -1, &host, &err), err);
    ck_assert_uint_eq(host.node[2].free_pages, 300 * 256);
    ck_assert_uint_eq(host.node[0].threads, 0);
    ck_assert_uint_eq(host.node[1].threads, 2);
    ck_assert_uint_eq(host.node[1].cores, 1);
    ck_assert_uint_eq(numa_distance(&host, 0, 1), 20);
    ck_assert_uint_eq(numa_distance(&host, 0, 2), 30);

    assert_fine(numa_host_read_devices(&ctx, &device, 1, &host, &err), err);
    ck_assert_uint_eq(host.node[0].device_distance, 30);
    ck_assert_uint_eq(host.node[2].device_distance, 10);
}
END_TEST

/* No Xen says so, and no plan has that node. */
START_TEST(a_node_that_is_not_there_has_no_cpus)
{
    cleanup_numa_host struct numa_host host = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    fake_host_set("host/node_free_mib", "100,-,300");
    fake_host_set("host/pcpus", "6");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_fine(numa_host_read(&ctx, 0, &host, &err), err);
    ck_assert_uint_eq(host.nodes, 0x5);
    for (unsigned int cpu = 0; cpu < 6; cpu++)
        ck_assert(host.cpu[cpu].usable == (host.cpu[cpu].node != 1));
    ck_assert_uint_eq(host.node[1].threads, 0);
}
END_TEST

static const struct low {
    const char *free_mib;
    uint64_t low_mib; /* of node 0, of the 16 MiB that Xen keeps */
} lows[] = { { "10,64", 10 }, { "60,64", 16 } };

START_TEST(low_memory_is_a_part_of_what_is_free)
{
    cleanup_numa_host struct numa_host host = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    fake_host_set("host/node_free_mib", lows[_i].free_mib);
    fake_host_set("host/low_mib", "16");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_fine(numa_host_read(&ctx, 0, &host, &err), err);
    assert_fine(numa_host_read_free(&ctx, -1, &host, &err), err);
    ck_assert_uint_eq(host.node[0].low_pages, lows[_i].low_mib * 256);
    ck_assert_uint_eq(host.node[1].low_pages, 0);
}
END_TEST

/* Broken tables have 0xff everywhere, a node to itself included. */
START_TEST(distances_that_are_not_told)
{
    cleanup_numa_host struct numa_host host = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    fake_host_set("host/node_free_mib", "100,200");
    fake_host_set("host/slit", "unknown");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_fine(numa_host_read(&ctx, 0, &host, &err), err);
    ck_assert_uint_eq(numa_distance(&host, 0, 0), 10);
    ck_assert_uint_eq(numa_distance(&host, 0, 1), NUMA_DISTANCE_UNKNOWN);
}
END_TEST

static const struct distance {
    unsigned int to; /* from node 1 */
    uint32_t told;
    unsigned int distance;
} distances[] = {
    { 0, 21, 21 },
    { 0, 254, 254 },
    { 0, 255, NUMA_DISTANCE_UNKNOWN },
    { 0, UINT32_MAX, NUMA_DISTANCE_UNKNOWN },
    { 0, 0, NUMA_DISTANCE_UNKNOWN },
    { 1, 11, 11 },
    { 1, 0, 10 },
    { 1, UINT32_MAX, 10 },
};

START_TEST(what_is_a_distance)
{
    struct numa_host host = { 0 };

    numa_host_set_distance(&host, 1, distances[_i].to, distances[_i].told);
    ck_assert_uint_eq(numa_distance(&host, 1, distances[_i].to),
                      distances[_i].distance);
}
END_TEST

static double seconds_to_read(const struct xg_ctx *ctx, const char *pcpus)
{
    double least = 1e9;

    fake_host_set("host/pcpus", pcpus);
    for (unsigned int i = 0; i < 3; i++) {
        cleanup_numa_host struct numa_host host = { 0 };
        struct xg_error err;
        clock_t from = clock();
        double seconds;

        assert_fine(numa_host_read(ctx, 0, &host, &err), err);
        seconds = (double)(clock() - from) / CLOCKS_PER_SEC;
        least = seconds < least ? seconds : least;
        ck_assert_uint_eq(host.node[0].cores, host.nr_cpus / 2);
    }
    return least;
}

/* 16 times as many pCPUs take little more than 16 times as long. If each were
 * compared with each, it would be 256 times. */
START_TEST(many_pcpus_are_soon_counted)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;
    double few, many;

    fake_host_set("host/threads_per_core", "2");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    few = seconds_to_read(&ctx, "4096");
    many = seconds_to_read(&ctx, "65536");
    printf("# 4096 pCPUs are read in %.3f ms, 65536 in %.3f ms\n", few * 1e3,
           many * 1e3);
    fflush(stdout);
    ck_assert_double_lt(many, 100 * (few > 1e-4 ? few : 1e-4));
}
END_TEST

/* A node that Xen does not know is nobody's. */
START_TEST(a_device_anywhere)
{
    cleanup_numa_host struct numa_host host = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    physdev_pci_device_t device = { .bus = 3 };
    struct xg_error err;

    fake_host_set("host/device_node", "0xffffffff");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_fine(numa_host_read(&ctx, 0, &host, &err), err);
    assert_fine(numa_host_read_devices(&ctx, &device, 1, &host, &err), err);
    ck_assert_uint_eq(host.node[0].device_distance, 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_host");

    tcase_add_test(tcase, siblings_count_once);
    tcase_add_test(tcase, only_those_of_the_mask_count);
    tcase_add_loop_test(tcase, a_set_has_its_cpus, 0, ARRAY_SIZE(sets));
    tcase_add_test(tcase, a_first_node_without_cpus_has_those_of_the_nearest);
    tcase_add_test(tcase, the_host_as_xen_tells);
    tcase_add_test(tcase, a_node_that_is_not_there_has_no_cpus);
    tcase_add_loop_test(tcase, low_memory_is_a_part_of_what_is_free, 0,
                        ARRAY_SIZE(lows));
    tcase_add_test(tcase, distances_that_are_not_told);
    tcase_add_loop_test(tcase, what_is_a_distance, 0, ARRAY_SIZE(distances));
    tcase_add_test(tcase, many_pcpus_are_soon_counted);
    tcase_add_test(tcase, a_device_anywhere);
    return unit_run("numa_host", tcase);
}
