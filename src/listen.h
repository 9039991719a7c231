/* SPDX-License-Identifier: LGPL-2.1-or-later
 * listen.h - serve emu-manager's requests on a socket. */
#ifndef XG_LISTEN_H
#define XG_LISTEN_H

#include "ctx.h"
#include "options.h"

/* Serves until a client says quit, a save or restore fails, or no client has
 * been there for two minutes. Says `Ready` on stdout once clients can connect.
 * Errors: the failed work's; ETIMEDOUT. */
int listen_serve(struct xg_ctx *ctx, const struct xg_options *opts,
                 struct xg_error *err);

#endif
