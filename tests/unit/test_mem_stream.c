/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_mem_stream.c - what a restore asks for comes from the plan's nodes, in
 * superpages, and to the page. The test asks as libxenguest does. */
#include "mem_stream.h"

#include <errno.h>

#include "../fake/fake.h"
#include "mem_batch.h"
#include "numbers.h"
#include "unit.h"

#define MIB UINT64_C(256) /* in pages */
#define RUN PAGES_2M

static struct xg_log the_log;
static struct xg_ctx ctx;
static struct xg_error err;
static struct numa_plan plan;
static struct numa_reserve reserve;
static struct mem_gate gate;
static struct mem_stream stream;

/* Nodes 0 and 1 get so many pages, of a plan that may take others too. */
static void begin(uint64_t on_0, uint64_t on_1, bool translated)
{
    plan.pages[0] = on_0;
    plan.pages[1] = on_1;
    plan.nodes = NUMA_BIT(0) | (on_1 ? NUMA_BIT(1) : 0);
    assert_fine(mem_stream_open(&stream, &gate, translated, on_0 + on_1, &err),
                err);
}

static void setup(void)
{
    fake_host_set("host/node_free_mib", "16,16,16");
    plan = (struct numa_plan){ .order = { 0, 1, 2 }, .nr_order = 3 };
    reserve = (struct numa_reserve){ 0 };
    assert_fine(xg_ctx_open(&ctx, 7, &the_log, &err), err);
    gate = (struct mem_gate){
        .ctx = &ctx,
        .plan = &plan,
        .reserve = &reserve,
    };
}

static void teardown(void)
{
    mem_stream_free(&stream);
    xg_ctx_close(&ctx);
}

/* Asks for frames in a row, 1024 at a time. */
static int ask(uint64_t first, uint64_t nr_frames)
{
    xen_pfn_t frames[1024];

    while (nr_frames) {
        unsigned long nr = nr_frames < 1024 ? (unsigned long)nr_frames : 1024;

        for (unsigned long i = 0; i < nr; i++)
            frames[i] = first + i;
        if (xc_domain_populate_physmap_exact(ctx.xch, 7, nr, 0, 0, frames) < 0)
            return -1;
        first += nr;
        nr_frames -= nr;
    }
    return 0;
}

static void assert_tally(uint64_t on_0, uint64_t on_1, uint64_t on_2,
                         uint64_t superpages)
{
    ck_assert_uint_eq(gate.tally.pages[0], on_0);
    ck_assert_uint_eq(gate.tally.pages[1], on_1);
    ck_assert_uint_eq(gate.tally.pages[2], on_2);
    ck_assert_uint_eq(gate.tally.extents_2m, superpages);
    ck_assert_uint_eq(gate.tally.extents_4k,
                      on_0 + on_1 + on_2 - superpages * RUN);
    ck_assert_uint_eq(fake_host_taken(), on_0 + on_1 + on_2);
}

START_TEST(frames_in_a_row_are_superpages)
{
    begin(4 * MIB, 4 * MIB, true);
    ck_assert_int_eq(ask(0, 8 * MIB), 0);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(4 * MIB, 4 * MIB, 0, 4);
    ck_assert_uint_eq(gate.tally.spilled, 0);
}
END_TEST

/* As an HVM guest's: no frames from 0xa0 to 0xc0, and the requests then begin
 * and end within runs. */
START_TEST(a_hole_at_the_start)
{
    begin(8 * MIB, 0, true);
    ck_assert_int_eq(ask(0, 0xa0), 0);
    ck_assert_int_eq(ask(0xc0, 1024), 0);
    ck_assert_int_eq(ask(0xc0 + 1024, 4 * RUN - 0xc0 - 1024), 0);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(4 * RUN - 0x20, 0, 0, 3);
}
END_TEST

START_TEST(what_the_stream_leaves_empty_is_given_back)
{
    begin(8 * MIB, 0, true);
    ck_assert_int_eq(ask(0, RUN + 100), 0);
    ck_assert_uint_eq(fake_host_taken(), 2 * RUN);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(RUN + 100, 0, 0, 1);
    ck_assert_uint_eq(fake_count("xc_domain_decrease_reservation_exact"), 1);
}
END_TEST

/* A live migration, in which the guest's balloon gives back the first frame of
 * a run whose others are there: a superpage would take their place. */
START_TEST(a_run_that_has_frames_gets_no_superpage)
{
    xen_pfn_t first = 2 * RUN;

    begin(8 * MIB, 0, true);
    ck_assert_int_eq(ask(RUN + 1, RUN - 1), 0);
    ck_assert_int_eq(ask(RUN, 1), 0);
    ck_assert_int_eq(ask(2 * RUN + 1, 1), 0);
    ck_assert_int_lt(
        xc_domain_populate_physmap_exact(ctx.xch, 7, 1, 9, 0, &first), 0);
    ck_assert_uint_eq(fake_host_taken(), RUN + 1);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(RUN + 1, 0, 0, 0);
}
END_TEST

/* Every second frame: nothing tells of a superpage. */
START_TEST(frames_apart_are_small)
{
    begin(8 * MIB, 0, true);
    for (uint64_t pfn = 0; pfn < RUN; pfn += 2) {
        xen_pfn_t frames[] = { pfn, pfn + 2 };

        ck_assert_int_eq(
            xc_domain_populate_physmap_exact(ctx.xch, 7, 2, 0, 0, frames), 0);
        pfn += 2;
    }
    ck_assert_uint_eq(fake_host_taken(), RUN / 2);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(RUN / 2, 0, 0, 0);
}
END_TEST

/* A guest that may have 3 MiB and has ballooned: the superpages of its three
 * half empty runs do not fit, its pages do. */
START_TEST(a_ballooned_guest_gets_its_own_pages)
{
    fake_host_set("host/free_mib", "3");
    begin(3 * MIB, 0, true);
    for (uint64_t run = 0; run < 3; run++)
        ck_assert_int_eq(ask(run * RUN, RUN / 2), 0);
    assert_fine(mem_stream_end(&stream, &err), err);
    ck_assert_uint_eq(fake_host_taken(), 3 * RUN / 2);
    ck_assert_uint_eq(mem_tally_pages(&gate.tally), 3 * RUN / 2);
}
END_TEST

START_TEST(stripes_take_turns)
{
    plan.stripe_pages = RUN;
    begin(4 * MIB, 4 * MIB, true);
    ck_assert_int_eq(ask(0, RUN), 0);
    assert_tally(RUN, 0, 0, 1);
    ck_assert_int_eq(ask(RUN, RUN), 0);
    assert_tally(RUN, RUN, 0, 2);
    ck_assert_int_eq(ask(2 * RUN, 2 * RUN), 0);
    assert_tally(2 * RUN, 2 * RUN, 0, 4);
}
END_TEST

START_TEST(a_pv_guest_has_no_superpages)
{
    begin(RUN, RUN, false);
    ck_assert_int_eq(ask(0, 2 * RUN), 0);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(RUN, RUN, 0, 0);
}
END_TEST

/* They come back as mfns, in their places. */
START_TEST(a_pv_guest_is_told_its_frames)
{
    xen_pfn_t frames[4] = { 0, 1, 2, 3 };

    begin(2, 2, false);
    ck_assert_int_eq(
        xc_domain_populate_physmap_exact(ctx.xch, 7, 4, 0, 0, frames), 0);
    assert_tally(2, 2, 0, 0);
    for (unsigned int i = 1; i < 4; i++)
        ck_assert_uint_eq(frames[i], frames[0] + i);
}
END_TEST

/* Node 0 has 1 MiB and no superpage: its small pages first, then the nearest's,
 * of which as much is still to be taken as before. */
START_TEST(a_node_that_is_short)
{
    struct numa_reservation shared = { .pages = { 4 * MIB, 4 * MIB } };

    reserve.shared = &shared;
    fake_host_set("host/node_free_mib", "1,16,16");
    begin(4 * MIB, 0, true);
    ck_assert_int_eq(ask(0, 4 * MIB), 0);
    assert_fine(mem_stream_end(&stream, &err), err);
    ck_assert_uint_eq(gate.tally.pages[0], MIB);
    ck_assert_uint_eq(gate.tally.pages[1], 3 * MIB);
    ck_assert_uint_eq(gate.tally.spilled, 3 * MIB);
    ck_assert_uint_eq(shared.pages[0], 0);
    ck_assert_uint_eq(shared.pages[1], 4 * MIB);
}
END_TEST

/* What it has not is asked of the nearest: neither less nor anything again. */
START_TEST(the_rest_of_a_short_node)
{
    xen_pfn_t frames[2 * MIB];

    fake_host_set("host/node_free_mib", "1,16,16");
    begin(2 * MIB, 0, false);
    for (unsigned int i = 0; i < 2 * MIB; i++)
        frames[i] = i;
    ck_assert_int_eq(
        xc_domain_populate_physmap_exact(ctx.xch, 7, 2 * MIB, 0, 0, frames), 0);
    assert_tally(MIB, MIB, 0, 0);
    for (unsigned int i = 1; i < 2 * MIB; i++)
        ck_assert_uint_eq(frames[i], frames[0] + i);
}
END_TEST

/* Node 0 is, the others are not. */
START_TEST(a_short_node_costs_no_others_superpages)
{
    fake_host_set("host/node_free_mib", "1,16,16");
    plan.stripe_pages = RUN;
    begin(8 * MIB, 8 * MIB, true);
    ck_assert_int_eq(ask(0, 16 * MIB), 0);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(MIB, 15 * MIB, 0, 4);
    ck_assert_uint_eq(fake_count("xc_domain_decrease_reservation_exact"), 0);
}
END_TEST

START_TEST(strict_takes_no_other_node)
{
    fake_host_set("host/node_free_mib", "1,16,16");
    gate.keep_to_plan = true;
    begin(4 * MIB, 0, true);
    ck_assert_int_eq(ask(0, 4 * MIB), -1);
    assert_failed(-1, gate.err, ENOMEM, "the nodes of the plan");
    ck_assert_uint_eq(gate.tally.pages[1], 0);
}
END_TEST

/* More than was planned, as after a domain's max-mem was raised meanwhile. */
START_TEST(what_no_node_was_to_get_goes_home)
{
    begin(2 * MIB, 0, true);
    ck_assert_int_eq(ask(0, 4 * MIB), 0);
    ck_assert_uint_eq(gate.tally.pages[0], 4 * MIB);
}
END_TEST

/* Not while more than enough is there that nobody has asked for. */
START_TEST(what_is_given_back_comes_before_more_than_was_planned)
{
    begin(3 * RUN, 0, true);
    for (uint64_t run = 0; run < 3; run++)
        ck_assert_int_eq(ask(run * RUN, 100), 0);
    ck_assert_uint_eq(fake_host_taken(), 3 * RUN);
    ck_assert_int_eq(ask(3 * RUN + 100, RUN), 0);
    ck_assert_uint_eq(fake_host_taken(), 300 + (RUN - 100) + RUN);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(300 + RUN, 0, 0, 0);
}
END_TEST

/* A virtual node of `pages` on each node, from frame 0 on. */
static struct numa_vnodes make_vnodes(unsigned int nr, uint64_t pages)
{
    struct numa_vnodes vnodes = { .nr = nr, .nr_ranges = nr };

    for (unsigned int i = 0; i < nr; i++) {
        vnodes.vnode[i].node = i;
        vnodes.vnode[i].bytes = pages << XC_PAGE_SHIFT;
        vnodes.range[i].vnode = i;
        vnodes.range[i].ram.start = i * pages << XC_PAGE_SHIFT;
        vnodes.range[i].ram.end = (i + 1) * pages << XC_PAGE_SHIFT;
    }
    return vnodes;
}

/* A quarter of the frames is in none: they get what the plan has besides, and
 * the home node's come first, from what others were to get as well. */
START_TEST(each_virtual_node_gets_its_own)
{
    const struct numa_vnodes vnodes = make_vnodes(2, 3 * RUN);

    gate.vnodes = &vnodes;
    begin(4 * RUN, 4 * RUN, true);
    ck_assert_int_eq(ask(6 * RUN, 2 * RUN), 0);
    assert_tally(2 * RUN, 0, 0, 2);
    ck_assert_int_eq(ask(0, 6 * RUN), 0);
    assert_tally(5 * RUN, 3 * RUN, 0, 8);
    ck_assert_int_eq(ask(8 * RUN, 1), 0);
    assert_tally(5 * RUN + 1, 3 * RUN, 0, 8);
}
END_TEST

/* What a note tells, and what nodes 0 and 1 get of two virtual nodes that were
 * planned with 64 runs each. */
static const struct {
    unsigned int nr;
    uint64_t runs;
    uint64_t on_0, on_1;
} told[] = {
    { 0, 0, 64, 64 },
    { 1, 4, 64, 64 },
    { 2, 4, 64, 64 },
    /* 32 MiB more of the home node. */
    { 1, 64, 80, 48 },
};

static struct numa_vnodes learnt;

static int learn_them(void *owner, uint64_t end_pfn, struct xg_error *why)
{
    (void)owner;
    (void)end_pfn;
    (void)why;
    gate.vnodes = learnt.nr ? &learnt : NULL;
    return 0;
}

/* A guest that says that it has little RAM can't have all of a node, which
 * may be others'; nor one that has none of the virtual nodes planned. */
START_TEST(what_a_guest_tells_takes_no_more_of_a_node)
{
    const struct numa_vnodes planned = make_vnodes(2, 64 * RUN);

    learnt = make_vnodes(told[_i].nr, told[_i].runs * RUN);
    gate.vnodes = &planned;
    fake_host_set("host/node_free_mib", "256,256,256");
    begin(64 * RUN, 64 * RUN, true);
    stream.learn = learn_them;
    for (uint64_t run = 0; run < 128; run += 4)
        ck_assert_int_eq(ask(run * RUN, 4 * RUN), 0);
    ck_assert_ptr_null(stream.learn);
    assert_tally(told[_i].on_0 * RUN, told[_i].on_1 * RUN, 0, 128);
}
END_TEST

/* As libxenguest 4.22 asks: one superpage, and a refusal is no failure. */
START_TEST(superpages_that_are_asked_for)
{
    xen_pfn_t frame = 0;

    fake_host_set("host/node_free_mib", "3,16,16");
    begin(4 * MIB, 0, true);
    ck_assert_int_eq(
        xc_domain_populate_physmap_exact(ctx.xch, 7, 1, ORDER_2M, 0, &frame),
        0);
    frame = RUN;
    ck_assert_int_eq(
        xc_domain_populate_physmap_exact(ctx.xch, 7, 1, ORDER_2M, 0, &frame),
        -1);
    ck_assert_int_eq(ask(RUN, RUN), 0);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(3 * MIB, MIB, 0, 1);
}
END_TEST

/* A frame that no guest has: kept no track of, and no harm. */
START_TEST(a_frame_far_up)
{
    begin(4 * MIB, 0, true);
    ck_assert_int_eq(ask(UINT64_C(1) << 40, 1), 0);
    assert_fine(mem_stream_end(&stream, &err), err);
    assert_tally(1, 0, 0, 0);
}
END_TEST

START_TEST(a_closed_gate_leaves_it_to_xen)
{
    begin(4 * MIB, 0, true);
    mem_gate_close(&gate);
    ck_assert_int_eq(ask(0, 100), 0);
    ck_assert_uint_eq(mem_tally_pages(&gate.tally), 0);
    ck_assert_uint_eq(fake_host_taken(), 100);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("mem_stream");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, frames_in_a_row_are_superpages);
    tcase_add_test(tcase, a_hole_at_the_start);
    tcase_add_test(tcase, what_the_stream_leaves_empty_is_given_back);
    tcase_add_test(tcase, a_run_that_has_frames_gets_no_superpage);
    tcase_add_test(tcase, frames_apart_are_small);
    tcase_add_test(tcase, a_ballooned_guest_gets_its_own_pages);
    tcase_add_test(tcase, stripes_take_turns);
    tcase_add_test(tcase, a_pv_guest_has_no_superpages);
    tcase_add_test(tcase, a_pv_guest_is_told_its_frames);
    tcase_add_test(tcase, a_node_that_is_short);
    tcase_add_test(tcase, the_rest_of_a_short_node);
    tcase_add_test(tcase, a_short_node_costs_no_others_superpages);
    tcase_add_test(tcase, strict_takes_no_other_node);
    tcase_add_test(tcase, what_no_node_was_to_get_goes_home);
    tcase_add_test(tcase,
                   what_is_given_back_comes_before_more_than_was_planned);
    tcase_add_test(tcase, each_virtual_node_gets_its_own);
    tcase_add_loop_test(tcase, what_a_guest_tells_takes_no_more_of_a_node, 0,
                        ARRAY_SIZE(told));
    tcase_add_test(tcase, superpages_that_are_asked_for);
    tcase_add_test(tcase, a_frame_far_up);
    tcase_add_test(tcase, a_closed_gate_leaves_it_to_xen);
    return unit_run("mem_stream", tcase);
}
