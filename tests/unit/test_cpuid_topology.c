/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_cpuid_topology.c - how many vCPUs a socket has, and the leaves of CPUID
 * that say so. That a guest believes them is for the test host to show. */
#include "cpuid_topology.h"

#include "unit.h"

/* The vCPUs of a socket, for cores-per-socket (0: not set) and virtual nodes
 * that begin at these vCPUs. */
static unsigned int socket_of(int64_t cores, unsigned int nr,
                              const unsigned int *first)
{
    const struct xs_platform platform = {
        .cores_per_socket = { .set = cores > 0, .value = cores },
    };
    struct numa_vnodes vnodes = { .nr = nr };

    for (unsigned int i = 0; i < nr; i++)
        vnodes.vnode[i].first_vcpu = first[i];
    return cpuid_topology_socket(&platform, &vnodes);
}

START_TEST(without_key_and_nodes_it_is_left)
{
    const struct xs_platform platform = { .vcpu_number.value = 4 };

    ck_assert_uint_eq(cpuid_topology_socket(&platform, NULL), 0);
    ck_assert_uint_eq(socket_of(0, 0, NULL), 0);
    ck_assert_uint_eq(socket_of(0, 1, (unsigned int[]){ 0 }), 0);
}
END_TEST

START_TEST(no_socket_is_in_two_nodes)
{
    ck_assert_uint_eq(socket_of(0, 2, (unsigned int[]){ 0, 1 }), 1);
    ck_assert_uint_eq(socket_of(0, 2, (unsigned int[]){ 0, 2 }), 2);
    ck_assert_uint_eq(socket_of(0, 2, (unsigned int[]){ 0, 6 }), 2);
    ck_assert_uint_eq(socket_of(0, 3, (unsigned int[]){ 0, 8, 16 }), 8);
    ck_assert_uint_eq(socket_of(0, 4, (unsigned int[]){ 0, 1, 2, 3 }), 1);
    ck_assert_uint_eq(socket_of(0, 2, (unsigned int[]){ 0, 64 }), 64);
}
END_TEST

START_TEST(the_key_counts_before_nodes)
{
    ck_assert_uint_eq(socket_of(4, 0, NULL), 4);
    ck_assert_uint_eq(socket_of(1, 0, NULL), 1);
    ck_assert_uint_eq(socket_of(3, 0, NULL), 4);
    ck_assert_uint_eq(socket_of(65, 0, NULL), 128);
    ck_assert_uint_eq(socket_of(1, 2, (unsigned int[]){ 0, 4 }), 1);
    ck_assert_uint_eq(socket_of(8, 2, (unsigned int[]){ 0, 4 }), 8);
}
END_TEST

/* As a library leaves them, and one that nothing here is about. */
static void make_leaves(xen_cpuid_leaf_t leaves[5], bool intel)
{
    const xen_cpuid_leaf_t all[5] = {
        { 0, XEN_CPUID_NO_SUBLEAF, 0xd, 1, 2, 3 },
        { 1, XEN_CPUID_NO_SUBLEAF, 0xa, 0x5a40085a, 0xc, 0xd },
        /* Data, level 1: 2 ids share it. Unified, level 3: 64 do. */
        { 4, 0, intel ? 0x7c004121 : 0, 0xb, 0xc, 0xd },
        { 4, 1, intel ? 0xfc0fc163 : 0, 0xb, 0xc, 0xd },
        { 0x80000008, XEN_CPUID_NO_SUBLEAF, 0x3028, 0xb, 0x000a90ff, 0xd },
    };

    memcpy(leaves, all, sizeof(all));
}

START_TEST(amd)
{
    static const struct {
        unsigned int vcpus;
        uint32_t ids, sizes; /* EBX of leaf 1, ECX of 0x80000008 */
    } sockets[] = {
        { 1, 0x5a02085a, 0x000a1001 },   { 2, 0x5a04085a, 0x000a2003 },
        { 4, 0x5a08085a, 0x000a3007 },   { 64, 0x5a80085a, 0x000a707f },
        { 128, 0x5a80085a, 0x000a707f },
    };
    xen_cpuid_leaf_t leaves[5];

    for (unsigned int i = 0; i < ARRAY_SIZE(sockets); i++) {
        make_leaves(leaves, false);
        ck_assert_uint_eq(cpuid_topology_edit(leaves, 5, sockets[i].vcpus), 2);
        ck_assert_uint_eq(leaves[0].leaf, 1);
        ck_assert_uint_eq(leaves[0].b, sockets[i].ids);
        ck_assert(leaves[0].a == 0xa && leaves[0].c == 0xc &&
                  leaves[0].d == 0xd);
        ck_assert_uint_eq(leaves[1].leaf, 0x80000008);
        ck_assert_uint_eq(leaves[1].c, sockets[i].sizes);
        ck_assert(leaves[1].a == 0x3028 && leaves[1].b == 0xb &&
                  leaves[1].d == 0xd);
    }
}
END_TEST

START_TEST(intel)
{
    static const struct {
        unsigned int vcpus;
        uint32_t ids, small, large; /* EBX of leaf 1, EAX of leaf 4 */
    } sockets[] = {
        { 1, 0x5a02085a, 0x04004121, 0x04004163 },
        { 2, 0x5a04085a, 0x0c004121, 0x0c00c163 },
        { 8, 0x5a10085a, 0x3c004121, 0x3c03c163 },
        { 32, 0x5a40085a, 0xfc004121, 0xfc0fc163 },
        { 128, 0x5aff085a, 0xfc004121, 0xfc0fc163 },
    };
    xen_cpuid_leaf_t leaves[5];

    for (unsigned int i = 0; i < ARRAY_SIZE(sockets); i++) {
        make_leaves(leaves, true);
        ck_assert_uint_eq(cpuid_topology_edit(leaves, 5, sockets[i].vcpus), 3);
        ck_assert_uint_eq(leaves[0].leaf, 1);
        ck_assert_uint_eq(leaves[0].b, sockets[i].ids);
        ck_assert(leaves[1].leaf == 4 && leaves[1].subleaf == 0);
        ck_assert_uint_eq(leaves[1].a, sockets[i].small);
        ck_assert(leaves[2].leaf == 4 && leaves[2].subleaf == 1);
        ck_assert_uint_eq(leaves[2].a, sockets[i].large);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cpuid_topology");

    tcase_add_test(tcase, without_key_and_nodes_it_is_left);
    tcase_add_test(tcase, no_socket_is_in_two_nodes);
    tcase_add_test(tcase, the_key_counts_before_nodes);
    tcase_add_test(tcase, amd);
    tcase_add_test(tcase, intel);
    return unit_run("cpuid_topology", tcase);
}
