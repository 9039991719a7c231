/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_json_compat.c - what an old json-c has not, made up for: the same as the
 * installed one has. */
#include <stdbool.h>

#include <json.h>

#include "unit.h"

static bool is_full;

/* The old one's shape, which also says nothing when it could not. */
static void add(struct json_object *object, const char *key,
                struct json_object *value)
{
    if (!is_full)
        (void)json_object_object_add(object, key, value);
}

/* No config.h above: nothing that configure found. */
#define json_object_object_add add
#undef JSON_C_TO_STRING_NOSLASHESCAPE
#include "compat/json_compat.h"
#undef json_object_object_add

static struct json_object *ours, *library;

static void setup(void)
{
    ours = json_object_new_object();
    library = json_object_new_object();
    is_full = false;
}

static void teardown(void)
{
    json_object_put(ours);
    json_object_put(library);
}

START_TEST(what_is_added_is_there)
{
    static const struct {
        const char *key, *text; /* NULL: null */
    } added[] = {
        { "a", "one" },   { "b", NULL }, { "", "" },
        { "a", "other" }, { "a", NULL }, { "b", "two" },
    };

    for (size_t i = 0; i < sizeof(added) / sizeof(*added); i++) {
        const char *text = added[i].text;

        ck_assert_int_eq(
            xg_json_object_add(ours, added[i].key,
                               text ? json_object_new_string(text) : NULL),
            0);
        (void)json_object_object_add(
            library, added[i].key, text ? json_object_new_string(text) : NULL);
        ck_assert_str_eq(json_object_to_json_string(ours),
                         json_object_to_json_string(library));
    }
}
END_TEST

START_TEST(what_could_not_be_added_is_told)
{
    struct json_object *value = json_object_new_string("one");

    is_full = true;
    ck_assert_int_eq(xg_json_object_add(ours, "a", value), -1);
    ck_assert_int_eq(xg_json_object_add(ours, "a", NULL), -1);
    is_full = false;
    ck_assert_int_eq(xg_json_object_add(ours, "a", value), 0);

    /* What was there before is not taken for it. */
    is_full = true;
    value = json_object_new_string("one");
    ck_assert_int_eq(xg_json_object_add(ours, "a", value), -1);
    ck_assert_int_eq(xg_json_object_add(ours, "a", NULL), -1);
    json_object_put(value); /* still ours */
    ck_assert_str_eq(json_object_to_json_string(ours), "{ \"a\": \"one\" }");
}
END_TEST

START_TEST(slashes_are_read_as_they_were)
{
    struct json_object *value = json_object_new_string("platform/numa/nodes");
    struct json_object *read =
        json_tokener_parse(json_object_to_json_string_ext(
            value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));

    ck_assert_str_eq(json_object_get_string(read), "platform/numa/nodes");
    json_object_put(read);
    json_object_put(value);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("json_compat");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_added_is_there);
    tcase_add_test(tcase, what_could_not_be_added_is_told);
    tcase_add_test(tcase, slashes_are_read_as_they_were);
    return unit_run("json_compat", tcase);
}
