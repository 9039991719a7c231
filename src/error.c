/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * error.c - one failure, described where it happened, reported by main. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static void
fill(struct xg_error *err, const char *what, int code, const char *fmt,
     va_list ap)
{
    snprintf(err->what, sizeof(err->what), "%s", what);
    err->code = code ? code : EIO; /* a library's failure without an errno */
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

int(xg_fail)(struct xg_error *err, const char *what, int code, const char *fmt,
             ...)
{
    va_list ap;

    va_start(ap, fmt);
    fill(err, what, code, fmt, ap);
    va_end(ap);
    err->of_library = false;

    return -1;
}

int(xg_fail_errno)(struct xg_error *err, const char *call, const char *fmt, ...)
{
    int code = errno;
    va_list ap;

    va_start(ap, fmt);
    fill(err, call, code, fmt, ap);
    va_end(ap);
    err->of_library = true;

    return -1;
}

int(xg_error_context)(struct xg_error *err, const char *fmt, ...)
{
    char inner[sizeof(err->text)];
    va_list ap;
    size_t used;

    memcpy(inner, err->text, sizeof(inner));

    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);

    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner);

    return -1;
}

int xg_errno(void)
{
    return errno ? errno : EIO;
}

/* In UTF-8 those beyond ASCII are C2 80 to C2 9F. */
void xg_one_line(char *text)
{
    for (; *text; text++) {
        unsigned char here = (unsigned char)text[0];
        unsigned char next = (unsigned char)text[1];

        if (here < ' ' || here == 0x7f)
            *text = ' ';
        else if (here == 0xc2 && next >= 0x80 && next < 0xa0)
            text[0] = text[1] = ' ';
    }
}

void xg_ascii(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            *text = '?';
}

void xg_error_format(const struct xg_error *err, char *line, size_t bytes)
{
    size_t end;

    snprintf(line, bytes, "xenguest: %s: [%d] %s", err->what, err->code,
             err->text);
    xg_one_line(line);

    /* libxenguest ends some of its messages with a newline. */
    end = strlen(line);
    while (end > 0 && line[end - 1] == ' ')
        line[--end] = '\0';
}
