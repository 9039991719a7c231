/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_nodes.c - lists of nodes: which are understood, and how a set of
 * nodes is written. */
#include "numa_nodes.h"

#include <errno.h>

#include "cleanup.h"
#include "unit.h"

#define EXISTING UINT64_C(0x800000000000001f) /* 0-4 and 63 */

static const struct list {
    const char *text;
    uint64_t nodes; /* 0: refused */
    const char *formatted;
    uint64_t excluded;
} lists[] = {
    { "0", 0x1, "0", 0 },
    { "0,2-3", 0xd, "0,2-3", 0 },
    { "2_3", 0xc, "2-3", 0 },
    { "2-2", 0x4, "2", 0 },
    { "3,1,1-3", 0xe, "1-3", 0 },
    { "all", EXISTING, "0-4,63", 0 },
    { "all,^1", EXISTING & ~UINT64_C(2), "0,2-4,63", 0x2 },
    { "all,^1-3,2", UINT64_C(0x8000000000000015), "0,2,4,63", 0xa },
    { "63", UINT64_C(1) << 63, "63", 0 },
    { "", 0, "", 0 },
    { "5", 0, "", 0 },
    { "0-5", 0, "", 0 },
    { "64", 0, "", 0 },
    { "99999999999999999999", 0, "", 0 },
    { "3-2", 0, "", 0 },
    { "0,", 0, "", 0 },
    { ",0", 0, "", 0 },
    { "0 1", 0, "", 0 },
    { "0,^0", 0, "", 0 },
    { "^0", 0, "", 0 },
    { "-1", 0, "", 0 },
    { "0-", 0, "", 0 },
    { "alll", 0, "", 0 },
    { "all,^9", 0, "", 0 },
    { "0x1", 0, "", 0 },
};

START_TEST(a_list_is_a_set_of_nodes)
{
    const struct list *list = &lists[_i];
    char text[NUMA_LIST_BYTES];
    struct xg_error err;
    uint64_t nodes = 0, excluded = 0;
    int rc = numa_nodes_parse(list->text, EXISTING, &nodes, &excluded, &err);

    if (list->nodes) {
        assert_fine(rc, err);
        ck_assert_uint_eq(nodes, list->nodes);
        ck_assert_uint_eq(excluded, list->excluded);
        ck_assert_str_eq(numa_nodes_format(nodes, text), list->formatted);
    } else {
        assert_failed(rc, err, EINVAL, list->text);
    }
}
END_TEST

/* The longest list there is fits. */
START_TEST(every_other_node_fits)
{
    char text[NUMA_LIST_BYTES];

    numa_nodes_format(UINT64_C(0xaaaaaaaaaaaaaaaa), text);
    ck_assert_str_eq(text + strlen(text) - 6, ",61,63");
    ck_assert_str_eq(numa_nodes_format(0, text), "none");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_nodes");

    tcase_add_loop_test(tcase, a_list_is_a_set_of_nodes, 0, ARRAY_SIZE(lists));
    tcase_add_test(tcase, every_other_node_fits);
    return unit_run("numa_nodes", tcase);
}
