/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_proto.c - the words that emu-manager and the listen mode exchange, as
 * bytes and as data (pure). */
#include "listen_proto.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <json.h>

#include "cleanup.h"
#include "numbers.h"
#include "options.h"

static const char *const command_names[NR_LISTEN_COMMANDS] = {
    [LISTEN_MIGRATE_INIT] = "migrate_init",
    [LISTEN_SET_ARGS] = "set_args",
    [LISTEN_TRACK_DIRTY] = "track_dirty",
    [LISTEN_MIGRATE_PROGRESS] = "migrate_progress",
    [LISTEN_MIGRATE_LIVE] = "migrate_live",
    [LISTEN_MIGRATE_PAUSE] = "migrate_pause",
    [LISTEN_MIGRATE_PAUSED] = "migrate_paused",
    [LISTEN_MIGRATE_NONLIVE] = "migrate_nonlive",
    [LISTEN_RESTORE] = "restore",
    [LISTEN_MIGRATE_ABORT] = "migrate_abort",
    [LISTEN_QUIT] = "quit",
};

const char *listen_command_name(enum listen_command command)
{
    return command_names[command];
}

bool listen_parser_idle(const struct listen_parser *parser)
{
    return parser->nr_bytes == 0;
}

static void put_object(struct json_object **object)
{
    json_object_put(*object); /* NULL is fine */
}

/* The text of a JSON string without NUL in it, else NULL. */
static const char *string_of(struct json_object *object)
{
    const char *text;

    if (!json_object_is_type(object, json_type_string))
        return NULL;
    text = json_object_get_string(object);
    return strlen(text) == (size_t)json_object_get_string_len(object) ? text
                                                                      : NULL;
}

static int set_int(const char *text, int max, int *out)
{
    long long number;

    if (number_parse_decimal(text, &number) < 0 || number < 0 || number > max)
        return -1;
    *out = (int)number;
    return 0;
}

/* Not as in Xenstore: this protocol knows two words only. */
static int set_bool(const char *text, bool *out)
{
    *out = !strcmp(text, "true");
    return *out || !strcmp(text, "false") ? 0 : -1;
}

static int set_arg(const char *key, const char *text, struct listen_args *args)
{
    if (!text)
        return -1;
    if (!strcmp(key, "store_port"))
        return set_int(text, INT_MAX, &args->store_port);
    if (!strcmp(key, "console_port"))
        return set_int(text, INT_MAX, &args->console_port);
    if (!strcmp(key, "mem_pnode"))
        return set_int(text, PNODE_MAX, &args->mem_pnode);
    if (!strcmp(key, "pv"))
        return set_bool(text, &args->pv);
    if (!strcmp(key, "vgpu"))
        return set_bool(text, &args->vgpu);
    return -1;
}

static int set_args(struct json_object *arguments, struct listen_args *args)
{
    struct listen_args all = *args;

    json_object_object_foreach (arguments, key, value) {
        if (set_arg(key, string_of(value), &all) < 0)
            return -1;
    }
    *args = all;
    return 0;
}

static enum listen_verdict refuse(const char **error, const char *text)
{
    *error = text;
    return LISTEN_REFUSED;
}

static enum listen_verdict judge(struct json_object *request,
                                 struct listen_args *args,
                                 enum listen_command *command,
                                 const char **error)
{
    struct json_object *execute, *arguments = NULL;
    const char *name;
    int i;

    if (!json_object_object_get_ex(request, "execute", &execute))
        return refuse(error, "Not a request");

    name = string_of(execute);
    for (i = 0; name && i < NR_LISTEN_COMMANDS; i++)
        if (!strcmp(name, command_names[i]))
            break;
    if (!name || i == NR_LISTEN_COMMANDS)
        return refuse(error, "Unknown command");
    *command = (enum listen_command)i;

    if (json_object_object_get_ex(request, "arguments", &arguments) &&
        !json_object_is_type(arguments, json_type_object))
        return refuse(error, "Bad Args");
    if (*command == LISTEN_SET_ARGS && arguments &&
        set_args(arguments, args) < 0)
        return refuse(error, "Bad Args");
    return LISTEN_REQUEST;
}

static enum listen_verdict give_up(struct listen_parser *parser,
                                   const char **error, const char *text)
{
    parser->broken = true;
    *error = text;
    return LISTEN_BROKEN;
}

/* Adds a byte to the request; true if it is the last one. json-c parses
 * incrementally too, but some of what it takes beyond JSON (comments, words for
 * infinity) depends on how the bytes are cut up; braces are easily counted. */
static bool add_byte(struct listen_parser *parser, char byte)
{
    parser->request[parser->nr_bytes++] = byte;

    if (parser->in_string) {
        if (byte == '"' && !parser->escaped)
            parser->in_string = false;
        parser->escaped = byte == '\\' && !parser->escaped;
        return false;
    }

    if (byte == '"')
        parser->in_string = true;
    else if (byte == '{' || byte == '[')
        parser->depth++;
    else if (byte == '}' || byte == ']')
        parser->depth--;
    return parser->depth == 0;
}

static void free_tokener(struct json_tokener **tokener)
{
    if (*tokener)
        json_tokener_free(*tokener);
}

/* The whole request as an object; NULL if it is not quite JSON. */
static struct json_object *parse_request(const struct listen_parser *parser)
{
    struct json_tokener *tokener xg_cleanup(free_tokener) = json_tokener_new();

    if (!tokener)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    return json_tokener_parse_ex(tokener, parser->request,
                                 (int)parser->nr_bytes);
}

enum listen_verdict listen_parse(struct listen_parser *parser,
                                 const char *bytes, size_t nr_bytes,
                                 size_t *taken, struct listen_args *args,
                                 enum listen_command *command,
                                 const char **error)
{
    struct json_object *request xg_cleanup(put_object) = NULL;
    bool whole = false;

    for (*taken = 0; *taken < nr_bytes && !whole && !parser->broken;) {
        char byte = bytes[(*taken)++];

        if (listen_parser_idle(parser) && isspace((unsigned char)byte))
            continue;
        if (listen_parser_idle(parser) && byte != '{')
            return give_up(parser, error, "Bad JSON");
        if (parser->nr_bytes == LISTEN_REQUEST_BYTES)
            return give_up(parser, error, "Request too long");
        whole = add_byte(parser, byte);
    }
    if (parser->broken)
        return give_up(parser, error, "Bad JSON");
    if (!whole)
        return LISTEN_MORE;

    request = parse_request(parser);
    parser->nr_bytes = 0;
    if (!request)
        return give_up(parser, error, "Bad JSON");
    return judge(request, args, command, error);
}

static size_t clip(int length)
{
    return length < LISTEN_LINE_BYTES ? (size_t)length : LISTEN_LINE_BYTES - 1;
}

size_t listen_format_error(char line[LISTEN_LINE_BYTES], const char *error)
{
    return clip(
        snprintf(line, LISTEN_LINE_BYTES, "{\"error\":\"%s\"}\n", error));
}

size_t listen_format_progress(char line[LISTEN_LINE_BYTES],
                              const struct precopy_stats *stats)
{
    return clip(snprintf(line, LISTEN_LINE_BYTES,
                         "{\"event\":\"MIGRATION\",\"data\":{\"sent\":%lu,"
                         "\"remaining\":%ld,\"iteration\":%u}}\n",
                         stats->total_written, stats->dirty_count,
                         stats->iteration));
}

size_t listen_format_completed(char line[LISTEN_LINE_BYTES],
                               const struct guest_rings *rings)
{
    char result[GUEST_RINGS_BYTES];

    if (!rings)
        return clip(snprintf(line, LISTEN_LINE_BYTES,
                             "{\"event\":\"MIGRATION\",\"data\":{"
                             "\"status\":\"completed\"}}\n"));
    guest_rings_format(rings, result);
    return clip(snprintf(line, LISTEN_LINE_BYTES,
                         "{\"event\":\"MIGRATION\",\"data\":{"
                         "\"status\":\"completed\",\"result\":\"%s\"}}\n",
                         result));
}
