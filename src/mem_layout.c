/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_layout.c - where an HVM guest's memory goes (pure). */
#include "mem_layout.h"

#include <errno.h>
#include <inttypes.h>

#include <xen/hvm/e820.h>

#define GIB(n) (UINT64_C(n) << 30)
#define MIB(n) (UINT64_C(n) << 20)

/* hvmloader is linked at 1 MiB and puts the firmware's modules behind itself;
 * an OVMF image alone takes 4 MiB. */
#define LOWMEM_LEAST MIB(16)

static uint64_t page_round_up(uint64_t bytes)
{
    return (bytes + XC_PAGE_SIZE - 1) & ~(uint64_t)(XC_PAGE_SIZE - 1);
}

static void map_add(struct mem_layout *layout, uint64_t start, uint64_t end,
                    uint32_t type)
{
    if (start >= end)
        return;
    layout->map[layout->nr_map++] = (struct e820entry){
        .addr = start,
        .size = end - start,
        .type = type,
    };
}

int mem_layout_hvm(const struct mem_layout_request *request,
                   struct mem_layout *layout, struct xg_error *err)
{
    uint64_t hole = HVM_BELOW_4G_MMIO_LENGTH;

    if (request->min_hole_bytes > GIB(4) - LOWMEM_LEAST)
        return xg_fail(err, __func__, ERANGE,
                       "a low MMIO hole of %" PRIu64 " bytes leaves less than "
                       "%" PRIu64 " MiB below it",
                       request->min_hole_bytes, LOWMEM_LEAST >> 20);
    if (page_round_up(request->min_hole_bytes) > hole)
        hole = page_round_up(request->min_hole_bytes);

    *layout = (struct mem_layout){
        .mmio_start = GIB(4) - hole,
        .mmio_size = hole,
        .lowmem_end = request->mem_bytes,
    };
    if (layout->lowmem_end > layout->mmio_start) {
        layout->highmem_end =
            GIB(4) + (layout->lowmem_end - layout->mmio_start);
        layout->lowmem_end = layout->mmio_start;
    }

    map_add(layout, MIB(1), layout->lowmem_end, E820_RAM);
    map_add(layout, GIB(4), layout->highmem_end, E820_RAM);
    return 0;
}
