/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * clock.h - the clocks by which waits and work are measured. */
#ifndef XG_CLOCK_H
#define XG_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment; it never goes back. */
static inline int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Microseconds of a processor that this thread has had. */
static inline int64_t clock_thread_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
