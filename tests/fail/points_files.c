/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * points_files.c - which source file a call came from. */
#include "points_files.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"

#define PIECES_MAX 4096

/* The linker's: where the map's address 0 is, or what it says if that is
 * fixed. */
extern const char __executable_start[];

static struct piece {
    uint64_t from, to;
    char file[32];
} pieces[PIECES_MAX];
static unsigned int nr_pieces;

/* Of the form ` .text 0x1234 0x56 tests/fail/program.a(log.o)`, whose first
 * word may stand on a line of its own. */
static void read_line(const char *line)
{
    const char *at = strstr(line, " 0x"), *name = strstr(line, "program.a(");
    struct piece *piece = &pieces[nr_pieces];
    unsigned long from, bytes;

    if (!at || !name || sscanf(at, "%lx %lx", &from, &bytes) != 2 || !bytes)
        return;
    fake_require(nr_pieces < PIECES_MAX, "too many pieces in the map");
    piece->from = from;
    piece->to = from + bytes;
    name = strchr(name, '(') + 1;
    snprintf(piece->file, sizeof(piece->file), "%.*s.c",
             (int)strcspn(name, "."), name);
    nr_pieces++;
}

void points_files_read(void)
{
    char path[4096], line[1024];
    ssize_t bytes = readlink("/proc/self/exe", path, sizeof(path) - 8);
    FILE *map;

    fake_require(bytes > 0, "/proc/self/exe");
    snprintf(path + bytes, 8, ".map");
    map = fopen(path, "re");
    fake_require(map, "no map of the program beside it");
    while (fgets(line, sizeof(line), map))
        read_line(line);
    fclose(map);
    fake_require(nr_pieces > 0, "nothing in the map of the program");
}

const char *points_file_of(const void *from)
{
    uint64_t offset = (uintptr_t)from - (uintptr_t)__executable_start;

    if (!from)
        return "";
    if (pieces[0].from >= (uintptr_t)__executable_start)
        offset = (uintptr_t)from; /* not position independent */
    for (unsigned int i = 0; i < nr_pieces; i++)
        if (offset >= pieces[i].from && offset <= pieces[i].to)
            return pieces[i].file;
    fake_require(false, "a call from nowhere in the program");
    return "";
}
