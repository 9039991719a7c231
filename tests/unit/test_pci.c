/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_pci.c - the list of passed-through devices, sysfs files good and bad,
 * and the memory that Xen reserves. */
#include "pci.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../fake/fake.h"
#include "unit.h"

static struct pci_device *devices;
static unsigned int nr_devices;
static struct xg_error err;

/* ---- the list ---- */

static void parse(const char *text)
{
    free(devices);
    devices = NULL;
    assert_fine(pci_parse_list(text, &devices, &nr_devices, &err), err);
}

static void assert_device(unsigned int i, unsigned int segment,
                          unsigned int bus, unsigned int devfn)
{
    ck_assert_uint_eq(devices[i].segment, segment);
    ck_assert_uint_eq(devices[i].bus, bus);
    ck_assert_uint_eq(devices[i].devfn, devfn);
}

START_TEST(a_list_names_devices)
{
    parse("0000:03:00.0");
    ck_assert_uint_eq(nr_devices, 1);
    assert_device(0, 0, 3, 0);

    parse("3:0.1,ffff:ff:1f.7,aB:1e.2,1:2:3.4");
    ck_assert_uint_eq(nr_devices, 4);
    assert_device(0, 0, 3, 1);
    assert_device(1, 0xffff, 0xff, 0xff);
    assert_device(2, 0, 0xab, 0x1e << 3 | 2);
    assert_device(3, 1, 2, 3 << 3 | 4);
}
END_TEST

START_TEST(a_device_named_twice_is_there_once)
{
    parse("03:00.0,0000:3:0.0,03:00.1");
    ck_assert_uint_eq(nr_devices, 2);
    assert_device(1, 0, 3, 1);
}
END_TEST

static const char *const broken[] = {
    "",
    ",",
    "03:00.0,",
    ",03:00.0",
    "03:00.0,,04:00.0",
    "03:00",
    "03.00.0",
    "3",
    ":",
    "::.",
    ":3:0.0",
    "3::0.0",
    "0:3:.0",
    "03:00.",
    "03:00.8",
    "03:00.f",
    "03:00.10",
    "03:20.0",
    "03:ff.0",
    "100:00.0",
    "10000:03:00.0",
    "00000:03:00.0",
    "003:00.0",
    "03:000.0",
    "0:0:0:0.0",
    "g:00.0",
    "03:0g.0",
    "03:00.g",
    "0x3:00.0",
    "-3:00.0",
    "+3:00.0",
    " 03:00.0",
    "03:00.0 ",
    "03: 0.0",
    "03:00.0\n",
    "03:00.0;04:00.0",
    "03:00.0@5",
    "0000:03:00.0/x",
    "ffffffffffffffffffffffff:03:00.0",
};

START_TEST(a_broken_device_is_refused)
{
    int rc = pci_parse_list(broken[_i], &devices, &nr_devices, &err);

    assert_failed(rc, err, EINVAL, "-pci_passthrough: '");
}
END_TEST

/* ---- sysfs ---- */

static const struct pci_device device = { .segment = 0, .bus = 3, .devfn = 8 };
static struct pci_needs needs;
#define FOLDER "bus/pci/devices/0000:03:01.0"

#define NONE "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
#define MIB_1 "0x00000000f0000000 0x00000000f00fffff 0x0000000000040200\n"
#define GIB_64 "0x0000004000000000 0x0000004fffffffff 0x000000000014220c\n"
#define ALL_BUT_1 "0x0000000000000001 0xffffffffffffffff 0x0000000000000200\n"

static void write_file(const char *name, const char *text)
{
    char path[192];
    FILE *file;

    snprintf(path, sizeof(path), FOLDER "/%s", name);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert(fputs(text, file) >= 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void setup(void)
{
    unit_enter_dir();
    ck_assert_int_eq(system("mkdir -p " FOLDER), 0);
    write_file("resource", MIB_1 NONE GIB_64 NONE NONE NONE NONE NONE GIB_64);
    write_file("vendor", "0x1002\n");
    write_file("device", "0x692e\n");
}

static void teardown(void)
{
    unit_leave_dir();
}

START_TEST(bars_and_rom_are_added_up)
{
    assert_fine(pci_read_needs(".", &device, &needs, &err), err);
    ck_assert(needs.bar_bytes == (UINT64_C(64) << 30) + (1 << 20));
    ck_assert(!needs.wide_hole);

    /* the ROM is the seventh; what follows it does not count */
    write_file("resource", NONE NONE NONE NONE NONE NONE MIB_1 MIB_1);
    assert_fine(pci_read_needs(".", &device, &needs, &err), err);
    ck_assert(needs.bar_bytes == 1 << 20);

    write_file("resource", NONE NONE NONE NONE NONE NONE NONE);
    assert_fine(pci_read_needs(".", &device, &needs, &err), err);
    ck_assert(needs.bar_bytes == 0);

    /* Linux's way to write one of no size: it ends before it starts. */
    write_file("resource",
               "0x0 0xffffffffffffffff 0x0\n"
               "0xf0000000 0xefffffff 0x40200\n" MIB_1 NONE NONE NONE NONE);
    assert_fine(pci_read_needs(".", &device, &needs, &err), err);
    ck_assert(needs.bar_bytes == 1 << 20);
}
END_TEST

START_TEST(one_device_needs_a_wide_hole)
{
    write_file("device", "0x692f\n");
    assert_fine(pci_read_needs(".", &device, &needs, &err), err);
    ck_assert(needs.wide_hole);

    write_file("vendor", "0x1022\n");
    assert_fine(pci_read_needs(".", &device, &needs, &err), err);
    ck_assert(!needs.wide_hole);
}
END_TEST

static const struct {
    const char *name, *text, *error;
} nonsense[] = {
    { "resource", "", "line 1" },
    { "resource", "\n", "line 1" },
    { "resource", "garbage\n", "line 1" },
    { "resource", NONE NONE NONE NONE NONE NONE, "line 7" },
    { "resource", NONE MIB_1 "0x0 0x0\n", "line 3" },
    { "resource", "0x2 0x0 0x0\n" NONE NONE NONE NONE NONE NONE, "line 1" },
    { "resource", "0x00000000000000000 0x0 0x0\n", "line 1" },
    { "resource", "-0x1 0x0 0x0\n", "line 1" },
    { "resource", "0x 0x0 0x0\n", "line 1" },
    { "resource", "0x0 0x0 0x0 0x0\n", "line 1" },
    { "resource", "0x0  0x0 0x0\n", "line 1" },
    { "resource", "0 0 0\n", "line 1" },
    { "resource", ALL_BUT_1 ALL_BUT_1 NONE NONE NONE NONE NONE, "larger" },
    { "vendor", "", "no PCI id" },
    { "vendor", "1002\n", "no PCI id" },
    { "vendor", "0x1002", "no PCI id" },
    { "vendor", "0x10020\n", "no PCI id" },
    { "device", "0x\n", "no PCI id" },
    { "device", "0x692f 0x692f\n", "no PCI id" },
};

START_TEST(nonsense_is_refused_by_name)
{
    char name[32];
    int rc;

    write_file(nonsense[_i].name, nonsense[_i].text);
    rc = pci_read_needs(".", &device, &needs, &err);
    assert_failed(rc, err, EINVAL, nonsense[_i].error);
    snprintf(name, sizeof(name), "0000:03:01.0/%s'", nonsense[_i].name);
    ck_assert_ptr_nonnull(strstr(err.text, name));
}
END_TEST

START_TEST(a_huge_file_is_read_no_further_than_needed)
{
    static char text[1 << 20];

    memset(text, '0', sizeof(text) - 1);
    write_file("resource", text);
    ck_assert_int_eq(pci_read_needs(".", &device, &needs, &err), -1);

    memcpy(text, NONE NONE NONE NONE NONE NONE MIB_1,
           strlen(NONE NONE NONE NONE NONE NONE MIB_1));
    write_file("resource", text);
    assert_fine(pci_read_needs(".", &device, &needs, &err), err);
    ck_assert(needs.bar_bytes == 1 << 20);
}
END_TEST

START_TEST(what_is_not_there_is_named)
{
    const struct pci_device other = { .segment = 0xabcd, .bus = 0xff, 0xff };
    const char *path = FOLDER "/vendor";

    assert_failed(pci_read_needs(".", &other, &needs, &err), err, ENOENT,
                  "abcd:ff:1f.7/resource");

    ck_assert_int_eq(remove(path), 0);
    assert_failed(pci_read_needs(".", &device, &needs, &err), err, ENOENT,
                  "vendor");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_failed(pci_read_needs(".", &device, &needs, &err), err, EISDIR,
                  "vendor");
}
END_TEST

/* ---- reserved memory ---- */

static struct xg_log the_log;
static struct xg_ctx ctx;
static struct mem_range *ranges;
static unsigned int nr_ranges;

static void setup_xen(void)
{
    xg_log_open(&the_log, "test");
    assert_fine(xg_ctx_open(&ctx, 7, &the_log, &err), err);
}

static void teardown_xen(void)
{
    free(ranges);
    xg_ctx_close(&ctx);
    xg_log_close(&the_log);
}

START_TEST(the_ranges_of_all_devices_are_collected)
{
    fake_host_set("host/reserved", "0:3:0.0 f8000 10,0:4:0.0 e0 10,"
                                   "0:3:0.1 bf800 800,0:3:0.1 f8000 10,"
                                   "0:3:0.1 12345 0");
    parse("3:0.0,3:0.1,5:0.0");
    assert_fine(
        pci_read_reserved(&ctx, devices, nr_devices, &ranges, &nr_ranges, &err),
        err);
    ck_assert_uint_eq(nr_ranges, 3);
    ck_assert(ranges[0].start == 0xf8000000 && ranges[0].end == 0xf8010000);
    ck_assert(ranges[1].start == 0xbf800000 && ranges[1].end == 0xc0000000);
    ck_assert(ranges[2].start == 0xf8000000);
}
END_TEST

START_TEST(nothing_reserved_is_no_error)
{
    parse("3:0.0");
    assert_fine(
        pci_read_reserved(&ctx, devices, nr_devices, &ranges, &nr_ranges, &err),
        err);
    ck_assert_uint_eq(nr_ranges, 0);
}
END_TEST

START_TEST(frames_that_no_machine_has_are_refused)
{
    int rc;

    parse("3:0.0");
    fake_host_set("host/reserved", "0:3:0.0 10000000000000 1");
    rc =
        pci_read_reserved(&ctx, devices, nr_devices, &ranges, &nr_ranges, &err);
    assert_failed(rc, err, ERANGE, "from frame 0x10000000000000");
    fake_host_set("host/reserved", "0:3:0.0 1 ffffffffffffffff");
    rc =
        pci_read_reserved(&ctx, devices, nr_devices, &ranges, &nr_ranges, &err);
    assert_failed(rc, err, ERANGE, "0xffffffffffffffff pages");
}
END_TEST

START_TEST(xens_refusal_names_the_device)
{
    int rc;

    parse("3:0.0,0001:3:1f.5");
    fake_fail("xc_reserved_device_memory_map:2:EPERM");
    rc =
        pci_read_reserved(&ctx, devices, nr_devices, &ranges, &nr_ranges, &err);
    assert_failed(rc, err, EPERM, "0001:03:1f.5");
}
END_TEST

int main(void)
{
    TCase *list = tcase_create("pci_list");
    TCase *sysfs = tcase_create("pci_sysfs");
    TCase *xen = tcase_create("pci_reserved");
    Suite *suite = suite_create("pci");
    SRunner *runner;

    tcase_add_test(list, a_list_names_devices);
    tcase_add_test(list, a_device_named_twice_is_there_once);
    tcase_add_loop_test(list, a_broken_device_is_refused, 0,
                        ARRAY_SIZE(broken));

    tcase_add_checked_fixture(sysfs, setup, teardown);
    tcase_add_test(sysfs, bars_and_rom_are_added_up);
    tcase_add_test(sysfs, one_device_needs_a_wide_hole);
    tcase_add_loop_test(sysfs, nonsense_is_refused_by_name, 0,
                        ARRAY_SIZE(nonsense));
    tcase_add_test(sysfs, a_huge_file_is_read_no_further_than_needed);
    tcase_add_test(sysfs, what_is_not_there_is_named);

    tcase_add_checked_fixture(xen, setup_xen, teardown_xen);
    tcase_add_test(xen, the_ranges_of_all_devices_are_collected);
    tcase_add_test(xen, nothing_reserved_is_no_error);
    tcase_add_test(xen, frames_that_no_machine_has_are_refused);
    tcase_add_test(xen, xens_refusal_names_the_device);

    suite_add_tcase(suite, list);
    suite_add_tcase(suite, sysfs);
    suite_add_tcase(suite, xen);
    runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    srunner_free(runner);
    return 0;
}
