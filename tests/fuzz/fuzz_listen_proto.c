/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_listen_proto.c - no bytes from a client do harm, and how they are cut up
 * makes no difference.
 *
 * The first byte says how large the pieces are. */
#include "listen_proto.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What a client would be answered, in order. */
struct outcome {
    size_t nr;
    struct {
        enum listen_verdict verdict;
        enum listen_command command;
    } answers[256];
    struct listen_args args;
};

static void feed(const char *text, size_t bytes, size_t piece,
                 struct outcome *outcome)
{
    enum listen_verdict verdict = LISTEN_MORE;
    struct listen_parser parser = { .nr_bytes = 0 };
    size_t at = 0;

    memset(outcome, 0, sizeof(*outcome));
    outcome->args = LISTEN_ARGS_NONE;
    while (at < bytes && verdict != LISTEN_BROKEN) {
        size_t room = bytes - at < piece ? bytes - at : piece;
        enum listen_command command = 0;
        const char *error = NULL;
        size_t taken;

        verdict = listen_parse(&parser, text + at, room, &taken, &outcome->args,
                               &command, &error);
        assert(taken <= room);
        assert(taken > 0 || verdict != LISTEN_MORE);
        at += taken;
        if (verdict == LISTEN_MORE || outcome->nr == 256)
            continue;
        assert(verdict == LISTEN_REQUEST || error);
        outcome->answers[outcome->nr].verdict = verdict;
        outcome->answers[outcome->nr].command = command;
        outcome->nr++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct outcome whole, pieces;
    const char *text;

    if (bytes == 0)
        return 0;
    text = (const char *)data + 1;
    bytes--;

    feed(text, bytes, bytes ? bytes : 1, &whole);
    feed(text, bytes, (size_t)data[0] + 1, &pieces);
    assert(whole.nr == pieces.nr);
    assert(!memcmp(whole.answers, pieces.answers, sizeof(whole.answers)));
    assert(whole.args.store_port == pieces.args.store_port);
    assert(whole.args.console_port == pieces.args.console_port);
    assert(whole.args.mem_pnode == pieces.args.mem_pnode);
    return 0;
}
