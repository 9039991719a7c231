/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_note.c - what a guest carries with it of its virtual nodes (pure). */
#include "numa_note.h"

#include <string.h>

#include <xenctrl.h>

#include "bytes.h"
#include "numbers.h"

/* As bytes, which add up to 0. */
struct form {
    char signature[8];
    uint32_t low_end_pfn;
    uint32_t high_end_pfn; /* 0: no RAM above 4 GiB */
    uint32_t nr_vnodes;
    uint8_t checksum;
    uint8_t reserved[3];
} __attribute__((packed));
#define SIGNATURE "XG VNODE"
_Static_assert(sizeof(struct form) == NUMA_NOTE_BYTES, "as it is in guests");

void numa_note_make(const struct numa_note *note,
                    uint8_t bytes[NUMA_NOTE_BYTES])
{
    struct form form = { .nr_vnodes = note->nr_vnodes };

    memcpy(form.signature, SIGNATURE, sizeof(form.signature));
    form.low_end_pfn = (uint32_t)(note->ram[0].end >> XC_PAGE_SHIFT);
    if (note->nr_ram > 1)
        form.high_end_pfn = (uint32_t)(note->ram[1].end >> XC_PAGE_SHIFT);
    memcpy(bytes, &form, sizeof(form));
    form.checksum = -bytes_sum(bytes, NUMA_NOTE_BYTES);
    memcpy(bytes, &form, sizeof(form));
}

bool numa_note_read(const uint8_t bytes[NUMA_NOTE_BYTES],
                    struct numa_note *note)
{
    struct form form;

    memcpy(&form, bytes, sizeof(form));
    *note = (struct numa_note){ .nr_ram = 1, .nr_vnodes = form.nr_vnodes };
    note->ram[0].end = (uint64_t)form.low_end_pfn << XC_PAGE_SHIFT;
    if (form.high_end_pfn) {
        note->nr_ram = 2;
        note->ram[1].start = BELOW_4G_PAGES << XC_PAGE_SHIFT;
        note->ram[1].end = (uint64_t)form.high_end_pfn << XC_PAGE_SHIFT;
    }
    return !memcmp(form.signature, SIGNATURE, sizeof(form.signature)) &&
           bytes_sum(bytes, NUMA_NOTE_BYTES) == 0 && form.low_end_pfn &&
           form.low_end_pfn <= BELOW_4G_PAGES &&
           (!form.high_end_pfn || form.high_end_pfn > BELOW_4G_PAGES);
}
