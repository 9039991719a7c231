/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numbers.c - numbers from text: whole or not at all, or as C reads them; and
 * memory as text. */
#include "numbers.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int number_parse_decimal(const char *text, long long *out)
{
    long long value;
    char *end;

    if (!isdigit((unsigned char)text[*text == '-'])) /* strtoll takes "" */
        return -1;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || *end)
        return -1;

    *out = value;
    return 0;
}

struct number number_read(const char *text)
{
    struct number number = { .doubt = NUMBER_NO_DIGITS };
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    number.negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (!isdigit((unsigned char)*text)) /* strtoull takes a second sign */
        return number;

    errno = 0;
    number.magnitude = strtoull(text, &end, 0);
    number.doubt = errno ? NUMBER_TOO_LARGE : *end ? NUMBER_TAIL : NUMBER_WHOLE;
    return number;
}

uint64_t number_mib_up(uint64_t pages)
{
    return (pages + MIB_PAGES - 1) / MIB_PAGES;
}

const char *number_format_memory(uint64_t pages, char text[NUMBER_MEMORY_BYTES])
{
    snprintf(text, NUMBER_MEMORY_BYTES, "%" PRIu64 " MiB (%" PRIu64 " pages)",
             pages / MIB_PAGES + (pages % MIB_PAGES >= MIB_PAGES / 2), pages);
    return text;
}
