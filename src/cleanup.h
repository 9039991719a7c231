/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * cleanup.h - scope-bound ownership.
 *
 * A type's own cleanup function stands in that type's header; here are those of
 * the C library, and what else every file may need. */
#ifndef XG_CLEANUP_H
#define XG_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define xg_cleanup(fn) __attribute__((cleanup(fn)))

static inline void cleanup_freep(void *p)
{
    free(*(void **)p);
}

/* Closes what is open there, and leaves -1 behind. */
static inline void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

#define cleanup_free xg_cleanup(cleanup_freep)
#define cleanup_close xg_cleanup(close_fd)

/* Hands ownership on: yields the pointer and leaves NULL behind, so that the
 * cleanup of the variable it came from finds nothing to free. */
#define steal_pointer(pp)                  \
    ({                                     \
        __typeof__(*(pp)) stolen_ = *(pp); \
        *(pp) = NULL;                      \
        stolen_;                           \
    })

/* The same for a file descriptor, which leaves -1 behind. */
static inline int steal_fd(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
