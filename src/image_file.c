/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * image_file.c - files that are loaded into a guest. */
#include "image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "xs.h"

/* Returns its fd. */
static int open_fit(const char *what, const char *path, uint64_t max_bytes,
                    size_t *bytes, struct xg_error *err)
{
    static const char check[] = "image_file_map";
    /* Without O_NONBLOCK the open of a FIFO would wait for a writer. */
    cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return xg_fail_errno(err, fd < 0 ? "open" : "fstat", "%s '%s': %s",
                             what, path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return xg_fail(err, check, EINVAL, "%s '%s' is not a plain file", what,
                       path);
    if (st.st_size == 0)
        return xg_fail(err, check, EINVAL, "%s '%s' is empty", what, path);
    if ((uint64_t)st.st_size > max_bytes)
        return xg_fail(err, check, EFBIG,
                       "%s '%s' has %jd bytes, the limit is %" PRIu64, what,
                       path, (intmax_t)st.st_size, max_bytes);
    *bytes = (size_t)st.st_size;
    return steal_fd(&fd);
}

int image_file_map(const char *what, const char *path, uint64_t max_bytes,
                   struct image_file *file, struct xg_error *err)
{
    size_t bytes;
    cleanup_close int fd = open_fit(what, path, max_bytes, &bytes, err);
    void *data;

    if (fd < 0)
        return -1;
    data = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return xg_fail_errno(err, "mmap", "%s '%s': %s", what, path,
                             strerror(errno));
    *file = (struct image_file){ data, bytes };
    return 0;
}

void image_file_unmap(struct image_file *file)
{
    if (file->data)
        munmap(file->data, file->bytes);
    *file = (struct image_file){ .data = NULL };
}

const char *image_file_first(const char *const paths[])
{
    for (size_t i = 0; paths[i]; i++)
        if (access(paths[i], R_OK) == 0)
            return paths[i];
    return paths[0];
}

int image_file_limit(const struct xg_ctx *ctx, const char *key,
                     uint64_t *max_bytes, struct xg_error *err)
{
    const struct xs_range any = { .max = UINT64_MAX };
    cleanup_free char *text = NULL;

    if (xs_get(ctx, key, &text, err) < 0)
        return -1;
    *max_bytes = text ? xs_number(ctx, key, text, &any) : 0;
    if (*max_bytes == 0)
        *max_bytes = IMAGE_BYTES_MAX;
    return 0;
}
