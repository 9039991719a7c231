/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_job_prepare.c - what a plan gives way to: memory that others have
 * claimed or reserved, a demand that is only an upper limit, and no place for
 * reservations. What is known of others' claims depends on the library. */
#include "../../src/numa_job.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../fake/fake.h"
#include "numa_lock.h"
#include "unit.h"
#include "variant.h"

#define MIB UINT64_C(256) /* in pages */

static struct xg_log the_log;
static struct xg_ctx ctx;
static struct numa_job job;
static struct xg_error err;
static const char dir[] = "run"; /* not there yet */

/* Four nodes, 0 near to 1 and 2 to 3, and what others have claimed of them. */
static void host(const char *free_mib, const char *claimed_mib)
{
    fake_host_set("host/node_free_mib", free_mib);
    fake_host_set("host/node_claimed_mib", claimed_mib);
    fake_host_set("host/pcpus", "8");
}

static void setup(void)
{
    unit_enter_dir();
    setenv("XENGUEST_RUN_DIR", dir, 1);
    xg_log_open(&the_log, "test");
    assert_fine(xg_ctx_open(&ctx, 7, &the_log, &err), err);
    fake_host_set("domain/hap", "0");
}

static void teardown(void)
{
    numa_job_free(&job);
    xg_ctx_close(&ctx);
    xg_log_close(&the_log);
    unit_leave_dir();
}

/* Neither by node nor of the host. */
static void nothing_can_be_claimed(void)
{
    fake_fail("xc_domain_claim_memory:0:ENOMEM,"
              "xc_domain_claim_pages_node:0:ENOMEM,"
              "xc_domain_claim_pages:0:ENOMEM");
}

/* What a build of so much asks for. */
static struct numa_demand demand_of(uint64_t mib)
{
    return (struct numa_demand){
        .pages = mib * MIB,
        .vcpus = 2,
        .mem_pnode = -1,
    };
}

static int prepare_demand(const struct numa_demand *demand)
{
    xc_domaininfo_t info;

    numa_job_free(&job);
    assert_fine(xg_ctx_domain_info(&ctx, &info, &err), err);
    assert_fine(numa_job_read(&ctx, NUMA_KEYS_OF_DOMAIN | NUMA_KEYS_OF_HOST,
                              demand, &job, &err),
                err);
    return numa_job_prepare(&job, &info, &err);
}

/* For a domain that asks for so much, or restores it. */
static int prepare(const char *policy, uint64_t mib, bool restore)
{
    struct numa_demand demand = demand_of(mib);

    demand.restore = restore;
    fake_store_set("/local/domain/7/platform/numa/policy", policy);
    return prepare_demand(&demand);
}

/* For one that the toolstack wants on a node. */
static int prepare_on_pnode(uint64_t mib, int node)
{
    struct numa_demand demand = demand_of(mib);

    demand.mem_pnode = node;
    return prepare_demand(&demand);
}

/* ---- claims ---- */

#if defined(HAVE_CLAIM_MEMORY) || defined(HAVE_NUMA_MEMINFO)
/* Node 1 looks free, but is not: nodes 0 and 2, not 2 and 3. A set finds that
 * out where the library does not tell; a claim on one node can't hold this. */
START_TEST(the_node_that_others_claimed_is_found)
{
    host("64,64,64,10", "0,60");
    assert_fine(prepare("best-effort", 80, false), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(0) | NUMA_BIT(2));
    ck_assert_int_eq(job.claim, HAS_SETS ? MEM_CLAIM_SET : MEM_CLAIM_HOST);
    ck_assert_uint_eq(fake_outstanding(), 82 * MIB);
    if (HAS_SETS)
        ck_assert_uint_eq(fake_claimed(0) + fake_claimed(2), 82 * MIB);
}
END_TEST

START_TEST(what_others_left_of_a_node_is_used)
{
    host("64,20,0,0", "30");
    assert_fine(prepare("strict", 36, false), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(0) | NUMA_BIT(1));
    ck_assert_int_eq(job.claim, HAS_SETS ? MEM_CLAIM_SET : MEM_CLAIM_HOST);
}
END_TEST

/* The domain may have 1 MiB more than is populated. */
START_TEST(what_is_tried_is_what_is_asked_for)
{
    fake_host_set("domain/max_pages", "10496");
    host("64,64,64,64", "54,54");
    assert_fine(prepare("strict", 40, false), err);
    ck_assert_int_eq(job.claim, HAS_SETS ? MEM_CLAIM_SET : MEM_CLAIM_NODE);
    ck_assert_uint_eq(fake_claimed(2) + fake_claimed(3), 41 * MIB);
}
END_TEST

/* As many plans as it takes. */
START_TEST(eleven_nodes_that_others_claimed)
{
    host("64,64,64,64,64,64,64,64,64,64,64,64",
         "64,64,64,64,64,64,64,64,64,64,64");
    assert_fine(prepare("strict", 40, false), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(11));
}
END_TEST
#endif

#ifdef HAVE_CLAIM_MEMORY
static unsigned int nr_claim_calls(void)
{
    return fake_count("xc_domain_claim_memory") +
           fake_count("xc_domain_claim_pages");
}

/* A build in pages, not MiB, so that the last one can be asked for. */
static int prepare_pages(const char *policy, uint64_t pages)
{
    struct numa_demand demand = demand_of(0);

    demand.pages = pages;
    fake_store_set("/local/domain/7/platform/numa/policy", policy);
    fake_store_set("/local/domain/7/platform/numa/nodes", "0-1");
    return prepare_demand(&demand);
}

/* Two nodes of 2 GiB and a small one; of node 1, others have claimed 1 %, of
 * another build 21 MiB of both. */
static const struct left {
    const char *claimed_mib;
    uint64_t mib; /* that are left of nodes 0 and 1 */
    unsigned int most_calls;
    const char *text;
} lefts[] = {
    { "0,20", 2 * 2048 - 20, 40, "0: 2048 (524288), 1: 2028 (519168)" },
    { "20,0", 2 * 2048 - 20, 40, "0: 2028 (519168), 1: 2048 (524288)" },
    { "21,21", 2 * 2048 - 42, 80, "0: 2027 (518912), 1: 2027 (518912)" },
};

START_TEST(strict_gets_the_last_page_that_others_left)
{
    const struct left *left = &lefts[_i];

    fake_host_set("host/free_mib", "8192");
    host("2048,2048,512", left->claimed_mib);
    assert_fine(prepare_pages("strict", left->mib * MIB), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_SET);
    ck_assert_uint_eq(fake_claimed(0) + fake_claimed(1), left->mib * MIB);
    numa_job_free(&job);
    ck_assert_uint_le(nr_claim_calls(), left->most_calls);

    assert_failed(prepare_pages("strict", left->mib * MIB + 1), err, ENOMEM,
                  left->text);
}
END_TEST

START_TEST(best_effort_uses_its_candidates_to_the_last_unclaimed_page)
{
    const struct left *left = &lefts[_i];

    fake_host_set("host/free_mib", "8192");
    host("2048,2048,512", left->claimed_mib);
    assert_fine(prepare_pages("best-effort", left->mib * MIB), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(0) | NUMA_BIT(1));
    ck_assert_int_eq(job.claim, MEM_CLAIM_SET);
    numa_job_free(&job);
    ck_assert_uint_le(nr_claim_calls(), left->most_calls);

    assert_fine(prepare_pages("best-effort", left->mib * MIB + 1), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_SET);
    ck_assert_uint_ge(job.plan.pages[2], 1);
    ck_assert_uint_le(job.plan.pages[2], 1 + job.request.extra_pages);
}
END_TEST

/* Others give up their claims after so many of ours were refused: before we
 * look for what they left, while we do, which ends with the 14th, or before we
 * have looked for the last time. */
START_TEST(a_claim_that_vanishes_is_no_reason_to_fail)
{
    char refusals[8];

    snprintf(refusals, sizeof(refusals), "%d", _i);
    fake_host_set("host/claims_end_after", refusals);
    fake_host_set("host/free_mib", "8192");
    host("2048,2048,512", "0,20");
    assert_fine(prepare_pages("strict", 2 * 2048 * MIB), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_SET);
}
END_TEST

/* Refused as it is planned, granted as we look: that has an end. */
START_TEST(a_claim_that_comes_and_goes)
{
    char spec[64];

    for (int nth = 1; nth < 2 * 64; nth += 2) {
        snprintf(spec, sizeof(spec), "xc_domain_claim_memory:%d:ENOMEM", nth);
        fake_fail(spec);
    }
    host("64,64,64,64", "");
    assert_failed(prepare("strict", 40, false), err, ENOMEM, "");
    ck_assert_uint_eq(fake_outstanding(), 0);
}
END_TEST

/* Neither the look nor the plan that comes of it loses a page of it. */
START_TEST(the_toolstacks_claim_while_others_claims_are_found)
{
    fake_host_set("host/refused_set_drops", _i ? "1" : "0");
    fake_host_set("domain/claimed_pages", "17000");
    host("64,64,64,0", "64,64,1");
    assert_failed(prepare("strict", 64, false), err, ENOMEM, "2: 63");
    ck_assert_uint_eq(fake_outstanding(), 17000);
    if (!_i)
        ck_assert_uint_ge(fake_least_outstanding(), 17000);
    assert_fine(prepare("strict", 63, false), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_SET);
    ck_assert_uint_eq(fake_claimed(2), 63 * MIB);
}
END_TEST

START_TEST(only_strict_needs_claims_by_node)
{
    host("64,64,64,64", "64,64,64,64");
    assert_fine(prepare("best-effort", 40, false), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_HOST);
    ck_assert_uint_eq(fake_outstanding(), 42 * MIB);
    ck_assert_uint_le(nr_claim_calls(), 4 * (14 + 4) + 2);

    assert_failed(prepare("strict", 40, false), err, ENOMEM, "");
}
END_TEST

START_TEST(a_set_that_is_not_to_be_had_does_not_cost_it)
{
    fake_host_set("domain/claimed_pages", "17000");
    host("64,64,64,64", "64,64,64,64");
    assert_fine(prepare("best-effort", 100, false), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_TOOLSTACK);
    assert_failed(prepare("strict", 100, false), err, ENOMEM, "");
    numa_job_free(&job);
    ck_assert_uint_eq(fake_outstanding(), 17000);
}
END_TEST
#endif

#ifdef HAVE_NUMA_MEMINFO
/* Builders that see a claim would count a reservation for the same memory as
 * well. Of a claim on the host nobody knows the nodes. */
START_TEST(a_claim_by_node_takes_the_place_of_the_reservation)
{
    host("64,64,64,64", "");
    assert_fine(prepare("best-effort", 40, false), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_NODE);
    ck_assert_ptr_null(job.reserve.shared);

    numa_job_free(&job);
    assert_fine(prepare("best-effort", 80, false), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_HOST);
    ck_assert_ptr_nonnull(job.reserve.shared);
}
END_TEST

/* A hypervisor that is older than the library. */
START_TEST(claims_that_nobody_tells_of_are_not_seen)
{
    host("64,64,64,64", "64,64,64,64");
    fake_fail("xc_numa_meminfo:1:EOPNOTSUPP,xc_numa_meminfo:2:EOPNOTSUPP");
    assert_fine(prepare("interleave", 40, false), err);
    ck_assert(!job.host.knows_claims);
    ck_assert_ptr_nonnull(job.reserve.shared);
}
END_TEST

/* What the toolstack has claimed on its node is there for us, what others have
 * claimed is not. */
START_TEST(the_toolstacks_node_with_its_claim)
{
    fake_host_set("domain/claimed_pages", "10240");
    fake_host_set("domain/claimed_node", "1");
    host("64,64,64,64", "0,24");
    assert_fine(prepare_on_pnode(40, 1), err);
    ck_assert_uint_eq(job.host.node[1].free_pages, 40 * MIB);
    /* Where others see the claim, it is not reserved as well. */
    ck_assert(!job.reserve.shared == job.host.knows_claims);
}
END_TEST

/* It is less than the guest. */
START_TEST(a_small_claim_on_the_toolstacks_node)
{
    fake_host_set("domain/claimed_pages", "10000");
    fake_host_set("domain/claimed_node", "1");
    host("64,64,64,64", "");
    assert_fine(prepare_on_pnode(40, 1), err);
    ck_assert(job.reserve.shared);
}
END_TEST

START_TEST(the_toolstacks_node_that_others_claimed)
{
    host("64,64,64,64", "0,25");
    assert_failed(prepare_on_pnode(40, 1), err, ENOMEM, "-mem_pnode");
}
END_TEST
#endif

START_TEST(a_host_without_the_memory_is_no_place)
{
    host("64,64,64,64", "");
    nothing_can_be_claimed();
    assert_failed(prepare("best-effort", 40, false), err, ENOMEM, "");
}
END_TEST

/* What comes besides is claimed as far as the home node has it. */
START_TEST(the_last_pages_of_a_host_will_do)
{
    host("65", "");
    assert_fine(prepare("best-effort", 64, false), err);
    ck_assert_uint_eq(fake_outstanding(), 65 * MIB);
}
END_TEST

/* What comes besides is left out if the host has not got it: others have
 * claimed of it, on no node in particular. */
START_TEST(what_comes_besides_is_no_reason_to_fail)
{
    host("66,64", "");
    fake_store_set("/local/domain/7/platform/numa/claim", "host");
    fake_host_set("host/free_mib", "130");
    fake_host_set("host/claimed_pages", "16896"); /* all but 64 MiB */
    assert_fine(prepare("strict", 64, false), err);
    ck_assert_uint_eq(fake_outstanding(), 64 * MIB);
    assert_failed(prepare("strict", 65, false), err, ENOMEM,
                  "needs 65 MiB, the host has 130 MiB");
}
END_TEST

START_TEST(a_claim_does_not_outlive_a_failed_build)
{
    unsigned int before;

    host("64,64,64,64", "");
    assert_fine(prepare("strict", 40, false), err);
    before = fake_count("xc_domain_claim_pages");
    numa_job_free(&job);
    ck_assert_uint_eq(fake_count("xc_domain_claim_pages"), before + 1);
    ck_assert_uint_eq(fake_outstanding(), 0);
}
END_TEST

/* The domain is only to be destroyed: there is no use in another claim. */
START_TEST(nor_what_it_took_the_place_of)
{
    fake_host_set("domain/claimed_pages", "17000");
    host("64,64,64,64", "");
    assert_fine(prepare("strict", 40, false), err);
    if (HAS_SETS)
        ck_assert_int_eq(job.claim, MEM_CLAIM_SET);
    numa_job_free(&job);
    ck_assert_uint_eq(fake_outstanding(), HAS_SETS ? 0 : 17000);
}
END_TEST

START_TEST(a_claim_of_the_toolstack_does)
{
    fake_host_set("domain/claimed_pages", "17000");
    host("64,64,64,64", "");
    fake_fail("xc_domain_claim_memory:1:ENOSYS");
    assert_fine(prepare("strict", 40, false), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_TOOLSTACK);
    numa_job_free(&job);
    ck_assert_uint_eq(fake_outstanding(), 17000);
}
END_TEST

/* ---- reservations ---- */

/* One that means to take so much of node 0; the caller frees it. */
static struct numa_reserve other_builder(uint64_t mib)
{
    const struct numa_reservation reservation = { .pages = { mib * MIB } };
    const struct numa_patience patience = { .most_ms = 600000 };
    struct numa_reserve other = { 0 };
    cleanup_close int lock_fd = -1;

    assert_fine(numa_lock_take(&ctx, dir, &patience, &lock_fd, &err), err);
    assert_fine(numa_reserve_set(dir, 9, &reservation, &other, &err), err);
    return other;
}

START_TEST(others_reservations_are_no_reason_to_fail)
{
    struct numa_reserve other = other_builder(100);

    host("128", "");
    assert_fine(prepare("best-effort", 64, false), err);
    ck_assert_uint_eq(job.plan.pages[0], 64 * MIB);
    assert_failed(prepare("strict", 64, false), err, ENOMEM,
                  "free MiB (pages) per node are 0: 28 (7168)");
    numa_reserve_free(&other);
}
END_TEST

/* What ends while we wait for it. */
static struct numa_reserve *vanishing;

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)left;
    ck_assert_int_le(wanted->tv_nsec, 20000000);
    if (vanishing)
        numa_reserve_free(vanishing);
    vanishing = NULL;
    return 0;
}

/* What another one has claimed or taken by now may still count as reserved. */
START_TEST(a_reservation_that_vanishes_is_no_reason_to_fail)
{
    struct numa_reserve other = other_builder(100);

    host("128", "");
    vanishing = &other;
    assert_fine(prepare("strict", 64, false), err);
    ck_assert_uint_eq(job.plan.pages[0], 64 * MIB);
    ck_assert_ptr_null(vanishing);
}
END_TEST

/* Nor to take it, and be split. */
START_TEST(a_reservation_that_vanishes_is_not_taken_from)
{
    struct numa_reserve other = other_builder(95);

    host("100,10", "");
    vanishing = &other;
    assert_fine(prepare("best-effort", 35, false), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(0));
    ck_assert_ptr_null(vanishing);
}
END_TEST

/* Of what they have, no more is taken than is missing elsewhere. */
START_TEST(no_more_than_the_missing_of_others)
{
    struct numa_reserve other = other_builder(100);

    fake_host_set("host/low_mib", "32");
    host("128,64", "");
    assert_fine(prepare("best-effort", 100, false), err);
    ck_assert_uint_eq(job.plan.pages[0], 36 * MIB);
    ck_assert_uint_eq(job.plan.pages[1], 64 * MIB);
    ck_assert_uint_eq(job.host.node[0].low_pages, 32 * MIB);
    numa_reserve_free(&other);
}
END_TEST

/* Nor, where shares of virtual nodes want it all, more than they have. */
START_TEST(all_of_others_for_virtual_nodes)
{
    struct numa_reserve other = other_builder(90);
    struct numa_demand demand = demand_of(120);

    demand.shape = (struct numa_vnodes_request){
        .ram = { { 0, UINT64_C(120) << 20 } },
        .nr_ram = 1,
        .nr_vcpus = 2,
    };
    host("100,100", "");
    fake_store_set("/local/domain/7/platform/numa/policy", "best-effort");
    fake_store_set("/local/domain/7/platform/numa/vnodes", "2");
    assert_fine(prepare_demand(&demand), err);
    ck_assert_uint_eq(job.plan.pages[0], 60 * MIB);
    ck_assert_uint_eq(job.plan.pages[1], 60 * MIB);
    ck_assert_uint_eq(job.host.node[0].free_pages, 100 * MIB);
    numa_reserve_free(&other);
}
END_TEST

/* What has been done by now that is not to be done while others wait: lines of
 * the log, in bytes, and calls that take long. */
static struct sight {
    off_t logged_bytes;
    unsigned int calls;
} when_locked;
static int locked_fd = -1;
static unsigned int nr_locks;
static const char debuglog[] = "debuglog";

static struct sight look(void)
{
    static const char *const calls[] = {
        "xc_cputopoinfo",      "xc_cpupool_getinfo",
        "xc_pcitopoinfo",      "xc_domain_node_getaffinity",
        "xc_vcpu_getaffinity",
    };
    struct sight sight = { 0 };
    struct stat status;

    if (stat(debuglog, &status) == 0)
        sight.logged_bytes = status.st_size;
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
        sight.calls += fake_count(calls[i]);
    return sight;
}

/* The two that hold the lock, and let it go. */
int flock(int fd, int operation)
{
    int rc = (int)syscall(SYS_flock, fd, operation);
    char link[32], path[PATH_MAX] = "";

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (rc == 0 && readlink(link, path, sizeof(path) - 1) > 0 &&
        strstr(path, "/lock")) {
        locked_fd = fd;
        when_locked = look();
        nr_locks++;
    }
    return rc;
}

int close(int fd)
{
    if (fd >= 0 && fd == locked_fd) {
        const struct sight now = look();

        locked_fd = -1;
        ck_assert_int_eq(now.logged_bytes, when_locked.logged_bytes);
        ck_assert_uint_eq(now.calls, when_locked.calls);
    }
    return (int)syscall(SYS_close, fd);
}

/* Others wait: nothing is logged, and nothing read that can be read before. */
START_TEST(little_is_done_under_the_lock)
{
    struct numa_reserve other = other_builder(20);

    assert_fine(xg_log_debuglog(&the_log, debuglog, &err), err);
    nr_locks = 0;
    fake_host_set("host/low_mib", "1");
    host("64,64,64,64", "0,10");
    assert_fine(prepare("best-effort", 80, false), err);
    assert_fine(prepare("interleave", 300, true), err);
    assert_failed(prepare("strict", 300, false), err, ENOMEM, "");
    ck_assert_uint_ge(nr_locks, 3);
    ck_assert_int_gt(look().logged_bytes, 0);
    numa_reserve_free(&other);
}
END_TEST

#ifdef HAVE_NUMA_MEMINFO
static bool tells_of_claim(void)
{
    static char text[65536];
    FILE *file = fopen(debuglog, "r");

    text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
    if (file)
        fclose(file);
    return strstr(text, "claimed the memory with ");
}

static bool was_told;

int unlink(const char *path)
{
    was_told |= tells_of_claim();
    return (int)syscall(SYS_unlink, path);
}

/* Nobody waits for the log while claim and reservation count beside each other.
 */
START_TEST(a_claim_is_told_of_when_its_reservation_is_gone)
{
    assert_fine(xg_log_debuglog(&the_log, debuglog, &err), err);
    host("64,64", "");
    assert_fine(prepare("best-effort", 40, false), err);
    ck_assert(!job.reserve.shared);
    ck_assert(!was_told);
    ck_assert(tells_of_claim());
}
END_TEST

/* No part of the claim, it is reserved until it is renewed: here the build
 * fails before. */
START_TEST(the_hap_pool_stays_reserved)
{
    host("64,64,64,64", "");
    fake_host_set("domain/hap", "1");
    fake_store_set("/local/domain/7/platform/numa/nodes", "3");
    fake_fail("xc_domain_node_setaffinity:1:EIO");
    assert_failed(prepare("strict", 40, false), err, EIO, "");
    ck_assert_ptr_nonnull(job.reserve.shared);
    ck_assert_uint_eq(job.reserve.shared->pages[3], 4 * MIB);
}
END_TEST
#endif

/* What it has claimed there is not for those who have reserved it. */
START_TEST(the_toolstacks_node_heeds_no_reservations)
{
    struct numa_reserve other = other_builder(60);

    host("64,64,64,64", "");
    assert_fine(prepare_on_pnode(40, 0), err);
    ck_assert_uint_eq(job.plan.pages[0], 40 * MIB);
    numa_reserve_free(&other);
}
END_TEST

/* Others can tell what is still to come: the home node's first, but for what
 * comes besides. Stripes come from all nodes. */
START_TEST(a_reservation_is_in_the_order_of_filling)
{
    const struct numa_reservation *file;

    host("64,80,64,64", "");
    fake_store_set("/local/domain/7/platform/numa/claim", "host");
    assert_fine(prepare("best-effort", 100, false), err);
    file = job.reserve.shared;
    ck_assert_uint_ge(file->nr_order, 2);
    for (unsigned int i = 0; i < file->nr_order; i++)
        ck_assert_uint_eq(file->order[i], job.plan.order[i]);
    ck_assert_uint_eq(file->order[0], job.plan.home);
    ck_assert_uint_eq(file->pages[job.plan.home] - file->last_pages,
                      job.plan.pages[job.plan.home]);
    ck_assert_uint_eq(file->planned, 100 * MIB + file->last_pages);

    assert_fine(prepare("interleave", 40, false), err);
    ck_assert_uint_eq(job.reserve.shared->nr_order, 0);
}
END_TEST

START_TEST(without_a_place_for_reservations)
{
    setenv("XENGUEST_RUN_DIR", "/proc/nowhere", 1);
    host("64,64,64,64", "");
    assert_fine(prepare("best-effort", 40, false), err);
    assert_failed(prepare("strict", 40, false), err, ENOENT, "/proc/nowhere");

    fake_store_set("/local/domain/7/platform/numa/policy", "");
    assert_fine(prepare_on_pnode(40, 2), err);
}
END_TEST

/* ---- -mem_pnode and a policy of the domain's own ---- */

/* The policy's nodes for so much, where the toolstack has claimed on node 1. */
static int prepare_despite_pnode(const char *policy, const char *nodes,
                                 uint64_t mib)
{
    fake_host_set("domain/claimed_node", "1");
    fake_store_set("/local/domain/7/platform/numa/policy", policy);
    fake_store_set("/local/domain/7/platform/numa/nodes", nodes);
    return prepare_on_pnode(mib, 1);
}

START_TEST(of_equal_nodes_the_toolstacks)
{
    host("64,64,64,64", "");
    assert_fine(prepare_despite_pnode("best-effort", "all", 40), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(1));
    ck_assert_int_eq(job.policy.rule, NUMA_BEST_EFFORT);

    assert_fine(prepare_despite_pnode("best-effort", "0,2-3", 40), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(0));
    assert_fine(prepare_despite_pnode("best-effort", "all", 80), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(0) | NUMA_BIT(1));
}
END_TEST

/* Claims by node that were asked for, and that this hypervisor has not. */
START_TEST(the_toolstacks_claim_where_claims_have_no_nodes)
{
    fake_fail("xc_domain_claim_memory:0:ENOSYS,"
              "xc_domain_claim_pages_node:0:ENOSYS");
    fake_host_set("domain/claimed_pages", "10240");
    fake_store_set("/local/domain/7/platform/numa/claim", "node");
    host("64,64,64,64", "");
    assert_fine(prepare_despite_pnode("best-effort", "0", 40), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(1));
    ck_assert_int_eq(job.claim, MEM_CLAIM_TOOLSTACK);
    ck_assert_uint_eq(fake_outstanding(), 10240);

    assert_failed(prepare_despite_pnode("strict", "0", 40), err, ENOSYS, "");
}
END_TEST

/* A 32-bit PV guest costs it. */
START_TEST(the_toolstacks_claim_that_got_lost)
{
    fake_host_set("domain/claimed_pages", "10240");
    host("64,64,64,64", "");
    assert_fine(prepare_on_pnode(40, 1), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_TOOLSTACK);
    ck_assert_int_eq(xc_domain_claim_pages(ctx.xch, 7, 0), 0);
    assert_fine(numa_job_claim_again(&job, &err), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_TOOLSTACK);
    ck_assert_uint_eq(fake_outstanding(), 10240);
}
END_TEST

#if defined(HAVE_CLAIM_MEMORY) || defined(HAVE_CLAIM_PAGES_NODE)
/* By others, who were faster. */
START_TEST(our_claim_that_got_lost)
{
    const char *policy = _i ? "strict" : "best-effort";

    host("64,64,64,64", "");
    assert_fine(prepare(policy, 40, false), err);
    ck_assert_int_eq(job.claim, HAS_SETS ? MEM_CLAIM_SET : MEM_CLAIM_NODE);
    ck_assert_int_eq(xc_domain_claim_pages(ctx.xch, 7, 0), 0);
    fake_fail("xc_domain_claim_memory:0:ENOMEM,"
              "xc_domain_claim_pages_node:0:ENOMEM");
    if (_i) {
        assert_failed(numa_job_claim_again(&job, &err), err, ENOMEM, "");
        return;
    }
    assert_fine(numa_job_claim_again(&job, &err), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_HOST);
}
END_TEST
#endif

/* How often domains were asked for by a preparation under such a policy. */
static unsigned int nr_lists(const char *policy)
{
    unsigned int before = fake_count("xc_domain_getinfolist");

    assert_fine(prepare(policy, 40, false), err);
    return fake_count("xc_domain_getinfolist") - before;
}

/* Nobody else's vCPUs sway what there is no choice of. */
START_TEST(the_host_is_only_searched_for_load_where_that_counts)
{
    host("64,64,64,64", "");
    ck_assert_uint_eq(nr_lists("best-effort"), nr_lists("interleave") + 1);
    ck_assert_uint_eq(nr_lists("strict"), nr_lists("interleave") + 1);
}
END_TEST

#if defined(HAVE_CLAIM_MEMORY) && !defined(HAVE_NUMA_MEMINFO)
/* Others have claimed all but node 1: there is no claim for us but the
 * toolstack's. */
START_TEST(the_toolstacks_claim_if_ours_is_not_to_be_had)
{
    fake_host_set("domain/claimed_pages", "10240");
    host("64,64,64,64", "64,24,64,64");
    assert_fine(prepare_despite_pnode("best-effort", "0", 50), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(1));
    ck_assert_int_eq(job.policy.rule, NUMA_BEST_EFFORT);
    ck_assert_uint_eq(job.request.candidates, NUMA_BIT(0));
    ck_assert_int_eq(job.claim, MEM_CLAIM_TOOLSTACK);
    ck_assert_uint_eq(fake_claimed(1), 10240);

    assert_failed(prepare_despite_pnode("strict", "0", 50), err, ENOMEM, "");
    ck_assert_uint_eq(fake_claimed(1), 10240);

    fake_store_set("/local/domain/7/platform/numa/claim", "node");
    assert_fine(prepare_despite_pnode("best-effort", "0", 50), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(1));
    ck_assert_int_eq(job.claim, MEM_CLAIM_TOOLSTACK);
}
END_TEST
#endif

/* ---- what comes besides ---- */

static const struct extra {
    uint64_t max_mib, extra_pages;
} extras[] = {
    { 0, 2 * MIB },      { 40, 2 * MIB },    { 41, 2 * MIB },
    { 60, 20 * MIB },    { 296, 256 * MIB }, { 297, 256 * MIB },
    { 4096, 256 * MIB },
};

START_TEST(what_the_domain_may_still_have)
{
    struct numa_demand demand = demand_of(40);

    demand.max_pages = extras[_i].max_mib * MIB;
    host("512,512,512,512", "");
    fake_store_set("/local/domain/7/platform/numa/policy", "best-effort");
    assert_fine(prepare_demand(&demand), err);
    ck_assert_uint_eq(job.request.extra_pages, extras[_i].extra_pages);
    ck_assert_uint_eq(fake_outstanding(), 40 * MIB + extras[_i].extra_pages);
    if (!job.host.knows_claims)
        ck_assert_uint_eq(job.reserve.shared->pages[job.plan.home],
                          40 * MIB + extras[_i].extra_pages);
}
END_TEST

/* Of two nodes the one that has room for it; if none has, strict does with what
 * there is. */
START_TEST(room_for_what_comes_besides)
{
    struct numa_demand demand = demand_of(40);

    host("59,61", "");
    demand.max_pages = 60 * MIB;
    fake_store_set("/local/domain/7/platform/numa/policy", "strict");
    assert_fine(prepare_demand(&demand), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(1));

    demand.max_pages = 400 * MIB;
    fake_store_set("/local/domain/7/platform/numa/nodes", "0");
    assert_fine(prepare_demand(&demand), err);
    ck_assert_uint_eq(fake_outstanding(), 59 * MIB);
}
END_TEST

/* ---- restores: the demand is what the domain may have at most ---- */

START_TEST(a_restore_takes_what_there_is)
{
    uint64_t sum = 0;

    host("64,64,64,64", "");
    assert_fine(prepare("best-effort", 300, true), err);
    for (unsigned int node = 0; node < 4; node++)
        sum += job.plan.pages[node];
    ck_assert_uint_eq(sum, 256 * MIB);

    assert_failed(prepare("strict", 300, true), err, ENOMEM, "");
    assert_failed(prepare("best-effort", 300, false), err, ENOMEM, "");
}
END_TEST

/* Rather less than what others have reserved. */
START_TEST(a_restore_minds_reservations)
{
    struct numa_reserve other = other_builder(40);

    host("64,64", "");
    assert_fine(prepare("best-effort", 100, true), err);
    ck_assert_uint_eq(job.plan.pages[0], 24 * MIB);
    ck_assert_uint_eq(job.plan.pages[1], 64 * MIB);
    numa_reserve_free(&other);
}
END_TEST

START_TEST(a_restore_does_without_a_claim)
{
    host("64,64,64,64", "");
    nothing_can_be_claimed();
    assert_fine(prepare("interleave", 300, true), err);
    ck_assert_int_eq(job.claim, MEM_CLAIM_NONE);

    fake_store_set("/local/domain/7/platform/numa/claim", "host");
    for (unsigned int any = 0; any < 2; any++) {
        const char *policy = any ? "any" : "best-effort";

        assert_fine(prepare(policy, 300, true), err);
        ck_assert_int_eq(job.claim, MEM_CLAIM_NONE);
        assert_failed(prepare(policy, 200, false), err, ENOMEM, "");
    }
}
END_TEST

/* Whether all fits is seen in the end. */
START_TEST(a_restore_to_the_toolstacks_node)
{
    struct numa_demand demand = demand_of(100);

    host("64,64,64,64", "");
    demand.mem_pnode = 1;
    demand.restore = true;
    assert_fine(prepare_demand(&demand), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(1));

    demand.restore = false;
    assert_failed(prepare_demand(&demand), err, ENOMEM, "-mem_pnode");
}
END_TEST

/* ---- masks that are in Xen ---- */

START_TEST(a_mask_of_all_vcpus_is_where_the_guest_goes)
{
    host("64,64,64,64", "");
    fake_host_set("domain/hard", "00000011");
    assert_fine(prepare("best-effort", 40, false), err);
    ck_assert_uint_eq(job.request.candidates, NUMA_BIT(3));
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(3));
}
END_TEST

/* It keeps no memory-only node out. */
START_TEST(a_mask_of_all_pcpus_is_none)
{
    host("64,64,64,64,64,64,64,64,64,64,64,64", "");
    fake_host_set("domain/hard", "11111111");
    assert_fine(prepare("best-effort", 40, false), err);
    ck_assert_uint_eq(job.request.candidates, 0xfff);
}
END_TEST

START_TEST(a_list_of_nodes_comes_before_masks)
{
    host("64,64,64,64", "");
    fake_host_set("domain/hard", "00000011");
    fake_store_set("/local/domain/7/platform/numa/nodes", "1");
    assert_fine(prepare("best-effort", 40, false), err);
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(1));
}
END_TEST

/* A restored guest's, which is of another host's nodes. */
START_TEST(a_list_that_counts_for_nothing_comes_before_no_mask)
{
    host("64,64,64,64", "");
    fake_host_set("domain/hard", "00000011");
    fake_store_set("/local/domain/7/platform/numa/nodes", "9");
    assert_fine(prepare("best-effort", 40, true), err);
    ck_assert_uint_eq(job.request.candidates, NUMA_BIT(3));
    ck_assert_uint_eq(job.plan.nodes, NUMA_BIT(3));
}
END_TEST

/* ---- page tables ---- */

START_TEST(the_hap_pool_counts_in_the_plan)
{
    host("64,64,46,45", "");
    fake_host_set("domain/hap", "1");
    fake_store_set("/local/domain/7/platform/numa/nodes", "2");
    assert_fine(prepare("strict", 40, false), err);
    ck_assert_uint_eq(fake_count("xc_shadow_control"), 3);
    ck_assert_uint_eq(job.request.extra_pages, 6 * MIB);
}
END_TEST

/* It stays where it is; only what else comes besides is reserved then. */
START_TEST(a_hap_pool_that_does_not_fit)
{
    host("64,64,43,45", "");
    fake_host_set("domain/hap", "1");
    fake_store_set("/local/domain/7/platform/numa/nodes", "2");
    fake_store_set("/local/domain/7/platform/numa/claim", "off");
    assert_fine(prepare("strict", 40, false), err);
    ck_assert_uint_eq(fake_count("xc_shadow_control"), 1);
    ck_assert_uint_eq(job.reserve.shared->pages[2], (40 + 2) * MIB);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_job_prepare");

    tcase_add_checked_fixture(tcase, setup, teardown);
#if defined(HAVE_CLAIM_MEMORY) || defined(HAVE_NUMA_MEMINFO)
    tcase_add_test(tcase, the_node_that_others_claimed_is_found);
    tcase_add_test(tcase, what_others_left_of_a_node_is_used);
    tcase_add_test(tcase, what_is_tried_is_what_is_asked_for);
    tcase_add_test(tcase, eleven_nodes_that_others_claimed);
#endif
#ifdef HAVE_CLAIM_MEMORY
    tcase_add_loop_test(tcase, strict_gets_the_last_page_that_others_left, 0,
                        ARRAY_SIZE(lefts));
    tcase_add_loop_test(
        tcase, best_effort_uses_its_candidates_to_the_last_unclaimed_page, 0,
        ARRAY_SIZE(lefts));
    tcase_add_loop_test(tcase, a_claim_that_vanishes_is_no_reason_to_fail, 1,
                        40);
    tcase_add_test(tcase, a_claim_that_comes_and_goes);
    tcase_add_loop_test(
        tcase, the_toolstacks_claim_while_others_claims_are_found, 0, 2);
    tcase_add_test(tcase, only_strict_needs_claims_by_node);
    tcase_add_test(tcase, a_set_that_is_not_to_be_had_does_not_cost_it);
#endif
#ifdef HAVE_NUMA_MEMINFO
    tcase_add_test(tcase, a_claim_by_node_takes_the_place_of_the_reservation);
    tcase_add_test(tcase, claims_that_nobody_tells_of_are_not_seen);
    tcase_add_test(tcase, the_toolstacks_node_with_its_claim);
    tcase_add_test(tcase, a_small_claim_on_the_toolstacks_node);
    tcase_add_test(tcase, the_toolstacks_node_that_others_claimed);
#endif
    tcase_add_test(tcase, a_host_without_the_memory_is_no_place);
    tcase_add_test(tcase, the_last_pages_of_a_host_will_do);
    tcase_add_test(tcase, what_comes_besides_is_no_reason_to_fail);
    tcase_add_test(tcase, a_claim_does_not_outlive_a_failed_build);
    tcase_add_test(tcase, nor_what_it_took_the_place_of);
    tcase_add_test(tcase, a_claim_of_the_toolstack_does);
    tcase_add_test(tcase, others_reservations_are_no_reason_to_fail);
    tcase_add_test(tcase, a_reservation_that_vanishes_is_no_reason_to_fail);
    tcase_add_test(tcase, a_reservation_that_vanishes_is_not_taken_from);
    tcase_add_test(tcase, no_more_than_the_missing_of_others);
    tcase_add_test(tcase, all_of_others_for_virtual_nodes);
    tcase_add_test(tcase, little_is_done_under_the_lock);
#ifdef HAVE_NUMA_MEMINFO
    tcase_add_test(tcase, a_claim_is_told_of_when_its_reservation_is_gone);
    tcase_add_test(tcase, the_hap_pool_stays_reserved);
#endif
    tcase_add_test(tcase, the_toolstacks_node_heeds_no_reservations);
    tcase_add_test(tcase, a_reservation_is_in_the_order_of_filling);
    tcase_add_test(tcase, without_a_place_for_reservations);
    tcase_add_test(tcase, of_equal_nodes_the_toolstacks);
    tcase_add_test(tcase, the_toolstacks_claim_where_claims_have_no_nodes);
    tcase_add_test(tcase, the_toolstacks_claim_that_got_lost);
#if defined(HAVE_CLAIM_MEMORY) || defined(HAVE_CLAIM_PAGES_NODE)
    tcase_add_loop_test(tcase, our_claim_that_got_lost, 0, 2);
#endif
    tcase_add_test(tcase, the_host_is_only_searched_for_load_where_that_counts);
#if defined(HAVE_CLAIM_MEMORY) && !defined(HAVE_NUMA_MEMINFO)
    tcase_add_test(tcase, the_toolstacks_claim_if_ours_is_not_to_be_had);
#endif
    tcase_add_loop_test(tcase, what_the_domain_may_still_have, 0,
                        ARRAY_SIZE(extras));
    tcase_add_test(tcase, room_for_what_comes_besides);
    tcase_add_test(tcase, a_restore_takes_what_there_is);
    tcase_add_test(tcase, a_restore_minds_reservations);
    tcase_add_test(tcase, a_restore_does_without_a_claim);
    tcase_add_test(tcase, a_restore_to_the_toolstacks_node);
    tcase_add_test(tcase, a_mask_of_all_vcpus_is_where_the_guest_goes);
    tcase_add_test(tcase, a_mask_of_all_pcpus_is_none);
    tcase_add_test(tcase, a_list_of_nodes_comes_before_masks);
    tcase_add_test(tcase, a_list_that_counts_for_nothing_comes_before_no_mask);
    tcase_add_test(tcase, the_hap_pool_counts_in_the_plan);
    tcase_add_test(tcase, a_hap_pool_that_does_not_fit);
    return unit_run("numa_job_prepare", tcase);
}
