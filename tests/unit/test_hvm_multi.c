/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_hvm_multi.c - HVM parameters are kept, and then set in one hypercall. */
#include "hvm_multi.h"

#include <errno.h>

#include <xenctrl.h>
#include <xen/hvm/params.h>

#include "../fake/fake.h"
#include "unit.h"

static struct xg_log the_log;
static struct xg_ctx ctx;
static struct hvm_multi multi;
static struct xg_error err;

static void setup(void)
{
    assert_fine(xg_ctx_open(&ctx, 7, &the_log, &err), err);
}

static void teardown(void)
{
    hvm_multi_forget(&multi);
    xg_ctx_close(&ctx);
}

static int set(uint32_t domid, uint64_t hpet)
{
    return xc_hvm_param_set(ctx.xch, domid, HVM_PARAM_HPET_ENABLED, hpet);
}

START_TEST(all_are_set_at_the_end_in_one_hypercall)
{
    hvm_multi_begin(&multi, &ctx);
    for (uint64_t i = 0; i < 5; i++)
        ck_assert_int_eq(set(7, i), 0);
    ck_assert_uint_eq(fake_count("xc_hvm_param_set"), 0);
    assert_fine(hvm_multi_end(&multi, &err), err);
    ck_assert_uint_eq(fake_count("xc_hvm_param_set"), 5);
    ck_assert_uint_eq(fake_count("xencall2"), 1);

    /* From then on each is set at once. */
    ck_assert_int_eq(set(7, 1), 0);
    ck_assert_uint_eq(fake_count("xc_hvm_param_set"), 6);
}
END_TEST

START_TEST(one_that_xen_refuses_is_named)
{
    hvm_multi_begin(&multi, &ctx);
    ck_assert_int_eq(set(7, 0x11), 0);
    ck_assert_int_eq(set(7, 0x12), 0);
    fake_fail("xc_hvm_param_set:2:EINVAL");
    assert_failed(hvm_multi_end(&multi, &err), err, EINVAL, "= 0x12");
}
END_TEST

START_TEST(none_is_no_hypercall)
{
    assert_fine(hvm_multi_end(&multi, &err), err);
    hvm_multi_begin(&multi, &ctx);
    assert_fine(hvm_multi_end(&multi, &err), err);
    ck_assert_uint_eq(fake_count("xencall2"), 0);
}
END_TEST

START_TEST(what_is_forgotten_is_not_set)
{
    hvm_multi_begin(&multi, &ctx);
    ck_assert_int_eq(set(7, 1), 0);
    hvm_multi_forget(&multi);
    assert_fine(hvm_multi_end(&multi, &err), err);
    ck_assert_uint_eq(fake_count("xc_hvm_param_set"), 0);
}
END_TEST

START_TEST(another_domains_are_set_at_once)
{
    hvm_multi_begin(&multi, &ctx);
    ck_assert_int_eq(set(9, 1), -1);
    ck_assert_int_eq(errno, ESRCH);
    ck_assert_uint_eq(fake_count("xc_hvm_param_set"), 1);
}
END_TEST

START_TEST(more_than_there_is_room_for_are_set_at_once)
{
    hvm_multi_begin(&multi, &ctx);
    for (uint64_t i = 0; i <= HVM_MULTI_MOST; i++)
        ck_assert_int_eq(set(7, i), 0);
    ck_assert_uint_eq(fake_count("xc_hvm_param_set"), 1);
    assert_fine(hvm_multi_end(&multi, &err), err);
    ck_assert_uint_eq(fake_count("xc_hvm_param_set"), HVM_MULTI_MOST + 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("hvm_multi");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, all_are_set_at_the_end_in_one_hypercall);
    tcase_add_test(tcase, one_that_xen_refuses_is_named);
    tcase_add_test(tcase, none_is_no_hypercall);
    tcase_add_test(tcase, what_is_forgotten_is_not_set);
    tcase_add_test(tcase, another_domains_are_set_at_once);
    tcase_add_test(tcase, more_than_there_is_room_for_are_set_at_once);
    return unit_run("hvm_multi", tcase);
}
