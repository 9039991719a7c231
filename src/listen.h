/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen.h - serve emu-manager's requests on a socket. */
#ifndef XG_LISTEN_H
#define XG_LISTEN_H

#include "ctx.h"
#include "options.h"

/* Ends the process then and there, with this error. */
struct listen_leave {
    void (*now)(void *data, const struct xg_error *err)
        __attribute__((noreturn));
    void *data;
};

/* Serves until a client says quit, a save or restore fails, or no client has
 * been there for two minutes. Says `Ready` on stdout once clients can connect.
 * Does not return, but leaves, when aborted work hangs in a call: its thread
 * would go on with what returning frees. Errors: the failed work's; ECANCELED;
 * ETIMEDOUT for want of clients; the socket's, poll's and stdout's. */
int listen_serve(struct xg_ctx *ctx, const struct xg_options *opts,
                 const struct listen_leave *leave, struct xg_error *err);

#endif
