/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * error.h - one failure, described where it happened, reported by main. */
#ifndef XG_ERROR_H
#define XG_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Fixed size throughout, so that reporting an error can't fail. */
struct xg_error {
    char what[64];   /* the call that failed; empty: none has */
    bool of_library; /* a library's call failed, no check of ours said no */
    int code;        /* an errno; EIO if the call left none */
    char text[768];  /* for people: which value, which file, why */
};

static inline bool xg_error_is_set(const struct xg_error *err)
{
    return err->what[0];
}

static inline void xg_error_clear(struct xg_error *err)
{
    *err = (struct xg_error){ .code = 0 };
}

/* The longest line that xg_error_format can make, with its final NUL. */
#define XG_ERROR_LINE_BYTES 1024

/* Fills *err and returns -1, so that a caller can return it directly. */
int xg_fail(struct xg_error *err, const char *what, int code, const char *fmt,
            ...) __attribute__((format(printf, 4, 5)));

/* The same where a library's call failed; the code is errno, which not all of
 * them set. */
int xg_fail_errno(struct xg_error *err, const char *call, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts context before the text of an error on its way up; returns -1. */
int xg_error_context(struct xg_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* That an error's result is -1 is said where it is made: compilers and
 * analysers then know which paths end there. */
#define xg_fail(...)                \
    ({                              \
        (void)xg_fail(__VA_ARGS__); \
        -1;                         \
    })
#define xg_fail_errno(...)                \
    ({                                    \
        (void)xg_fail_errno(__VA_ARGS__); \
        -1;                               \
    })
#define xg_error_context(...)                \
    ({                                       \
        (void)xg_error_context(__VA_ARGS__); \
        -1;                                  \
    })

/* errno, or EIO after a call that failed without a word: errno was 0 before. */
int xg_errno(void);

/* The error as callers know it, `xenguest: <function>: [<code>] <text>`,
 * always one line: control characters become spaces. */
void xg_error_format(const struct xg_error *err, char *line, size_t bytes);

/* Replaces every control character in a string by spaces, U+0080 to U+009F,
 * which terminals follow too, among them. */
void xg_one_line(char *text);

/* Replaces what is no ASCII in a string by '?'. */
void xg_ascii(char *text);

#endif
