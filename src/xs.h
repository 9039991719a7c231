/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xs.h - Xenstore, as values below the domain's own path. */
#ifndef XG_XS_H
#define XG_XS_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"

/* Every path here is below /local/domain/<domid>/, or absolute if it starts
 * with a slash. XS_PATH_BYTES is Xenstore's own limit (XENSTORE_ABS_PATH_MAX)
 * with a final NUL. */
#define XS_PATH_BYTES 3073

/* Reads one value; *value is owned by the caller, and NULL if there is no such
 * node or it is empty: toolstacks write "" for what is not set, so that no
 * reader ever sees it. Errors: Xenstore's. */
int xs_get(const struct xg_ctx *ctx, const char *path, char **value,
           struct xg_error *err);

/* What a number in Xenstore may be. */
struct xs_range {
    int64_t min; /* at most 0 */
    uint64_t max;
    bool clamp; /* beyond that the nearest, instead of 0 */
};

/* What the value of `path` says as a number, in two's complement if the range
 * has negative ones. VM records are strings that people edit, and what is in
 * them has run: it is taken as C's strtoull takes it, see number_read, and
 * counts as 0 where it is out of range. A warning names path, value and what is
 * made of it unless that is just what it says. */
uint64_t xs_number(const struct xg_ctx *ctx, const char *path, const char *text,
                   const struct xs_range *range);

/* The same as a boolean: `true` or `false` in any case, else a number, of which
 * 0 is false. */
bool xs_bool(const struct xg_ctx *ctx, const char *path, const char *text);

/* Lists a directory; *names is one allocation owned by the caller, and NULL
 * with a count of 0 if there is no such node. Errors: Xenstore's. */
int xs_list(const struct xg_ctx *ctx, const char *path, char ***names,
            unsigned int *nr_names, struct xg_error *err);

/* Writes one value, which the log shows too. Errors: Xenstore's. */
int xs_put(const struct xg_ctx *ctx, const char *path, const char *value,
           struct xg_error *err);

struct xs_pair {
    char key[48], value[256];
};

/* Replaces a directory by these keys and values in one transaction, so that a
 * reader sees all of them or none. Errors: ENOENT if the domain is gone; EAGAIN
 * if others' writes have come in between too often; Xenstore's. */
int xs_put_dir(const struct xg_ctx *ctx, const char *dir,
               const struct xs_pair *pairs, unsigned int nr_pairs,
               struct xg_error *err);

#endif
