/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * guest_memory.h - what we put into a guest's memory by our own hand, or
 * look at there. */
#ifndef XG_GUEST_MEMORY_H
#define XG_GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "ctx.h"

/* Copies bytes to a guest-physical address; `what` names them in an error. The
 * guest's frames there have their pages. Errors: those of mapping them. */
int guest_memory_write(const struct xg_ctx *ctx, const char *what,
                       uint64_t address, const void *bytes, size_t nr_bytes,
                       struct xg_error *err);

/* Copies bytes from there, all of one page. Errors: the same. */
int guest_memory_read(const struct xg_ctx *ctx, const char *what,
                      uint64_t address, void *bytes, size_t nr_bytes,
                      struct xg_error *err);

#endif
