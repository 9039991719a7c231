/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * image_file.h - files that are loaded into a guest. */
#ifndef XG_IMAGE_FILE_H
#define XG_IMAGE_FILE_H

#include <stdint.h>

#include "ctx.h"

/* libxenguest's own default limit on a kernel or ramdisk
 * (XC_DOM_DECOMPRESS_MAX of xenguest.h). */
#define IMAGE_BYTES_MAX (UINT64_C(1) << 30)

/* Checks what libxenguest would stumble over with little said, or block on:
 * that a file can be read, is a plain one, is not empty, and not above a limit
 * in bytes. `what` names it in the error, "kernel" for example. Errors: open's;
 * EINVAL; EFBIG. */
int image_file_check(const char *what, const char *path, uint64_t max_bytes,
                     struct xg_error *err);

/* A file's bytes in memory, owned. */
struct image_file {
    void *data; /* NULL: none */
    size_t bytes;
};

/* Checks a file in the same way, and maps it. Errors: the same; mmap's. */
int image_file_map(const char *what, const char *path, uint64_t max_bytes,
                   struct image_file *file, struct xg_error *err);
void image_file_unmap(struct image_file *file);

/* The first of a host's usual places, ended by NULL, that can be read; else the
 * first of all, which an error then names. */
const char *image_file_first(const char *const paths[]);

/* Reads a size limit in bytes from an absolute Xenstore key; IMAGE_BYTES_MAX
 * if it is absent or 0. Errors: Xenstore's. */
int image_file_limit(const struct xg_ctx *ctx, const char *key,
                     uint64_t *max_bytes, struct xg_error *err);

#endif
