/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_vmctl_protocol.c - vmctl accepts what the contract allows on the
 * control channel, and calls everything else a breach. Scripts play xenguest:
 * $OUT and $IN are its control fds. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "vmctl_protocol.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct scenario {
    const char *script;
    bool wants_abi;
    enum protocol_kind kind;
    const char *text; /* what the verdict's text holds */
} scenarios[] = {
    /* allowed */
    { "say 'result:7 8'", false, PROTOCOL_RESULT, "7 8" },
    { "say 'result:7 8 x86_64-abi'", true, PROTOCOL_RESULT, "x86_64" },
    { "say 'result:7 8 x86_32-abi'", true, PROTOCOL_RESULT, "x86_32" },
    { "say 'info:a' 'stdout:b: c' 'stderr:' 'result:7 8'", false,
      PROTOCOL_RESULT, "7 8" },
    { "say 'suspend:'; read a <&$IN; [ $a = done ] && say 'result:0 0'", false,
      PROTOCOL_RESULT, "0 0" },
    { "printf 'resu' >&$OUT; sleep 0.1; printf 'lt:7 8\\n' >&$OUT", false,
      PROTOCOL_RESULT, "7 8" },
    { "say 'error:xenguest: f: [22] no: [1] x'; exit 1", false, PROTOCOL_ERROR,
      "xenguest: f: [22] no: [1] x" },
    { "say 'error:xenguest: f: [-1] no'; exit 1", true, PROTOCOL_ERROR, "no" },

    /* the result itself */
    { "say 'result:7'", false, PROTOCOL_BREACH, "malformed result" },
    { "say 'result: 7 8'", false, PROTOCOL_BREACH, "malformed result" },
    { "say 'result:7  8'", false, PROTOCOL_BREACH, "malformed result" },
    { "say 'result:7 8 '", false, PROTOCOL_BREACH, "malformed result" },
    { "say 'result:0x7 8'", false, PROTOCOL_BREACH, "malformed result" },
    { "say 'result:-7 8'", false, PROTOCOL_BREACH, "malformed result" },
    { "say 'result:7 99999999999999999999'", false, PROTOCOL_BREACH,
      "malformed result" },
    { "say 'result:7 8'", true, PROTOCOL_BREACH, "malformed result" },
    { "say 'result:7 8 abi'", true, PROTOCOL_BREACH, "malformed result" },
    { "say 'result:7 8 x86_64-abi'", false, PROTOCOL_BREACH,
      "malformed result" },
    { "say 'error:no'; exit 1", false, PROTOCOL_BREACH, "malformed error" },
    { "say 'error:xenguest: f: no'; exit 1", false, PROTOCOL_BREACH,
      "malformed error" },
    { "say 'error:xenguest: f: [] no'; exit 1", false, PROTOCOL_BREACH,
      "malformed error" },

    /* other lines */
    { "say 'hello' 'result:7 8'", false, PROTOCOL_BREACH, "without a colon" },
    { "say '' 'result:7 8'", false, PROTOCOL_BREACH, "without a colon" },
    { "say 'warning: x' 'result:7 8'", false, PROTOCOL_BREACH,
      "unknown prefix" },
    { "say ' result:7 8'", false, PROTOCOL_BREACH, "unknown prefix" },
    { "say ':'", false, PROTOCOL_BREACH, "unknown prefix" },
    { "say 'Result:7 8'", false, PROTOCOL_BREACH, "unknown prefix" },
    { "printf 'info:a\\000b\\n' >&$OUT; say 'result:7 8'", false,
      PROTOCOL_BREACH, "NUL" },
    { "printf 'result:7 8' >&$OUT", false, PROTOCOL_BREACH,
      "without a newline" },
    { "printf %20000d 1 >&$OUT; say 'result:7 8'", false, PROTOCOL_BREACH,
      "a line without an end" },

    /* more than one end, or none */
    { "say 'result:7 8' 'result:7 8'", false, PROTOCOL_BREACH,
      "after the result" },
    { "say 'result:7 8' 'error:xenguest: f: [1] x'; exit 1", false,
      PROTOCOL_BREACH, "after the result" },
    { "say 'error:xenguest: f: [1] x' 'error:xenguest: f: [1] x'; exit 1",
      false, PROTOCOL_BREACH, "after the error" },
    { "say 'result:7 8' 'info:late'", false, PROTOCOL_BREACH,
      "after the result" },
    { "exit 0", false, PROTOCOL_BREACH, "without result: or error:" },
    { "exit 1", false, PROTOCOL_BREACH, "status 1 without" },
    { "say 'info:a'; kill -SEGV $$", false, PROTOCOL_BREACH, "signal 11" },

    /* the exit status */
    { "say 'result:7 8'; exit 1", false, PROTOCOL_BREACH,
      "status 1 after a result" },
    { "say 'result:7 8'; kill -ABRT $$", false, PROTOCOL_BREACH, "signal 6" },
    { "say 'error:xenguest: f: [1] x'", false, PROTOCOL_BREACH,
      "status 0 after an error" },
    { "say 'error:xenguest: f: [1] x'; exit 2", false, PROTOCOL_BREACH,
      "status 2 after an error" },

    /* time; exec, so that no child keeps the pipe open */
    { "exec sleep 1000", false, PROTOCOL_BREACH, "killed: no result after" },
    { "exec 1>&- 2>&-; eval \"exec $OUT>&-\"; exec sleep 1000", false,
      PROTOCOL_BREACH, "killed" },
};
#define NR_SCENARIOS (int)(sizeof(scenarios) / sizeof(*scenarios))

/* In the build's folder: /tmp may let no program run. */
static char script_path[] = "./test_vmctl_protocol.XXXXXX";

static void write_script(const char *body)
{
    FILE *script = fopen(script_path, "w");

    ck_assert_ptr_nonnull(script);
    fprintf(script,
            "#!/bin/sh\nOUT=$2 IN=$4\n"
            "say() { printf '%%s\\n' \"$@\" >&$OUT; }\n%s\n",
            body);
    fclose(script);
    ck_assert_int_eq(chmod(script_path, 0700), 0);
}

/* Scripts that hang have timeout_s, all others as long as they need. */
static void run_for(double timeout_s, const char *body, bool wants_abi,
                    const char *const *args, struct protocol_verdict *verdict)
{
    static const char *const none[] = { NULL };
    struct protocol_job job = {
        .path = script_path,
        .args = args ? args : none,
        .timeout_s = timeout_s,
        .wants_abi = wants_abi,
    };

    write_script(body);
    protocol_run(&job, verdict);
}

static void run(const char *body, bool wants_abi, const char *const *args,
                struct protocol_verdict *verdict)
{
    run_for(strstr(body, "sleep 1000") ? 0.5 : 500, body, wants_abi, args,
            verdict);
}

START_TEST(judges_each_scenario)
{
    const struct scenario *scenario = &scenarios[_i];
    struct protocol_verdict verdict;

    run(scenario->script, scenario->wants_abi, NULL, &verdict);
    ck_assert_msg(
        verdict.kind == scenario->kind && strstr(verdict.text, scenario->text),
        "%s: kind %d, \"%s\"", scenario->script, verdict.kind, verdict.text);
}
END_TEST

/* On a machine that is slow enough, its time is over before the result. */
START_TEST(what_stays_after_its_result_is_killed)
{
    struct protocol_verdict verdict;
    double timeout_s = 0.25;

    do {
        timeout_s *= 2;
        run_for(timeout_s, "say 'result:7 8'; exec sleep 1000", false, NULL,
                &verdict);
    } while (strstr(verdict.text, "no result after") && timeout_s < 200);
    ck_assert_int_eq(verdict.kind, PROTOCOL_BREACH);
    ck_assert_msg(strstr(verdict.text, "killed: still running after"), "%s",
                  verdict.text);
}
END_TEST

/* Of a clock that nobody sets. */
static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

START_TEST(result_is_taken_apart)
{
    struct protocol_verdict verdict;
    double began_s = now_s();

    run("sleep 0.2; say 'result:12345678901 42 x86_64-abi'; sleep 3", true,
        NULL, &verdict);
    ck_assert_int_eq(verdict.kind, PROTOCOL_RESULT);
    ck_assert_uint_eq(verdict.store_frame, 12345678901);
    ck_assert_uint_eq(verdict.console_frame, 42);
    ck_assert_str_eq(verdict.abi, "x86_64-abi");
    /* up to the line, which is when xenopsd goes on; not up to the exit */
    ck_assert(verdict.seconds >= 0.2);
    ck_assert(verdict.seconds < now_s() - began_s - 1);
}
END_TEST

START_TEST(arguments_follow_the_control_fds)
{
    const char *const args[] = { "-mode", "", "two words", NULL };
    struct protocol_verdict verdict;

    run("[ \"$1\" = -controloutfd ] && [ \"$3\" = -controlinfd ] &&\n"
        "[ \"$5\" = -mode ] && [ -z \"$6\" ] && [ \"$7\" = 'two words' ] &&\n"
        "[ $# = 7 ] && say 'result:1 2'",
        false, args, &verdict);
    ck_assert_msg(verdict.kind == PROTOCOL_RESULT, "%s", verdict.text);
}
END_TEST

/* Our own ends must stay ours: with them xenguest would never see us gone. */
START_TEST(only_its_own_ends_are_inherited)
{
    struct protocol_verdict verdict;

    run("cd /proc/$$/fd; out=$(readlink $OUT) in=$(readlink $IN)\n"
        "for fd in *; do\n"
        "  case $fd in $OUT|$IN) continue ;; esac\n"
        "  case $(readlink $fd) in $out|$in) say \"leak:fd $fd\" ;; esac\n"
        "done; say 'result:1 2'",
        false, NULL, &verdict);
    ck_assert_msg(verdict.kind == PROTOCOL_RESULT, "%s", verdict.text);
}
END_TEST

START_TEST(a_missing_program_is_not_its_fault)
{
    const char *const none[] = { NULL };
    struct protocol_job job = {
        .path = "/nowhere/xenguest",
        .args = none,
        .timeout_s = 5,
    };
    struct protocol_verdict verdict;

    protocol_run(&job, &verdict);
    ck_assert_int_eq(verdict.kind, PROTOCOL_CANNOT_RUN);
    ck_assert_ptr_nonnull(strstr(verdict.text, "/nowhere/xenguest"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmctl_protocol");
    TCase *tcase = tcase_create("vmctl_protocol");
    SRunner *runner;
    int fd = mkstemp(script_path);

    if (fd < 0)
        return 99;
    close(fd);

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, judges_each_scenario, 0, NR_SCENARIOS);
    tcase_add_test(tcase, what_stays_after_its_result_is_killed);
    tcase_add_test(tcase, result_is_taken_apart);
    tcase_add_test(tcase, arguments_follow_the_control_fds);
    tcase_add_test(tcase, only_its_own_ends_are_inherited);
    tcase_add_test(tcase, a_missing_program_is_not_its_fault);
    suite_add_tcase(suite, tcase);

    runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    srunner_free(runner);
    unlink(script_path);
    return 0;
}
