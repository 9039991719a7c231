/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_lock.h - the one lock under which plans are made, so that each builder
 * knows what those before it have reserved. */
#ifndef XG_NUMA_LOCK_H
#define XG_NUMA_LOCK_H

#include "ctx.h"

/* How long to wait for others, in milliseconds: until that is logged, and until
 * it is given up. */
struct numa_patience {
    unsigned int told_ms, most_ms;
};

/* Takes the one lock under which plans are made; *lock_fd, owned by the caller
 * also on failure, holds it until it is closed. The directory is made if it
 * isn't there. Errors: the file system's; EPERM if anybody else can write to it
 * or it is a link; ETIMEDOUT if another builder does not let it go; EINTR at a
 * signal, which is how a listen job is aborted. */
int numa_lock_take(const struct xg_ctx *ctx, const char *dir,
                   const struct numa_patience *patience, int *lock_fd,
                   struct xg_error *err);

/* For who only wants to look: others may do so at the same time, and nothing is
 * made. Where no builder with a policy has been, *lock_fd stays -1. Errors: as
 * of numa_lock_take. */
int numa_lock_share(const struct xg_ctx *ctx, const char *dir,
                    const struct numa_patience *patience, int *lock_fd,
                    struct xg_error *err);

#endif
