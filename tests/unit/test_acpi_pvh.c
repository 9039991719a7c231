/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_acpi_pvh.c - a PVH guest's ACPI tables, read back the way a guest
 * would, and by the ACPI project's own disassembler and compiler. */
#include "acpi_pvh.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "unit.h"

static struct acpi_pvh acpi;
static struct xg_error err;

#define MIB(n) ((uint64_t)(n) << 20)

static const struct {
    unsigned int nr_vcpus, nr_online;
    unsigned int nr_vnodes;
    uint64_t mib; /* with 3840 MiB below the hole */
} guests[] = {
    { 1, 1, 0, 0 },       { 4, 4, 0, 0 },        { 4, 2, 0, 0 },
    { 16, 1, 0, 0 },      { 40, 40, 0, 0 },      { 127, 64, 0, 0 },
    { 128, 127, 0, 0 },   { 128, 128, 0, 0 },    { 1, 1, 1, 64 },
    { 2, 2, 2, 512 },     { 4, 3, 2, 6144 },     { 5, 5, 4, 7683 },
    { 32, 32, 32, 4096 }, { 128, 9, 2, 131072 }, { 128, 128, 32, 1048576 },
};

/* The guest's virtual nodes; NULL: it has none. */
static const struct numa_vnodes *vnodes_of(int guest)
{
    static struct numa_vnodes vnodes;
    struct numa_vnodes_request request = { .nr_vcpus = guests[guest].nr_vcpus };
    unsigned int nr = guests[guest].nr_vnodes;

    if (!nr)
        return NULL;
    request.nr_ram = mem_layout_pvh_ram(MIB(guests[guest].mib), request.ram);
    assert_fine(numa_vnodes_make(&request, nr, &vnodes, &err), err);
    for (unsigned int i = 0; i < nr; i++)
        for (unsigned int j = 0; j < nr; j++)
            vnodes.distance[i][j] = (uint8_t)(i == j ? 10 : 20 + i + j);
    return &vnodes;
}

static uint64_t number(const uint8_t *at, unsigned int bytes)
{
    uint64_t value = 0;

    while (bytes-- > 0)
        value = value << 8 | at[bytes];
    return value;
}

static bool adds_up(const uint8_t *at, size_t bytes)
{
    uint8_t sum = 0;

    while (bytes-- > 0)
        sum += *at++;
    return sum == 0;
}

/* A table at a guest's address: inside, signed, and its bytes add up to 0. */
static const uint8_t *table_at(uint64_t address, const char *signature)
{
    uint64_t offset = address - ACPI_PVH_TABLES_ADDRESS;
    const uint8_t *table = acpi.tables + offset;

    ck_assert(address >= ACPI_PVH_TABLES_ADDRESS);
    ck_assert(offset + 36 <= acpi.tables_bytes);
    ck_assert(!memcmp(table, signature, 4));
    ck_assert(number(table + 4, 4) >= 36);
    ck_assert(offset + number(table + 4, 4) <= acpi.tables_bytes);
    ck_assert(adds_up(table, number(table + 4, 4)));
    return table;
}

static void make(int guest)
{
    assert_fine(acpi_pvh_make(guests[guest].nr_vcpus, guests[guest].nr_online,
                              vnodes_of(guest), &acpi, &err),
                err);
}

enum {
    XSDT,
    FADT,
    MADT,
    DSDT,
    SRAT,
    SLIT,
    NR_TABLES
};

/* All tables, from the RSDP on; SRAT and SLIT are NULL without virtual nodes.
 */
static void walk(int guest, const uint8_t *tables[NR_TABLES])
{
    bool has_vnodes = guests[guest].nr_vnodes;
    const uint8_t *xsdt;

    ck_assert(!memcmp(acpi.rsdp, "RSD PTR ", 8));
    ck_assert(ACPI_PVH_RSDP_ADDRESS % 16 == 0);
    ck_assert(adds_up(acpi.rsdp, 20) && adds_up(acpi.rsdp, 36));
    ck_assert(acpi.rsdp[15] == 2 && number(acpi.rsdp + 20, 4) == 36);

    tables[XSDT] = xsdt = table_at(number(acpi.rsdp + 24, 8), "XSDT");
    ck_assert(number(xsdt + 4, 4) == 36 + (has_vnodes ? 4 : 2) * 8);
    tables[FADT] = table_at(number(xsdt + 36, 8), "FACP");
    tables[MADT] = table_at(number(xsdt + 44, 8), "APIC");
    tables[DSDT] = table_at(number(tables[FADT] + 140, 8), "DSDT");
    tables[SRAT] = has_vnodes ? table_at(number(xsdt + 52, 8), "SRAT") : NULL;
    tables[SLIT] = has_vnodes ? table_at(number(xsdt + 60, 8), "SLIT") : NULL;
}

START_TEST(every_table_is_found_from_the_rsdp)
{
    const uint8_t *tables[NR_TABLES];

    make(_i);
    walk(_i, tables);
    ck_assert(acpi.tables_bytes % 4096 == 0);

    /* The FADT: revision 5, hardware-reduced, no 8042, VGA or RTC. */
    ck_assert(number(tables[FADT] + 4, 4) == 268 && tables[FADT][8] == 5);
    ck_assert(number(tables[FADT] + 112, 4) & 1u << 20);
    ck_assert(number(tables[FADT] + 109, 2) == (1u << 2 | 1u << 5));
    ck_assert(number(tables[FADT] + 40, 4) == number(tables[FADT] + 140, 8));
}
END_TEST

START_TEST(the_madt_has_all_vcpus_and_enables_those_online)
{
    const uint8_t *tables[NR_TABLES], *madt, *lapic;

    make(_i);
    walk(_i, tables);
    madt = tables[MADT];
    ck_assert(number(madt + 4, 4) == 44 + 8 * guests[_i].nr_vcpus);
    ck_assert(number(madt + 36, 4) == 0xfee00000);

    for (unsigned int vcpu = 0; vcpu < guests[_i].nr_vcpus; vcpu++) {
        lapic = madt + 44 + 8 * vcpu;
        ck_assert(lapic[0] == 0 && lapic[1] == 8);
        ck_assert(lapic[2] == vcpu && lapic[3] == vcpu * 2);
        ck_assert(number(lapic + 4, 4) == (vcpu < guests[_i].nr_online));
    }
}
END_TEST

START_TEST(the_dsdt_knows_how_many_are_online)
{
    const uint8_t *tables[NR_TABLES], *name;

    make(_i);
    walk(_i, tables);
    name = memmem(tables[DSDT], number(tables[DSDT] + 4, 4), "\x08VCPU\x0c", 6);
    ck_assert_ptr_nonnull(name);
    ck_assert(number(name + 6, 4) == guests[_i].nr_online);
}
END_TEST

START_TEST(the_srat_has_each_vcpu_and_all_ram_on_its_node)
{
    const struct numa_vnodes *vnodes = vnodes_of(_i);
    const uint8_t *tables[NR_TABLES], *at;
    uint64_t nr_vcpus = guests[_i].nr_vcpus;

    make(_i);
    walk(_i, tables);
    if (!vnodes)
        return;
    at = tables[SRAT];
    ck_assert(at[8] == 3 && number(at + 36, 4) == 1);
    ck_assert(number(at + 4, 4) == 48 + 16 * nr_vcpus + 40 * vnodes->nr_ranges);
    at += 48;
    for (unsigned int vcpu = 0; vcpu < nr_vcpus; vcpu++, at += 16) {
        ck_assert(at[0] == 0 && at[1] == 16 && at[3] == vcpu * 2);
        ck_assert(at[2] == numa_vnodes_of_vcpu(vnodes, vcpu));
        ck_assert(number(at + 4, 4) == 1 && number(at + 8, 8) == 0);
    }
    for (unsigned int i = 0; i < vnodes->nr_ranges; i++, at += 40) {
        const struct numa_vnode_range *range = &vnodes->range[i];

        ck_assert(at[0] == 1 && at[1] == 40);
        ck_assert(number(at + 2, 4) == range->vnode);
        ck_assert(number(at + 8, 8) == range->ram.start);
        ck_assert(number(at + 8, 8) + number(at + 16, 8) == range->ram.end);
        ck_assert(number(at + 28, 4) == 1);
    }
}
END_TEST

START_TEST(the_slit_has_all_distances)
{
    const struct numa_vnodes *vnodes = vnodes_of(_i);
    const uint8_t *tables[NR_TABLES], *slit;

    make(_i);
    walk(_i, tables);
    if (!vnodes)
        return;
    slit = tables[SLIT];
    ck_assert(number(slit + 4, 4) == 44 + vnodes->nr * vnodes->nr);
    ck_assert(number(slit + 36, 8) == vnodes->nr);
    for (unsigned int i = 0; i < vnodes->nr; i++)
        for (unsigned int j = 0; j < vnodes->nr; j++)
            ck_assert(slit[44 + i * vnodes->nr + j] == vnodes->distance[i][j]);
}
END_TEST

START_TEST(a_guest_that_cannot_be_is_refused)
{
    assert_failed(acpi_pvh_make(129, 1, NULL, &acpi, &err), err, ERANGE,
                  "129 vCPUs");
    assert_failed(acpi_pvh_make(2, 3, NULL, &acpi, &err), err, ERANGE,
                  "3 online");
}
END_TEST

static void write_table(const char *path, const uint8_t *table)
{
    size_t bytes = number(table + 4, 4);
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert(fwrite(table, 1, bytes, file) == bytes);
    ck_assert(fclose(file) == 0);
}

/* configure insists on iasl, so that it is there. */
START_TEST(iasl_reads_them_and_compiles_what_it_read)
{
    static const char *const names[] = { "xsdt", "facp", "apic",
                                         "dsdt", "srat", "slit" };
    const uint8_t *tables[NR_TABLES];
    const char *dir = unit_enter_dir();
    char command[512];

    make(_i);
    walk(_i, tables);
    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        if (!tables[i])
            continue;
        snprintf(command, sizeof(command), "%s.dat", names[i]);
        write_table(command, tables[i]);
        /* Not one error, warning or doubt on the way; and, behind the header
         * in which iasl signs, the same bytes again, but for the DSDT, whose
         * number of processors it would write shorter. */
        snprintf(command, sizeof(command),
                 "{ " IASL " -d %s.dat && " IASL " -we -p again "
                 "%s.dsl && %s -i 36 %s.dat again.aml; } >log 2>&1 && "
                 "! grep -iE 'error|warning|invalid|unknown' log | "
                 "grep -v '0 Errors, 0 Warnings' | grep .",
                 names[i], names[i], strcmp(names[i], "dsdt") ? "cmp" : ": ",
                 names[i]);
        ck_assert_msg(system(command) == 0, "%s: see %s/log", names[i], dir);
    }
    unit_leave_dir();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("acpi_pvh");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, every_table_is_found_from_the_rsdp, 0,
                        ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, the_madt_has_all_vcpus_and_enables_those_online,
                        0, ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, the_dsdt_knows_how_many_are_online, 0,
                        ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, the_srat_has_each_vcpu_and_all_ram_on_its_node,
                        0, ARRAY_SIZE(guests));
    tcase_add_loop_test(tcase, the_slit_has_all_distances, 0,
                        ARRAY_SIZE(guests));
    tcase_add_test(tcase, a_guest_that_cannot_be_is_refused);
    tcase_add_loop_test(tcase, iasl_reads_them_and_compiles_what_it_read, 0,
                        ARRAY_SIZE(guests));
    return unit_run("acpi_pvh", tcase);
}
