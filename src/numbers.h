/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numbers.h - numbers and booleans from text, whole or not at all. */
#ifndef XG_NUMBERS_H
#define XG_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* Each returns 0, or -1 if the text is not such a number from its first to its
 * last character, or does not fit; *out is then unchanged. Leading blanks and
 * an empty text are refused. */

/* -?[0-9]+ */
int number_parse_decimal(const char *text, long long *out);

/* A C integer: decimal, 0x hexadecimal or octal, with an optional sign. */
int number_parse_c(const char *text, long long *out);

/* The same without sign, up to 2^64 - 1. */
int number_parse_c_unsigned(const char *text, uint64_t *out);

/* `true` or `false` in any case, else a C integer, of which 0 is false. */
int number_parse_bool(const char *text, bool *out);

#endif
