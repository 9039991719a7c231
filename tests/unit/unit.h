/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * unit.h - what every unit test's main does. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* Runs the tests, each in its own process, and speaks TAP; the output tells
 * what failed, the exit status only that the run got to its end. */
static inline int unit_run(const char *name, TCase *tcase)
{
    Suite *suite = suite_create(name);
    SRunner *runner;

    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    srunner_free(runner);
    return 0;
}

/* Goes to a new folder for the files of this test, and returns it. It is beside
 * the test program: `make clean` removes what a test that was killed left. */
static inline const char *unit_enter_dir(void)
{
    static char path[PATH_MAX + 16];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

    ck_assert_int_gt(length, 0);
    strcpy(path + length, ".dir-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(chdir(path), 0);
    ck_assert_int_eq(setenv("UNIT_DIR", path, 1), 0);
    return path;
}

static inline void unit_leave_dir(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system("rm -rf \"$UNIT_DIR\""), 0);
}

/* A call failed, with this code and with this in its text. */
#define assert_failed(rc, err, wanted_code, wanted_text)                  \
    do {                                                                  \
        ck_assert_int_eq(rc, -1);                                         \
        ck_assert_msg((err).code == (wanted_code) &&                      \
                          strstr((err).text, wanted_text),                \
                      "[%d] %s (wanted [%d] %s)", (err).code, (err).text, \
                      wanted_code, wanted_text);                          \
    } while (0)

#define assert_fine(rc, err) ck_assert_msg((rc) == 0, "%s", (err).text)

#endif
