/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * generation_id.h - tell a guest that its state has been used before. */
#ifndef XG_GENERATION_ID_H
#define XG_GENERATION_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"

/* The 128 bits of a VM generation id, in the guest's order. */
struct generation_id {
    uint64_t words[2];
    bool has_tail; /* more text was behind them */
};

/* Reads "A:B", two C integers of 64 bits, signed or not, and whatever behind
 * them. Returns -1 for anything else. */
int generation_id_parse(const char *text, struct generation_id *id);

/* Writes the id of platform/generation-id (may be NULL) to where the firmware
 * of an HVM guest put it, if it did: a guest without one is left alone,
 * whatever the key says. No id, and one that is malformed or has a zero word,
 * which means none to hvmloader too, is a warning, as is what is behind an id,
 * and a place that is no memory (any more). Errors: libxenctrl's. */
int generation_id_apply(const struct xg_ctx *ctx, const char *text,
                        struct xg_error *err);

#endif
