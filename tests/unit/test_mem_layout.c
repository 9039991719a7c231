/* SPDX-License-Identifier: LGPL-2.1-or-later
 * test_mem_layout.c - an HVM guest's memory map, for sizes around its holes. */
#include "mem_layout.h"

#include <errno.h>

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

/* What holds for every layout. */
static void assert_sound(uint64_t mem_bytes)
{
    uint64_t high = layout.highmem_end ? layout.highmem_end - GIB(4) : 0;
    uint64_t ram = MIB(1); /* the first MiB is hvmloader's own knowledge */
    uint64_t end = MIB(1);

    ck_assert(layout.lowmem_end + high == mem_bytes);
    ck_assert(layout.lowmem_end <= layout.mmio_start);
    ck_assert(layout.mmio_start + layout.mmio_size == GIB(4));
    ck_assert(layout.mmio_start % PAGE == 0);
    ck_assert(!layout.highmem_end || layout.lowmem_end == layout.mmio_start);

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

        assert_failed(rc, err, ERANGE, "low MMIO hole");
    }
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
    return unit_run("mem_layout", tcase);
}
