/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numbers.h - numbers from text: whole or not at all, or as C reads them;
 * memory in pages, and as text. */
#ifndef XG_NUMBERS_H
#define XG_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* -?[0-9]+ from the first character to the last; -1 for anything else, or what
 * does not fit: *out is then unchanged. */
int number_parse_decimal(const char *text, long long *out);

enum number_doubt {
    NUMBER_WHOLE,     /* all of the text is a number */
    NUMBER_TAIL,      /* something is behind its digits */
    NUMBER_NO_DIGITS, /* the magnitude is 0 */
    NUMBER_TOO_LARGE, /* the magnitude is UINT64_MAX */
};

struct number {
    uint64_t magnitude;
    bool negative;
    enum number_doubt doubt;
};

/* Reads a C integer as strtoull does: decimal, 0x hexadecimal or octal, with
 * optional blanks and sign before it, and whatever behind it. */
struct number number_read(const char *text);

/* Xen's pages are of 4 KiB; an extent of an order is of 2^order of them, of
 * which these are superpages' on x86. */
#define ORDER_4K 0
#define ORDER_2M 9
#define ORDER_1G 18
#define PAGES_2M (UINT64_C(1) << ORDER_2M)
#define PAGES_1G (UINT64_C(1) << ORDER_1G)
#define MIB_PAGES (UINT64_C(1) << 8)
#define BELOW_4G_PAGES (4096 * MIB_PAGES) /* and the first frame above */

/* Those, in MiB, rounded up: for what is needed. */
uint64_t number_mib_up(uint64_t pages);

static inline uint64_t number_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* a - b, at least 0. */
static inline uint64_t number_minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Memory as messages have it, such as "300 MiB (76800 pages)", to the nearest
 * MiB. Returns `text`. */
#define NUMBER_MEMORY_BYTES 64
const char *number_format_memory(uint64_t pages,
                                 char text[NUMBER_MEMORY_BYTES]);

/* The same for the block that it is in. */
#define MEMORY_TEXT(pages) \
    number_format_memory(pages, (char[NUMBER_MEMORY_BYTES]){ "" })

#endif
