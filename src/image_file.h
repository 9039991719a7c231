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

/* A file's bytes in memory, owned. Only for reading: libxenguest copies from
 * there. */
struct image_file {
    void *data; /* NULL: none */
    size_t bytes;
};

/* Maps a file, and checks before that it can be read, is a plain one, is not
 * empty, and not above a limit in bytes. It is opened once: what was checked is
 * what is loaded. `what` names it in the error, "kernel" for example. Errors:
 * open's; EINVAL; EFBIG; mmap's. */
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
