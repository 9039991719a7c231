/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_listen_proto.c - requests from bytes however they are cut up, and the
 * exact bytes of each reply and event. */
#include "listen_proto.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

/* What became of a run of bytes: a word for each request, in order. */
struct outcome {
    char words[1024];
    struct listen_args args;
};

static void add_word(struct outcome *outcome, const char *word)
{
    size_t used = strlen(outcome->words);

    snprintf(outcome->words + used, sizeof(outcome->words) - used, "%s%s",
             used ? " " : "", word);
}

/* Feeds bytes in pieces of a size. */
static struct outcome feed(const char *bytes, size_t nr_bytes, size_t piece)
{
    struct outcome outcome = { .args = LISTEN_ARGS_NONE };
    struct listen_parser parser = { .nr_bytes = 0 };
    enum listen_verdict verdict = LISTEN_MORE;
    size_t at = 0;

    while (at < nr_bytes && verdict != LISTEN_BROKEN) {
        size_t room = nr_bytes - at < piece ? nr_bytes - at : piece;
        enum listen_command command;
        const char *error = NULL;
        size_t taken;

        verdict = listen_parse(&parser, bytes + at, room, &taken, &outcome.args,
                               &command, &error);
        ck_assert_uint_le(taken, room);
        /* A call that takes nothing says something new. */
        ck_assert(taken > 0 || verdict != LISTEN_MORE);
        at += taken;

        if (verdict == LISTEN_REQUEST)
            add_word(&outcome, listen_command_name(command));
        else if (verdict != LISTEN_MORE)
            add_word(&outcome, error);
    }
    return outcome;
}

static void assert_words(const char *text, const char *wanted)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct outcome outcome = feed(text, strlen(text), piece);

        ck_assert_msg(!strcmp(outcome.words, wanted),
                      "'%s' in pieces of %zu: '%s', wanted '%s'", text, piece,
                      outcome.words, wanted);
    }
}

START_TEST(test_every_command)
{
    for (int i = 0; i < NR_LISTEN_COMMANDS; i++) {
        char text[128];

        snprintf(text, sizeof(text), "{\"execute\":\"%s\"}",
                 listen_command_name((enum listen_command)i));
        assert_words(text, listen_command_name((enum listen_command)i));
    }
}
END_TEST

static const struct {
    const char *text, *wanted;
} texts[] = {
    /* as the two known clients write */
    { "{ \"execute\" : \"migrate_live\"}", "migrate_live" },
    { "{ \"execute\" : \"track_dirty\" }", "track_dirty" },
    { "{ \"execute\" : \"set_args\", \"arguments\" : { \"pv\":\"true\" } }",
      "set_args" },
    /* several, with and without white space */
    { "{\"execute\":\"quit\"}{\"execute\":\"restore\"}", "quit restore" },
    { " \r\n\t{\"execute\":\"quit\"}\n\v\f {\"execute\":\"quit\"} \n",
      "quit quit" },
    { "", "" },
    { " \n ", "" },
    { "{\"execute\":\"qu", "" },
    /* whole, and wrong */
    { "{}", "Not a request" },
    { "[]{\"execute\":\"quit\"}", "Bad JSON" },
    { "null ", "Bad JSON" },
    { "17 {\"execute\":\"quit\"}", "Bad JSON" },
    { "\"quit\"", "Bad JSON" },
    { "{\"execute\":\"quit\",}", "Bad JSON" },
    { "{'execute':'quit'}", "Bad JSON" },
    { "/* x */{\"execute\":\"quit\"}", "Bad JSON" },
    { "{\"execute\":quit}", "Bad JSON" },
    { "{\"}\":[\"]\\\"\\\\\"],\"execute\":\"quit\"}", "quit" },
    { "{\"command\":\"quit\"}", "Not a request" },
    { "{\"execute\":\"no\"}{\"execute\":\"quit\"}", "Unknown command quit" },
    { "{\"execute\":\"\"}", "Unknown command" },
    { "{\"execute\":\"Quit\"}", "Unknown command" },
    { "{\"execute\":\"quit \"}", "Unknown command" },
    { "{\"execute\":\"quit\\u0000\"}", "Unknown command" },
    { "{\"execute\":7}", "Unknown command" },
    { "{\"execute\":null}", "Unknown command" },
    { "{\"execute\":{\"execute\":\"quit\"}}", "Unknown command" },
    { "{\"execute\":\"quit\",\"arguments\":7}", "Bad Args" },
    { "{\"execute\":\"quit\",\"id\":7}", "quit" },
    /* no JSON: nothing more is read */
    { "quit", "Bad JSON" },
    { "{\"execute\":\"quit\"]{\"execute\":\"quit\"}", "Bad JSON" },
    { "}{\"execute\":\"quit\"}", "Bad JSON" },
    { "{\"execute\":\"quit\"}x", "quit Bad JSON" },
};

START_TEST(test_texts)
{
    assert_words(texts[_i].text, texts[_i].wanted);
}
END_TEST

#define SET_ARGS(arguments) \
    "{\"execute\":\"set_args\",\"arguments\":{" arguments "}}"

START_TEST(test_set_args)
{
    const char *text = SET_ARGS("\"store_port\":\"5\",\"pv\":\"true\"")
        SET_ARGS("\"console_port\":\"2147483647\",\"vgpu\":\"false\"")
            SET_ARGS("\"mem_pnode\":\"254\"");
    struct outcome outcome = feed(text, strlen(text), 7);

    ck_assert_str_eq(outcome.words, "set_args set_args set_args");
    ck_assert_int_eq(outcome.args.mem_pnode, 254);
    ck_assert_int_eq(outcome.args.store_port, 5);
    ck_assert_int_eq(outcome.args.console_port, 2147483647);
    ck_assert(outcome.args.pv);
    ck_assert(!outcome.args.vgpu);
}
END_TEST

static const char *const bad_args[] = {
    SET_ARGS("\"store_port\":5"),
    SET_ARGS("\"store_port\":\"\""),
    SET_ARGS("\"store_port\":\"-1\""),
    SET_ARGS("\"store_port\":\"5x\""),
    SET_ARGS("\"store_port\":\" 5\""),
    SET_ARGS("\"store_port\":\"4294967301\""),
    SET_ARGS("\"store_port\":\"5\\u0000\""),
    SET_ARGS("\"store_port\":null"),
    SET_ARGS("\"store_port\":[\"5\"]"),
    SET_ARGS("\"mem_pnode\":0"),
    SET_ARGS("\"mem_pnode\":\"\""),
    SET_ARGS("\"mem_pnode\":\"-1\""),
    SET_ARGS("\"mem_pnode\":\"255\""),
    SET_ARGS("\"mem_pnode\":\"0\",\"colour\":\"5\""),
    SET_ARGS("\"pv\":true"),
    SET_ARGS("\"pv\":\"yes\""),
    SET_ARGS("\"vgpu\":{}"),
    SET_ARGS("\"colour\":\"5\""),
    SET_ARGS("\"console_port\":\"9\",\"colour\":\"5\""),
    "{\"execute\":\"set_args\",\"arguments\":[]}",
};

/* Nothing changes, not even what was right in it. */
START_TEST(test_bad_args)
{
    struct outcome outcome = feed(bad_args[_i], strlen(bad_args[_i]), 4096);

    ck_assert_str_eq(outcome.words, "Bad Args");
    ck_assert_int_eq(outcome.args.store_port, -1);
    ck_assert_int_eq(outcome.args.console_port, -1);
    ck_assert_int_eq(outcome.args.mem_pnode, -1);
    ck_assert(!outcome.args.pv);
    ck_assert(!outcome.args.vgpu);
}
END_TEST

START_TEST(test_too_long)
{
    static char text[3 * LISTEN_REQUEST_BYTES];
    struct outcome outcome;

    memset(text, 'x', sizeof(text));
    memcpy(text, "{\"", 2);
    outcome = feed(text, sizeof(text), 1000);
    ck_assert_str_eq(outcome.words, "Request too long");

    /* White space between requests is no part of one. */
    memset(text, ' ', sizeof(text));
    memcpy(text + sizeof(text) - 18, "{\"execute\":\"quit\"}", 18);
    outcome = feed(text, sizeof(text), 1000);
    ck_assert_str_eq(outcome.words, "quit");
}
END_TEST

START_TEST(test_deep)
{
    static char text[LISTEN_REQUEST_BYTES / 2];

    memset(text, '[', sizeof(text));
    text[0] = '{';
    ck_assert_str_eq(feed(text, sizeof(text), 100).words, "");

    memcpy(text, "{\"a\":", 5);
    memset(text + sizeof(text) / 2, ']', sizeof(text) / 2);
    text[sizeof(text) / 2 * 2 - 1] = '}';
    ck_assert_str_eq(feed(text, sizeof(text), 100).words, "Bad JSON");
}
END_TEST

START_TEST(test_nul)
{
    static const char text[] = "\0{\"execute\":\"quit\"}";

    ck_assert_str_eq(feed(text, sizeof(text) - 1, 100).words, "Bad JSON");
}
END_TEST

START_TEST(test_lines)
{
    const struct precopy_stats stats = { 3, 1000, 50 };
    const struct precopy_stats unknown = { 1, 18446744073709551615ul, -1 };
    const struct guest_rings rings = { .store = UINT64_MAX,
                                       .console = UINT64_MAX };
    char line[LISTEN_LINE_BYTES];

    ck_assert_str_eq(LISTEN_OK_LINE, "{\"return\":{}}\n");

    ck_assert_uint_eq(listen_format_error(line, "Bad Args"), strlen(line));
    ck_assert_str_eq(line, "{\"error\":\"Bad Args\"}\n");

    ck_assert_uint_eq(listen_format_progress(line, &stats), strlen(line));
    ck_assert_str_eq(line, "{\"event\":\"MIGRATION\",\"data\":{\"sent\":1000,"
                           "\"remaining\":50,\"iteration\":3}}\n");
    listen_format_progress(line, &unknown);
    ck_assert_str_eq(line, "{\"event\":\"MIGRATION\",\"data\":{\"sent\":"
                           "18446744073709551615,\"remaining\":-1,"
                           "\"iteration\":1}}\n");

    ck_assert_uint_eq(listen_format_completed(line, NULL), strlen(line));
    ck_assert_str_eq(line, "{\"event\":\"MIGRATION\",\"data\":{\"status\":"
                           "\"completed\"}}\n");
    listen_format_completed(line, &rings);
    ck_assert_str_eq(line, "{\"event\":\"MIGRATION\",\"data\":{\"status\":"
                           "\"completed\",\"result\":\"18446744073709551615 "
                           "18446744073709551615\"}}\n");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("listen_proto");

    tcase_add_test(tcase, test_every_command);
    tcase_add_loop_test(tcase, test_texts, 0, sizeof(texts) / sizeof(*texts));
    tcase_add_test(tcase, test_set_args);
    tcase_add_loop_test(tcase, test_bad_args, 0,
                        sizeof(bad_args) / sizeof(*bad_args));
    tcase_add_test(tcase, test_too_long);
    tcase_add_test(tcase, test_deep);
    tcase_add_test(tcase, test_nul);
    tcase_add_test(tcase, test_lines);
    return unit_run("listen_proto", tcase);
}
