/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_xs_platform.c - the platform keys: what each value means, which guests'
 * are looked at, and how few requests it takes. What odd values count as is in
 * test_xs.c, and what comes of them in tests/cli/keys.sh. */
#include "xs_platform.h"

#include <errno.h>
#include <stddef.h>

#include "../fake/fake.h"
#include "mem_layout.h"
#include "unit.h"

#define AT(field) offsetof(struct xs_platform, field)

static struct xg_log the_log;
static struct xg_ctx ctx;
static const xc_domaininfo_t info = {
    .domain = 7,
    .flags = XEN_DOMINF_hvm_guest,
    .max_vcpu_id = 1023,
};
static struct xs_platform platform;
static struct xg_error err;

static void set(const char *key, const char *value)
{
    char path[256];

    snprintf(path, sizeof(path), "/local/domain/7/%s", key);
    fake_store_set(path, value);
}

static void setup(void)
{
    xg_log_open(&the_log, "test");
    assert_fine(xg_ctx_open(&ctx, 7, &the_log, &err), err);
    set("platform/vcpu/number", "2");
    set("platform/vcpu/current", "1");
}

static void teardown(void)
{
    xs_platform_free(&platform);
    xg_ctx_close(&ctx);
    xg_log_close(&the_log);
}

static void assert_read(void)
{
    xs_platform_free(&platform);
    assert_fine(xs_platform_read(&ctx, &info, &platform, &err), err);
}

/* ---- absent ---- */

START_TEST(what_is_absent_has_its_default)
{
    assert_read();
    ck_assert(platform.nx && platform.pae && platform.apic && platform.hpet);
    ck_assert(!platform.viridian && !platform.viridian_stimer.set);
    ck_assert(!platform.nested_virt && !platform.nomigrate);
    ck_assert(!platform.vcpu_weight.set && !platform.vcpu_cap.set);
    ck_assert(!platform.tsc_mode.set && !platform.timeoffset.set);
    ck_assert(!platform.x87_fip_width.set && !platform.cores_per_socket.set);
    ck_assert(!platform.featureset && !platform.generation_id);
    ck_assert(!platform.ovmf_override);
    ck_assert(platform.mmio_hole_size == 0);
    ck_assert(!platform.vcpu_affinity[0] && !platform.vcpu_affinity[1]);
}
END_TEST

/* ---- booleans ---- */

static const struct {
    const char *key;
    size_t offset;
} bools[] = {
    { "platform/nx", AT(nx) },
    { "platform/pae", AT(pae) },
    { "platform/apic", AT(apic) },
    { "platform/hpet", AT(hpet) },
    { "platform/nested-virt", AT(nested_virt) },
    { "platform/exp-nested-hvm", AT(nested_virt) },
    { "platform/nomigrate", AT(nomigrate) },
    { "platform/viridian", AT(viridian) },
    { "platform/viridian_time_ref_count", AT(viridian_time_ref_count) },
    { "platform/viridian_reference_tsc", AT(viridian_reference_tsc) },
    { "platform/viridian_hcall_remote_tlb_flush",
      AT(viridian_hcall_remote_tlb_flush) },
    { "platform/viridian_apic_assist", AT(viridian_apic_assist) },
    { "platform/viridian_crash_ctl", AT(viridian_crash_ctl) },
    { "platform/viridian_hcall_ipi", AT(viridian_hcall_ipi) },
};

START_TEST(each_boolean_has_its_spellings)
{
    static const char *const on[] = { "true", "TRUE", "1", "0x1", "42" };
    static const char *const off[] = { "false", "False", "0", "0x0", "yes" };
    const char *key = bools[_i].key;
    const bool *field =
        (const bool *)((const char *)&platform + bools[_i].offset);
    bool absent;

    assert_read();
    absent = *field;
    for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
        set(key, on[i]);
        assert_read();
        ck_assert_msg(*field, "%s = %s", key, on[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
        set(key, off[i]);
        assert_read();
        ck_assert_msg(!*field, "%s = %s", key, off[i]);
    }
    set(key, "");
    assert_read();
    ck_assert_int_eq(*field, absent);
}
END_TEST

/* What hvmloader finds then, and how much was written. */
static void assert_acpi(const char *acpi, const char *s3, const char *s4,
                        unsigned int nr_writes)
{
    unsigned int before = fake_count("xs_write");
    bool on;

    assert_fine(xs_platform_has_acpi(&ctx, &on, &err), err);
    ck_assert_int_eq(on, *acpi == '1');
    xs_platform_put_acpi(&ctx);
    ck_assert_str_eq(fake_store_get("/local/domain/7/platform/acpi"), acpi);
    ck_assert_str_eq(fake_store_get("/local/domain/7/platform/acpi_s3"), s3);
    ck_assert_str_eq(fake_store_get("/local/domain/7/platform/acpi_s4"), s4);
    ck_assert_uint_eq(fake_count("xs_write") - before, nr_writes);
}

/* Only what hvmloader can't read is rewritten. */
START_TEST(acpi_keys_become_what_hvmloader_reads)
{
    assert_acpi("0", "0", "0", 3);
    set("platform/acpi", "1");
    set("platform/acpi_s3", "0");
    set("platform/acpi_s4", "true");
    assert_acpi("1", "0", "1", 1);
    set("platform/acpi", "0x1");
    set("platform/acpi_s3", "false");
    set("platform/acpi_s4", "2");
    assert_acpi("1", "0", "1", 3);
    set("platform/acpi", "");
    set("platform/acpi_s3", "");
    set("platform/acpi_s4", "no");
    assert_acpi("0", "0", "0", 3);
}
END_TEST

START_TEST(an_explicit_stimer_is_told_from_an_absent_one)
{
    set("platform/viridian_stimer", "false");
    assert_read();
    ck_assert(platform.viridian_stimer.set && !platform.viridian_stimer.value);
    set("platform/viridian_stimer", "true");
    assert_read();
    ck_assert(platform.viridian_stimer.set && platform.viridian_stimer.value);
    set("platform/viridian_stimer", "");
    assert_read();
    ck_assert(!platform.viridian_stimer.set);
}
END_TEST

START_TEST(the_newer_name_of_nested_virt_counts)
{
    set("platform/exp-nested-hvm", "true");
    assert_read();
    ck_assert(platform.nested_virt && platform.nomigrate);

    set("platform/nested-virt", "false");
    assert_read();
    ck_assert(!platform.nested_virt && !platform.nomigrate);

    set("platform/exp-nested-hvm", "false");
    set("platform/nested-virt", "true");
    assert_read();
    ck_assert(platform.nested_virt && platform.nomigrate);

    set("platform/nested-virt", "");
    set("platform/nomigrate", "1");
    assert_read();
    ck_assert(!platform.nested_virt && platform.nomigrate);
}
END_TEST

/* ---- numbers ---- */

static const struct {
    const char *key;
    size_t offset;
    int64_t least, most; /* of what is beyond: 0, but for the time offset */
    bool zero_is_set;
} numbers[] = {
    { "platform/timeoffset", AT(timeoffset), INT32_MIN, INT32_MAX, true },
    { "platform/tsc_mode", AT(tsc_mode), 0, 2, true },
    { "platform/x87-fip-width", AT(x87_fip_width), 0, UINT32_MAX, false },
    { "platform/cores-per-socket", AT(cores_per_socket), 0, INT32_MAX, false },
    { "platform/vcpu/weight", AT(vcpu_weight), 0, UINT16_MAX, false },
    { "platform/vcpu/cap", AT(vcpu_cap), 0, UINT16_MAX, false },
};

START_TEST(each_number_is_taken_within_its_range)
{
    const char *key = numbers[_i].key;
    const bool clamp = numbers[_i].least < 0;
    const struct {
        int64_t in, out;
    } rows[] = {
        { 0, 0 },
        { 2, 2 },
        { numbers[_i].least, numbers[_i].least },
        { numbers[_i].most, numbers[_i].most },
        { numbers[_i].least - 1, numbers[_i].least },
        { numbers[_i].most + 1, clamp ? numbers[_i].most : 0 },
        { INT64_MAX, clamp ? numbers[_i].most : 0 },
        { INT64_MIN, numbers[_i].least },
    };
    const struct opt_int *field =
        (const struct opt_int *)((const char *)&platform + numbers[_i].offset);
    char value[32];

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        snprintf(value, sizeof(value), "%lld", (long long)rows[i].in);
        set(key, value);
        assert_read();
        ck_assert_int_eq(field->value, rows[i].out);
        ck_assert_int_eq(field->set, rows[i].out || numbers[_i].zero_is_set);
    }

    set(key, "0x2");
    assert_read();
    ck_assert_int_eq(field->value, 2);
    set(key, "");
    assert_read();
    ck_assert(!field->set && field->value == 0);
}
END_TEST

START_TEST(the_mmio_hole_size_is_a_number_of_bytes)
{
    set("platform/mmio_hole_size", "0x40000000");
    assert_read();
    ck_assert(platform.mmio_hole_size == 0x40000000);
    set("platform/mmio_hole_size", "18446744073709551615");
    assert_read();
    ck_assert(platform.mmio_hole_size == 0);
    set("platform/mmio_hole_size", "4278190080");
    assert_read();
    ck_assert(platform.mmio_hole_size == MEM_LAYOUT_HOLE_MAX);
    set("platform/mmio_hole_size", "");
    assert_read();
    ck_assert(platform.mmio_hole_size == 0);
}
END_TEST

/* A PV guest has no use for them, and no word is lost about them. */
START_TEST(keys_for_an_hvm_container_are_not_looked_at_for_pv)
{
    static const char *const keys[] = {
        "apic",
        "hpet",
        "timeoffset",
        "x87-fip-width",
        "cores-per-socket",
        "mmio_hole_size",
        "ovmf-override",
        "generation-id",
        "viridian",
        "viridian_stimer",
    };
    const xc_domaininfo_t pv = { .domain = 7, .max_vcpu_id = 1023 };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        char key[64];

        snprintf(key, sizeof(key), "platform/%s", keys[i]);
        set(key, "abc");
    }
    assert_fine(xs_platform_read(&ctx, &pv, &platform, &err), err);
    ck_assert(platform.apic && platform.hpet);
    ck_assert_uint_eq(fake_count("xs_read"), 2); /* number, current */
}
END_TEST

START_TEST(texts_are_taken_as_they_are)
{
    set("platform/featureset", "1-2:3");
    set("platform/ovmf-override", "OVMF-debug.fd");
    set("platform/generation-id", "1:2");
    assert_read();
    ck_assert_str_eq(platform.featureset, "1-2:3");
    ck_assert_str_eq(platform.ovmf_override, "OVMF-debug.fd");
    ck_assert_str_eq(platform.generation_id, "1:2");
}
END_TEST

START_TEST(keys_that_are_not_ours_are_left_alone)
{
    set("platform/device-model", "nonsense");
    set("platform/nxx", "nonsense");
    set("platform/n", "nonsense");
    set("platform/vcpu/topology", "nonsense");
    assert_read();
}
END_TEST

/* ---- vCPUs ---- */

START_TEST(vcpu_number_and_current_are_read)
{
    assert_read();
    ck_assert_int_eq(platform.vcpu_number.value, 2);
    ck_assert_int_eq(platform.vcpu_current.value, 1);
}
END_TEST

START_TEST(vcpu_number_and_current_are_checked)
{
    static const char *const none[] = { "", "0", "x", "-1", "2147483648" };
    int rc;

    set("platform/vcpu/current", "3");
    rc = xs_platform_read(&ctx, &info, &platform, &err);
    assert_failed(rc, err, ERANGE, "platform/vcpu/current: '3' is more than");
    xs_platform_free(&platform);

    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        set("platform/vcpu/number", none[i]);
        rc = xs_platform_read(&ctx, &info, &platform, &err);
        assert_failed(rc, err, ENOENT, "platform/vcpu/number is missing or 0");
        xs_platform_free(&platform);
    }
}
END_TEST

START_TEST(vcpu_0_is_always_online)
{
    static const char *const none[] = { "0", "x", "-1", "2147483648" };
    int rc;

    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        set("platform/vcpu/current", none[i]);
        assert_read();
        ck_assert_int_eq(platform.vcpu_current.value, 1);
    }
    xs_platform_free(&platform);
    set("platform/vcpu/current", "");
    rc = xs_platform_read(&ctx, &info, &platform, &err);
    assert_failed(rc, err, ENOENT, "platform/vcpu/current is missing");
}
END_TEST

/* A domain of its own, since nothing can be taken out of the fake's store. */
START_TEST(missing_vcpu_keys_are_named)
{
    struct xg_ctx other = ctx;
    int rc;

    other.domid = 8;
    rc = xs_platform_read(&other, &info, &platform, &err);
    assert_failed(rc, err, ENOENT, "platform/vcpu/number is missing");

    fake_store_set("/local/domain/8/platform/vcpu/number", "2");
    rc = xs_platform_read(&other, &info, &platform, &err);
    assert_failed(rc, err, ENOENT, "platform/vcpu/current is missing");
}
END_TEST

START_TEST(no_more_vcpus_than_the_domain_has)
{
    const xc_domaininfo_t small = { .domain = 7, .max_vcpu_id = 2 };
    const xc_domaininfo_t none = { .domain = 7,
                                   .max_vcpu_id = XEN_INVALID_MAX_VCPU_ID };
    int rc;

    set("platform/vcpu/number", "3");
    assert_fine(xs_platform_read(&ctx, &small, &platform, &err), err);
    xs_platform_free(&platform);

    set("platform/vcpu/number", "4");
    rc = xs_platform_read(&ctx, &small, &platform, &err);
    assert_failed(rc, err, ERANGE,
                  "platform/vcpu/number: '4' is more than the 3 vCPUs of "
                  "domain 7");
    xs_platform_free(&platform);

    rc = xs_platform_read(&ctx, &none, &platform, &err);
    assert_failed(rc, err, ERANGE, "more than the 0 vCPUs");
}
END_TEST

START_TEST(affinities_are_kept_per_vcpu)
{
    set("platform/vcpu/1/affinity", "0110");
    set("platform/vcpu/2/affinity", "1111"); /* there is no vCPU 2 */
    set("platform/vcpu/-1/affinity", "1111");
    set("platform/vcpu/x/affinity", "1111");
    set("platform/vcpu/99999999999999999999/affinity", "1111");
    assert_read();
    ck_assert_ptr_null(platform.vcpu_affinity[0]);
    ck_assert_str_eq(platform.vcpu_affinity[1], "0110");
}
END_TEST

/* ---- requests ---- */

START_TEST(only_what_exists_is_asked_for)
{
    set("platform/nx", "1");
    set("platform/device-model", "qemu"); /* not ours: never read */
    set("platform/vcpu/0/affinity", "11");
    set("platform/vcpu/1/affinity", "11");
    assert_read();
    ck_assert_uint_eq(fake_count("xs_directory"), 3);
    /* nx, number, current, two affinities */
    ck_assert_uint_eq(fake_count("xs_read"), 5);
    ck_assert_uint_eq(fake_count("xs_write"), 0);
}
END_TEST

START_TEST(an_error_of_xenstore_is_told)
{
    static const char *const specs[] = { "xs_directory:1:EIO",
                                         "xs_directory:2:EACCES",
                                         "xs_read:1:EIO", "xs_read:2:EIO",
                                         "xs_read:3:EIO" };
    static const int codes[] = { EIO, EACCES, EIO, EIO, EIO };
    int rc;

    set("platform/vcpu/0/affinity", "11");
    fake_fail(specs[_i]);
    rc = xs_platform_read(&ctx, &info, &platform, &err);
    assert_failed(rc, err, codes[_i], "platform");
}
END_TEST

START_TEST(a_key_that_goes_between_list_and_read_is_absent)
{
    set("platform/nx", "0");
    fake_fail("xs_read:1:ENOENT");
    assert_read();
    ck_assert(platform.nx);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_absent_has_its_default);
    tcase_add_loop_test(tcase, each_boolean_has_its_spellings, 0,
                        ARRAY_SIZE(bools));
    tcase_add_test(tcase, acpi_keys_become_what_hvmloader_reads);
    tcase_add_test(tcase, an_explicit_stimer_is_told_from_an_absent_one);
    tcase_add_test(tcase, the_newer_name_of_nested_virt_counts);
    tcase_add_loop_test(tcase, each_number_is_taken_within_its_range, 0,
                        ARRAY_SIZE(numbers));
    tcase_add_test(tcase, the_mmio_hole_size_is_a_number_of_bytes);
    tcase_add_test(tcase, keys_for_an_hvm_container_are_not_looked_at_for_pv);
    tcase_add_test(tcase, texts_are_taken_as_they_are);
    tcase_add_test(tcase, keys_that_are_not_ours_are_left_alone);
    tcase_add_test(tcase, vcpu_number_and_current_are_read);
    tcase_add_test(tcase, vcpu_number_and_current_are_checked);
    tcase_add_test(tcase, vcpu_0_is_always_online);
    tcase_add_test(tcase, no_more_vcpus_than_the_domain_has);
    tcase_add_test(tcase, missing_vcpu_keys_are_named);
    tcase_add_test(tcase, affinities_are_kept_per_vcpu);
    tcase_add_test(tcase, only_what_exists_is_asked_for);
    tcase_add_loop_test(tcase, an_error_of_xenstore_is_told, 0, 5);
    tcase_add_test(tcase, a_key_that_goes_between_list_and_read_is_absent);
}

int main(void)
{
    TCase *tcase = tcase_create("xs_platform");

    add_tests(tcase);
    return unit_run("xs_platform", tcase);
}
