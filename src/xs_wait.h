/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xs_wait.h - a word in the log while xenstored does not answer. libxenstore
 * waits for it without an end, which is left to our caller: a VM whose store
 * stands still for a while is built all the same. */
#ifndef XG_XS_WAIT_H
#define XG_XS_WAIT_H

#include "log.h"

/* Prepares for that; what can't be had is left out. Takes SIGRTMIN. One for the
 * process; `log` is borrowed until xs_wait_close, which may come without it. */
void xs_wait_open(struct xg_log *log);
void xs_wait_close(void);

/* Around one call of libxenstore; `about` is a path of Xenstore's, or "". The
 * end leaves errno as the call set it. */
void xs_wait_begin(const char *call, const char *about);
void xs_wait_end(void);

/* Calls a function of libxenstore, with errno 0 before, as not all of its
 * failures set it. */
#define XS_ASK(about, call, ...)                  \
    ({                                            \
        xs_wait_begin(#call, about);              \
        errno = 0;                                \
        __typeof__(call(__VA_ARGS__)) xs_answer_; \
        xs_answer_ = call(__VA_ARGS__);           \
        xs_wait_end();                            \
        xs_answer_;                               \
    })

#endif
