/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_layout.c - sizes, holes and reserved ranges into memory layouts, and RAM
 * and vCPUs into virtual nodes. */
#include "fuzz.h"
#include "mem_layout.h"
#include "numa_vnodes.h"

#define GIB4 (UINT64_C(4) << 30)

static void check_map(const struct mem_layout *layout)
{
    uint64_t end = 0;

    assert(layout->nr_map <= MEM_LAYOUT_MAP_MAX);
    for (unsigned int i = 0; i < layout->nr_map; i++) {
        assert(layout->map[i].size && layout->map[i].addr >= end);
        assert(layout->map[i].addr <= UINT64_MAX - layout->map[i].size);
        end = layout->map[i].addr + layout->map[i].size;
    }
}

static void check_vnodes(struct numa_vnodes_request *request, unsigned int nr)
{
    static struct numa_vnodes vnodes;
    uint64_t at = request->ram[0].start;
    unsigned int ram = 0, vcpu = 0;
    struct xg_error err;

    if (numa_vnodes_make(request, nr, &vnodes, &err) < 0)
        return;
    assert(vnodes.nr == nr && vnodes.nr_ranges <= NUMA_VNODE_RANGES_MAX);
    for (unsigned int i = 0; i < vnodes.nr_ranges; i++) {
        assert(vnodes.range[i].ram.start == at && vnodes.range[i].vnode < nr);
        assert(vnodes.range[i].ram.end > at);
        at = vnodes.range[i].ram.end;
        assert(at <= request->ram[ram].end);
        if (at == request->ram[ram].end)
            at = ++ram < request->nr_ram ? request->ram[ram].start : 0;
    }
    assert(ram == request->nr_ram);
    for (unsigned int i = 0; i < nr; i++) {
        assert(vnodes.vnode[i].bytes && vnodes.vnode[i].nr_vcpus);
        assert(vnodes.vnode[i].first_vcpu == vcpu);
        vcpu += vnodes.vnode[i].nr_vcpus;
    }
    assert(vcpu == request->nr_vcpus);
}

static void check_hvm(struct fuzz_input *input, uint64_t mem_bytes,
                      struct numa_vnodes_request *vnodes)
{
    struct mem_range reserved[8];
    struct mem_layout_request request = {
        .mem_bytes = mem_bytes,
        .reserved = reserved,
    };
    struct mem_layout layout;
    struct xg_error err;
    uint8_t flags = (uint8_t)fuzz_take(input, 1);

    request.nr_reserved = flags & 7;
    request.wide_hole = flags & 8;
    request.vgpu = flags & 16;
    request.min_hole_bytes = fuzz_take(input, flags & 32 ? 8 : 4);
    request.bar_bytes = fuzz_take(input, flags & 64 ? 8 : 4);
    for (unsigned int i = 0; i < request.nr_reserved; i++) {
        reserved[i].start = fuzz_take(input, flags & 128 ? 8 : 5);
        reserved[i].end = fuzz_take(input, flags & 128 ? 8 : 5);
    }
    if (mem_layout_hvm(&request, &layout, &err) < 0)
        return;
    check_map(&layout);
    assert(layout.lowmem_end +
               (layout.highmem_end ? layout.highmem_end - GIB4 : 0) ==
           mem_bytes);
    assert(layout.lowmem_end <= layout.mmio_start);
    assert(layout.mmio_start + layout.mmio_size == GIB4);
    vnodes->nr_ram = mem_layout_ram(&layout, vnodes->ram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = { data, bytes };
    struct numa_vnodes_request vnodes = { .nr_ram = 0 };
    struct mem_layout layout;
    struct xg_error err;
    /* -mem_max_mib is an int. */
    uint64_t mem_bytes = (1 + fuzz_take(&input, 4) % INT32_MAX) << 20;
    unsigned int nr = (unsigned int)fuzz_take(&input, 1) % 40;

    vnodes.nr_vcpus = (unsigned int)fuzz_take(&input, 2);
    vnodes.vcpus_per_socket = (unsigned int)fuzz_take(&input, 1);
    check_hvm(&input, mem_bytes, &vnodes);
    if (vnodes.nr_ram)
        check_vnodes(&vnodes, nr);

    if (mem_layout_pvh(mem_bytes, NULL, 0, &layout, &err) == 0)
        check_map(&layout);
    vnodes.nr_ram = mem_layout_pvh_ram(mem_bytes, vnodes.ram);
    check_vnodes(&vnodes, nr);
    return 0;
}
