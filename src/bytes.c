/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * bytes.c - the bits of a bitmap, and as text. */
#include "bytes.h"

#include <stdio.h>

/* With the comma before it, the longest run of two numbers, or ",...". */
#define RUN_BYTES 48

const char *bytes_list_bits(const uint8_t *map, size_t nr_bits, char *text,
                            size_t size)
{
    size_t used = 0;

    snprintf(text, size, "none");
    for (size_t from = 0; from < nr_bits; from++) {
        size_t to = from;

        if (!bytes_has_bit(map, from))
            continue;
        while (to + 1 < nr_bits && bytes_has_bit(map, to + 1))
            to++;
        if (used + RUN_BYTES > size) {
            snprintf(text + used, size - used, ",...");
            break;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%zu",
                                 used ? "," : "", from);
        if (to > from)
            used += (size_t)snprintf(text + used, size - used, "-%zu", to);
        from = to;
    }
    return text;
}
