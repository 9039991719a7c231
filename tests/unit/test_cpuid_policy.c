/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_cpuid_policy.c - featuresets: their text, their length, and the bits
 * that platform keys switch. */
#include "cpuid_policy.h"

#include <errno.h>

#include <xen/arch-x86/cpufeatureset.h>

#include "unit.h"

static struct featureset features;
static struct xg_error err;

START_TEST(words_are_joined_by_either_sign)
{
    assert_fine(featureset_parse("1-ffffffff:0-aBcD", &features, &err), err);
    ck_assert_uint_eq(features.nr_words, 4);
    ck_assert_uint_eq(features.words[0], 1);
    ck_assert_uint_eq(features.words[1], 0xffffffff);
    ck_assert_uint_eq(features.words[2], 0);
    ck_assert_uint_eq(features.words[3], 0xabcd);

    assert_fine(featureset_parse("178bfbff", &features, &err), err);
    ck_assert_uint_eq(features.nr_words, 1);

    /* One at the end is not followed by another word. */
    assert_fine(featureset_parse("1-2-", &features, &err), err);
    ck_assert_uint_eq(features.nr_words, 2);
    assert_fine(featureset_parse("1:", &features, &err), err);
    ck_assert_uint_eq(features.nr_words, 1);
}
END_TEST

static const struct {
    const char *text, *word; /* the one that is named */
} bad[] = {
    { "", "word 0" },
    { "-", "word 0" },
    { "x", "word 0" },
    { "1--", "word 1" },
    { "1--2", "word 1" },
    { "1-:2", "word 1" },
    { "-1", "word 0" },
    { "1-+2", "word 1" },
    { "1- 2", "word 1" },
    { "1 -2", "word 0" },
    { "1,2", "word 0" },
    { "1-2-g", "word 2" },
    { "1-2g", "word 1" },
    { "1\n", "word 0" },
    { " 1", "word 0" },
    { "100000000", "word 0" },
    { "0-fffffffff", "word 1" },
    { "ffffffffffffffffffffffff", "word 0" },
};

START_TEST(a_malformed_word_is_named)
{
    int rc = featureset_parse(bad[_i].text, &features, &err);

    assert_failed(rc, err, EINVAL, bad[_i].word);
    ck_assert_ptr_nonnull(strstr(err.text, "platform/featureset"));
}
END_TEST

START_TEST(words_that_there_is_no_room_for_must_be_zero)
{
    char text[2 * FEATURESET_WORDS_MAX + 2];
    int rc;

    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = i % 2 ? '-' : '1';
    text[sizeof(text) - 1] = '\0'; /* one word too many */
    rc = featureset_parse(text, &features, &err);
    assert_failed(rc, err, EOPNOTSUPP, "word 64 is 00000001");

    text[sizeof(text) - 2] = '0';
    assert_fine(featureset_parse(text, &features, &err), err);
    ck_assert_uint_eq(features.nr_words, FEATURESET_WORDS_MAX);
    text[sizeof(text) - 3] = '\0';
    assert_fine(featureset_parse(text, &features, &err), err);
    ck_assert_uint_eq(features.nr_words, FEATURESET_WORDS_MAX);
}
END_TEST

START_TEST(a_shorter_one_is_filled_with_zeros)
{
    assert_fine(featureset_parse("1-2", &features, &err), err);
    assert_fine(featureset_fit(&features, 4, &err), err);
    ck_assert_uint_eq(features.nr_words, 4);
    ck_assert_uint_eq(features.words[1], 2);
    ck_assert_uint_eq(features.words[2], 0);
    ck_assert_uint_eq(features.words[3], 0);
}
END_TEST

START_TEST(a_longer_one_is_fine_if_the_rest_is_zero)
{
    int rc;

    assert_fine(featureset_parse("1-2-0-0", &features, &err), err);
    assert_fine(featureset_fit(&features, 2, &err), err);
    ck_assert_uint_eq(features.nr_words, 2);

    assert_fine(featureset_parse("1-2-8-0", &features, &err), err);
    rc = featureset_fit(&features, 2, &err);
    assert_failed(rc, err, EOPNOTSUPP, "word 2 is 00000008");
}
END_TEST

static bool has(unsigned int bit)
{
    return features.words[bit / 32] >> bit % 32 & 1;
}

static void switch_from(uint32_t word, const struct xs_platform *platform,
                        bool host_itsc)
{
    features = (struct featureset){ .nr_words = 18 };
    for (unsigned int i = 0; i < features.nr_words; i++)
        features.words[i] = word;
    featureset_switch(&features, platform, host_itsc);
}

START_TEST(nx_and_pae_only_take_away)
{
    struct xs_platform platform = { .nx = true, .pae = true };

    switch_from(0, &platform, false);
    ck_assert(!has(XEN_X86_FEATURE_NX) && !has(XEN_X86_FEATURE_PAE));

    platform.nx = false;
    switch_from(UINT32_MAX, &platform, false);
    ck_assert(!has(XEN_X86_FEATURE_NX) && has(XEN_X86_FEATURE_PAE));

    platform = (struct xs_platform){ .nx = true, .pae = false };
    switch_from(UINT32_MAX, &platform, false);
    ck_assert(has(XEN_X86_FEATURE_NX) && !has(XEN_X86_FEATURE_PAE));
}
END_TEST

START_TEST(nested_virt_adds_both_vendors)
{
    struct xs_platform platform = { .nx = true, .pae = true };

    switch_from(0, &platform, false);
    ck_assert(!has(XEN_X86_FEATURE_VMX) && !has(XEN_X86_FEATURE_SVM));
    platform.nested_virt = true;
    switch_from(0, &platform, false);
    ck_assert(has(XEN_X86_FEATURE_VMX) && has(XEN_X86_FEATURE_SVM));
}
END_TEST

START_TEST(itsc_needs_nomigrate_and_the_host)
{
    struct xs_platform platform = { .nx = true, .pae = true };

    switch_from(0, &platform, true);
    ck_assert(!has(XEN_X86_FEATURE_ITSC));
    platform.nomigrate = true;
    switch_from(0, &platform, false);
    ck_assert(!has(XEN_X86_FEATURE_ITSC));
    switch_from(0, &platform, true);
    ck_assert(has(XEN_X86_FEATURE_ITSC));
}
END_TEST

/* An old host's featureset may end before a bit's word. */
START_TEST(a_bit_past_the_end_is_not_written)
{
    struct xs_platform platform = { .nested_virt = true, .nomigrate = true };
    uint32_t zero[FEATURESET_WORDS_MAX - 1] = { 0 };

    features = (struct featureset){ .nr_words = 1 };
    featureset_switch(&features, &platform, true);
    ck_assert_mem_eq(&features.words[1], zero, sizeof(zero));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cpuid_policy");

    tcase_add_test(tcase, words_are_joined_by_either_sign);
    tcase_add_loop_test(tcase, a_malformed_word_is_named, 0, ARRAY_SIZE(bad));
    tcase_add_test(tcase, words_that_there_is_no_room_for_must_be_zero);
    tcase_add_test(tcase, a_shorter_one_is_filled_with_zeros);
    tcase_add_test(tcase, a_longer_one_is_fine_if_the_rest_is_zero);
    tcase_add_test(tcase, nx_and_pae_only_take_away);
    tcase_add_test(tcase, nested_virt_adds_both_vendors);
    tcase_add_test(tcase, itsc_needs_nomigrate_and_the_host);
    tcase_add_test(tcase, a_bit_past_the_end_is_not_written);
    return unit_run("cpuid_policy", tcase);
}
