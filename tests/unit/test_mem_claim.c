/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_mem_claim.c - each way of claiming, each refusal of it and what comes
 * next, with the claims that the library has. */
#include "mem_claim.h"

#include <errno.h>

#include "../fake/fake.h"
#include "unit.h"
#include "variant.h"

#define SET "xc_domain_claim_memory"
#define NODE "xc_domain_claim_pages_node"
#define HOST "xc_domain_claim_pages"

static const struct row {
    enum numa_claim how;
    unsigned int nr_nodes;
    uint64_t claimed_before;
    const char *fail;
    /* by what the library has: sets, nodes, neither */
    struct outcome {
        int code; /* 0: fine */
        enum mem_claim_kind kind;
    } sets, nodes, neither;
} rows[] = {
    { NUMA_CLAIM_OFF, 1, 0, "", { 0, 0 }, { 0, 0 }, { 0, 0 } },
    { NUMA_CLAIM_OFF, 1, 9, "", { 0, 1 }, { 0, 1 }, { 0, 1 } },
    { NUMA_CLAIM_AUTO,
      1,
      0,
      "",
      { 0, MEM_CLAIM_SET },
      { 0, MEM_CLAIM_NODE },
      { 0, MEM_CLAIM_HOST } },
    { NUMA_CLAIM_AUTO,
      3,
      0,
      "",
      { 0, MEM_CLAIM_SET },
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST } },
    { NUMA_CLAIM_NODE,
      1,
      0,
      "",
      { 0, MEM_CLAIM_SET },
      { 0, MEM_CLAIM_NODE },
      { ENOSYS, MEM_CLAIM_NONE } },
    { NUMA_CLAIM_NODE,
      2,
      0,
      "",
      { 0, MEM_CLAIM_SET },
      { ENOSYS, MEM_CLAIM_NONE },
      { ENOSYS, MEM_CLAIM_NONE } },
    { NUMA_CLAIM_HOST,
      2,
      0,
      "",
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST } },
    /* a claim of the toolstack: only a set can take its place */
    { NUMA_CLAIM_AUTO,
      1,
      9,
      "",
      { 0, MEM_CLAIM_SET },
      { 0, MEM_CLAIM_TOOLSTACK },
      { 0, MEM_CLAIM_TOOLSTACK } },
    { NUMA_CLAIM_HOST,
      1,
      9,
      "",
      { 0, MEM_CLAIM_TOOLSTACK },
      { 0, MEM_CLAIM_TOOLSTACK },
      { 0, MEM_CLAIM_TOOLSTACK } },
    /* a hypervisor that is older than the library */
    { NUMA_CLAIM_AUTO,
      1,
      0,
      SET ":1:ENOSYS," NODE ":1:ENOSYS",
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST } },
    { NUMA_CLAIM_AUTO,
      1,
      0,
      SET ":1:EINVAL," NODE ":1:EINVAL",
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST } },
    { NUMA_CLAIM_NODE,
      1,
      0,
      SET ":1:EOPNOTSUPP," NODE ":1:EOPNOTSUPP",
      { ENOSYS, MEM_CLAIM_NONE },
      { ENOSYS, MEM_CLAIM_NONE },
      { ENOSYS, MEM_CLAIM_NONE } },
    { NUMA_CLAIM_AUTO,
      1,
      0,
      SET ":1:ENOSYS," NODE ":1:ENOSYS," HOST ":1:ENOSYS",
      { 0, MEM_CLAIM_NONE },
      { 0, MEM_CLAIM_NONE },
      { 0, MEM_CLAIM_NONE } },
    /* one whose policy does not know the call, or forbids it */
    { NUMA_CLAIM_AUTO,
      1,
      0,
      SET ":1:EPERM," NODE ":1:EPERM",
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST },
      { 0, MEM_CLAIM_HOST } },
    { NUMA_CLAIM_AUTO,
      1,
      0,
      SET ":1:EPERM," NODE ":1:EPERM," HOST ":1:EPERM",
      { 0, MEM_CLAIM_NONE },
      { 0, MEM_CLAIM_NONE },
      { 0, MEM_CLAIM_NONE } },
    { NUMA_CLAIM_NODE,
      1,
      0,
      SET ":1:EPERM," NODE ":1:EPERM",
      { EPERM, MEM_CLAIM_NONE },
      { EPERM, MEM_CLAIM_NONE },
      { ENOSYS, MEM_CLAIM_NONE } },
    { NUMA_CLAIM_AUTO,
      1,
      9,
      SET ":1:EPERM",
      { 0, MEM_CLAIM_TOOLSTACK },
      { 0, MEM_CLAIM_TOOLSTACK },
      { 0, MEM_CLAIM_TOOLSTACK } },
    /* no memory is an answer, not a refusal */
    { NUMA_CLAIM_AUTO,
      1,
      0,
      SET ":1:ENOMEM," NODE ":1:ENOMEM," HOST ":1:ENOMEM",
      { ENOMEM, MEM_CLAIM_SET },
      { ENOMEM, MEM_CLAIM_NODE },
      { ENOMEM, MEM_CLAIM_HOST } },
    { NUMA_CLAIM_AUTO,
      1,
      0,
      SET ":1:ESRCH," NODE ":1:ESRCH," HOST ":1:ESRCH",
      { ESRCH, MEM_CLAIM_SET },
      { ESRCH, MEM_CLAIM_NODE },
      { ESRCH, MEM_CLAIM_HOST } },
};

static void ten_nodes(void)
{
    fake_host_set("host/node_free_mib", "64,64,64,64,64,64,64,64,64,64");
}

START_TEST(the_strongest_that_there_is)
{
    const struct row *row = &rows[_i];
    const struct outcome *wanted = HAS_SETS    ? &row->sets
                                   : HAS_NODES ? &row->nodes
                                               : &row->neither;
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = { .how = row->how };
    xc_domaininfo_t info = {
        .max_pages = 100000,
        .outstanding_pages = row->claimed_before,
    };
    enum mem_claim_kind kind;
    struct xg_error err;
    int rc;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    fake_fail(row->fail);
    for (unsigned int node = 0; node < row->nr_nodes; node++)
        request.pages[2 * node + 1] = 1000;

    rc = mem_claim_stake(&ctx, &info, &request, &kind, &err);
    ck_assert_int_eq(kind, wanted->kind);
    if (wanted->code) {
        ck_assert_int_eq(rc, -1);
        ck_assert_int_eq(err.code, wanted->code);
    } else {
        assert_fine(rc, err);
    }
}
END_TEST

/* Whatever was claimed is given up in the end, and what is to stay claimed is
 * claimed on the home node if there is a way, however the rest was. */
START_TEST(the_end_of_a_claim)
{
    enum mem_claim_kind kind = (enum mem_claim_kind)_i;
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    if ((kind == MEM_CLAIM_SET && !HAS_SETS) ||
        (kind == MEM_CLAIM_NODE && !HAS_NODES))
        return;
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);

    assert_fine(mem_claim_settle(&ctx, kind, 2, 0, &err), err);
    ck_assert_uint_eq(fake_count(HOST), kind != MEM_CLAIM_NONE);
    ck_assert_uint_eq(fake_outstanding(), 0);

    assert_fine(mem_claim_settle(&ctx, kind, 2, 64, &err), err);
    ck_assert_uint_eq(fake_count(SET), HAS_SETS);
    ck_assert_uint_eq(fake_count(NODE), HAS_NODES);
    ck_assert_uint_eq(fake_outstanding(), 64);
    ck_assert_uint_eq(fake_claimed(2), HAS_SETS || HAS_NODES ? 64 : 0);

    /* That there is no memory for it is no reason to fail. */
    fake_fail(SET ":2:ENOMEM," NODE ":2:ENOMEM");
    assert_fine(mem_claim_settle(&ctx, kind, 2, UINT32_MAX, &err), err);
    if (kind != MEM_CLAIM_NONE)
        ck_assert_uint_eq(fake_outstanding(), 0);
}
END_TEST

/* More than the domain may have would be refused. */
START_TEST(a_host_claim_within_the_domains_limit)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = { .how = NUMA_CLAIM_HOST };
    xc_domaininfo_t info = { .max_pages = 1200 };
    enum mem_claim_kind kind;
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    request.pages[0] = 1000;
    request.pages[5] = 512;
    assert_fine(mem_claim_stake(&ctx, &info, &request, &kind, &err), err);
    ck_assert_uint_eq(fake_outstanding(), 1200);
}
END_TEST

/* By node too: what comes besides is left out first, on the home node. */
START_TEST(a_claim_by_node_within_the_domains_limit)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = { .how = NUMA_CLAIM_AUTO, .home = 5 };
    xc_domaininfo_t info = { .max_pages = 1200, .tot_pages = 10 };
    enum mem_claim_kind kind;
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    request.pages[5] = 1000 + 512;
    assert_fine(mem_claim_stake(&ctx, &info, &request, &kind, &err), err);
    if (HAS_SETS || HAS_NODES)
        ck_assert_uint_eq(fake_claimed(5), 1190);
    else
        ck_assert_uint_eq(fake_outstanding(), 1200);

    request.pages[0] = 400;
    assert_fine(mem_claim_stake(&ctx, &info, &request, &kind, &err), err);
    if (HAS_SETS)
        ck_assert_uint_eq(fake_claimed(0) + fake_claimed(5), 1190);
}
END_TEST

/* Of the policy any: there is no home node. */
START_TEST(a_residual_claim_anywhere)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_fine(
        mem_claim_settle(&ctx, MEM_CLAIM_NONE, MEM_CLAIM_ANYWHERE, 64, &err),
        err);
    ck_assert_uint_eq(fake_count(SET) + fake_count(NODE), 0);
    ck_assert_uint_eq(fake_outstanding(), 64);
}
END_TEST

#ifdef HAVE_CLAIM_MEMORY
START_TEST(the_nodes_that_a_set_fails_for)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = {
        .home = 2,
        .pages = { [1] = 5, [2] = 600, [9] = 7 },
    };
    xc_domaininfo_t info = { .max_pages = 20 };
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    fake_fail(SET ":1:ENOMEM," SET ":3:ENOMEM");
    ck_assert_uint_eq(mem_claim_find_short(&ctx, &info, &request),
                      NUMA_BIT(1) | NUMA_BIT(9));
    ck_assert_uint_eq(fake_count(SET), 3);
    ck_assert_uint_eq(fake_count(HOST), 1); /* node 2's is given up */

    /* A claim of the toolstack's is not risked for it. */
    info.outstanding_pages = 20;
    ck_assert_uint_eq(mem_claim_find_short(&ctx, &info, &request), NUMA_BIT(2));
    ck_assert_uint_eq(fake_count(SET), 3);
    ck_assert_uint_eq(fake_count(HOST), 1);
}
END_TEST
#endif

int main(void)
{
    TCase *tcase = tcase_create("mem_claim");

    tcase_add_checked_fixture(tcase, ten_nodes, NULL);
    tcase_add_loop_test(tcase, the_strongest_that_there_is, 0,
                        ARRAY_SIZE(rows));
    tcase_add_loop_test(tcase, the_end_of_a_claim, 0, MEM_CLAIM_SET + 1);
    tcase_add_test(tcase, a_host_claim_within_the_domains_limit);
    tcase_add_test(tcase, a_claim_by_node_within_the_domains_limit);
    tcase_add_test(tcase, a_residual_claim_anywhere);
#ifdef HAVE_CLAIM_MEMORY
    tcase_add_test(tcase, the_nodes_that_a_set_fails_for);
#endif
    return unit_run("mem_claim", tcase);
}
