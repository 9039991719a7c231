/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * failing_calls.c - every call that the program makes fails once, and is its
 * death once, in a run of its own.
 *
 * Each scenario is run as it is, which counts its points; then once for each of
 * them. After a failure there is one error line that names that call, and
 * nothing is left: no claim, result, reservation, fd, block, mapping, handle or
 * thread; or consequences.c says what else is right. After a death the next run
 * goes as if nothing had been: only files are left to it, as claims and all
 * that is written in Xenstore are the domain's own, and go with it. A run is a
 * fork without exec: main is linked in.
 *
 *   failing_calls              the scenarios of this round
 *   failing_calls PART/PARTS   each PARTSth of them, from the PARTth on
 *   failing_calls TEXT         all whose names contain it
 *
 * XG_LONG=1: all scenarios, each call with each errno. Else a part of both, the
 * same each time: XG_ROUND, a number, says which. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "points_files.h"

static unsigned int nr_tests, nr_failed;

/* Where a client talks, how often the program looks and waits differs from run
 * to run: not each of its points is in each. Those are tried that are in all of
 * so many runs, and so many of a hundred are reached. */
#define NR_MEASURED 3
#define REACHED_PERCENT 80

struct count {
    unsigned int runs, reached;
};

static void end_test(bool good, const struct scenario *scenario,
                     const char *what, struct count nr)
{
    good &= nr.runs && nr.reached * 100 >= nr.runs * REACHED_PERCENT;
    nr_tests++;
    nr_failed += !good;
    printf("%s %u - %s: %s, %u of %u runs came to it\n", good ? "ok" : "not ok",
           nr_tests, scenario->name, what, nr.reached, nr.runs);
}

static const int codes[] = { EIO, ENOMEM, EINVAL, ENOSYS, POINTS_NO_ERRNO };
#define NR_CODES (sizeof(codes) / sizeof(*codes))

/* What there is no time for everyday takes turns by XG_ROUND. */
static unsigned int round_nr;
static bool all_of_it;

/* So many everyday rounds do all scenarios; those that come first are in each,
 * but for the libraries of a variant. No multiple of the codes' number: they
 * take turns as well. */
#ifdef FEW_SCENARIOS
#define SLICES_OF_FIRST 43
#define SLICES 43
#else
#define SLICES_OF_FIRST 1
#define SLICES 9
#endif

static void read_round(void)
{
    const char *is_long = getenv("XG_LONG"), *nr = getenv("XG_ROUND");

    all_of_it = is_long && strcmp(is_long, "0") != 0;
    round_nr = nr ? (unsigned int)strtoul(nr, NULL, 10) : 0;
    if (!all_of_it)
        printf("# XG_ROUND=%u\n", round_nr);
}

/* The C library always says why. */
static bool is_turn(size_t code, const struct point *point, unsigned int turn)
{
    size_t nr_codes = *point->file ? NR_CODES - 1 : NR_CODES;

    return code < nr_codes && (all_of_it || code == turn % nr_codes);
}

static void test_failures(const struct scenario *scenario,
                          const struct run *good)
{
    struct points_order order = {
        .fate = POINTS_FAIL,
        .log_too = scenario->log_too,
    };
    struct run after = run_make();
    struct count nr = { 0, 0 };
    unsigned int turn = round_nr;
    bool all = true;

    for (unsigned int i = 0; i < good->seen->nr_points; i++) {
        order.point = &good->seen->points[i];
        for (order.nth = 1; order.nth <= order.point->times; order.nth++) {
            for (size_t code = 0; code < NR_CODES; code++) {
                if (!is_turn(code, order.point, turn))
                    continue;
                order.code = codes[code];
                run_forget();
                run_start(scenario, &order, &after);
                all &= judge_failure(&order, good, &after);
                nr.runs++;
                nr.reached += after.seen->reached;
            }
            turn++;
        }
    }
    run_free(&after);
    end_test(all, scenario, "each call fails once", nr);
}

static void test_deaths(const struct scenario *scenario, const struct run *good)
{
    struct points_order order = {
        .fate = POINTS_DIE,
        .log_too = scenario->log_too,
    };
    const struct points_order none = {
        .fate = POINTS_COUNT,
        .log_too = scenario->log_too,
    };
    struct run dead = run_make(), next = run_make();
    struct count nr = { 0, 0 };
    bool all = true;

    for (unsigned int i = 0; i < good->seen->nr_points; i++) {
        order.point = &good->seen->points[i];
        for (order.nth = 1; order.nth <= order.point->times; order.nth++) {
            run_forget();
            run_start(scenario, &order, &dead);
            all &= judge_death(&order, &dead);
            run_start(scenario, &none, &next);
            all &= judge_next(&order, good, &next);
            nr.runs++;
            nr.reached += dead.seen->reached;
        }
    }
    run_free(&dead);
    run_free(&next);
    end_test(all, scenario, "death at each call, then as before", nr);
}

/* Of the points of one run, as many as there were in the other, too. */
static void keep_least(struct points_seen *least,
                       const struct points_seen *other)
{
    for (unsigned int i = 0; i < least->nr_points; i++) {
        struct point *point = &least->points[i];
        unsigned int times = 0;

        for (unsigned int j = 0; j < other->nr_points; j++)
            if (!strcmp(point->call, other->points[j].call) &&
                !strcmp(point->file, other->points[j].file))
                times = other->points[j].times;
        if (times < point->times)
            point->times = times;
    }
}

/* Runs it as it is; true if it goes well. */
static bool measure(const struct scenario *scenario, struct run *good)
{
    const struct points_order none = {
        .fate = POINTS_COUNT,
        .log_too = scenario->log_too,
    };
    struct run again = run_make();
    bool works;

    run_forget();
    run_start(scenario, &none, good);
    works = judge_good(&none, good);
    for (int nr = 1; works && scenario->talk && nr < NR_MEASURED; nr++) {
        run_forget();
        run_start(scenario, &none, &again);
        works = judge_good(&none, &again);
        keep_least(good->seen, again.seen);
    }
    run_free(&again);
    return works;
}

static void test_scenario(const struct scenario *scenario)
{
    struct run good = run_make();

    judge_begin(scenario);
    if (measure(scenario, &good)) {
        test_failures(scenario, &good);
        test_deaths(scenario, &good);
    } else {
        end_test(false, scenario, "works", (struct count){ 1, 1 });
    }
    judge_end();
    run_free(&good);
}

/* ---- which ---- */

static bool has_its_turn(size_t i, unsigned int slices)
{
    return all_of_it || i % slices == round_nr % slices;
}

static unsigned int nr_due;

/* A part is each PARTSth scenario of those that are due. */
static void test_if_due(const struct scenario *scenario, const char *which,
                        bool its_turn)
{
    unsigned int part, parts;

    if (!which || sscanf(which, "%u/%u", &part, &parts) != 2 || !parts) {
        /* One that is named need not wait for its turn. */
        if (which ? strstr(scenario->name, which) != NULL : its_turn)
            test_scenario(scenario);
    } else if (its_turn && nr_due++ % parts + 1 == part) {
        test_scenario(scenario);
    }
}

int main(int argc, char *argv[])
{
    (void)argc;
    points_files_read();
    run_make_world();
    signal(SIGPIPE, SIG_IGN);
    read_round();
    for (size_t i = 0; i < nr_scenarios; i++)
        test_if_due(&scenarios[i], argv[1], has_its_turn(i, SLICES_OF_FIRST));
    for (size_t i = 0; i < nr_more_scenarios; i++)
        test_if_due(&more_scenarios[i], argv[1],
                    has_its_turn(nr_scenarios + i, SLICES));
    run_remove_world();
    printf("1..%u\n", nr_tests);
    return nr_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
