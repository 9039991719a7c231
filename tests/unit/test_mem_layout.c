/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_mem_layout.c - HVM and PVH guests' memory maps, for sizes around their
 * holes, and for what devices want in them. */
#include "mem_layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <xen/hvm/e820.h>

#include "cleanup.h"
#include "unit.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define PAGE UINT64_C(0x1000)

static struct mem_layout layout;
static struct xg_error err;

static void lay_out(uint64_t mem_bytes, uint64_t min_hole_bytes)
{
    struct mem_layout_request request = {
        .mem_bytes = mem_bytes,
        .min_hole_bytes = min_hole_bytes,
    };

    assert_fine(mem_layout_hvm(&request, &layout, &err), err);
}

/* What holds for every layout: RAM is all there, and low RAM that reaches the
 * hole ends where those who are told the hole's size put its end. */
static void assert_ends(uint64_t mem_bytes)
{
    uint64_t high = layout.highmem_end ? layout.highmem_end - GIB(4) : 0;

    ck_assert(layout.lowmem_end + high == mem_bytes);
    ck_assert(layout.mmio_start + layout.mmio_size == GIB(4));
    ck_assert(layout.mmio_start % PAGE == 0);
    ck_assert(layout.lowmem_end <= layout.mmio_start);
    if (high)
        ck_assert(layout.lowmem_end == GIB(4) - layout.mmio_size);
}

/* What holds for every layout without devices. */
static void assert_sound(uint64_t mem_bytes)
{
    uint64_t ram = MIB(1); /* the first MiB is hvmloader's own knowledge */
    uint64_t end = MIB(1);

    assert_ends(mem_bytes);
    ck_assert_uint_ge(layout.nr_map, 1);
    for (unsigned int i = 0; i < layout.nr_map; i++) {
        const struct e820entry *entry = &layout.map[i];

        ck_assert(entry->addr >= end && entry->size > 0);
        ck_assert(entry->addr % PAGE == 0 && entry->size % PAGE == 0);
        end = entry->addr + entry->size;
        ck_assert(end <= layout.mmio_start || entry->addr >= GIB(4));
        if (entry->type == E820_RAM)
            ram += entry->size;
    }
    ck_assert(ram == mem_bytes);
}

START_TEST(every_size_has_all_its_ram_and_no_overlap)
{
    static const uint64_t sizes[] = {
        MIB(2),    MIB(4),    MIB(16),   MIB(64),   MIB(512),      GIB(1),
        GIB(3),    MIB(3839), MIB(3840), MIB(3841), GIB(4) - PAGE, GIB(4),
        MIB(4097), GIB(5),    GIB(64),   GIB(1024), GIB(16383),
    };
    static const uint64_t holes[] = {
        0,      1,      PAGE,   MIB(255),         MIB(256), MIB(256) + 1,
        GIB(1), GIB(2), GIB(3), GIB(4) - MIB(16),
    };

    for (size_t h = 0; h < ARRAY_SIZE(holes); h++) {
        lay_out(sizes[_i], holes[h]);
        assert_sound(sizes[_i]);
        ck_assert(layout.mmio_size >= holes[h]);
    }
}
END_TEST

START_TEST(a_small_guest_lies_below_the_hole)
{
    lay_out(MIB(256), 0);
    ck_assert(layout.lowmem_end == MIB(256));
    ck_assert(layout.highmem_end == 0);
    ck_assert(layout.mmio_start == 0xf0000000);
    ck_assert_uint_eq(layout.nr_map, 1);
    ck_assert(layout.map[0].addr == MIB(1));
    ck_assert(layout.map[0].size == MIB(255));
    ck_assert_uint_eq(layout.map[0].type, E820_RAM);
}
END_TEST

START_TEST(a_guest_that_reaches_the_hole_exactly_has_no_high_memory)
{
    lay_out(MIB(3840), 0);
    ck_assert(layout.lowmem_end == 0xf0000000);
    ck_assert(layout.highmem_end == 0);
    ck_assert_uint_eq(layout.nr_map, 1);

    lay_out(MIB(3841), 0);
    ck_assert(layout.lowmem_end == 0xf0000000);
    ck_assert(layout.highmem_end == GIB(4) + MIB(1));
    ck_assert_uint_eq(layout.nr_map, 2);
}
END_TEST

START_TEST(the_hole_is_at_least_what_is_asked_and_what_xen_has)
{
    lay_out(GIB(8), MIB(16));
    ck_assert(layout.mmio_size == MIB(256));
    lay_out(GIB(8), GIB(1));
    ck_assert(layout.mmio_size == GIB(1));
    ck_assert(layout.lowmem_end == GIB(3));
    ck_assert(layout.highmem_end == GIB(9));
    /* up to a whole page */
    lay_out(GIB(8), GIB(1) + 1);
    ck_assert(layout.mmio_size == GIB(1) + PAGE);
}
END_TEST

START_TEST(a_hole_that_leaves_nothing_below_is_refused)
{
    static const uint64_t holes[] = { GIB(4) - MIB(16) + 1, GIB(4), GIB(8),
                                      UINT64_MAX, UINT64_MAX - PAGE + 2 };

    for (size_t i = 0; i < ARRAY_SIZE(holes); i++) {
        struct mem_layout_request request = {
            .mem_bytes = MIB(256),
            .min_hole_bytes = holes[i],
        };
        int rc = mem_layout_hvm(&request, &layout, &err);

        assert_failed(rc, err, ERANGE, "platform/mmio_hole_size: a hole");
    }
}
END_TEST

/* ---- what devices want -------------------------------------------------- */

/* "TYPE START-END ..." of the whole map. */
static const char *map_text(void)
{
    static char text[8192];

    text[0] = '\0';
    for (unsigned int i = 0; i < layout.nr_map; i++) {
        const struct e820entry *entry = &layout.map[i];

        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "%s%s %" PRIx64 "-%" PRIx64, i ? " " : "",
                 entry->type == E820_RAM        ? "ram"
                 : entry->type == E820_RESERVED ? "reserved"
                 : entry->type == E820_ACPI     ? "acpi"
                                                : "?",
                 entry->addr, entry->addr + entry->size);
    }
    return text;
}

static const struct {
    const char *what;
    uint64_t mem_mib, min_hole_mib, bar_mib;
    bool wide_hole, vgpu;
    struct mem_range reserved[3];
    uint64_t hole_mib;
    const char *map;
} layouts[] = {
    /* clang-format off */
    { "nothing special", 6144, 0, 0, false, false, { { 0 } },
      256, "ram 100000-f0000000 ram 100000000-190000000" },
    { "a hole of 2 GiB", 6144, 2048, 0, false, false, { { 0 } },
      2048, "ram 100000-80000000 ram 100000000-200000000" },
    { "a hole of 3 GiB", 6144, 3072, 0, false, false, { { 0 } },
      3072, "ram 100000-40000000 ram 100000000-240000000" },
    { "small BARs double the hole", 6144, 0, 1, false, false, { { 0 } },
      512, "ram 100000-e0000000 ram 100000000-1a0000000" },
    { "BARs that fill the doubled hole", 6144, 0, 256, false, false, { { 0 } },
      512, "ram 100000-e0000000 ram 100000000-1a0000000" },
    { "BARs that need it doubled again", 6144, 0, 257, false, false, { { 0 } },
      1024, "ram 100000-c0000000 ram 100000000-1c0000000" },
    { "BARs that no hole holds", 6144, 0, 65536, false, false, { { 0 } },
      2048, "ram 100000-80000000 ram 100000000-200000000" },
    { "a hole that holds the BARs is left", 6144, 3072, 1024, false, false,
      { { 0 } },
      3072, "ram 100000-40000000 ram 100000000-240000000" },
    { "a hole that can't double stays", 6144, 2049, 4096, false, false,
      { { 0 } },
      2049, "ram 100000-7ff00000 ram 100000000-200100000" },
    { "as does one that would leave less than 16 MiB", 6144, 2047, 4096, false,
      false, { { 0 } },
      2047, "ram 100000-80100000 ram 100000000-1fff00000" },
    { "a wide hole", 6144, 0, 16, true, false, { { 0 } },
      2048, "ram 100000-80000000 ram 100000000-200000000" },
    { "a wide hole is at least 2 GiB", 6144, 3072, 16, true, false, { { 0 } },
      3072, "ram 100000-40000000 ram 100000000-240000000" },
    { "a vGPU", 6144, 0, 0, false, true, { { 0 } },
      512, "ram 100000-e0000000 reserved fb000000-fc000000 "
           "ram 100000000-1a0000000" },
    { "a vGPU in a small guest", 512, 0, 0, false, true, { { 0 } },
      512, "ram 100000-20000000 reserved fb000000-fc000000" },
    { "a vGPU and BARs", 6144, 0, 16, false, true, { { 0 } },
      1024, "ram 100000-c0000000 reserved fb000000-fc000000 "
            "ram 100000000-1c0000000" },
    { "VRAM makes way", 6144, 0, 0, false, true,
      { { 0xfb800000, 0xfb801000 }, { 0xfaffffff, 0xfb000000 } },
      512, "ram 100000-e0000000 reserved f9000000-fa000000 "
           "reserved fafff000-fb000000 reserved fb800000-fb801000 "
           "ram 100000000-1a0000000" },
    { "reserved in the hole", 6144, 0, 0, false, false,
      { { 0xf8000000, 0xf8100000 } },
      256, "ram 100000-f0000000 reserved f8000000-f8100000 "
           "ram 100000000-190000000" },
    { "reserved inside RAM", 6144, 0, 0, false, false,
      { { 0xbf800000, 0xc0000000 } },
      1032, "ram 100000-bf800000 reserved bf800000-c0000000 "
           "ram 100000000-1c0800000" },
    { "reserved inside the RAM of a small guest", 512, 0, 0, false, false,
      { { 0x1f000000, 0x1f001000 } },
      3600, "ram 100000-1f000000 reserved 1f000000-1f001000 "
           "ram 100000000-101000000" },
    { "the first of several inside RAM counts", 4096, 0, 0, false, false,
      { { 0xa0000000, 0xa0001000 }, { 0xc0000000, 0xc0001000 },
        { 0x80000000, 0x80001000 } },
      2048, "ram 100000-80000000 reserved 80000000-80001000 "
           "reserved a0000000-a0001000 reserved c0000000-c0001000 "
           "ram 100000000-180000000" },
    { "reserved across RAM's end", 6144, 0, 0, false, false,
      { { 0xeff00000, 0xf0100000 } },
      257, "ram 100000-eff00000 reserved eff00000-f0100000 "
           "ram 100000000-190100000" },
    { "reserved inside RAM, and a device", 4096, 0, 64, false, false,
      { { 0x7b800000, 0x7c000000 } },
      2120, "ram 100000-7b800000 reserved 7b800000-7c000000 "
            "ram 100000000-184800000" },
    { "reserved inside RAM, and a vGPU", 4096, 0, 0, false, true,
      { { 0x7b800000, 0x7c000000 } },
      2120, "ram 100000-7b800000 reserved 7b800000-7c000000 "
            "reserved fb000000-fc000000 ram 100000000-184800000" },
    { "reserved just behind RAM", 512, 0, 0, false, false,
      { { 0x20000000, 0x20001000 } },
      256, "ram 100000-20000000 reserved 20000000-20001000" },
    { "reserved below 1 MiB", 512, 0, 0, false, false,
      { { 0xe0000, 0xf0000 } },
      256, "reserved e0000-f0000 ram 100000-20000000" },
    { "reserved above all RAM", 6144, 0, 0, false, false,
      { { GIB(1024), GIB(1025) } },
      256, "ram 100000-f0000000 ram 100000000-190000000 "
           "reserved 10000000000-10040000000" },
    { "what is shared, overlaps or touches is one", 512, 0, 0, false, false,
      { { 0xf8001000, 0xf8002fff }, { 0xf8000000, 0xf8001000 },
        { 0xf8001000, 0xf8002000 } },
      256, "ram 100000-20000000 reserved f8000000-f8003000" },
    /* clang-format on */
};

static unsigned int nr_reserved(int row)
{
    unsigned int nr = 0;

    while (nr < ARRAY_SIZE(layouts[row].reserved) &&
           layouts[row].reserved[nr].end)
        nr++;
    return nr;
}

START_TEST(each_wish_has_its_layout)
{
    struct mem_layout_request request = {
        .mem_bytes = MIB(layouts[_i].mem_mib),
        .min_hole_bytes = MIB(layouts[_i].min_hole_mib),
        .bar_bytes = MIB(layouts[_i].bar_mib),
        .wide_hole = layouts[_i].wide_hole,
        .vgpu = layouts[_i].vgpu,
        .reserved = layouts[_i].reserved,
        .nr_reserved = nr_reserved(_i),
    };

    ck_assert_msg(mem_layout_hvm(&request, &layout, &err) == 0, "%s: %s",
                  layouts[_i].what, err.text);
    ck_assert_msg(layout.mmio_size == MIB(layouts[_i].hole_mib),
                  "%s: a hole of %" PRIu64 " MiB", layouts[_i].what,
                  layout.mmio_size >> 20);
    ck_assert_msg(!strcmp(map_text(), layouts[_i].map), "%s: %s",
                  layouts[_i].what, map_text());

    assert_ends(request.mem_bytes);
    ck_assert(request.vgpu == (layout.vram.end - layout.vram.start != 0));
}
END_TEST

static const struct {
    const char *what;
    uint64_t mem_mib;
    bool vgpu;
    struct mem_range reserved;
    const char *error;
} impossible[] = {
    { "past the end", 512, false, { GIB(8), UINT64_MAX }, "no range" },
    { "backwards", 512, false, { GIB(8), GIB(7) }, "no range" },
    { "empty", 512, false, { GIB(8), GIB(8) }, "no range" },
    { "no VRAM", 512, true, { 0xe0000000, 0xfc000000 }, "VRAM" },
};

START_TEST(what_cannot_be_is_refused)
{
    struct mem_layout_request request = {
        .mem_bytes = MIB(impossible[_i].mem_mib),
        .vgpu = impossible[_i].vgpu,
        .reserved = &impossible[_i].reserved,
        .nr_reserved = 1,
    };
    int rc = mem_layout_hvm(&request, &layout, &err);

    assert_failed(rc, err, ERANGE, impossible[_i].error);
}
END_TEST

/* RAM can't give way to these: what they have of it stays RAM. */
#define LOW_RAM "ram 100000-f0000000"
#define HIGH_RAM "ram 100000000-190000000"
static const struct {
    struct mem_range range;
    const char *map;
} in_ram[] = {
    { { 0x00f00000, 0x00f01000 }, LOW_RAM " " HIGH_RAM },
    { { 0xf0000, 0x110000 }, "reserved f0000-100000 " LOW_RAM " " HIGH_RAM },
    { { GIB(4), GIB(4) + 1 }, LOW_RAM " " HIGH_RAM },
    { { GIB(4) - 1, GIB(4) + 1 },
      LOW_RAM " reserved fffff000-100000000 " HIGH_RAM },
    { { GIB(6) - 1, GIB(7) },
      LOW_RAM " " HIGH_RAM " reserved 190000000-1c0000000" },
    { { 0, UINT64_MAX - PAGE },
      "reserved 0-100000 " LOW_RAM " reserved f0000000-100000000 " HIGH_RAM
      " reserved 190000000-fffffffffffff000" },
};

START_TEST(what_stays_ram_is_not_reserved)
{
    struct mem_layout_request request = {
        .mem_bytes = GIB(6),
        .reserved = &in_ram[_i].range,
        .nr_reserved = 1,
    };

    assert_fine(mem_layout_hvm(&request, &layout, &err), err);
    ck_assert_str_eq(map_text(), in_ram[_i].map);
    ck_assert(mem_layout_has_ram(&layout, &in_ram[_i].range));
    assert_ends(request.mem_bytes);
}
END_TEST

START_TEST(the_map_holds_so_many_entries_and_no_more)
{
    struct mem_range many[200];
    struct mem_layout_request request = {
        .mem_bytes = GIB(5),
        .reserved = many,
        .nr_reserved = MEM_LAYOUT_MAP_MAX - 2,
    };
    int rc;

    for (unsigned int i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = (struct mem_range){ 0xf0000000 + i * 2 * PAGE,
                                      0xf0000000 + i * 2 * PAGE + PAGE };
    assert_fine(mem_layout_hvm(&request, &layout, &err), err);
    ck_assert_uint_eq(layout.nr_map, MEM_LAYOUT_MAP_MAX);

    request.nr_reserved++;
    rc = mem_layout_hvm(&request, &layout, &err);
    assert_failed(rc, err, E2BIG, "entries");

    request.nr_reserved = 200;
    rc = mem_layout_hvm(&request, &layout, &err);
    assert_failed(rc, err, E2BIG, "entries");
}
END_TEST

/* ---- PVH ---------------------------------------------------------------- */

static const struct {
    uint64_t mem_mib;
    const char *map;
} pvh[] = {
    { 256, "ram 0-ff000 acpi ff000-100000 ram 100000-10000000 "
           "acpi fc000000-fc003000 reserved feff8000-ff000000" },
    { 3072, "ram 0-ff000 acpi ff000-100000 ram 100000-c0000000 "
            "acpi fc000000-fc003000 reserved feff8000-ff000000" },
    { 3840, "ram 0-ff000 acpi ff000-100000 ram 100000-f0000000 "
            "acpi fc000000-fc003000 reserved feff8000-ff000000" },
    { 6144, "ram 0-ff000 acpi ff000-100000 ram 100000-f0000000 "
            "acpi fc000000-fc003000 reserved feff8000-ff000000 "
            "ram 100000000-190000000" },
};

START_TEST(a_pvh_guest_has_ram_from_0_and_its_tables)
{
    static const struct mem_range tables[] = { { 0xfc000000, 0xfc003000 },
                                               { 0xfffc0, 0x100000 } };

    assert_fine(mem_layout_pvh(MIB(pvh[_i].mem_mib), tables, 2, &layout, &err),
                err);
    ck_assert_str_eq(map_text(), pvh[_i].map);
    assert_ends(MIB(pvh[_i].mem_mib));
    ck_assert(layout.mmio_start == 0xf0000000);
    ck_assert(layout.mmio_size == MIB(256));
}
END_TEST

/* ---- whatever is asked ----------------------------------------------------
 */

/* Knuth's MMIX generator: the same requests on every machine. */
static uint64_t random_below(uint64_t limit)
{
    static uint64_t state = 1;

    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (state >> 20) % limit;
}

/* Ranges are near RAM and the hole mostly, and sometimes anything at all. */
static struct mem_range random_range(void)
{
    uint64_t start = random_below(16) ? random_below(GIB(9) / PAGE) * PAGE
                                      : random_below(UINT64_MAX);
    uint64_t bytes =
        random_below(16) ? random_below(64) * PAGE : random_below(UINT64_MAX);

    return (struct mem_range){ start, start + bytes };
}

static bool is_in_map(uint64_t address, uint32_t type)
{
    for (unsigned int i = 0; i < layout.nr_map; i++)
        if (address >= layout.map[i].addr &&
            address - layout.map[i].addr < layout.map[i].size)
            return layout.map[i].type == type;
    return false;
}

/* RAM only where it can't give way, but for the first MiB. */
static bool is_heeded(uint64_t address)
{
    return is_in_map(address, E820_RESERVED) ||
           ((address < layout.lowmem_end || address >= GIB(4)) &&
            is_in_map(address, E820_RAM));
}

static void assert_request_met(const struct mem_layout_request *request)
{
    uint64_t ram = MIB(1), end = 0;

    for (unsigned int i = 0; i < layout.nr_map; i++) {
        ck_assert(layout.map[i].addr >= end && layout.map[i].size > 0);
        end = layout.map[i].addr + layout.map[i].size;
        if (layout.map[i].type == E820_RAM)
            ram += layout.map[i].size;
    }
    ck_assert(ram == request->mem_bytes);
    assert_ends(request->mem_bytes);
    ck_assert(layout.mmio_size >= request->min_hole_bytes);
    ck_assert(!request->wide_hole || layout.mmio_size >= GIB(2));

    for (unsigned int i = 0; i < request->nr_reserved; i++) {
        ck_assert(is_heeded(request->reserved[i].start));
        ck_assert(is_heeded(request->reserved[i].end - 1));
        ck_assert(request->reserved[i].end <= layout.vram.start ||
                  request->reserved[i].start >= layout.vram.end);
    }
    if (request->vgpu) {
        ck_assert(layout.vram.start >= layout.mmio_start);
        ck_assert(layout.vram.end - layout.vram.start == MIB(16));
        ck_assert(is_in_map(layout.vram.start, E820_RESERVED));
    }
}

START_TEST(any_request_is_met_or_refused)
{
    unsigned int met = 0, refused = 0;

    for (unsigned int i = 0; i < 100000; i++) {
        struct mem_range ranges[8];
        struct mem_layout_request request = {
            .mem_bytes = MIB(2 + random_below(8192)),
            .min_hole_bytes = random_below(2) ? random_below(GIB(5)) : 0,
            .bar_bytes = random_below(2) ? random_below(GIB(3)) : 0,
            .wide_hole = random_below(8) == 0,
            .vgpu = random_below(2),
            .reserved = ranges,
            .nr_reserved = (unsigned int)random_below(ARRAY_SIZE(ranges) + 1),
        };

        for (unsigned int r = 0; r < request.nr_reserved; r++)
            ranges[r] = random_range();
        if (mem_layout_hvm(&request, &layout, &err) == 0) {
            assert_request_met(&request);
            met++;
        } else {
            ck_assert(err.code == ERANGE && err.text[0]);
            refused++;
        }
    }
    /* Else the requests are no test. */
    ck_assert_uint_gt(met, 10000);
    ck_assert_uint_gt(refused, 10000);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("mem_layout");

    tcase_add_loop_test(tcase, every_size_has_all_its_ram_and_no_overlap, 0,
                        17);
    tcase_add_test(tcase, a_small_guest_lies_below_the_hole);
    tcase_add_test(tcase,
                   a_guest_that_reaches_the_hole_exactly_has_no_high_memory);
    tcase_add_test(tcase, the_hole_is_at_least_what_is_asked_and_what_xen_has);
    tcase_add_test(tcase, a_hole_that_leaves_nothing_below_is_refused);
    tcase_add_loop_test(tcase, each_wish_has_its_layout, 0,
                        ARRAY_SIZE(layouts));
    tcase_add_loop_test(tcase, what_stays_ram_is_not_reserved, 0,
                        ARRAY_SIZE(in_ram));
    tcase_add_loop_test(tcase, what_cannot_be_is_refused, 0,
                        ARRAY_SIZE(impossible));
    tcase_add_test(tcase, the_map_holds_so_many_entries_and_no_more);
    tcase_add_loop_test(tcase, a_pvh_guest_has_ram_from_0_and_its_tables, 0,
                        ARRAY_SIZE(pvh));
    tcase_add_test(tcase, any_request_is_met_or_refused);
    return unit_run("mem_layout", tcase);
}
