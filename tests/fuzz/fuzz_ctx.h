/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_ctx.h - the doubles of Xen and Xenstore, for targets that ask them. */
#ifndef FUZZ_CTX_H
#define FUZZ_CTX_H

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

#endif
