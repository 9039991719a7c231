/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_image_file.c - which files are fit to be loaded, and the limits that
 * Xenstore sets. */
#include "image_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../fake/fake.h"
#include "unit.h"

static const char path[] = "image";
static struct xg_error err;

static void setup(void)
{
    unit_enter_dir();
}

static void teardown(void)
{
    unit_leave_dir();
}

static void make(off_t bytes)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(truncate(path, bytes), 0);
}

/* Only how it ends. */
static int map(const char *what, const char *file_path, uint64_t max_bytes)
{
    struct image_file file = { .data = NULL };
    int rc = image_file_map(what, file_path, max_bytes, &file, &err);

    image_file_unmap(&file);
    return rc;
}

START_TEST(a_plain_file_up_to_the_limit_is_fine)
{
    make(1);
    assert_fine(map("kernel", path, 1), err);
    make(4096);
    assert_fine(map("kernel", path, 4096), err);
    assert_fine(map("kernel", path, UINT64_MAX), err);
}
END_TEST

START_TEST(a_larger_one_is_refused)
{
    int rc;

    make(4097);
    rc = map("kernel", path, 4096);
    assert_failed(rc, err, EFBIG, "has 4097 bytes, the limit is 4096");
    rc = map("kernel", path, 0);
    assert_failed(rc, err, EFBIG, path);
}
END_TEST

START_TEST(an_empty_one_is_refused)
{
    int rc;

    make(0);
    rc = map("ramdisk", path, 4096);
    assert_failed(rc, err, EINVAL, "ramdisk '");
    ck_assert_ptr_nonnull(strstr(err.text, "is empty"));
}
END_TEST

START_TEST(what_is_no_plain_file_is_refused_without_waiting)
{
    int rc = map("kernel", ".", 4096);

    assert_failed(rc, err, EINVAL, "not a plain file");
    rc = map("kernel", "/dev/null", 4096);
    assert_failed(rc, err, EINVAL, "not a plain file");

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    rc = map("kernel", path, 4096);
    assert_failed(rc, err, EINVAL, "not a plain file");
}
END_TEST

START_TEST(what_cannot_be_opened_is_refused)
{
    int rc = map("kernel", "/nowhere/image", 4096);

    assert_failed(rc, err, ENOENT, "kernel '/nowhere/image': No such file");
    rc = map("kernel", "", 4096);
    assert_failed(rc, err, ENOENT, "kernel ''");

    ck_assert_int_eq(symlink(path, path), 0);
    rc = map("kernel", path, 4096);
    assert_failed(rc, err, ELOOP, path);
}
END_TEST

START_TEST(one_that_is_fit_is_mapped_as_it_is)
{
    struct image_file file = { .data = NULL };
    FILE *out = fopen(path, "w");

    image_file_unmap(&file);
    fputs("a kernel", out);
    fclose(out);
    assert_fine(image_file_map("kernel", path, 8, &file, &err), err);
    ck_assert_uint_eq(file.bytes, 8);
    ck_assert_mem_eq(file.data, "a kernel", 8);
    image_file_unmap(&file);
    ck_assert_ptr_null(file.data);

    assert_failed(image_file_map("kernel", path, 7, &file, &err), err, EFBIG,
                  "has 8 bytes, the limit is 7");
    ck_assert_ptr_null(file.data);
}
END_TEST

#define KEY "/mh/limits/pv-kernel-max_size"

START_TEST(a_limit_is_a_number_of_bytes_or_the_default)
{
    static const char *const none[] = { "", "0", "-1", "x",
                                        "99999999999999999999" };
    struct xg_log log = { 0 };
    struct xg_ctx ctx;
    uint64_t bytes;

    xg_log_open(&log, "test");
    assert_fine(xg_ctx_open(&ctx, 7, &log, &err), err);

    assert_fine(image_file_limit(&ctx, KEY, &bytes, &err), err);
    ck_assert(bytes == UINT64_C(1) << 30);
    fake_store_set(KEY, "5000");
    assert_fine(image_file_limit(&ctx, KEY, &bytes, &err), err);
    ck_assert(bytes == 5000);

    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        fake_store_set(KEY, none[i]);
        assert_fine(image_file_limit(&ctx, KEY, &bytes, &err), err);
        ck_assert(bytes == UINT64_C(1) << 30);
    }
    xg_ctx_close(&ctx);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("image_file");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_plain_file_up_to_the_limit_is_fine);
    tcase_add_test(tcase, a_larger_one_is_refused);
    tcase_add_test(tcase, an_empty_one_is_refused);
    tcase_add_test(tcase, what_is_no_plain_file_is_refused_without_waiting);
    tcase_add_test(tcase, what_cannot_be_opened_is_refused);
    tcase_add_test(tcase, one_that_is_fit_is_mapped_as_it_is);
    tcase_add_test(tcase, a_limit_is_a_number_of_bytes_or_the_default);
    return unit_run("image_file", tcase);
}
