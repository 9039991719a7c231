/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
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
      SET ":1:EACCES," NODE ":1:EACCES," HOST ":1:EACCES",
      { 0, MEM_CLAIM_NONE },
      { 0, MEM_CLAIM_NONE },
      { 0, MEM_CLAIM_NONE } },
    { NUMA_CLAIM_NODE,
      1,
      0,
      SET ":1:EACCES," NODE ":1:EACCES",
      { EACCES, MEM_CLAIM_NONE },
      { EACCES, MEM_CLAIM_NONE },
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
    enum mem_claim_kind kind, foreseen;
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
    /* Where the hypervisor has no objection, that was to be expected. */
    if (row->fail[0])
        return;
    ck_assert_int_eq(mem_claim_foresee(&info, &request, &foreseen, &err), rc);
    ck_assert_int_eq(foreseen, kind);
}
END_TEST

/* Whatever was claimed is given up in the end, and what is to stay claimed is
 * claimed on the home node if there is a way, however the rest was. */
START_TEST(the_end_of_a_claim)
{
    enum mem_claim_kind kind = (enum mem_claim_kind)_i;
    struct mem_claim_residual residual = { .pages = 64, .home = 2 };
    const struct mem_claim_residual nothing = { .pages = 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    if ((kind == MEM_CLAIM_SET && !HAS_SETS) ||
        (kind == MEM_CLAIM_NODE && !HAS_NODES))
        return;
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);

    assert_fine(mem_claim_settle(&ctx, kind, &nothing, &err), err);
    ck_assert_uint_eq(fake_count(HOST), kind != MEM_CLAIM_NONE);
    ck_assert_uint_eq(fake_outstanding(), 0);

    assert_fine(mem_claim_settle(&ctx, kind, &residual, &err), err);
    ck_assert_uint_eq(fake_count(SET), HAS_SETS);
    ck_assert_uint_eq(fake_count(NODE), HAS_NODES);
    ck_assert_uint_eq(fake_outstanding(), 64);
    ck_assert_uint_eq(fake_claimed(2), HAS_SETS || HAS_NODES ? 64 : 0);

    /* That there is no memory for it is no reason to fail. */
    fake_fail(SET ":2:ENOMEM," NODE ":2:ENOMEM");
    residual.pages = UINT32_MAX;
    residual.dir = "/mh/numa";
    assert_fine(mem_claim_settle(&ctx, kind, &residual, &err), err);
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
    const struct mem_claim_residual residual = {
        .pages = 64,
        .home = MEM_CLAIM_ANYWHERE,
    };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_fine(mem_claim_settle(&ctx, MEM_CLAIM_NONE, &residual, &err), err);
    ck_assert_uint_eq(fake_count(SET) + fake_count(NODE), 0);
    ck_assert_uint_eq(fake_outstanding(), 64);
}
END_TEST

/* claim=node has no use for a claim on the host; on the node that the toolstack
 * names it is content with the toolstack's. */
START_TEST(a_claim_on_the_host_is_none_on_a_node)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = {
        .how = NUMA_CLAIM_NODE,
        .dir = "/mh/numa",
        .pages = { [1] = 1000 },
    };
    xc_domaininfo_t info = { .max_pages = 2000, .outstanding_pages = 900 };
    enum mem_claim_kind kind;
    struct xg_error err;

    fake_host_set("domain/claimed_pages", "900");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    fake_fail(SET ":1:ENOSYS," SET ":2:ENOSYS");
    assert_failed(mem_claim_stake(&ctx, &info, &request, &kind, &err), err,
                  ENOSYS, "/mh/numa/claim: 'node' can't be had");
    ck_assert_uint_eq(fake_outstanding(), 900);

    request.toolstack_node = NUMA_BIT(1);
    assert_fine(mem_claim_stake(&ctx, &info, &request, &kind, &err), err);
    ck_assert_int_eq(kind, MEM_CLAIM_TOOLSTACK);
    ck_assert_uint_eq(fake_outstanding(), 900);
}
END_TEST

/* A library that claims on one node has none for a plan of two, and says so;
 * one that claims on none does not name them. */
START_TEST(which_nodes_are_too_many)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = {
        .how = NUMA_CLAIM_NODE,
        .dir = "platform/numa",
        .pages = { [1] = 1000, [3] = 1000 },
    };
    xc_domaininfo_t info = { .max_pages = 2000 };
    enum mem_claim_kind kind;
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    fake_fail(SET ":1:ENOSYS");
    assert_failed(mem_claim_stake(&ctx, &info, &request, &kind, &err), err,
                  ENOSYS, "'node' can't be had from this hypervisor");
    ck_assert_str_eq(strstr(err.text, "hypervisor") + strlen("hypervisor"),
                     HAS_NODES ? " for the nodes 1,3 at once" : "");
    ck_assert_uint_eq(fake_outstanding(), 0);
}
END_TEST

/* The toolstack's claim is on node 3, which it says; ours is for others. */
static const struct replaced {
    unsigned int nr_nodes; /* 1 on, each second one */
    uint64_t pages;        /* of each */
    bool refused;
    struct taken {
        enum mem_claim_kind kind;
        uint64_t outstanding, on_3;
    } sets, nodes, neither;
} replaced[] = {
    { 1,
      1000,
      false,
      { MEM_CLAIM_SET, 1000, 0 },
      { MEM_CLAIM_NODE, 1000, 0 },
      { MEM_CLAIM_HOST, 1000, 0 } },
    { 3,
      1000,
      false,
      { MEM_CLAIM_SET, 3000, 1000 },
      { MEM_CLAIM_HOST, 3000, 0 },
      { MEM_CLAIM_HOST, 3000, 0 } },
    { 1,
      400,
      false,
      { MEM_CLAIM_SET, 400, 0 },
      { MEM_CLAIM_NODE, 400, 0 },
      { MEM_CLAIM_HOST, 400, 0 } },
    /* then the toolstack's is there again */
    { 1,
      1000,
      true,
      { MEM_CLAIM_SET, 900, 900 },
      { MEM_CLAIM_NODE, 900, 900 },
      { MEM_CLAIM_HOST, 900, 0 } },
};

START_TEST(a_claim_on_a_node_that_the_toolstack_names_is_replaced)
{
    const struct replaced *row = &replaced[_i];
    const struct taken *wanted = HAS_SETS    ? &row->sets
                                 : HAS_NODES ? &row->nodes
                                             : &row->neither;
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = { .toolstack_node = NUMA_BIT(3) };
    xc_domaininfo_t info = { .max_pages = 20000, .outstanding_pages = 900 };
    enum mem_claim_kind kind;
    struct xg_error err;
    int rc;

    fake_host_set("domain/claimed_pages", "900");
    fake_host_set("domain/claimed_node", "3");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    if (row->refused)
        fake_fail(HAS_SETS    ? SET ":1:ENOMEM"
                  : HAS_NODES ? NODE ":1:ENOMEM"
                              : HOST ":2:ENOMEM"); /* 1 gives up the old one */
    for (unsigned int node = 0; node < row->nr_nodes; node++)
        request.pages[2 * node + 1] = row->pages;

    rc = mem_claim_stake(&ctx, &info, &request, &kind, &err);
    ck_assert_int_eq(rc, row->refused ? -1 : 0);
    ck_assert_int_eq(kind, wanted->kind);
    ck_assert_uint_eq(fake_outstanding(), wanted->outstanding);
    ck_assert_uint_eq(fake_claimed(3), wanted->on_3);
}
END_TEST

/* Of 2048 free pages others have claimed 1280. That the toolstack's 900 are
 * given up for a claim of 1000 makes no more of them. */
START_TEST(a_host_that_has_not_got_it)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = {
        .pages = { [1] = 1000 },
        .toolstack_node = NUMA_BIT(3),
    };
    xc_domaininfo_t info = { .max_pages = 20000, .outstanding_pages = 900 };
    enum mem_claim_kind kind;
    struct xg_error err;

    fake_host_set("host/free_mib", "8");
    fake_host_set("host/claimed_pages", "2180");
    fake_host_set("domain/claimed_pages", "900");
    fake_host_set("domain/claimed_node", "3");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    if (HAS_NODES && !HAS_SETS)
        fake_fail(NODE ":1:ENOMEM"); /* the double looks at the node alone */
    assert_failed(mem_claim_stake(&ctx, &info, &request, &kind, &err), err,
                  ENOMEM, "others have claimed 5 MiB: 1 MiB are missing");
    ck_assert_int_eq(kind, MEM_CLAIM_HOST);
}
END_TEST

#ifdef HAVE_CLAIM_MEMORY
/* Some hypervisors may give up the old claim before they refuse a new one. */
START_TEST(a_set_that_is_refused_does_not_cost_the_toolstacks)
{
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = {
        .how = NUMA_CLAIM_AUTO,
        .pages = { [1] = 5, [2] = 60000 },
    };
    xc_domaininfo_t info = { .max_pages = 100000, .outstanding_pages = 900 };
    enum mem_claim_kind kind;
    struct xg_error err;

    fake_host_set("host/refused_set_drops", _i ? "1" : "0");
    fake_host_set("domain/claimed_pages", "900");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_failed(mem_claim_stake(&ctx, &info, &request, &kind, &err), err,
                  ENOMEM, "");
    ck_assert_int_eq(kind, MEM_CLAIM_SET);
    ck_assert_uint_eq(fake_outstanding(), 900);
}
END_TEST
#endif

#if defined(HAVE_CLAIM_PAGES_NODE) || defined(HAVE_CLAIM_MEMORY)
/* Nodes of 16384 pages, of which others have claimed some. */
static const struct measured {
    uint64_t wanted_1, wanted_2, toolstacks;
    const char *others_mib;
    uint64_t there_1, there_2; /* 0: not measured */
    unsigned int most_calls;
} measured[] = {
    { 16384, 16384, 0, "", 0, 0, 3 },
    { 16384, 16384, 0, "0,1", 16384 - 256, 0, 2 + 14 + 1 + 1 },
    { 16384, 100, 0, "0,0,63", 0, 0, 3 },
    { 16384, 300, 0, "0,0,63", 0, 256, 2 + 9 + 1 + 1 },
    { 300, 16384, 0, "0,63,1", 256, 16384 - 256, 2 + 9 + 1 + 14 + 1 + 1 },
    /* a claim of the toolstack's, smaller and larger than what is tried */
    { 16384, 16384, 700, "0,1", 16384 - 256, 0, 2 + 14 + 1 + 1 },
    { 16384, 300, 20000, "0,0,63", 0, 256, 2 + 9 + 1 + 1 },
};

/* How many are short, or -1. */
static int measure(const struct measured *row, enum mem_claim_kind kind)
{
    uint64_t claimable[NUMA_NODES_MAX] = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct mem_claim_request request = {
        .home = 2,
        .pages = { [1] = row->wanted_1, [2] = row->wanted_2 },
    };
    xc_domaininfo_t info = {
        .max_pages = 100000,
        .outstanding_pages = row->toolstacks,
    };
    char pages[24];
    struct xg_error err;
    int nr_short;

    snprintf(pages, sizeof(pages), "%u", (unsigned int)row->toolstacks);
    fake_host_set("domain/claimed_pages", pages);
    fake_host_set("host/node_claimed_mib", row->others_mib);
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    nr_short = mem_claim_measure(&ctx, &info, &request, kind, claimable);
    ck_assert_uint_eq(claimable[1], nr_short < 0 ? 0 : row->there_1);
    ck_assert_uint_eq(claimable[2], nr_short < 0 ? 0 : row->there_2);
    ck_assert_uint_eq(fake_outstanding(), row->toolstacks);
    ck_assert_uint_ge(fake_least_outstanding(), row->toolstacks);
    return nr_short;
}
#endif

#ifdef HAVE_CLAIM_MEMORY
START_TEST(what_is_left_of_the_nodes)
{
    const struct measured *row = &measured[_i];

    ck_assert_int_eq(measure(row, MEM_CLAIM_SET),
                     !!row->there_1 + !!row->there_2);
    ck_assert_uint_le(fake_count(SET) + fake_count(HOST), row->most_calls);
}
END_TEST
#endif

#ifdef HAVE_CLAIM_PAGES_NODE
/* What was claimed is given up before the next is. The toolstack's would be
 * lost. */
START_TEST(what_is_left_of_one_node_after_the_other)
{
    const struct measured *row = &measured[_i];

    ck_assert_int_eq(measure(row, MEM_CLAIM_NODE),
                     row->toolstacks ? -1 : !!row->there_1 + !!row->there_2);
    ck_assert_uint_le(fake_count(NODE), row->toolstacks ? 0 : row->most_calls);
    ck_assert_uint_le(fake_count(HOST), fake_count(NODE));
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
    tcase_add_test(tcase, a_claim_on_the_host_is_none_on_a_node);
    tcase_add_test(tcase, which_nodes_are_too_many);
    tcase_add_loop_test(tcase,
                        a_claim_on_a_node_that_the_toolstack_names_is_replaced,
                        0, ARRAY_SIZE(replaced));
    tcase_add_test(tcase, a_host_that_has_not_got_it);
#ifdef HAVE_CLAIM_MEMORY
    tcase_add_loop_test(
        tcase, a_set_that_is_refused_does_not_cost_the_toolstacks, 0, 2);
    tcase_add_loop_test(tcase, what_is_left_of_the_nodes, 0,
                        ARRAY_SIZE(measured));
#endif
#ifdef HAVE_CLAIM_PAGES_NODE
    tcase_add_loop_test(tcase, what_is_left_of_one_node_after_the_other, 0,
                        ARRAY_SIZE(measured));
#endif
    return unit_run("mem_claim", tcase);
}
