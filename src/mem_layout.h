/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_layout.h - where an HVM or PVH guest's memory goes (pure). */
#ifndef XG_MEM_LAYOUT_H
#define XG_MEM_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>

#include "error.h"

/* What Xen takes as a memory map (E820MAX of xenctrl.h). */
#define MEM_LAYOUT_MAP_MAX E820MAX

/* A guest's RAM lies below and above one hole. */
#define MEM_LAYOUT_RAM_MAX 2

/* Guest-physical, in bytes, without its end. */
struct mem_range {
    uint64_t start, end;
};

/* The largest low MMIO hole: what lies below 16 MiB is not to be taken away. */
#define MEM_LAYOUT_HOLE_MAX ((UINT64_C(4) << 30) - (UINT64_C(16) << 20))

/* The VGA hole of HVM guests, which have a device model: no RAM, as on a PC. */
#define VGA_HOLE_PFN 0xa0
#define VGA_HOLE_PAGES 0x20

struct mem_layout_request {
    uint64_t mem_bytes;      /* the guest's static maximum */
    uint64_t min_hole_bytes; /* of the low MMIO hole; 0: Xen's default */
    uint64_t bar_bytes;      /* what passed-through devices need in the hole */
    bool wide_hole;          /* one of them needs at least 2 GiB */
    bool vgpu;               /* needs room in the hole, and its VRAM there */
    const struct mem_range *reserved; /* for passed-through devices */
    unsigned int nr_reserved;
};

/* All addresses are guest-physical, in bytes. Low RAM that reaches the hole
 * ends where the hole starts: QEMU is told of the hole's size alone, and memory
 * that it does not know of is lost to emulated DMA. */
struct mem_layout {
    uint64_t lowmem_end;  /* end of the RAM below 4 GiB */
    uint64_t highmem_end; /* end of the RAM above 4 GiB; 0: none */
    uint64_t mmio_start;  /* the low MMIO hole ends at 4 GiB */
    uint64_t mmio_size;
    struct mem_range vram; /* reserved for a vGPU; empty without one */
    /* Ascending, nothing overlaps. */
    struct e820entry map[MEM_LAYOUT_MAP_MAX];
    unsigned int nr_map;
};

/* Lays out an HVM guest that hvmloader starts: the low MMIO hole, RAM below it,
 * what doesn't fit above 4 GiB, and the map of it for Xen, from 1 MiB on since
 * hvmloader knows what lies below. RAM ends, and the hole starts, below the
 * first reserved range that RAM would overlap, since libxenguest and hvmloader
 * know only one low end; what one that starts below 16 MiB has of it, or of
 * the RAM above 4 GiB, stays RAM.
 * Errors: ERANGE if the hole leaves no room below it, or none for a vGPU's
 * VRAM, or a range ends before it starts; E2BIG if the map can't hold them all;
 * ENOMEM. */
int mem_layout_hvm(const struct mem_layout_request *request,
                   struct mem_layout *layout, struct xg_error *err);

/* True if some of the range is RAM, but for that below 1 MiB. */
bool mem_layout_has_ram(const struct mem_layout *layout,
                        const struct mem_range *range);

/* Lays out a PVH guest: RAM from 0 on, with a hole of Xen's default size, in
 * which the special pages are reserved, and each of the ranges `acpi` shown as
 * ACPI tables. Errors: ERANGE if one of these ends before it starts; E2BIG if
 * the map can't hold them all; ENOMEM. */
int mem_layout_pvh(uint64_t mem_bytes, const struct mem_range *acpi,
                   unsigned int nr_acpi, struct mem_layout *layout,
                   struct xg_error *err);

/* RAM, ascending, as it has been laid out, or will be for a PVH guest of that
 * size. Return how many ranges that are. */
unsigned int mem_layout_ram(const struct mem_layout *layout,
                            struct mem_range ram[MEM_LAYOUT_RAM_MAX]);
unsigned int mem_layout_pvh_ram(uint64_t mem_bytes,
                                struct mem_range ram[MEM_LAYOUT_RAM_MAX]);

#endif
