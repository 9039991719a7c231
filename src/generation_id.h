/* SPDX-License-Identifier: LGPL-2.1-or-later
 * generation_id.h - tell a guest that its state has been used before. */
#ifndef XG_GENERATION_ID_H
#define XG_GENERATION_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"

/* The 128 bits of a VM generation id, in the guest's order. */
struct generation_id {
    uint64_t words[2];
};

/* Reads "A:B", two C integers of 64 bits, signed or not. Errors: EINVAL. */
int generation_id_parse(const char *text, struct generation_id *id,
                        struct xg_error *err);

/* Writes the id of platform/generation-id (may be NULL) to where the guest's
 * firmware put it, if it did: a guest without one is left alone, and so is one
 * whose id has a zero word, which means none to hvmloader too. `hvm`: other
 * guests have no such place. */
int generation_id_apply(const struct xg_ctx *ctx, const char *text, bool hvm,
                        struct xg_error *err);

#endif
