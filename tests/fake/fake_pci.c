/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_pci.c - a double of what Xen knows of passed-through devices.
 *
 * host/reserved in the model is `SEG:BUS:DEV.FUNC FIRST_PFN PAGES,...`, hex. */
#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool next_entry(const char **text, unsigned int sbdf[4],
                       struct xen_reserved_device_memory *entry)
{
    unsigned long first, pages;
    int used = 0;

    if (sscanf(*text, "%x:%x:%x.%x %lx %lx%n", &sbdf[0], &sbdf[1], &sbdf[2],
               &sbdf[3], &first, &pages, &used) != 6)
        return false;
    *text += used;
    *text += **text == ',';
    entry->start_pfn = first;
    entry->nr_pages = pages;
    return true;
}

int xc_reserved_device_memory_map(xc_interface *xch, uint32_t flags,
                                  uint16_t seg, uint8_t bus, uint8_t devfn,
                                  struct xen_reserved_device_memory entries[],
                                  uint32_t *max_entries)
{
    const char *text = fake_host("host/reserved");
    struct xen_reserved_device_memory entry;
    unsigned int sbdf[4];
    uint32_t nr = 0;

    if (FAKE_XC(xch, "%u %04x:%02x:%02x.%x room=%u", flags, seg, bus,
                devfn >> 3, devfn & 7u, *max_entries))
        return -1;
    while (next_entry(&text, sbdf, &entry)) {
        if (sbdf[0] != seg || sbdf[1] != bus ||
            (sbdf[2] << 3 | sbdf[3]) != devfn)
            continue;
        if (nr < *max_entries)
            entries[nr] = entry;
        nr++;
    }
    fake_require(!*text, "host/reserved");

    if (nr > *max_entries) {
        *max_entries = nr;
        errno = ENOBUFS;
        return -1;
    }
    *max_entries = nr;
    return 0;
}
