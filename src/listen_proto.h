/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_proto.h - the words that emu-manager and the listen mode exchange, as
 * bytes and as data (pure).
 *
 * Requests are JSON objects one after the other, with any white space between;
 * replies and events are one line each, whose bytes callers compare. */
#ifndef XG_LISTEN_PROTO_H
#define XG_LISTEN_PROTO_H

#include <stdbool.h>
#include <stddef.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "guest_rings.h"

enum listen_command {
    LISTEN_MIGRATE_INIT,
    LISTEN_SET_ARGS,
    LISTEN_TRACK_DIRTY,
    LISTEN_MIGRATE_PROGRESS,
    LISTEN_MIGRATE_LIVE,
    LISTEN_MIGRATE_PAUSE,
    LISTEN_MIGRATE_PAUSED,
    LISTEN_MIGRATE_NONLIVE,
    LISTEN_RESTORE,
    LISTEN_MIGRATE_ABORT,
    LISTEN_QUIT,
    NR_LISTEN_COMMANDS,
};

/* What set_args can set; later ones add to earlier ones. */
struct listen_args {
    int store_port, console_port; /* -1: not set */
    int mem_pnode; /* XCP-ng's emu-manager has it here; -1: not set */
    bool pv, vgpu; /* taken, and of no use here */
};

#define LISTEN_ARGS_NONE ((struct listen_args){ -1, -1, -1, false, false })

/* A request is at most this long: the longest that makes sense, set_args with
 * all its keys, has some 150 bytes. */
#define LISTEN_REQUEST_BYTES 4096

/* Reads the requests of one client; zeroed to begin with. */
struct listen_parser {
    char request[LISTEN_REQUEST_BYTES]; /* what has come of it so far */
    size_t nr_bytes;
    unsigned int depth; /* of braces and brackets */
    bool in_string, escaped;
    bool broken;
};

enum listen_verdict {
    LISTEN_MORE,    /* no whole request yet: feed further bytes */
    LISTEN_REQUEST, /* *command is the next request */
    LISTEN_REFUSED, /* a whole one that can't be done: *error says why */
    LISTEN_BROKEN,  /* no JSON object, or too long: where the next request
                       begins is anyone's guess */
};

/* Takes bytes up to the end of one request at most; *taken is their count.
 * set_args updates *args, whole or not at all. After LISTEN_REFUSED and
 * LISTEN_BROKEN *error is a constant text for listen_format_error. */
enum listen_verdict listen_parse(struct listen_parser *parser,
                                 const char *bytes, size_t nr_bytes,
                                 size_t *taken, struct listen_args *args,
                                 enum listen_command *command,
                                 const char **error);

/* True between two requests. */
bool listen_parser_idle(const struct listen_parser *parser);

/* The word for a command, for the log. */
const char *listen_command_name(enum listen_command command);

/* The longest line below. */
#define LISTEN_LINE_BYTES 160

#define LISTEN_OK_LINE "{\"return\":{}}\n"

/* Each writes one line with its newline and a NUL, and returns its length
 * without the NUL. `error` is a constant of ours that needs no escapes of
 * JSON's. */
size_t listen_format_error(char line[LISTEN_LINE_BYTES], const char *error);
size_t listen_format_progress(char line[LISTEN_LINE_BYTES],
                              const struct precopy_stats *stats);
/* `rings` NULL: a save, which makes no guest. */
size_t listen_format_completed(char line[LISTEN_LINE_BYTES],
                               const struct guest_rings *rings);

#endif
