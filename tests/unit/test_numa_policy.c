/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_policy.c - platform/numa and /mh/numa: what is understood, what is
 * refused, which of them counts, and what -mem_pnode overrides. */
#include "numa_job.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "../fake/fake.h"
#include "log_where.h"
#include "unit.h"

static const struct row {
    const char *key, *value;
    const char *refused; /* NULL: fine */
    struct numa_policy policy;
} rows[] = {
    { "policy", "any", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "policy", "best-effort", NULL, { .rule = NUMA_BEST_EFFORT } },
    { "policy", "best_effort", NULL, { .rule = NUMA_BEST_EFFORT } },
    { "policy",
      "best-effort_hard",
      NULL,
      { .rule = NUMA_BEST_EFFORT_HARD, .affinity = NUMA_AFFINITY_HARD } },
    { "policy", "prio-mem-only", NULL, { .rule = NUMA_PRIO_MEM_ONLY } },
    { "policy", "strict", NULL, { .rule = NUMA_STRICT } },
    { "policy", "interleave", NULL, { .rule = NUMA_INTERLEAVE } },
    { "policy", "", NULL, { .claim = NUMA_CLAIM_HOST } }, /* empty is absent */
    { "polcy", "", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "policy", "besteffort", "policy: 'besteffort'", { 0 } },
    { "policy", "best+effort", "policy: 'best+effort'", { 0 } },
    { "policy", "_trict", "policy: '_trict'", { 0 } },
    { "policy", "best-effort ", "policy: 'best-effort '", { 0 } },
    { "policy", "Strict", "policy: 'Strict'", { 0 } },
    { "affinity",
      "none",
      NULL,
      { .affinity = NUMA_AFFINITY_NONE, .claim = NUMA_CLAIM_HOST } },
    { "affinity", "maybe", "affinity: 'maybe'", { 0 } },
    { "claim", "auto", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "claim", "host", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "claim", "off", NULL, { .claim = NUMA_CLAIM_OFF } },
    { "claim", "node", "claim: 'node' needs a policy", { 0 } },
    { "claim", "on", "claim: 'on' is none of auto, node, host, off", { 0 } },
    { "residual-claim",
      "64",
      NULL,
      { .residual_pages = 64, .claim = NUMA_CLAIM_HOST } },
    { "residual-claim", "-1", "residual-claim: '-1'", { 0 } },
    { "residual-claim", "1M", "residual-claim: '1M'", { 0 } },
    { "devices", "ignore", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "devices", "yes", "devices: 'yes'", { 0 } },
    { "nodes", "0", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "polcy", "strict", "polcy: 'strict'", { 0 } },
    { "residual_claim", "1", "residual_claim: '1'", { 0 } },
    { "result/policy", "strict", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "vnodes", "off", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "vnodes", "auto", NULL, { .claim = NUMA_CLAIM_HOST } },
    { "vnodes", "2", "vnodes: '2' needs a policy other than any", { 0 } },
    { "vnodes", "0", "vnodes: '0' is none of off, auto or", { 0 } },
    { "vnodes", "4294967295", "vnodes: '4294967295' is none of", { 0 } },
    { "vnodes", "two", "vnodes: 'two' is none of off, auto or", { 0 } },
    { "vnodes", "2x", "vnodes: '2x' is none of off, auto or", { 0 } },
};

/* What comes of all keys: an error with `refused` in its text, or, and then it
 * is true, these values. */
static bool comes_to(const struct xg_ctx *ctx, bool has_keys,
                     const char *refused, const struct numa_policy *wanted,
                     struct numa_policy *policy)
{
    struct xg_error err;
    unsigned int dirs =
        NUMA_KEYS_OF_HOST | (has_keys ? NUMA_KEYS_OF_DOMAIN : 0);
    int rc = numa_policy_read(ctx, dirs, false, policy, &err);

    if (rc == 0)
        rc = numa_policy_check(policy, &err);
    if (refused) {
        assert_failed(rc, err, EINVAL, refused);
        return false;
    }
    assert_fine(rc, err);
    ck_assert_int_eq(policy->rule, wanted->rule);
    ck_assert_int_eq(policy->affinity, wanted->affinity);
    ck_assert_int_eq(policy->claim, wanted->claim);
    ck_assert_uint_eq(policy->residual_pages, wanted->residual_pages);
    return true;
}

START_TEST(one_key)
{
    const struct row *row = &rows[_i];
    cleanup_numa_policy struct numa_policy policy = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;
    char path[64];

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    snprintf(path, sizeof(path), "/local/domain/7/platform/numa/%s", row->key);
    fake_store_set(path, row->value);
    if (comes_to(&ctx, true, row->refused, &row->policy, &policy))
        ck_assert_int_eq(policy.prefer_devices,
                         strcmp(row->key, "devices") != 0);
}
END_TEST

/* ---- the host's defaults ---- */

/* Keys and values of the domain and of the host, and what comes of them. */
static const struct defaults {
    const char *domain[2][2], *host[2][2];
    const char *refused; /* NULL: fine */
    struct numa_policy policy;
} defaults[] = {
    { { { "policy", "any" } },
      { { NULL } },
      NULL,
      { .claim = NUMA_CLAIM_HOST, .origin = { NUMA_FROM_DOMAIN } } },
    { { { NULL } },
      { { "policy", "strict" }, { "nodes", "0-1" } },
      NULL,
      { .rule = NUMA_STRICT,
        .nodes = "0-1",
        .origin = { NUMA_FROM_HOST, NUMA_FROM_HOST } } },
    /* key by key */
    { { { "nodes", "2" } },
      { { "policy", "strict" }, { "nodes", "0-1" } },
      NULL,
      { .rule = NUMA_STRICT,
        .nodes = "2",
        .origin = { NUMA_FROM_HOST, NUMA_FROM_DOMAIN } } },
    { { { "policy", "interleave" } },
      { { "policy", "strict" }, { "affinity", "none" } },
      NULL,
      { .rule = NUMA_INTERLEAVE,
        .affinity = NUMA_AFFINITY_NONE,
        .origin = { NUMA_FROM_DOMAIN, NUMA_FROM_DEFAULT, NUMA_FROM_HOST } } },
    /* empty is absent, on both sides */
    { { { "policy", "" } },
      { { "policy", "strict" }, { "nodes", "" } },
      NULL,
      { .rule = NUMA_STRICT, .origin = { NUMA_FROM_HOST } } },
    /* what is overridden does no harm */
    { { { "policy", "strict" } },
      { { "policy", "stric" } },
      NULL,
      { .rule = NUMA_STRICT, .origin = { NUMA_FROM_DOMAIN } } },
    /* off for this domain */
    { { { "policy", "any" } },
      { { "policy", "strict" }, { "nodes", "0-1" } },
      NULL,
      { .claim = NUMA_CLAIM_HOST, .origin = { NUMA_FROM_DOMAIN } } },
    { { { "policy", "any" } },
      { { "claim", "host" }, { "residual-claim", "9" } },
      NULL,
      { .claim = NUMA_CLAIM_HOST, .origin = { NUMA_FROM_DOMAIN } } },
    /* a host without a policy */
    { { { NULL } },
      { { "nodes", "0-1" }, { "claim", "node" } },
      NULL,
      { .claim = NUMA_CLAIM_HOST } },
    { { { NULL } },
      { { "claim", "host" } },
      NULL,
      { .claim = NUMA_CLAIM_HOST,
        .origin = { [NUMA_KEY_CLAIM] = NUMA_FROM_HOST } } },
    { { { "nodes", "2" } },
      { { "policy", "any" }, { "claim", "node" } },
      NULL,
      { .claim = NUMA_CLAIM_HOST, .origin = { NUMA_FROM_HOST } } },
    /* bad ones */
    { { { NULL } },
      { { "policy", "stric" } },
      "/mh/numa/policy: 'stric' is none of",
      { 0 } },
    { { { NULL } }, { { "polcy", "strict" } }, "/mh/numa/polcy: 'str", { 0 } },
    { { { "policy", "interleave" }, { "vnodes", "2" } },
      { { NULL } },
      "platform/numa/vnodes: '2' needs a policy other than any and interl",
      { 0 } },
    { { { "policy", "interleave" } },
      { { "vnodes", "2" } },
      NULL,
      { .rule = NUMA_INTERLEAVE,
        .vnodes = 2,
        .origin = { NUMA_FROM_DOMAIN, [NUMA_KEY_VNODES] = NUMA_FROM_HOST } } },
    { { { NULL } }, { { "vnodes", "2" } }, NULL, { .claim = NUMA_CLAIM_HOST } },
    { { { "policy", "strict" }, { "vnodes", "off" } },
      { { "vnodes", "2" } },
      NULL,
      { .rule = NUMA_STRICT,
        .origin = { NUMA_FROM_DOMAIN, [NUMA_KEY_VNODES] =
                                          NUMA_FROM_DOMAIN } } },
    { { { "policy", "strict" } },
      { { "vnodes", "32" } },
      NULL,
      { .rule = NUMA_STRICT,
        .vnodes = 32,
        .origin = { NUMA_FROM_DOMAIN, [NUMA_KEY_VNODES] = NUMA_FROM_HOST } } },
    { { { "policy", "strict" }, { "vnodes", "auto" } },
      { { NULL } },
      NULL,
      { .rule = NUMA_STRICT,
        .vnodes = NUMA_VNODES_AUTO,
        .origin = { NUMA_FROM_DOMAIN, [NUMA_KEY_VNODES] =
                                          NUMA_FROM_DOMAIN } } },
};

static void store_keys(const char *dir, const char *const keys[2][2])
{
    char path[64];

    for (unsigned int i = 0; i < 2 && keys[i][0]; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, keys[i][0]);
        fake_store_set(path, keys[i][1]);
    }
}

START_TEST(a_host_has_defaults)
{
    const struct defaults *row = &defaults[_i];
    cleanup_numa_policy struct numa_policy policy = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    store_keys("/local/domain/7/platform/numa", row->domain);
    store_keys("/mh/numa", row->host);
    if (!comes_to(&ctx, row->domain[0][0], row->refused, &row->policy, &policy))
        return;
    ck_assert_pstr_eq(policy.nodes, row->policy.nodes);
    ck_assert_uint_eq(policy.vnodes, row->policy.vnodes);
    ck_assert_mem_eq(policy.origin, row->policy.origin, sizeof(policy.origin));
}
END_TEST

/* The one that no toolstack has written costs one request. */
START_TEST(no_defaults_cost_one_request)
{
    cleanup_numa_policy struct numa_policy policy = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    assert_fine(numa_policy_read(&ctx, NUMA_KEYS_OF_HOST, false, &policy, &err),
                err);
    ck_assert(!numa_policy_acts(&policy));
    ck_assert_uint_eq(fake_count("xs_directory"), 1);
    ck_assert_uint_eq(fake_count("xs_read"), 0);
}
END_TEST

/* ---- restores ---- */

static const struct restored {
    const char *key, *value;
} restored[] = {
    { "/mh/numa/polcy", "strict" },
    { "/local/domain/7/platform/numa/polcy", "strict" },
    { "/local/domain/7/platform/numa/vnodes", "2" },
    { "/local/domain/7/platform/numa/nodes", "0-1" },
    { "/local/domain/7/platform/numa/claim", "node" },
    { "/local/domain/7/platform/numa/vnodes", "two" },
    { "/local/domain/7/platform/numa/policy", "new" },
    { "/local/domain/7/platform/numa/residual-claim", "7 pages" },
};

START_TEST(another_hosts_keys_are_a_warning)
{
    const struct restored *row = &restored[_i];
    cleanup_numa_policy struct numa_policy policy = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    fake_store_set(row->key, row->value);
    assert_fine(numa_policy_read(&ctx, NUMA_KEYS_OF_DOMAIN | NUMA_KEYS_OF_HOST,
                                 true, &policy, &err),
                err);
    assert_fine(numa_policy_check(&policy, &err), err);
    ck_assert(!numa_policy_acts(&policy));
    ck_assert_int_eq(policy.claim, NUMA_CLAIM_OFF);
}
END_TEST

/* ---- -mem_pnode, and claims ---- */

static const struct overridden {
    const char *key, *value;
    const char *refused; /* without -mem_pnode */
} overridden[] = {
    { "claim", "node", "claim: 'node' needs a policy" },
    { "vnodes", "2", "vnodes: '2' needs a policy" },
};

static int read_job(const struct xg_ctx *ctx, int mem_pnode,
                    struct numa_job *job, struct xg_error *err)
{
    const struct numa_demand demand = { .pages = 512, .mem_pnode = mem_pnode };

    return numa_job_read(ctx, NUMA_KEYS_OF_DOMAIN | NUMA_KEYS_OF_HOST, &demand,
                         job, err);
}

/* Keys that are an error without a policy are none where -mem_pnode makes them
 * void anyway. */
START_TEST(mem_pnode_wins)
{
    const struct overridden *row = &overridden[_i];
    struct numa_job job xg_cleanup(numa_job_free) = { .ctx = NULL };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;
    char path[64];

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    fake_host_set("host/node_free_mib", "256,256");
    snprintf(path, sizeof(path), "/local/domain/7/platform/numa/%s", row->key);
    fake_store_set(path, row->value);

    assert_failed(read_job(&ctx, -1, &job, &err), err, EINVAL, row->refused);
    numa_job_free(&job);

    assert_fine(read_job(&ctx, 1, &job, &err), err);
    ck_assert_int_eq(job.policy.rule, NUMA_PNODE);
    ck_assert_int_eq(job.policy.claim, NUMA_CLAIM_OFF);
    ck_assert_int_eq(job.policy.origin[NUMA_KEY_NODES], NUMA_FROM_OPTION);
    ck_assert_uint_eq(job.request.candidates, NUMA_BIT(1));
}
END_TEST

/* An explicit claim is something to do, also without a policy. */
START_TEST(a_claim_alone_acts)
{
    static const char *const words[] = { "off", "auto", "host" };
    struct numa_job job xg_cleanup(numa_job_free) = { .ctx = NULL };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    struct xg_error err;

    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    fake_store_set("/local/domain/7/platform/numa/claim", words[_i]);
    assert_fine(read_job(&ctx, -1, &job, &err), err);
    ck_assert(numa_policy_acts(&job.policy));
    ck_assert_int_eq(job.policy.rule, NUMA_ANY);
    ck_assert_int_eq(job.policy.claim,
                     _i == 0 ? NUMA_CLAIM_OFF : NUMA_CLAIM_HOST);
}
END_TEST

#define SYSLOG "syslog"

/* In the program's place. */
const char *log_where_syslog(void)
{
    return SYSLOG;
}

#define OWN "platform/numa"
#define HOSTS "/mh/numa"

/* One's own key that does nothing is a mistake; the host's is there for others,
 * too, who are not to be warned at each start. */
static const struct void_key {
    const char *dir, *key, *value;
    unsigned int priority;
} void_keys[] = {
    { OWN, "nodes", "0", LOG_WARNING },
    { HOSTS, "nodes", "0", LOG_INFO },
    { OWN, "vnodes", "auto", LOG_WARNING },
    { HOSTS, "vnodes", "auto", LOG_INFO },
    { HOSTS, "vnodes", "2", LOG_INFO },
    { OWN, "affinity", "soft", LOG_WARNING },
    { OWN, "affinity", "hard", LOG_WARNING },
    { HOSTS, "affinity", "hard", LOG_INFO },
    { OWN, "devices", "prefer", LOG_WARNING },
    { HOSTS, "claim", "node", LOG_INFO },
    /* What there is anyway is nothing to tell. */
    { OWN, "vnodes", "off", 0 },
    { OWN, "affinity", "none", 0 },
    { OWN, "devices", "ignore", 0 },
    { OWN, "claim", "host", 0 },
};

START_TEST(who_is_warned_of_keys_for_nothing)
{
    const struct void_key *row = &void_keys[_i];
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SYSLOG };
    cleanup_close int daemon = socket(AF_UNIX, SOCK_DGRAM, 0);
    cleanup_numa_policy struct numa_policy policy = { 0 };
    cleanup_log struct xg_log log = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    char text[XG_LOG_LINE_BYTES + 256] = "";
    char path[64], told[64];
    struct xg_error err;
    unsigned int priority;
    ssize_t bytes;

    unit_enter_dir();
    ck_assert_int_eq(
        bind(daemon, (const struct sockaddr *)&address, sizeof(address)), 0);
    xg_log_open(&log, "test");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);
    snprintf(path, sizeof(path), "%s%s/%s",
             row->dir[0] == '/' ? "" : "/local/domain/7/", row->dir, row->key);
    snprintf(told, sizeof(told), ": %s/%s: '%s' counts for nothing", row->dir,
             row->key, row->value);
    fake_store_set(path, row->value);
    assert_fine(numa_policy_read(&ctx, NUMA_KEYS_OF_DOMAIN | NUMA_KEYS_OF_HOST,
                                 false, &policy, &err),
                err);
    do {
        bytes = recv(daemon, text, sizeof(text) - 1, MSG_DONTWAIT);
        text[bytes > 0 ? bytes : 0] = '\0';
    } while (bytes > 0 && !strstr(text, told));
    ck_assert_int_eq(bytes > 0, row->priority > 0);
    if (row->priority) {
        ck_assert_int_eq(sscanf(text, "<%u>", &priority), 1);
        ck_assert_uint_eq(priority, LOG_DAEMON | row->priority);
    }
    unit_leave_dir();
}
END_TEST

START_TEST(the_first_key_that_somebody_gave)
{
    struct numa_policy policy = { 0 };

    ck_assert_int_eq(numa_policy_first_key(&policy), NUMA_KEY_POLICY);
    policy.origin[NUMA_KEY_VNODES] = NUMA_FROM_DOMAIN;
    ck_assert_int_eq(numa_policy_first_key(&policy), NUMA_KEY_VNODES);
    policy.origin[NUMA_KEY_CLAIM] = NUMA_FROM_HOST;
    ck_assert_int_eq(numa_policy_first_key(&policy), NUMA_KEY_CLAIM);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_policy");

    tcase_add_loop_test(tcase, one_key, 0, ARRAY_SIZE(rows));
    tcase_add_loop_test(tcase, a_host_has_defaults, 0, ARRAY_SIZE(defaults));
    tcase_add_test(tcase, no_defaults_cost_one_request);
    tcase_add_loop_test(tcase, another_hosts_keys_are_a_warning, 0,
                        ARRAY_SIZE(restored));
    tcase_add_loop_test(tcase, mem_pnode_wins, 0, ARRAY_SIZE(overridden));
    tcase_add_loop_test(tcase, a_claim_alone_acts, 0, 3);
    tcase_add_loop_test(tcase, who_is_warned_of_keys_for_nothing, 0,
                        ARRAY_SIZE(void_keys));
    tcase_add_test(tcase, the_first_key_that_somebody_gave);
    return unit_run("numa_policy", tcase);
}
