/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_load.c - the vCPUs of other domains, where their domains belong. */
#include "numa_load.h"

#include <string.h>

#include "../fake/fake.h"
#include "unit.h"

static struct xg_log the_log;
static struct xg_ctx ctx;
static struct numa_host host;
static struct xg_error err;

/* As seen by the builder of another domain than the model's. */
static void begin(uint32_t domid)
{
    fake_host_set("host/node_free_mib", "64,64,64,64");
    assert_fine(xg_ctx_open(&ctx, domid, &the_log, &err), err);
    assert_fine(numa_host_read(&ctx, 0, &host, &err), err);
}

static void end(void)
{
    numa_host_free(&host);
    xg_ctx_close(&ctx);
}

/* Four vCPUs, of which it has started one, of a domain that belongs to nodes 1
 * and 2. */
START_TEST(a_domain_is_shared_over_its_nodes)
{
    uint64_t nodes = 0x6;
    uint8_t map[8] = { 0 };

    memcpy(map, &nodes, sizeof(map));
    begin(9);
    ck_assert_int_eq(xc_domain_node_setaffinity(ctx.xch, 7, map), 0);
    assert_fine(numa_load_read(&ctx, &host, &err), err);
    ck_assert_uint_eq(host.node[0].load, 0);
    ck_assert_uint_eq(host.node[1].load, 2 * NUMA_LOAD_VCPU);
    ck_assert_uint_eq(host.node[2].load, 2 * NUMA_LOAD_VCPU);
    ck_assert_uint_eq(host.node[3].load, 0);
    end();
}
END_TEST

/* The host's pCPUs are on nodes 0 and 2. */
START_TEST(a_node_without_cpus_has_no_load)
{
    uint64_t nodes = 0x6;
    uint8_t map[8] = { 0 };

    memcpy(map, &nodes, sizeof(map));
    fake_host_set("host/pcpus", "2");
    begin(9);
    ck_assert_int_eq(xc_domain_node_setaffinity(ctx.xch, 7, map), 0);
    assert_fine(numa_load_read(&ctx, &host, &err), err);
    ck_assert_uint_eq(host.node[1].load, 0);
    ck_assert_uint_eq(host.node[2].load, 4 * NUMA_LOAD_VCPU);
    end();
}
END_TEST

START_TEST(the_guest_itself_is_no_load)
{
    begin(7);
    assert_fine(numa_load_read(&ctx, &host, &err), err);
    ck_assert_uint_eq(host.node[0].load, 0);
    end();
}
END_TEST

/* Its vCPUs run on none of the pCPUs that are counted. */
START_TEST(another_cpupool_is_no_load)
{
    begin(9);
    fake_host_set("domain/cpupool", "1");
    assert_fine(numa_load_read(&ctx, &host, &err), err);
    FOR_EACH_NODE (node, host.nodes)
        ck_assert_uint_eq(host.node[node].load, 0);
    end();
}
END_TEST

/* A domain that ends while it is looked at. */
START_TEST(a_domain_without_answer_counts_nowhere)
{
    begin(9);
    fake_fail("xc_domain_node_getaffinity:1:ESRCH");
    assert_fine(numa_load_read(&ctx, &host, &err), err);
    ck_assert_uint_eq(host.node[0].load, 0);
    end();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_load");

    tcase_add_test(tcase, a_domain_is_shared_over_its_nodes);
    tcase_add_test(tcase, a_node_without_cpus_has_no_load);
    tcase_add_test(tcase, the_guest_itself_is_no_load);
    tcase_add_test(tcase, another_cpupool_is_no_load);
    tcase_add_test(tcase, a_domain_without_answer_counts_nowhere);
    return unit_run("numa_load", tcase);
}
