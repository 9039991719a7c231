/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz.h - what the fuzz targets share. A target is tests/fuzz/fuzz_NAME.c; its
 * inputs are in tests/fuzz/corpus/NAME. It asserts what must hold whatever the
 * bytes are. */
#ifndef FUZZ_H
#define FUZZ_H

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What is left of an input. Behind its end are zeros. */
struct fuzz_input {
    const uint8_t *data;
    size_t bytes;
};

/* A number of so many bytes, little-endian. */
static inline uint64_t fuzz_take(struct fuzz_input *input, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes && input->bytes; i++) {
        value |= (uint64_t)*input->data++ << 8 * i;
        input->bytes--;
    }
    return value;
}

/* The text up to the next `end`, or to the input's, cut to what there is room
 * for. Returns `text`. */
static inline char *fuzz_take_text(struct fuzz_input *input, char end,
                                   char *text, size_t room)
{
    size_t used = 0;

    while (input->bytes && *input->data != (uint8_t)end) {
        if (*input->data && used + 1 < room)
            text[used++] = (char)*input->data;
        input->data++;
        input->bytes--;
    }
    fuzz_take(input, 1);
    text[used] = '\0';
    return text;
}

#endif
