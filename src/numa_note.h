/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_note.h - what a guest carries with it of its virtual nodes (pure).
 *
 * A guest's tables of them can't be read before all of its memory has come out
 * of a stream, and no public call of Xen's tells how much RAM it has. So a note
 * of both is left in its first MiB, where guests leave it alone, for whoever
 * restores it: bytes of the same form in each version of xenguest. */
#ifndef XG_NUMA_NOTE_H
#define XG_NUMA_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "mem_layout.h"

#define NUMA_NOTE_BYTES 24

struct numa_note {
    struct mem_range ram[MEM_LAYOUT_RAM_MAX]; /* as the guest was built */
    unsigned int nr_ram;
    uint32_t nr_vnodes; /* that it has been shown; 0: none */
};

void numa_note_make(const struct numa_note *note,
                    uint8_t bytes[NUMA_NOTE_BYTES]);

/* From where it would be in a guest's memory, which the guest may have written
 * to. False: there is none. */
bool numa_note_read(const uint8_t bytes[NUMA_NOTE_BYTES],
                    struct numa_note *note);

#endif
