/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_options.c - the command line: what is accepted, what it means, and what
 * is refused by name. */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>

#include "cleanup.h"
#include "unit.h"

#define WORDS_MAX 64

/* A command line from one string: words at single blanks, '' for an empty
 * word. */
struct line {
    char text[512];
    char *argv[WORDS_MAX];
    int argc;
};

static void split(struct line *line, const char *text)
{
    char *rest = line->text;

    *line = (struct line){ .argc = 1 };
    ck_assert_uint_lt(strlen(text), sizeof(line->text));
    strcpy(line->text, text);
    line->argv[0] = (char *)"xenguest";
    while (rest && *rest) {
        char *word = strsep(&rest, " ");

        ck_assert_int_lt(line->argc, WORDS_MAX - 1);
        line->argv[line->argc++] = strcmp(word, "''") ? word : (char *)"";
    }
}

static struct line line; /* outlives a test's options, which point into it */

static int parse(const char *text, struct xg_options *opts,
                 struct xg_error *err)
{
    split(&line, text);
    return options_parse(line.argc, line.argv, opts, err);
}

static void assert_refused(const char *text, int code, const char *wanted)
{
    struct xg_options opts;
    struct xg_error err = { 0 };

    ck_assert_msg(parse(text, &opts, &err) == -1, "accepted: %s", text);
    ck_assert_msg(err.code == code && strstr(err.text, wanted),
                  "%s: [%d] %s (wanted [%d] %s)", text, err.code, err.text,
                  code, wanted);
}

/* ---- integers ---- */

#define AT(field) offsetof(struct xg_options, field)

static const struct int_option {
    const char *name;
    size_t offset;
    int min, max, absent;
} ints[] = {
    { "controlinfd", AT(controlinfd), 0, INT_MAX, -1 },
    { "controloutfd", AT(controloutfd), 0, INT_MAX, -1 },
    { "fd", AT(fd), 0, INT_MAX, -1 },
    { "domid", AT(domid), 1, 0x7fef, -1 },
    { "store_port", AT(store_port), 0, INT_MAX, -1 },
    { "store_domid", AT(store_domid), 0, 0x7fef, 0 },
    { "console_port", AT(console_port), 0, INT_MAX, -1 },
    { "console_domid", AT(console_domid), 0, 0x7fef, 0 },
    { "flags", AT(flags), INT_MIN, INT_MAX, 0 },
    { "mem_max_mib", AT(mem_max_mib), 1, (1 << 24) - 1, -1 },
    { "mem_start_mib", AT(mem_start_mib), 1, (1 << 24) - 1, -1 },
    { "mem_pnode", AT(mem_pnode), 0, 254, -1 },
};

static int int_of(const struct xg_options *opts, const struct int_option *def)
{
    return *(const int *)((const char *)opts + def->offset);
}

static int parse_int_option(const struct int_option *def, const char *value,
                            struct xg_options *opts, struct xg_error *err)
{
    char option[32];
    char *argv[] = { (char *)"xenguest", (char *)"-mode",
                     (char *)"test",     option,
                     (char *)value,      NULL };

    snprintf(option, sizeof(option), "-%s", def->name);
    return options_parse(5, argv, opts, err);
}

static void assert_int_refused(const struct int_option *def, const char *value,
                               int code)
{
    struct xg_options opts;
    struct xg_error err = { 0 };
    char wanted[80];

    snprintf(wanted, sizeof(wanted), "-%s: '%s' is ", def->name, value);
    ck_assert_msg(parse_int_option(def, value, &opts, &err) == -1,
                  "-%s '%s' was accepted", def->name, value);
    ck_assert_msg(err.code == code && strstr(err.text, wanted),
                  "-%s '%s': [%d] %s", def->name, value, err.code, err.text);
}

START_TEST(each_integer_option_refuses_what_is_no_decimal_integer)
{
    static const char *const bad[] = {
        "",     " 5",  "5 ",   "\t5", "5\n", "+5",
        "0x10", "0X1", "5x",   "x",   "5.0", "1e3",
        "--5",  "-",   "five", "5,6", "5 6", "999999999999999999999999999999",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_refused(&ints[_i], bad[i], EINVAL);
}
END_TEST

START_TEST(each_integer_option_keeps_to_its_range)
{
    const struct int_option *def = &ints[_i];
    const long long bad[] = {
        def->min - 1LL, def->max + 1LL, LLONG_MAX,
        LLONG_MIN,      4294967360, /* 64 in an int: what the original made of
                                       it */
        -4294967232,                /* 64 too */
        4294967295,     2147483648,
    };
    const int good[] = { def->min, def->max };
    struct xg_options opts;
    struct xg_error err;
    char value[32];

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        snprintf(value, sizeof(value), "%lld", bad[i]);
        assert_int_refused(def, value, ERANGE);
    }
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        snprintf(value, sizeof(value), "%d", good[i]);
        assert_fine(parse_int_option(def, value, &opts, &err), err);
        ck_assert_int_eq(int_of(&opts, def), good[i]);
    }
}
END_TEST

START_TEST(each_integer_option_has_its_default)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-mode test", &opts, &err), err);
    ck_assert_int_eq(int_of(&opts, &ints[_i]), ints[_i].absent);
}
END_TEST

/* ---- how an option may be written ---- */

START_TEST(options_are_written_as_getopt_long_only_has_it)
{
    static const char *const same[] = {
        "-mode test -domid 7",   "--mode test --domid 7",
        "--mode=test --domid=7", "-mode=test -domid=7",
        "-mode test -domi 7",    "--mode=test --domi=7",
        "-domid 7 -mode test",   "-mode test -domid 0007",
    };

    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        struct xg_options opts;
        struct xg_error err;

        assert_fine(parse(same[i], &opts, &err), err);
        ck_assert_int_eq(opts.mode, MODE_TEST);
        ck_assert_int_eq(opts.domid, 7);
    }
}
END_TEST

START_TEST(malformed_words_are_named)
{
    assert_refused("-mode test -bogus", EINVAL, "unknown option '-bogus'");
    assert_refused("-mode test --bogus=1", EINVAL,
                   "unknown option '--bogus=1'");
    assert_refused("-mode test -x", EINVAL, "unknown option '-x'");
    assert_refused("-mode test -:x", EINVAL, "unknown option '-:x'");
    assert_refused("-mode test -mem 5", EINVAL, "ambiguous option '-mem'");
    assert_refused("-mode test -co 5", EINVAL, "ambiguous option '-co'");
    assert_refused("-mode test -f 5", EINVAL, "ambiguous option '-f'");
    assert_refused("-mode test -force=1", EINVAL,
                   "no value is allowed for option '-force=1'");
    assert_refused("-mode test -domid", EINVAL,
                   "option '-domid' needs a value");
}
END_TEST

/* The original let getopt sort them to the end, and never looked there. */
START_TEST(stray_words_are_kept_apart_and_change_nothing)
{
    static const struct {
        const char *text, *stray;
    } rows[] = {
        { "-mode test -domid 7", "" },
        { "word -mode test -domid 7", "'word'" },
        { "-mode test -live true -domid 7 false", "'true' 'false'" },
        { "-mode test - -domid 7 ''", "'-' ''" },
        { "-mode test -domid 7 -- -domid 8 -bogus x", "'-domid' '8' '-bogus' "
                                                      "'x'" },
        { "-mode test -domid 7 --", "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct xg_options opts;
        struct xg_error err;

        assert_fine(parse(rows[i].text, &opts, &err), err);
        ck_assert_str_eq(opts.stray, rows[i].stray);
        ck_assert_int_eq(opts.mode, MODE_TEST);
        ck_assert_int_eq(opts.domid, 7);
    }
    /* They don't hide what is wrong. */
    assert_refused("word -mode test -bogus", EINVAL, "unknown option '-bogus'");
}
END_TEST

START_TEST(many_stray_words_are_cut)
{
    char text[512] = "-mode test";
    struct xg_options opts;
    struct xg_error err;

    for (int i = 0; i < 50; i++)
        strcat(text, " sesame");
    assert_fine(parse(text, &opts, &err), err);
    ck_assert_uint_eq(strlen(opts.stray), sizeof(opts.stray) - 1);
}
END_TEST

/* `-n` and `-no` were -no_incr_generationid's alone before -no-sandbox came. */
START_TEST(no_is_no_incr_generationid)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-mode test -n -no --no", &opts, &err), err);
    ck_assert(!opts.no_sandbox && !opts.stray[0]);
    assert_fine(parse("-mode test --no-sandbox", &opts, &err), err);
    ck_assert(opts.no_sandbox);
}
END_TEST

/* `-v` was no option's prefix but -vgpu's before there was a -version. */
START_TEST(v_is_vgpu)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-mode test -v", &opts, &err), err);
    ck_assert(opts.vgpu && !opts.version);
    assert_fine(parse("-ve", &opts, &err), err);
    ck_assert(opts.version && !opts.vgpu);
    assert_refused("-mode test -v=1", EINVAL, "no value is allowed");
}
END_TEST

START_TEST(a_value_may_begin_like_an_option)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-mode test -cmdline -domid -image -- -features -live",
                      &opts, &err),
                err);
    ck_assert_str_eq(opts.cmdline, "-domid");
    ck_assert_str_eq(opts.image, "--");
    ck_assert_str_eq(opts.features, "-live");
    ck_assert(!opts.live);
    ck_assert_str_eq(opts.stray, "");
}
END_TEST

/* `-fd` is a whole name although `-f` begins several. */
START_TEST(a_whole_name_is_not_ambiguous)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-mode test -fd 3 -debug", &opts, &err), err);
    ck_assert_int_eq(opts.fd, 3);
    ck_assert(opts.debug);
    ck_assert_ptr_null(opts.debuglog);
}
END_TEST

START_TEST(a_later_value_overrides_an_earlier_one)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-mode hvm_build -image a -domid 1 -mode test -image b "
                      "-domid 2",
                      &opts, &err),
                err);
    ck_assert_int_eq(opts.mode, MODE_TEST);
    ck_assert_str_eq(opts.image, "b");
    ck_assert_int_eq(opts.domid, 2);

    /* ... but a bad one stays an error */
    assert_refused("-mode test -domid x -domid 2", EINVAL, "-domid: 'x'");
}
END_TEST

START_TEST(flags_and_strings_go_to_their_fields)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-mode test -live -debug -force -vgpu -debuglog l "
                      "-features '' -ramdisk '' -pci_passthrough 00:1b.0",
                      &opts, &err),
                err);
    ck_assert(opts.live && opts.debug && opts.force && opts.vgpu);
    ck_assert(!opts.help && !opts.version);
    ck_assert_str_eq(opts.debuglog, "l");
    ck_assert_str_eq(opts.features, "");
    ck_assert_str_eq(opts.ramdisk, "");
    ck_assert_str_eq(opts.pci_passthrough, "00:1b.0");
    ck_assert_ptr_null(opts.image);
    ck_assert_ptr_null(opts.supports);

    assert_fine(parse("-mode test -fake -fork -compress -no_incr_generationid",
                      &opts, &err),
                err);
    ck_assert(!opts.live && !opts.debug && !opts.force && !opts.vgpu);
}
END_TEST

START_TEST(every_mode_is_known_and_nothing_else)
{
    for (int mode = MODE_NONE + 1; mode < NR_MODES; mode++) {
        struct xg_options opts;
        struct xg_error err = { 0 };
        char text[80];

        snprintf(text, sizeof(text), "-mode %s", options_mode_name(mode));
        parse(text, &opts, &err);
        ck_assert_int_eq(opts.mode, mode);
        ck_assert_ptr_null(strstr(err.text, "unknown"));
    }
    assert_refused("-mode build", EINVAL, "unknown mode 'build'");
    assert_refused("-mode ''", EINVAL, "unknown mode ''");
    assert_refused("-mode HVM_BUILD", EINVAL, "unknown mode 'HVM_BUILD'");
    assert_refused("-mode hvm", EINVAL, "unknown mode 'hvm'");
    assert_refused("-mode none", EINVAL, "unknown mode 'none'");
}
END_TEST

/* ---- lists ---- */

START_TEST(lists_of_devices_add_up_and_empty_items_count_for_nothing)
{
    static const struct {
        const char *text, *list;
    } rows[] = {
        { "", "" },
        { " -pci_passthrough ''", "" },
        { " -pci_passthrough ,,", "" },
        { " -pci_passthrough 1:2.0,", "1:2.0" },
        { " -pci_passthrough ,1:2.0,,1:2.1", "1:2.0,1:2.1" },
        { " -pci_passthrough 1:2.0 -pci_passthrough ''", "1:2.0" },
        { " -pci_passthrough 1:2.0 -pci_passthrough 3:4.5,6:7.0",
          "1:2.0,3:4.5,6:7.0" },
    };
    char text[OPTIONS_LIST_BYTES], one[] = "1", two[] = "12";
    char *argv[] = { (char *)"xenguest",
                     (char *)"-mode",
                     (char *)"test",
                     (char *)"-pci_passthrough",
                     text,
                     (char *)"-pci_passthrough",
                     one,
                     NULL };
    struct xg_options opts;
    struct xg_error err;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        snprintf(text, sizeof(text), "-mode test%s", rows[i].text);
        assert_fine(parse(text, &opts, &err), err);
        ck_assert_str_eq(opts.pci_passthrough, rows[i].list);
    }

    /* All of its room, and one more. */
    snprintf(text, sizeof(text), "%0*d", OPTIONS_LIST_BYTES - 3, 0);
    assert_fine(options_parse(ARRAY_SIZE(argv) - 1, argv, &opts, &err), err);
    ck_assert_uint_eq(strlen(opts.pci_passthrough), OPTIONS_LIST_BYTES - 1);
    argv[6] = two;
    assert_failed(options_parse(ARRAY_SIZE(argv) - 1, argv, &opts, &err), err,
                  E2BIG, "-pci_passthrough: too long from '12'");
}
END_TEST

START_TEST(a_cmdline_belongs_to_the_module_before_it)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-mode test -cmdline k -module m0 -module m1 -cmdline c1",
                      &opts, &err),
                err);
    ck_assert_str_eq(opts.cmdline, "k");
    ck_assert_uint_eq(opts.nr_modules, 2);
    ck_assert_str_eq(opts.modules[0].path, "m0");
    ck_assert_ptr_null(opts.modules[0].cmdline);
    ck_assert_str_eq(opts.modules[1].path, "m1");
    ck_assert_str_eq(opts.modules[1].cmdline, "c1");

    /* The first one is the kernel's wherever it stands. */
    assert_fine(
        parse("-mode test -module m0 -cmdline k -cmdline c0", &opts, &err),
        err);
    ck_assert_str_eq(opts.cmdline, "k");
    ck_assert_str_eq(opts.modules[0].cmdline, "c0");

    /* Empty ones count. */
    assert_fine(
        parse("-mode test -cmdline '' -module m0 -cmdline ''", &opts, &err),
        err);
    ck_assert_str_eq(opts.cmdline, "");
    ck_assert_str_eq(opts.modules[0].cmdline, "");

    ck_assert_ptr_null(opts.spare_cmdline);
    assert_fine(
        parse("-mode test -cmdline a -cmdline b -module m0", &opts, &err), err);
    ck_assert_str_eq(opts.cmdline, "a");
    ck_assert_ptr_null(opts.modules[0].cmdline);
    ck_assert_str_eq(opts.spare_cmdline, "b");
}
END_TEST

START_TEST(more_modules_than_libxenguest_holds_are_refused)
{
    assert_refused("-mode test -module a -module b -module c", E2BIG,
                   "-module: 'c' is one too many");
}
END_TEST

/* ---- what a mode needs ---- */

#define BUILD                                                            \
    "-domid 7 -mem_max_mib 64 -mem_start_mib 64 -image k -store_port 1 " \
    "-console_port 2"
#define KERNEL " -cmdline c -features '' -flags 0"

static const struct mode_needs {
    const char *mode, *options;
} needs[] = {
    { "linux_build", BUILD KERNEL " -ramdisk ''" },
    { "hvm_build", BUILD },
    { "pvh_build", BUILD KERNEL },
    { "save", "-domid 7 -fd 3" },
    { "hvm_save", "-domid 7 -fd 3" },
    { "restore", "-domid 7 -fd 3 -store_port 1 -console_port 2" },
    { "hvm_restore", "-domid 7 -fd 3 -store_port 1 -console_port 2" },
    { "resume_slow", "-domid 7" },
    { "listen", "-domid 7" },
    { "test", "" },
};

#define NOTHING -1

/* Joins a mode and its options, but for the option pair that begins at a
 * word; returns that option's name. */
static const char *without(const struct mode_needs *row, int skip, char *text)
{
    static struct line words;
    const char *name = "";

    split(&words, row->options);
    sprintf(text, "-controloutfd 8 -mode %s", row->mode);
    for (int i = 1; i < words.argc; i++) {
        if (i == skip)
            name = words.argv[i];
        if (i == skip || i == skip + 1)
            continue;
        sprintf(text + strlen(text), " %s",
                words.argv[i][0] ? words.argv[i] : "''");
    }
    return name;
}

START_TEST(each_mode_names_the_option_that_is_missing)
{
    char text[512], wanted[80];
    struct xg_options opts;
    struct xg_error err;
    const char *name;

    without(&needs[_i], NOTHING, text);
    assert_fine(parse(text, &opts, &err), err);

    for (int skip = 1; *(name = without(&needs[_i], skip, text)); skip += 2) {
        snprintf(wanted, sizeof(wanted), "missing command line options: %s",
                 name);
        assert_refused(text, EINVAL, wanted);
    }
}
END_TEST

START_TEST(all_that_is_missing_is_named_at_once)
{
    assert_refused("", EINVAL, "missing command line options: -mode");
    assert_refused("-domid 7", EINVAL, "missing command line options: -mode");
    assert_refused("-mode linux_build -controloutfd 8", EINVAL,
                   "missing command line options: -image -cmdline -ramdisk "
                   "-domid -store_port -console_port -features -flags "
                   "-mem_max_mib -mem_start_mib");
}
END_TEST

/* See by_hand.h. */
START_TEST(without_a_control_pipe_the_domain_and_the_stream_are_enough)
{
    struct xg_options opts;
    struct xg_error err;
    char text[80];

    for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
        bool streams = strstr(needs[i].options, "-fd ");

        snprintf(text, sizeof(text), "-mode %s -domid 7%s", needs[i].mode,
                 streams ? " -fd 3" : "");
        assert_fine(parse(text, &opts, &err), err);
        snprintf(text, sizeof(text), "-mode %s", needs[i].mode);
        if (needs[i].options[0])
            assert_refused(text, EINVAL,
                           streams ? "missing command line options: -fd -domid"
                                   : "missing command line options: -domid");
    }
}
END_TEST

START_TEST(mem_start_may_not_exceed_mem_max)
{
    struct xg_options opts;
    struct xg_error err;

    assert_refused("-mode test -mem_max_mib 64 -mem_start_mib 65", EINVAL,
                   "-mem_start_mib: '65' is more than -mem_max_mib 64");
    assert_fine(
        parse("-mode test -mem_max_mib 64 -mem_start_mib 63", &opts, &err),
        err);
}
END_TEST

START_TEST(questions_need_no_mode)
{
    struct xg_options opts;
    struct xg_error err;

    assert_fine(parse("-supports migration-v2", &opts, &err), err);
    ck_assert_str_eq(opts.supports, "migration-v2");
    assert_fine(parse("--help", &opts, &err), err);
    ck_assert(opts.help);
    assert_fine(parse("--version", &opts, &err), err);
    ck_assert(opts.version);
}
END_TEST

/* ---- the control fds ---- */

START_TEST(control_fds_are_found_wherever_they_stand)
{
    static const struct {
        const char *text;
        int in, out;
    } rows[] = {
        { "-controloutfd 8 -controlinfd 9 -mode hvm_build", 9, 8 },
        { "-mode hvm_build -controlinfd 9 -domid 7 -controloutfd 8", 9, 8 },
        { "--controloutfd=8 --controlinfd=9", 9, 8 },
        { "-controlo 8 -controli 9", 9, 8 },
        { "-controloutfd 7 -controloutfd 8", -1, 8 },
        { "-mode test", -1, -1 },
        /* behind errors */
        { "-bogus -controloutfd 8 -controlinfd 9", 9, 8 },
        { "-domid x -mem 5 -force=1 word -controloutfd 8", -1, 8 },
        { "-:x -controloutfd 8", -1, 8 },
        { "word -mode nothing -controloutfd 8 -domid", -1, 8 },
        /* one of them malformed */
        { "-controlinfd x -controloutfd 8", -1, 8 },
        { "-controloutfd '' -controlinfd 9", 9, -1 },
        { "-controloutfd 4294967304 -controlinfd 9", 9, -1 },
        { "-controloutfd -1", -1, -1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct xg_early_options early;

        split(&line, rows[i].text);
        options_find_early(line.argc, line.argv, &early);
        ck_assert_msg(early.controlinfd == rows[i].in &&
                          early.controloutfd == rows[i].out,
                      "%s: in %d, out %d", rows[i].text, early.controlinfd,
                      early.controloutfd);
    }
}
END_TEST

/* What getopt does not see, the caller may wait at all the same. */
START_TEST(an_fd_for_errors_is_guessed_wherever_it_stands)
{
    static const struct {
        const char *text;
        int out, guess;
    } rows[] = {
        { "-mode test", -1, -1 },
        { "-controloutfd 8", 8, 8 },
        { "-domid -controloutfd 8", -1, 8 },
        { "-controlinfd --controloutfd=8 -domid 7", -1, 8 },
        { "-image -controlo 8", -1, 8 },
        { "-- -controloutfd 8", -1, 8 },
        { "-controloutfd 8x", -1, 8 },
        { "-controloutfd=8x", -1, 8 },
        { "-controloutfd 7 -controloutfd 8x", 7, 8 },
        /* no fd to be seen */
        { "-controloutfd", -1, -1 },
        { "-controloutfd ''", -1, -1 },
        { "-controloutfd x8", -1, -1 },
        { "-controloutfd -1", -1, -1 },
        { "-controloutfd 4294967304", -1, -1 },
        { "-controloutfd 99999999999999999999", -1, -1 },
        /* other names */
        { "-domid -controlinfd 8", -1, -1 },
        { "-domid -control 8", -1, -1 },
        { "-domid -controloutfds 8", -1, -1 },
        { "controloutfd 8", -1, -1 },
        { "---controloutfd 8", -1, -1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct xg_early_options early;

        split(&line, rows[i].text);
        options_find_early(line.argc, line.argv, &early);
        ck_assert_msg(early.controloutfd == rows[i].out &&
                          early.errorfd == rows[i].guess,
                      "%s: out %d, guess %d", rows[i].text, early.controloutfd,
                      early.errorfd);
    }
}
END_TEST

START_TEST(the_debug_log_is_found_behind_errors)
{
    struct xg_early_options early;

    split(&line, "-domid x -debuglog a -bogus -debuglog b -mode nothing");
    options_find_early(line.argc, line.argv, &early);
    ck_assert_str_eq(early.debuglog, "b");

    split(&line, "-domid 7");
    options_find_early(line.argc, line.argv, &early);
    ck_assert_ptr_null(early.debuglog);
}
END_TEST

/* The finder runs first, on the same argv: it must leave it as it was. */
START_TEST(finding_the_control_fds_disturbs_nothing)
{
    struct xg_options opts;
    struct xg_error err;
    struct xg_early_options early;

    split(&line, "-mode test -domid 7 -controloutfd 8");
    options_find_early(line.argc, line.argv, &early);
    assert_fine(options_parse(line.argc, line.argv, &opts, &err), err);
    ck_assert_int_eq(opts.domid, 7);
    ck_assert_int_eq(opts.controloutfd, 8);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase,
                        each_integer_option_refuses_what_is_no_decimal_integer,
                        0, ARRAY_SIZE(ints));
    tcase_add_loop_test(tcase, each_integer_option_keeps_to_its_range, 0,
                        ARRAY_SIZE(ints));
    tcase_add_loop_test(tcase, each_integer_option_has_its_default, 0,
                        ARRAY_SIZE(ints));
    tcase_add_test(tcase, options_are_written_as_getopt_long_only_has_it);
    tcase_add_test(tcase, malformed_words_are_named);
    tcase_add_test(tcase, stray_words_are_kept_apart_and_change_nothing);
    tcase_add_test(tcase, many_stray_words_are_cut);
    tcase_add_test(tcase, v_is_vgpu);
    tcase_add_test(tcase, no_is_no_incr_generationid);
    tcase_add_test(tcase, a_value_may_begin_like_an_option);
    tcase_add_test(tcase, a_whole_name_is_not_ambiguous);
    tcase_add_test(tcase, a_later_value_overrides_an_earlier_one);
    tcase_add_test(tcase, flags_and_strings_go_to_their_fields);
    tcase_add_test(tcase, every_mode_is_known_and_nothing_else);
    tcase_add_test(tcase,
                   lists_of_devices_add_up_and_empty_items_count_for_nothing);
    tcase_add_test(tcase, a_cmdline_belongs_to_the_module_before_it);
    tcase_add_test(tcase, more_modules_than_libxenguest_holds_are_refused);
    tcase_add_loop_test(tcase, each_mode_names_the_option_that_is_missing, 0,
                        ARRAY_SIZE(needs));
    tcase_add_test(tcase, all_that_is_missing_is_named_at_once);
    tcase_add_test(tcase,
                   without_a_control_pipe_the_domain_and_the_stream_are_enough);
    tcase_add_test(tcase, mem_start_may_not_exceed_mem_max);
    tcase_add_test(tcase, questions_need_no_mode);
    tcase_add_test(tcase, control_fds_are_found_wherever_they_stand);
    tcase_add_test(tcase, an_fd_for_errors_is_guessed_wherever_it_stands);
    tcase_add_test(tcase, the_debug_log_is_found_behind_errors);
    tcase_add_test(tcase, finding_the_control_fds_disturbs_nothing);
}

int main(void)
{
    TCase *tcase = tcase_create("options");

    add_tests(tcase);
    return unit_run("options", tcase);
}
