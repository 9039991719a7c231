/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_layout.h - where an HVM guest's memory goes (pure). */
#ifndef XG_MEM_LAYOUT_H
#define XG_MEM_LAYOUT_H

#include <stdint.h>

#include <xenctrl.h>

#include "error.h"

/* What Xen takes as a memory map (E820MAX of xenctrl.h). */
#define MEM_LAYOUT_MAP_MAX E820MAX

struct mem_layout_request {
    uint64_t mem_bytes;      /* the guest's static maximum */
    uint64_t min_hole_bytes; /* of the low MMIO hole; 0: Xen's default */
};

/* All addresses are guest-physical, in bytes. */
struct mem_layout {
    uint64_t lowmem_end;  /* end of the RAM below 4 GiB */
    uint64_t highmem_end; /* end of the RAM above 4 GiB; 0: none */
    uint64_t mmio_start;  /* the low MMIO hole ends at 4 GiB */
    uint64_t mmio_size;
    struct e820entry map[MEM_LAYOUT_MAP_MAX];
    unsigned int nr_map;
};

/* Lays out an HVM guest that hvmloader starts: RAM below the low MMIO hole,
 * what doesn't fit above 4 GiB, and the map of it for Xen, from 1 MiB on since
 * hvmloader knows what lies below. Errors: ERANGE if the hole leaves no room
 * below it. */
int mem_layout_hvm(const struct mem_layout_request *request,
                   struct mem_layout *layout, struct xg_error *err);

#endif
