/* SPDX-License-Identifier: LGPL-2.1-or-later
 * unit.h - what every unit test's main does. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <string.h>

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
