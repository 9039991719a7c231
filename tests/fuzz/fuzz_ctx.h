/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_ctx.h - the doubles of Xen and Xenstore, for targets that ask them. */
#ifndef FUZZ_CTX_H
#define FUZZ_CTX_H

#include <stdio.h>

#include "../fake/fake.h"
#include "ctx.h"
#include "fuzz.h"

#define FUZZ_DOMID 7 /* the doubles' domain */

/* Opened once. Lines for the log are made, and go nowhere: its lock is held. */
static inline struct xg_ctx *fuzz_ctx(void)
{
    static struct xg_log log = { .lock =
                                     PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP };
    static struct xg_ctx ctx;
    struct xg_error err;

    if (!ctx.xsh) {
        pthread_mutex_lock(&log.lock);
        assert(xg_ctx_open(&ctx, FUZZ_DOMID, &log, &err) == 0);
    }
    return &ctx;
}

/* Makes Xenstore what the rest of the input says: a line `path = value` for
 * each key, of the domain's unless the path begins with a slash. */
static inline void fuzz_fill_store(struct fuzz_input *input)
{
    char line[1024], path[1100];

    fake_store_clear();
    for (unsigned int i = 0; i < 64 && input->bytes; i++) {
        char *value =
            strstr(fuzz_take_text(input, '\n', line, sizeof(line)), " = ");

        if (!value || value == line)
            continue;
        *value = '\0';
        snprintf(path, sizeof(path), "%s%s",
                 line[0] == '/' ? "" : "/local/domain/7/", line);
        fake_store_set(path, value + 3);
    }
}

#endif
