/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numbers.c - numbers and booleans from text, whole or not at all. */
#include "numbers.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static int parse_signed(const char *text, int base, long long *out)
{
    const char *digits = text;
    long long value;
    char *end;

    if (*digits == '-' || (base == 0 && *digits == '+'))
        digits++;
    if (!isdigit((unsigned char)*digits)) /* strtoll takes blanks and "" */
        return -1;

    errno = 0;
    value = strtoll(text, &end, base);
    if (errno || *end)
        return -1;

    *out = value;
    return 0;
}

int number_parse_decimal(const char *text, long long *out)
{
    return parse_signed(text, 10, out);
}

int number_parse_c(const char *text, long long *out)
{
    return parse_signed(text, 0, out);
}

int number_parse_c_unsigned(const char *text, uint64_t *out)
{
    unsigned long long value;
    char *end;

    if (!isdigit((unsigned char)*text)) /* strtoull negates "-1" */
        return -1;

    errno = 0;
    value = strtoull(text, &end, 0);
    if (errno || *end)
        return -1;

    *out = value;
    return 0;
}

int number_parse_bool(const char *text, bool *out)
{
    long long value;

    if (!strcasecmp(text, "true"))
        *out = true;
    else if (!strcasecmp(text, "false"))
        *out = false;
    else if (number_parse_c(text, &value) == 0)
        *out = value != 0;
    else
        return -1;
    return 0;
}
