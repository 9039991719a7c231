/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_vnodes.c - virtual nodes: what must hold for each layout, some of
 * them exactly, and their distances. */
#include "numa_vnodes.h"

#include <errno.h>
#include <inttypes.h>

#include "cleanup.h"
#include "unit.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

static struct numa_vnodes vnodes;
static struct xg_error err;

static struct numa_vnodes_request pvh(uint64_t mem_bytes, unsigned int nr_vcpus)
{
    struct numa_vnodes_request request = { .nr_vcpus = nr_vcpus };

    request.nr_ram = mem_layout_pvh_ram(mem_bytes, request.ram);
    return request;
}

/* All RAM and all vCPUs, each once, in order; every cut at 2 MiB; shares that
 * differ by no more than that, and what the last superpage lacks. */
static void assert_sound(const struct numa_vnodes_request *request)
{
    uint64_t bytes[NUMA_VNODES_MAX] = { 0 }, least = UINT64_MAX, most = 0;
    unsigned int ram = 0, vcpu = 0;
    uint64_t at = request->ram[0].start;

    for (unsigned int i = 0; i < vnodes.nr_ranges; i++) {
        const struct numa_vnode_range *range = &vnodes.range[i];

        ck_assert_uint_eq(range->ram.start, at);
        ck_assert(range->ram.end > at);
        ck_assert(range->vnode == (i ? vnodes.range[i - 1].vnode : 0) ||
                  range->vnode == vnodes.range[i - 1].vnode + 1);
        bytes[range->vnode] += range->ram.end - at;
        at = range->ram.end;
        if (at == request->ram[ram].end)
            at = ++ram < request->nr_ram ? request->ram[ram].start : 0;
        else
            ck_assert_uint_eq(at % MIB(2), 0);
    }
    ck_assert_uint_eq(ram, request->nr_ram);

    for (unsigned int i = 0; i < vnodes.nr; i++) {
        const struct numa_vnode *vnode = &vnodes.vnode[i];

        ck_assert_uint_eq(vnode->bytes, bytes[i]);
        least = bytes[i] < least ? bytes[i] : least;
        most = bytes[i] > most ? bytes[i] : most;
        ck_assert_uint_eq(vnode->first_vcpu, vcpu);
        ck_assert_uint_ge(vnode->nr_vcpus, 1);
        for (unsigned int end = vcpu + vnode->nr_vcpus; vcpu < end; vcpu++)
            ck_assert_uint_eq(numa_vnodes_of_vcpu(&vnodes, vcpu), i);
    }
    ck_assert_uint_eq(vcpu, request->nr_vcpus);
    ck_assert_uint_lt(most - least, MIB(4));
}

static const uint64_t sizes[] = {
    MIB(64),   MIB(65),   MIB(127),  MIB(512),  MIB(1023),  GIB(1),
    MIB(3839), MIB(3840), MIB(3841), GIB(4),    MIB(4097),  GIB(6),
    MIB(7680), MIB(7682), GIB(64),   GIB(1024), GIB(16383),
};

START_TEST(every_layout_is_sound)
{
    static const unsigned int counts[] = { 1, 2, 3, 4, 7, 32 };
    static const unsigned int vcpus[] = { 32, 33, 127, 128 };

    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        for (size_t v = 0; v < ARRAY_SIZE(vcpus); v++) {
            struct numa_vnodes_request request = pvh(sizes[_i], vcpus[v]);

            assert_fine(numa_vnodes_make(&request, counts[i], &vnodes, &err),
                        err);
            ck_assert_uint_eq(vnodes.nr, counts[i]);
            assert_sound(&request);
            for (unsigned int n = 0; n < vnodes.nr; n++) {
                unsigned int nr = vnodes.vnode[n].nr_vcpus;

                ck_assert(nr == vcpus[v] / counts[i] ||
                          nr == vcpus[v] / counts[i] + 1);
            }
        }
}
END_TEST

/* Low RAM that an odd reserved range ends, as an HVM guest may have it. */
START_TEST(cuts_are_at_2_mib_of_the_address)
{
    struct numa_vnodes_request request = {
        .ram = { { 0, MIB(1024) + 0x3000 }, { GIB(4), GIB(4) + MIB(511) } },
        .nr_ram = 2,
        .nr_vcpus = 8,
    };

    for (unsigned int nr = 1; nr <= 8; nr++) {
        assert_fine(numa_vnodes_make(&request, nr, &vnodes, &err), err);
        assert_sound(&request);
    }
}
END_TEST

static void assert_range(unsigned int i, uint64_t start, uint64_t end,
                         unsigned int vnode)
{
    ck_assert_uint_eq(vnodes.range[i].ram.start, start);
    ck_assert_uint_eq(vnodes.range[i].ram.end, end);
    ck_assert_uint_eq(vnodes.range[i].vnode, vnode);
}

/* 6 GiB: 3840 MiB are below the hole, the first of three ends at 2 GiB. */
START_TEST(the_hole_splits_a_node_and_makes_none)
{
    struct numa_vnodes_request request = pvh(GIB(6), 6);

    assert_fine(numa_vnodes_make(&request, 3, &vnodes, &err), err);
    ck_assert_uint_eq(vnodes.nr_ranges, 4);
    assert_range(0, 0, GIB(2), 0);
    assert_range(1, GIB(2), MIB(3840), 1);
    assert_range(2, GIB(4), GIB(4) + MIB(256), 1);
    assert_range(3, GIB(4) + MIB(256), GIB(6) + MIB(256), 2);
}
END_TEST

/* Where a share ends at the hole, nothing is left over of it. */
START_TEST(a_share_may_end_at_the_hole)
{
    struct numa_vnodes_request request = pvh(MIB(7680), 2);

    assert_fine(numa_vnodes_make(&request, 2, &vnodes, &err), err);
    ck_assert_uint_eq(vnodes.nr_ranges, 2);
    assert_range(0, 0, MIB(3840), 0);
    assert_range(1, GIB(4), GIB(4) + MIB(3840), 1);
}
END_TEST

START_TEST(ram_that_cannot_be_shared_equally)
{
    struct numa_vnodes_request request = pvh(MIB(65), 4);

    assert_fine(numa_vnodes_make(&request, 4, &vnodes, &err), err);
    assert_range(0, 0, MIB(16), 0);
    assert_range(1, MIB(16), MIB(32), 1);
    assert_range(2, MIB(32), MIB(48), 2);
    assert_range(3, MIB(48), MIB(65), 3);
}
END_TEST

/* Sockets stay whole, also where they can't be shared equally. */
START_TEST(vcpus_in_whole_sockets)
{
    static const unsigned int first[] = { 0, 4, 12 };
    struct numa_vnodes_request request = pvh(GIB(1), 20);

    request.vcpus_per_socket = 4;
    assert_fine(numa_vnodes_make(&request, 3, &vnodes, &err), err);
    for (unsigned int i = 0; i < ARRAY_SIZE(first); i++)
        ck_assert_uint_eq(vnodes.vnode[i].first_vcpu, first[i]);
    assert_sound(&request);
    assert_failed(numa_vnodes_make(&request, 6, &vnodes, &err), err, ERANGE,
                  "6 virtual nodes: the guest has 5 sockets");
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    struct numa_vnodes_request request = pvh(GIB(1), 3);

    assert_failed(numa_vnodes_make(&request, 4, &vnodes, &err), err, ERANGE,
                  "4 virtual nodes: the guest has 3 vCPUs");
    assert_failed(numa_vnodes_make(&request, 0, &vnodes, &err), err, ERANGE,
                  "0 virtual nodes");
    request.nr_vcpus = 128;
    assert_failed(numa_vnodes_make(&request, 33, &vnodes, &err), err, ERANGE,
                  "33 virtual nodes: a guest has 1 to 32");
    request = pvh(MIB(3), 3);
    assert_failed(numa_vnodes_make(&request, 3, &vnodes, &err), err, ERANGE,
                  "would have no memory");
}
END_TEST

/* As four nodes in pairs have them; of 2 and 3 the table says nothing that can
 * be. */
START_TEST(distances_are_the_hosts)
{
    static const unsigned int nodes[] = { 3, 0, 2 };
    struct numa_host host = { .nodes = 0xf };
    struct numa_vnodes_request request = pvh(GIB(1), 3);

    for (unsigned int i = 0; i < 4; i++)
        for (unsigned int j = 0; j < 4; j++)
            numa_host_set_distance(&host, i, j, i == j ? 10 : 30 + i + j);
    numa_host_set_distance(&host, 2, 3, 0xff);
    numa_host_set_distance(&host, 0, 2, 10);
    numa_host_set_distance(&host, 2, 0, 10);

    assert_fine(numa_vnodes_make(&request, 3, &vnodes, &err), err);
    numa_vnodes_place(&vnodes, &host, nodes);
    for (unsigned int i = 0; i < 3; i++) {
        ck_assert_uint_eq(vnodes.vnode[i].node, nodes[i]);
        ck_assert_uint_eq(vnodes.distance[i][i], 10);
    }
    ck_assert_uint_eq(vnodes.distance[0][1], 33);
    ck_assert_uint_eq(vnodes.distance[1][0], 33);
    ck_assert_uint_eq(vnodes.distance[0][2], 20);
    ck_assert_uint_eq(vnodes.distance[2][0], 20);
    ck_assert_uint_eq(vnodes.distance[1][2], 20);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_vnodes");

    tcase_add_loop_test(tcase, every_layout_is_sound, 0, ARRAY_SIZE(sizes));
    tcase_add_test(tcase, cuts_are_at_2_mib_of_the_address);
    tcase_add_test(tcase, the_hole_splits_a_node_and_makes_none);
    tcase_add_test(tcase, a_share_may_end_at_the_hole);
    tcase_add_test(tcase, ram_that_cannot_be_shared_equally);
    tcase_add_test(tcase, vcpus_in_whole_sockets);
    tcase_add_test(tcase, what_cannot_be_is_refused);
    tcase_add_test(tcase, distances_are_the_hosts);
    return unit_run("numa_vnodes", tcase);
}
