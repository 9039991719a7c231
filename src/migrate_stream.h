/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * migrate_stream.h - the fd that a guest's state goes through. */
#ifndef XG_MIGRATE_STREAM_H
#define XG_MIGRATE_STREAM_H

#include <stdbool.h>

#include "error.h"

/* Whether state can go through an fd at all: a file, a device, a pipe or
 * a stream socket. Errors: EBADF, EINVAL. */
int migrate_stream_check(int fd, struct xg_error *err);

/* Checks the above and the fd's direction, and gets it ready: close-on-exec,
 * and blocking, since libxenguest takes EAGAIN for a failure. */
int migrate_stream_prepare(int fd, bool for_writing, struct xg_error *err);

/* Whether nothing is left to be read, and never will be. Does not wait; takes a
 * byte of what is left, so only for a stream that is given up. */
bool migrate_stream_has_ended(int fd);

#endif
