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

static const struct {
    unsigned int nr_vcpus, nr_online;
} guests[] = {
    { 1, 1 },   { 4, 4 },    { 4, 2 },     { 16, 1 },
    { 40, 40 }, { 127, 64 }, { 128, 127 }, { 128, 128 },
};

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
                              &acpi, &err),
                err);
}

/* XSDT, FADT and MADT, DSDT, from the RSDP on. */
static void walk(const uint8_t *tables[4])
{
    const uint8_t *xsdt;

    ck_assert(!memcmp(acpi.rsdp, "RSD PTR ", 8));
    ck_assert(ACPI_PVH_RSDP_ADDRESS % 16 == 0);
    ck_assert(adds_up(acpi.rsdp, 20) && adds_up(acpi.rsdp, 36));
    ck_assert(acpi.rsdp[15] == 2 && number(acpi.rsdp + 20, 4) == 36);

    tables[0] = xsdt = table_at(number(acpi.rsdp + 24, 8), "XSDT");
    ck_assert(number(xsdt + 4, 4) == 36 + 2 * 8);
    tables[1] = table_at(number(xsdt + 36, 8), "FACP");
    tables[2] = table_at(number(xsdt + 44, 8), "APIC");
    tables[3] = table_at(number(tables[1] + 140, 8), "DSDT");
}

START_TEST(every_table_is_found_from_the_rsdp)
{
    const uint8_t *tables[4];

    make(_i);
    walk(tables);
    ck_assert(acpi.tables_bytes % 4096 == 0);

    /* The FADT: revision 5, hardware-reduced, no 8042, VGA or RTC. */
    ck_assert(number(tables[1] + 4, 4) == 268 && tables[1][8] == 5);
    ck_assert(number(tables[1] + 112, 4) & 1u << 20);
    ck_assert(number(tables[1] + 109, 2) == (1u << 2 | 1u << 5));
    ck_assert(number(tables[1] + 40, 4) == number(tables[1] + 140, 8));
}
END_TEST

START_TEST(the_madt_has_all_vcpus_and_enables_those_online)
{
    const uint8_t *tables[4], *madt, *lapic;

    make(_i);
    walk(tables);
    madt = tables[2];
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
    const uint8_t *tables[4], *name;

    make(_i);
    walk(tables);
    name = memmem(tables[3], number(tables[3] + 4, 4), "\x08VCPU\x0c", 6);
    ck_assert_ptr_nonnull(name);
    ck_assert(number(name + 6, 4) == guests[_i].nr_online);
}
END_TEST

START_TEST(a_guest_that_cannot_be_is_refused)
{
    assert_failed(acpi_pvh_make(129, 1, &acpi, &err), err, ERANGE, "129 vCPUs");
    assert_failed(acpi_pvh_make(2, 3, &acpi, &err), err, ERANGE, "3 online");
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
    static const char *const names[] = { "xsdt", "facp", "apic", "dsdt" };
    const uint8_t *tables[4];
    const char *dir = unit_enter_dir();
    char command[512];

    make(_i);
    walk(tables);
    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
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
    tcase_add_test(tcase, a_guest_that_cannot_be_is_refused);
    tcase_add_loop_test(tcase, iasl_reads_them_and_compiles_what_it_read, 0,
                        ARRAY_SIZE(guests));
    return unit_run("acpi_pvh", tcase);
}
