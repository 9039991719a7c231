/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_layout.c - where an HVM or PVH guest's memory goes (pure). */
#include "mem_layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <xenguest.h>
#include <xen/hvm/e820.h>

#include "cleanup.h"

#define GIB(n) (UINT64_C(n) << 30)
#define MIB(n) (UINT64_C(n) << 20)

/* hvmloader is linked at 1 MiB and puts the firmware's modules behind itself;
 * an OVMF image alone takes 4 MiB. */
#define LOWMEM_LEAST (GIB(4) - MEM_LAYOUT_HOLE_MAX)

/* The vGPU's VRAM: naturally aligned like the BAR that will show it, as high
 * as it can be. From 0xfc000000 on hvmloader keeps things of its own
 * (RESERVED_MEMBASE of its config.h). */
#define VRAM_BYTES MIB(16)
#define VRAM_HIGHEST UINT64_C(0xfb000000)

static uint64_t page_round_down(uint64_t bytes)
{
    return bytes & ~(uint64_t)(XC_PAGE_SIZE - 1);
}

static uint64_t page_round_up(uint64_t bytes)
{
    return page_round_down(bytes + XC_PAGE_SIZE - 1);
}

static bool overlap(const struct mem_range *range, uint64_t start, uint64_t end)
{
    return range->start < end && start < range->end;
}

/* ---- the map ------------------------------------------------------------ */

static int map_add(struct mem_layout *layout, uint64_t start, uint64_t end,
                   uint32_t type, struct xg_error *err)
{
    if (start >= end)
        return 0;
    if (layout->nr_map == MEM_LAYOUT_MAP_MAX)
        return xg_fail(err, __func__, E2BIG,
                       "the memory map needs more than the %d entries that it "
                       "can have",
                       MEM_LAYOUT_MAP_MAX);

    layout->map[layout->nr_map++] = (struct e820entry){
        .addr = start,
        .size = end - start,
        .type = type,
    };
    return 0;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct mem_range *left = a, *right = b;

    return (left->start > right->start) - (left->start < right->start);
}

/* A copy of *nr_ranges ranges, owned by the caller: whole pages, ascending, and
 * what overlaps or touches made one, as devices may share a range. *nr_ranges
 * becomes the new count. */
static int tidy_ranges(const struct mem_range *ranges, unsigned int *nr_ranges,
                       struct mem_range **tidy, struct xg_error *err)
{
    unsigned int nr = *nr_ranges, kept = 0;
    struct mem_range *copy = calloc(nr + 1, sizeof(*copy));

    *tidy = copy;
    if (!copy)
        return xg_fail_errno(err, "calloc", "%u ranges", nr);
    for (unsigned int i = 0; i < nr; i++) {
        if (ranges[i].start >= ranges[i].end ||
            ranges[i].end > UINT64_MAX - XC_PAGE_SIZE)
            return xg_fail(err, __func__, ERANGE,
                           "%#" PRIx64 " to %#" PRIx64
                           " is no range that can be reserved",
                           ranges[i].start, ranges[i].end);
        copy[i] = (struct mem_range){ page_round_down(ranges[i].start),
                                      page_round_up(ranges[i].end) };
    }

    qsort(copy, nr, sizeof(*copy), compare_ranges);
    for (unsigned int i = 0; i < nr; i++) {
        if (kept == 0 || copy[i].start > copy[kept - 1].end)
            copy[kept++] = copy[i];
        else if (copy[i].end > copy[kept - 1].end)
            copy[kept - 1].end = copy[i].end;
    }

    *nr_ranges = kept;
    return 0;
}

/* RAM with the first nr_fixed entries of the map, ascending, cut out of it. */
static int map_add_ram(struct mem_layout *layout, unsigned int nr_fixed,
                       uint64_t start, uint64_t end, struct xg_error *err)
{
    for (unsigned int i = 0; i < nr_fixed; i++) {
        uint64_t fixed_start = layout->map[i].addr;
        uint64_t fixed_end = fixed_start + layout->map[i].size;

        if (fixed_end <= start || fixed_start >= end)
            continue;
        if (map_add(layout, start, fixed_start, E820_RAM, err) < 0)
            return -1;
        start = fixed_end;
    }
    return map_add(layout, start, end, E820_RAM, err);
}

static int compare_entries(const void *a, const void *b)
{
    const struct e820entry *left = a, *right = b;

    return (left->addr > right->addr) - (left->addr < right->addr);
}

/* All RAM, then everything in order. */
static int map_complete(struct mem_layout *layout, uint64_t ram_start,
                        struct xg_error *err)
{
    unsigned int nr_fixed = layout->nr_map;

    if (map_add_ram(layout, nr_fixed, ram_start, layout->lowmem_end, err) < 0 ||
        map_add_ram(layout, nr_fixed, GIB(4), layout->highmem_end, err) < 0)
        return -1;
    qsort(layout->map, layout->nr_map, sizeof(layout->map[0]), compare_entries);
    return 0;
}

/* ---- HVM ---------------------------------------------------------------- */

/* Doubled, as hvmloader would do it, until everything has its place, as long as
 * 16 MiB are left below it; BARs that still don't fit hvmloader puts above the
 * RAM. */
static int make_hole(const struct mem_layout_request *request, uint64_t *hole,
                     struct xg_error *err)
{
    uint64_t needed = HVM_BELOW_4G_MMIO_LENGTH;

    *hole = HVM_BELOW_4G_MMIO_LENGTH;
    if (request->min_hole_bytes > MEM_LAYOUT_HOLE_MAX)
        return xg_fail(err, __func__, ERANGE,
                       "platform/mmio_hole_size: a hole of %" PRIu64
                       " bytes leaves less than "
                       "%" PRIu64 " MiB below it",
                       request->min_hole_bytes, LOWMEM_LEAST >> 20);
    if (page_round_up(request->min_hole_bytes) > *hole)
        *hole = page_round_up(request->min_hole_bytes);

    if (request->vgpu)
        needed += HVM_BELOW_4G_MMIO_LENGTH;
    if (request->bar_bytes > UINT64_MAX - needed)
        needed = UINT64_MAX;
    else
        needed += request->bar_bytes;

    if (request->wide_hole && *hole < GIB(2))
        *hole = GIB(2);
    while (*hole < needed && *hole * 2 <= MEM_LAYOUT_HOLE_MAX)
        *hole *= 2;
    return 0;
}

/* The low hole begins there, and RAM ends on both of its sides. */
static void set_hole(struct mem_layout *layout, uint64_t mem_bytes,
                     uint64_t start)
{
    layout->mmio_start = start;
    layout->mmio_size = GIB(4) - start;
    layout->lowmem_end = mem_bytes;
    layout->highmem_end = 0;
    if (mem_bytes > start) {
        layout->lowmem_end = start;
        layout->highmem_end = GIB(4) + (mem_bytes - start);
    }
}

bool mem_layout_has_ram(const struct mem_layout *layout,
                        const struct mem_range *range)
{
    return overlap(range, MIB(1), layout->lowmem_end) ||
           overlap(range, GIB(4), layout->highmem_end);
}

/* Where the first reserved range starts in low RAM, the hole starts, too: all
 * who are told its size take what lies below it for RAM. */
static void avoid_reserved(struct mem_layout *layout, uint64_t mem_bytes,
                           const struct mem_range *reserved,
                           unsigned int nr_reserved)
{
    for (unsigned int i = 0; i < nr_reserved; i++) {
        /* What lies below 1 MiB is hvmloader's to mind. */
        if (reserved[i].start < LOWMEM_LEAST ||
            !overlap(&reserved[i], MIB(1), layout->lowmem_end))
            continue;
        set_hole(layout, mem_bytes, reserved[i].start);
        return;
    }
}

/* But for RAM: a range that starts too low, or lies above 4 GiB, where RAM has
 * no hole, is left to it, as Xen leaves it. */
static int map_add_reserved(struct mem_layout *layout,
                            const struct mem_range *range, struct xg_error *err)
{
    const bool has_high = layout->highmem_end;
    const struct mem_range parts[] = {
        { 0, MIB(1) },
        { layout->lowmem_end, has_high ? GIB(4) : UINT64_MAX },
        { has_high ? layout->highmem_end : UINT64_MAX, UINT64_MAX },
    };

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        uint64_t start = range->start, end = range->end;

        if (start < parts[i].start)
            start = parts[i].start;
        if (end > parts[i].end)
            end = parts[i].end;
        if (map_add(layout, start, end, E820_RESERVED, err) < 0)
            return -1;
    }
    return 0;
}

static int place_vram(struct mem_layout *layout,
                      const struct mem_range *reserved,
                      unsigned int nr_reserved, struct xg_error *err)
{
    for (uint64_t start = VRAM_HIGHEST; start >= layout->mmio_start;
         start -= VRAM_BYTES) {
        bool is_free = true;

        for (unsigned int i = 0; i < nr_reserved; i++)
            if (overlap(&reserved[i], start, start + VRAM_BYTES))
                is_free = false;
        if (!is_free)
            continue;

        layout->vram = (struct mem_range){ start, start + VRAM_BYTES };
        return map_add(layout, start, start + VRAM_BYTES, E820_RESERVED, err);
    }
    return xg_fail(err, __func__, ERANGE,
                   "no room for the vGPU's VRAM between %#" PRIx64
                   " and %#" PRIx64,
                   layout->mmio_start, VRAM_HIGHEST + VRAM_BYTES);
}

int mem_layout_hvm(const struct mem_layout_request *request,
                   struct mem_layout *layout, struct xg_error *err)
{
    cleanup_free struct mem_range *reserved = NULL;
    unsigned int nr_reserved = request->nr_reserved;
    uint64_t hole;

    if (tidy_ranges(request->reserved, &nr_reserved, &reserved, err) < 0 ||
        make_hole(request, &hole, err) < 0)
        return -1;

    *layout = (struct mem_layout){ 0 };
    set_hole(layout, request->mem_bytes, GIB(4) - hole);
    avoid_reserved(layout, request->mem_bytes, reserved, nr_reserved);

    for (unsigned int i = 0; i < nr_reserved; i++)
        if (map_add_reserved(layout, &reserved[i], err) < 0)
            return -1;
    if (request->vgpu && place_vram(layout, reserved, nr_reserved, err) < 0)
        return -1;
    return map_complete(layout, MIB(1), err);
}

/* ---- PVH ---------------------------------------------------------------- */

int mem_layout_pvh(uint64_t mem_bytes, const struct mem_range *acpi,
                   unsigned int nr_acpi, struct mem_layout *layout,
                   struct xg_error *err)
{
    const uint64_t special_end = (uint64_t)X86_HVM_END_SPECIAL_REGION
                                 << XC_PAGE_SHIFT;
    cleanup_free struct mem_range *tables = NULL;

    *layout = (struct mem_layout){ 0 };
    set_hole(layout, mem_bytes, HVM_BELOW_4G_MMIO_START);

    if (tidy_ranges(acpi, &nr_acpi, &tables, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_acpi; i++)
        if (map_add(layout, tables[i].start, tables[i].end, E820_ACPI, err) < 0)
            return -1;

    /* Else a guest might take them as free for grants of its own. */
    if (map_add(layout,
                special_end -
                    ((uint64_t)X86_HVM_NR_SPECIAL_PAGES << XC_PAGE_SHIFT),
                special_end, E820_RESERVED, err) < 0)
        return -1;
    return map_complete(layout, 0, err);
}

unsigned int mem_layout_ram(const struct mem_layout *layout,
                            struct mem_range ram[MEM_LAYOUT_RAM_MAX])
{
    ram[0] = (struct mem_range){ 0, layout->lowmem_end };
    ram[1] = (struct mem_range){ GIB(4), layout->highmem_end };
    return layout->highmem_end ? 2 : 1;
}

unsigned int mem_layout_pvh_ram(uint64_t mem_bytes,
                                struct mem_range ram[MEM_LAYOUT_RAM_MAX])
{
    struct mem_layout layout;

    set_hole(&layout, mem_bytes, HVM_BELOW_4G_MMIO_START);
    return mem_layout_ram(&layout, ram);
}
