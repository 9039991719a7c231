/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_numa_note.c - the note that a guest carries of its virtual nodes: its
 * bytes, and what is none. */
#include "numa_note.h"

#include <string.h>

#include "unit.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* It travels with the guest, to other versions of xenguest. 512 MiB below 4 GiB
 * and 256 above. */
static const uint8_t of_768_mib[NUMA_NOTE_BYTES] = {
    'X', 'G', ' ',  'V', 'N', 'O', 'D', 'E', 0,    0, 2, 0,
    0,   0,   0x11, 0,   2,   0,   0,   0,   0xb0, 0, 0, 0
};

START_TEST(it_is_the_same_bytes_for_all_versions)
{
    const struct numa_note note = {
        .ram = { { 0, MIB(512) }, { GIB(4), GIB(4) + MIB(256) } },
        .nr_ram = 2,
        .nr_vnodes = 2,
    };
    uint8_t bytes[NUMA_NOTE_BYTES];

    numa_note_make(&note, bytes);
    ck_assert_mem_eq(bytes, of_768_mib, sizeof(bytes));
}
END_TEST

START_TEST(what_was_made_is_read)
{
    const struct numa_note notes[] = {
        { { { 0, MIB(600) } }, 1, 2 },
        { { { 0, MIB(600) } }, 1, 0 },
        { { { 0, GIB(4) }, { GIB(4), GIB(6000) } }, 2, 32 },
    };
    const struct numa_note *made = &notes[_i];
    uint8_t bytes[NUMA_NOTE_BYTES];
    struct numa_note note;

    numa_note_make(made, bytes);
    ck_assert(numa_note_read(bytes, &note));
    ck_assert_uint_eq(note.nr_vnodes, made->nr_vnodes);
    ck_assert_uint_eq(note.nr_ram, made->nr_ram);
    for (unsigned int i = 0; i < note.nr_ram; i++) {
        ck_assert_uint_eq(note.ram[i].start, made->ram[i].start);
        ck_assert_uint_eq(note.ram[i].end, made->ram[i].end);
    }
}
END_TEST

/* Puts a number there, and the checksum right. */
static void put(uint8_t *bytes, unsigned int at, uint32_t number)
{
    memcpy(bytes + at, &number, sizeof(number));
    bytes[20] = 0;
    for (unsigned int i = 0; i < NUMA_NOTE_BYTES; i++)
        bytes[20] -= i == 20 ? 0 : bytes[i];
}

START_TEST(what_a_guest_may_have_made_of_it_is_none)
{
    uint8_t bytes[NUMA_NOTE_BYTES] = { 0 };
    struct numa_note note;

    ck_assert(!numa_note_read(bytes, &note));
    for (unsigned int i = 0; i < NUMA_NOTE_BYTES; i++) {
        memcpy(bytes, of_768_mib, sizeof(bytes));
        bytes[i]++;
        ck_assert(!numa_note_read(bytes, &note));
    }

    /* Low RAM that is none, or goes beyond 4 GiB; high RAM below it. */
    memcpy(bytes, of_768_mib, sizeof(bytes));
    put(bytes, 8, 0);
    ck_assert(!numa_note_read(bytes, &note));
    put(bytes, 8, 0x100001);
    ck_assert(!numa_note_read(bytes, &note));
    put(bytes, 8, 0x100000);
    ck_assert(numa_note_read(bytes, &note));
    put(bytes, 12, 0x100000);
    ck_assert(!numa_note_read(bytes, &note));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("numa_note");

    tcase_add_test(tcase, it_is_the_same_bytes_for_all_versions);
    tcase_add_loop_test(tcase, what_was_made_is_read, 0, 3);
    tcase_add_test(tcase, what_a_guest_may_have_made_of_it_is_none);
    return unit_run("numa_note", tcase);
}
