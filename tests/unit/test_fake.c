/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_fake.c - the doubles refuse what xenstored and Xen refuse. */
#include "../fake/fake.h"

#include <errno.h>
#include <xenstore.h>

#include "unit.h"

#define PATH "/a/node"

static struct xs_handle *xsh;

static void setup(void)
{
    xsh = xs_open(0);
    ck_assert_ptr_nonnull(xsh);
    fake_store_set(PATH, "before");
}

static void teardown(void)
{
    xs_close(xsh);
}

static void assert_unknown(bool done)
{
    ck_assert_msg(!done && errno == ENOENT, "done %d, errno %d", done, errno);
    errno = 0;
}

/* None of the requests is answered in this transaction, nor is it ended. */
static void assert_no_transaction(xs_transaction_t t)
{
    unsigned int nr;

    errno = 0;
    assert_unknown(xs_read(xsh, t, PATH, &nr));
    assert_unknown(xs_directory(xsh, t, "/a", &nr));
    assert_unknown(xs_write(xsh, t, PATH, "after", 5));
    assert_unknown(xs_rm(xsh, t, PATH));
    assert_unknown(xs_transaction_end(xsh, t, false));
    ck_assert_str_eq(fake_store_get(PATH), "before");
}

START_TEST(a_transaction_is_known_from_its_start_to_its_end)
{
    xs_transaction_t first, second;

    assert_no_transaction(1);
    first = xs_transaction_start(xsh);
    ck_assert(xs_write(xsh, first, PATH, "within", 6));
    ck_assert(xs_transaction_end(xsh, first, true));
    ck_assert_str_eq(fake_store_get(PATH), "before");
    assert_no_transaction(first);
    assert_unknown(xs_transaction_end(xsh, XBT_NULL, false));

    second = xs_transaction_start(xsh);
    assert_no_transaction(first);
    ck_assert(xs_transaction_end(xsh, second, false));
}
END_TEST

START_TEST(no_page_above_the_domains_limit_is_populated)
{
    xen_pfn_t frames[4] = { 0 };

    fake_host_set("domain/max_pages", "7");
    fake_host_set("domain/pages", "1");
    ck_assert_int_eq(fake_populate(XENMEMF_exact_node(0), 0, 4, frames), 4);
    ck_assert_int_eq(fake_populate(XENMEMF_exact_node(0), 1, 2, frames), 1);
    ck_assert_int_eq(fake_populate(0, 0, 1, frames), 0);
    ck_assert(!fake_host_take(1));
    ck_assert_uint_eq(fake_domain_pages(), 7);

    fake_host_set("domain/max_pages", "8");
    ck_assert_int_eq(fake_populate(0, 0, 2, frames), 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("fake");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_transaction_is_known_from_its_start_to_its_end);
    tcase_add_test(tcase, no_page_above_the_domains_limit_is_populated);
    return unit_run("fake", tcase);
}
