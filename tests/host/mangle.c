/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mangle.c - writes a migration stream as somebody who means harm might: cut,
 * with records that are swapped, left out or doubled, with other lengths, types
 * and bytes. The format is docs/specs/libxc-migration-stream.pandoc of Xen's.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_BYTES (24 + 16) /* the image's and the domain's */
#define RECORD_BYTES 8          /* the header of one: type, length */
#define RECORDS_MAX 100000

struct record {
    const uint8_t *data;
    size_t bytes; /* with header and padding */
};

static struct record record[RECORDS_MAX];
static unsigned int nr_records;
static uint64_t seed;

/* xorshift64*. */
static uint64_t next_random(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * UINT64_C(2685821657736338717);
}

static uint64_t below(uint64_t limit)
{
    return limit ? (next_random() >> 11) % limit : 0;
}

static void die(const char *why)
{
    fprintf(stderr, "mangle: %s\n", why);
    exit(2);
}

static uint8_t *read_all(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "re");
    uint8_t *data;

    if (!file || fseek(file, 0, SEEK_END) < 0)
        die(path);
    *bytes = (size_t)ftell(file);
    rewind(file);
    data = malloc(*bytes);
    if (!data || fread(data, 1, *bytes, file) != *bytes)
        die(path);
    fclose(file);
    return data;
}

static void find_records(const uint8_t *data, size_t bytes)
{
    size_t at = HEADERS_BYTES;

    while (at + RECORD_BYTES <= bytes && nr_records < RECORDS_MAX) {
        uint32_t body;
        size_t whole;

        memcpy(&body, data + at + 4, sizeof(body));
        whole = RECORD_BYTES + (((size_t)body + 7) & ~(size_t)7);
        if (whole > bytes - at)
            whole = bytes - at;
        record[nr_records++] = (struct record){ data + at, whole };
        at += whole;
    }
    if (nr_records < 3)
        die("not three records");
}

/* A record at random: of few types most are pages, so half of the time one of
 * the others, at either end. */
static unsigned int some_record(void)
{
    unsigned int few = nr_records < 16 ? nr_records : 16;
    unsigned int at = (unsigned int)below(few);

    if (below(2))
        return (unsigned int)below(nr_records);
    return below(2) ? at : nr_records - 1 - at;
}

static void flip(uint8_t *data, size_t bytes, const char *where)
{
    size_t at = (size_t)below(bytes);
    unsigned int bit = (unsigned int)below(8);

    data[at] ^= (uint8_t)(1u << bit);
    fprintf(stderr, "bit %u of byte %zu of %s\n", bit, at, where);
}

static void set_length(uint8_t *head)
{
    const uint32_t lengths[] = {
        0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff
    };
    uint32_t length = lengths[below(sizeof(lengths) / sizeof(*lengths))];

    memcpy(head + 4, &length, sizeof(length));
    fprintf(stderr, "a length of %" PRIu32 "\n", length);
}

static void set_type(uint8_t *head)
{
    uint32_t type = (uint32_t)below(0x20) | (uint32_t)below(2) << 31;

    memcpy(head, &type, sizeof(type));
    fprintf(stderr, "type %#" PRIx32 "\n", type);
}

/* Whole records; `data` is theirs, to be changed. */
static void mangle_order(void)
{
    unsigned int a = some_record(), b = some_record();
    struct record kept = record[a];

    switch (below(3)) {
    case 0:
        record[a] = record[b];
        record[b] = kept;
        fprintf(stderr, "records %u and %u change places\n", a, b);
        break;
    case 1:
        record[a].bytes = 0;
        fprintf(stderr, "record %u is missing\n", a);
        break;
    default:
        record[b] = kept;
        fprintf(stderr, "record %u in the place of %u\n", a, b);
    }
}

static void mangle_record(uint8_t *data)
{
    unsigned int n = some_record();
    uint8_t *at = data + (record[n].data - data);
    size_t some = record[n].bytes < 64 ? record[n].bytes : 64;

    fprintf(stderr, "record %u: ", n);
    switch (below(4)) {
    case 0:
        set_length(at);
        break;
    case 1:
        set_type(at);
        break;
    case 2:
        flip(at, some, "its beginning");
        break;
    default:
        flip(at, record[n].bytes, "it");
    }
}

int main(int argc, char *argv[])
{
    size_t bytes, left;
    uint8_t *data;

    if (argc != 3)
        die("usage: mangle STREAM SEED");
    data = read_all(argv[1], &bytes);
    seed = strtoull(argv[2], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    find_records(data, bytes);

    left = bytes;
    switch (below(8)) {
    case 0:
        left = below(2) ? (size_t)below(bytes)
                        : (size_t)(record[some_record()].data - data) +
                              (size_t)below(RECORD_BYTES);
        fprintf(stderr, "cut after %zu of %zu bytes\n", left, bytes);
        break;
    case 1:
        flip(data, HEADERS_BYTES, "the headers");
        break;
    case 2:
    case 3:
    case 4:
        mangle_order();
        break;
    default:
        for (unsigned int n = 1 + (unsigned int)below(3); n; n--)
            mangle_record(data);
    }

    left = left < HEADERS_BYTES ? 0 : left - HEADERS_BYTES;
    fwrite(data, 1, bytes < HEADERS_BYTES ? bytes : HEADERS_BYTES, stdout);
    for (unsigned int i = 0; i < nr_records && left; i++) {
        size_t part = record[i].bytes < left ? record[i].bytes : left;

        fwrite(record[i].data, 1, part, stdout);
        left -= part;
    }
    return 0;
}
