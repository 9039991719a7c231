/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * bytes.h - the bits of a bitmap, also as text; the sum of a table. */
#ifndef XG_BYTES_H
#define XG_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bitmaps as Xen has those of CPUs (struct xenctl_bitmap), and hvm_info those
 * of vCPUs: a byte's lowest bit is the first. */
static inline bool bytes_has_bit(const uint8_t *map, size_t bit)
{
    return map[bit / 8] >> bit % 8 & 1;
}

static inline void bytes_set_bit(uint8_t *map, size_t bit)
{
    map[bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* Lists the bits that are set of so many, as "0-3,8"; "none"; or, where `size`,
 * at least 64, has no room for all, "0-3,...". Returns `text`. */
const char *bytes_list_bits(const uint8_t *map, size_t nr_bits, char *text,
                            size_t size);

/* Of `size` bytes, modulo 256. Tables have a byte for which it is 0: minus the
 * sum of all others. */
static inline uint8_t bytes_sum(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    return sum;
}

#endif
