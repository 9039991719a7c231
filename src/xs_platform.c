/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xs_platform.c - the domain's platform keys as data.
 *
 * A guest has some twenty of the keys below. Each directory is listed once and
 * only what exists is read, so that a build costs xenstored no request for a
 * key that isn't there. */
#include "xs_platform.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "domain.h"
#include "mem_layout.h"
#include "numa_policy.h"
#include "numbers.h"
#include "xs.h"

enum key_type {
    KEY_BOOL,
    KEY_OPT_BOOL,
    KEY_NUMBER,
    KEY_NOT_0, /* a number, of which 0 is not set */
    KEY_BYTES,
    KEY_TEXT,
};

/* Which guests' keys are looked at. */
enum guests {
    ALL,
    HVM, /* in an HVM container: HVM and PVH */
};

struct key {
    const char *name;
    enum key_type type;
    size_t offset;
    enum guests guests;
    struct xs_range range;
};

/* clang-format off */
#define KEY(name, type, field, guests) \
    { name, type, offsetof(struct xs_platform, field), guests, { 0 } }
#define NUMBER(name, type, field, guests, max) \
    { name, type, offsetof(struct xs_platform, field), guests, { 0, max, false } }

static const struct key platform_keys[] = {
    KEY("nx",                             KEY_BOOL, nx, ALL),
    KEY("pae",                            KEY_BOOL, pae, ALL),
    KEY("apic",                           KEY_BOOL, apic, HVM),
    KEY("hpet",                           KEY_BOOL, hpet, HVM),
    /* Xen's modes: default, always emulated, never. */
    NUMBER("tsc_mode",                    KEY_NUMBER, tsc_mode, ALL, 2),
    /* An int32_t in XEN_DOMCTL_settimeoffset; xenopsd adds up the guest's own
     * changes of its clock. */
    { "timeoffset", KEY_NUMBER, offsetof(struct xs_platform, timeoffset), HVM,
      { INT32_MIN, INT32_MAX, .clamp = true } },
    NUMBER("x87-fip-width",               KEY_NOT_0, x87_fip_width, HVM, UINT32_MAX),
    NUMBER("cores-per-socket",            KEY_NOT_0, cores_per_socket, HVM, INT_MAX),
    /* In this order: the newer name counts. */
    KEY("exp-nested-hvm",                 KEY_BOOL, nested_virt, ALL),
    KEY("nested-virt",                    KEY_BOOL, nested_virt, ALL),
    KEY("nomigrate",                      KEY_BOOL, nomigrate, ALL),
    KEY("featureset",                     KEY_TEXT, featureset, ALL),
    NUMBER("mmio_hole_size",              KEY_BYTES, mmio_hole_size, HVM, MEM_LAYOUT_HOLE_MAX),
    KEY("ovmf-override",                  KEY_TEXT, ovmf_override, HVM),
    KEY("generation-id",                  KEY_TEXT, generation_id, HVM),
    KEY("viridian",                       KEY_BOOL, viridian, HVM),
    KEY("viridian_time_ref_count",        KEY_BOOL, viridian_time_ref_count, HVM),
    KEY("viridian_reference_tsc",         KEY_BOOL, viridian_reference_tsc, HVM),
    KEY("viridian_hcall_remote_tlb_flush", KEY_BOOL, viridian_hcall_remote_tlb_flush, HVM),
    KEY("viridian_apic_assist",           KEY_BOOL, viridian_apic_assist, HVM),
    KEY("viridian_crash_ctl",             KEY_BOOL, viridian_crash_ctl, HVM),
    KEY("viridian_stimer",                KEY_OPT_BOOL, viridian_stimer, HVM),
    KEY("viridian_hcall_ipi",             KEY_BOOL, viridian_hcall_ipi, HVM),
};

static const struct key vcpu_keys[] = {
    NUMBER("number",                      KEY_NOT_0, vcpu_number, ALL, INT_MAX),
    NUMBER("current",                     KEY_NUMBER, vcpu_current, ALL, INT_MAX),
    /* uint16_t in xen_domctl_sched_credit and _credit2. */
    NUMBER("weight",                      KEY_NOT_0, vcpu_weight, ALL, UINT16_MAX),
    NUMBER("cap",                         KEY_NOT_0, vcpu_cap, ALL, UINT16_MAX),
};
/* clang-format on */

/* Takes a value over into its field; *text is left NULL if it was kept. */
static void store_value(const struct xg_ctx *ctx, const struct key *key,
                        const char *path, char **text,
                        struct xs_platform *platform)
{
    void *field = (char *)platform + key->offset;
    struct opt_int *opt = field;

    switch (key->type) {
    case KEY_TEXT:
        free(*(char **)field);
        *(char **)field = steal_pointer(text);
        break;
    case KEY_BYTES:
        *(uint64_t *)field = xs_number(ctx, path, *text, &key->range);
        break;
    case KEY_NUMBER:
    case KEY_NOT_0:
        opt->value = (int64_t)xs_number(ctx, path, *text, &key->range);
        opt->set = opt->value != 0 || key->type == KEY_NUMBER;
        break;
    case KEY_OPT_BOOL:
        *opt = (struct opt_int){ true, xs_bool(ctx, path, *text) };
        break;
    case KEY_BOOL:
        *(bool *)field = xs_bool(ctx, path, *text);
        break;
    }
}

static int read_key(const struct xg_ctx *ctx, const char *dir,
                    const struct key *key, struct xs_platform *platform,
                    struct xg_error *err)
{
    cleanup_free char *text = NULL;
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, key->name);
    if (xs_get(ctx, path, &text, err) < 0)
        return -1;
    if (text)
        store_value(ctx, key, path, &text, platform);
    return 0;
}

static bool has_name(char **names, unsigned int nr_names, const char *name)
{
    for (unsigned int n = 0; n < nr_names; n++)
        if (!strcmp(names[n], name))
            return true;
    return false;
}

/* A directory of keys, of which some are ours. */
struct dir {
    const char *path;
    const struct key *keys;
    size_t nr_keys;
    bool hvm; /* the container's type */
};

/* Reads those of its keys that a listing of the directory names. */
static int read_keys(const struct xg_ctx *ctx, const struct dir *dir,
                     char **names, unsigned int nr_names,
                     struct xs_platform *platform, struct xg_error *err)
{
    for (size_t k = 0; k < dir->nr_keys; k++)
        if ((dir->hvm || dir->keys[k].guests == ALL) &&
            has_name(names, nr_names, dir->keys[k].name) &&
            read_key(ctx, dir->path, &dir->keys[k], platform, err) < 0)
            return -1;
    return 0;
}

static int check_vcpus(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                       struct xs_platform *platform, struct xg_error *err)
{
    struct opt_int *number = &platform->vcpu_number;
    struct opt_int *current = &platform->vcpu_current;
    unsigned int max_vcpus = domain_max_vcpus(info);

    if (!number->set || !current->set)
        return xg_fail(err, "xs_platform_read", ENOENT,
                       "platform/vcpu/%s is missing%s: write how many vCPUs "
                       "with xenstore-write "
                       "/local/domain/%u/platform/vcpu/%s N",
                       number->set ? "current" : "number",
                       number->set ? "" : " or 0", ctx->domid,
                       number->set ? "current" : "number");
    if (current->value > number->value)
        return xg_fail(err, "xs_platform_read", ERANGE,
                       "platform/vcpu/current: '%lld' is more than "
                       "platform/vcpu/number %lld",
                       (long long)current->value, (long long)number->value);
    if (number->value > max_vcpus)
        return xg_fail(err, "xs_platform_read", ERANGE,
                       "platform/vcpu/number: '%lld' is more than the %u vCPUs "
                       "of domain %u",
                       (long long)number->value, max_vcpus,
                       (unsigned int)info->domain);
    if (current->value == 0) {
        current->value = 1;
        xg_log_at(ctx->log, LOG_WARNING,
                  "platform/vcpu/current: '0' counts as 1: vCPU 0 is always "
                  "online");
    }
    return 0;
}

/* platform/vcpu/N/affinity for each vCPU that has such a directory. */
static int read_affinities(const struct xg_ctx *ctx, char **names,
                           unsigned int nr_names, struct xs_platform *platform,
                           struct xg_error *err)
{
    platform->vcpu_affinity =
        calloc(platform->vcpu_number.value, sizeof(char *));
    if (!platform->vcpu_affinity)
        return xg_fail_errno(err, "calloc", "%lld vCPUs",
                             (long long)platform->vcpu_number.value);

    for (unsigned int n = 0; n < nr_names; n++) {
        char path[128];
        long long vcpu;

        if (number_parse_decimal(names[n], &vcpu) < 0 || vcpu < 0 ||
            vcpu >= platform->vcpu_number.value ||
            platform->vcpu_affinity[vcpu])
            continue;
        snprintf(path, sizeof(path), "platform/vcpu/%lld/affinity", vcpu);
        if (xs_get(ctx, path, &platform->vcpu_affinity[vcpu], err) < 0)
            return -1;
    }
    return 0;
}

/* What the host has for all domains: mostly nothing, which one look tells. */
static int look_at_host(const struct xg_ctx *ctx, struct xs_platform *platform,
                        struct xg_error *err)
{
    cleanup_free char **names = NULL;
    unsigned int nr_names;

    if (xs_list(ctx, "/mh", &names, &nr_names, err) < 0)
        return -1;
    if (has_name(names, nr_names, "numa"))
        platform->numa_dirs |= NUMA_KEYS_OF_HOST;
    platform->limits = has_name(names, nr_names, "limits");
    return 0;
}

int xs_platform_read(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                     struct xs_platform *platform, struct xg_error *err)
{
    const bool hvm = info->flags & XEN_DOMINF_hvm_guest;
    const struct dir dir = { "platform", platform_keys,
                             ARRAY_SIZE(platform_keys), hvm };
    const struct dir vcpu_dir = { "platform/vcpu", vcpu_keys,
                                  ARRAY_SIZE(vcpu_keys), hvm };
    cleanup_free char **names = NULL;
    cleanup_free char **vcpu_names = NULL;
    unsigned int nr_names, nr_vcpu_names;

    *platform = (struct xs_platform){
        .nx = true,
        .pae = true,
        .apic = true,
        .hpet = true,
    };

    if (xs_list(ctx, dir.path, &names, &nr_names, err) < 0 ||
        read_keys(ctx, &dir, names, nr_names, platform, err) < 0)
        return -1;

    if (has_name(names, nr_names, "numa"))
        platform->numa_dirs |= NUMA_KEYS_OF_DOMAIN;

    if (xs_list(ctx, vcpu_dir.path, &vcpu_names, &nr_vcpu_names, err) < 0 ||
        read_keys(ctx, &vcpu_dir, vcpu_names, nr_vcpu_names, platform, err) <
            0 ||
        check_vcpus(ctx, info, platform, err) < 0)
        return -1;

    /* No stream carries the state of a nested hypervisor. */
    platform->nomigrate |= platform->nested_virt;

    if (read_affinities(ctx, vcpu_names, nr_vcpu_names, platform, err) < 0)
        return -1;
    return look_at_host(ctx, platform, err);
}

/* ---- acpi ---- */

/* One of its keys. */
struct acpi_switch {
    bool on;
    bool spelt_out; /* as hvmloader wants it: exactly "1" or "0" */
};

static int read_acpi(const struct xg_ctx *ctx, const char *path,
                     struct acpi_switch *key, struct xg_error *err)
{
    cleanup_free char *text = NULL;

    *key = (struct acpi_switch){ .on = false };
    if (xs_get(ctx, path, &text, err) < 0)
        return -1;
    if (text)
        *key = (struct acpi_switch){
            .on = xs_bool(ctx, path, text),
            .spelt_out = !strcmp(text, "0") || !strcmp(text, "1"),
        };
    return 0;
}

int xs_platform_has_acpi(const struct xg_ctx *ctx, bool *on,
                         struct xg_error *err)
{
    struct acpi_switch key;

    if (read_acpi(ctx, "platform/acpi", &key, err) < 0)
        return -1;
    *on = key.on;
    return 0;
}

static int put_acpi(const struct xg_ctx *ctx, struct xg_error *err)
{
    static const char *const paths[] = {
        "platform/acpi",
        "platform/acpi_s3",
        "platform/acpi_s4",
    };

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct acpi_switch key;

        if (read_acpi(ctx, paths[i], &key, err) < 0 ||
            (!key.spelt_out &&
             xs_put(ctx, paths[i], key.on ? "1" : "0", err) < 0))
            return -1;
    }
    return 0;
}

void xs_platform_put_acpi(const struct xg_ctx *ctx)
{
    struct xg_error err;

    if (put_acpi(ctx, &err) < 0)
        xg_log_at(ctx->log, LOG_WARNING,
                  "the acpi keys are not as hvmloader reads them: %s",
                  err.text);
}

void xs_platform_free(struct xs_platform *platform)
{
    for (int64_t i = 0;
         platform->vcpu_affinity && i < platform->vcpu_number.value; i++)
        free(platform->vcpu_affinity[i]);
    free(platform->vcpu_affinity);
    free(platform->featureset);
    free(platform->ovmf_override);
    free(platform->generation_id);
    *platform = (struct xs_platform){ 0 };
}
