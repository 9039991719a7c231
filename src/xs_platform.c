/* SPDX-License-Identifier: LGPL-2.1-or-later
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

#include "numbers.h"
#include "xs.h"

/* MAX_VIRT_CPUS of xen/arch/x86/include/asm/domain.h: no guest has more. What
 * this domain may have is checked when its build starts. */
#define VCPUS_MAX 8192

enum key_type {
    KEY_BOOL,
    KEY_BOOL_OR_EMPTY, /* an empty value leaves the default */
    KEY_ACPI,
    KEY_OPT_BOOL,
    KEY_INT,
    KEY_BYTES,
    KEY_TEXT,
};

struct key {
    const char *name;
    enum key_type type;
    size_t offset;
    int64_t min, max; /* KEY_INT */
};

/* clang-format off */
#define KEY(name, type, field) { name, type, offsetof(struct xs_platform, field), 0, 0 }
#define NUMBER(name, field, min, max) \
    { name, KEY_INT, offsetof(struct xs_platform, field), min, max }

static const struct key platform_keys[] = {
    KEY("nx",                             KEY_BOOL, nx),
    KEY("pae",                            KEY_BOOL, pae),
    KEY("apic",                           KEY_BOOL, apic),
    KEY("hpet",                           KEY_BOOL_OR_EMPTY, hpet),
    KEY("acpi",                           KEY_ACPI, acpi),
    KEY("acpi_s3",                        KEY_ACPI, acpi_s3),
    KEY("acpi_s4",                        KEY_ACPI, acpi_s4),
    /* An int32_t in XEN_DOMCTL_settimeoffset, a uint32_t in settscinfo. */
    NUMBER("timeoffset",                  timeoffset, INT32_MIN, INT32_MAX),
    NUMBER("tsc_mode",                    tsc_mode, 0, UINT32_MAX),
    NUMBER("x87-fip-width",               x87_fip_width, 0, UINT32_MAX),
    NUMBER("cores-per-socket",            cores_per_socket, 1, INT_MAX),
    KEY("nested-virt",                    KEY_BOOL, nested_virt),
    KEY("exp-nested-hvm",                 KEY_BOOL, exp_nested_hvm),
    KEY("nomigrate",                      KEY_BOOL, nomigrate),
    KEY("featureset",                     KEY_TEXT, featureset),
    KEY("mmio_hole_size",                 KEY_BYTES, mmio_hole_size),
    KEY("ovmf-override",                  KEY_TEXT, ovmf_override),
    KEY("generation-id",                  KEY_TEXT, generation_id),
    KEY("viridian",                       KEY_BOOL, viridian),
    KEY("viridian_time_ref_count",        KEY_BOOL, viridian_time_ref_count),
    KEY("viridian_reference_tsc",         KEY_BOOL, viridian_reference_tsc),
    KEY("viridian_hcall_remote_tlb_flush", KEY_BOOL, viridian_hcall_remote_tlb_flush),
    KEY("viridian_apic_assist",           KEY_BOOL, viridian_apic_assist),
    KEY("viridian_crash_ctl",             KEY_BOOL, viridian_crash_ctl),
    KEY("viridian_stimer",                KEY_OPT_BOOL, viridian_stimer),
    KEY("viridian_hcall_ipi",             KEY_BOOL, viridian_hcall_ipi),
};

static const struct key vcpu_keys[] = {
    NUMBER("number",                      vcpu_number, 1, VCPUS_MAX),
    NUMBER("current",                     vcpu_current, 1, VCPUS_MAX),
    /* uint16_t in xen_domctl_sched_credit and _credit2. */
    NUMBER("weight",                      vcpu_weight, 0, UINT16_MAX),
    NUMBER("cap",                         vcpu_cap, 0, UINT16_MAX),
};
/* clang-format on */

static int malformed(struct xg_error *err, const char *path, const char *text,
                     const char *wanted)
{
    return xg_fail(err, "xs_platform_read", EINVAL, "%s: '%s' is not %s", path,
                   text, wanted);
}

static int parse_number(const struct key *key, const char *path,
                        const char *text, struct opt_int *out,
                        struct xg_error *err)
{
    long long value;

    if (number_parse_c(text, &value) < 0)
        return malformed(err, path, text, "a number");
    if (value < key->min || value > key->max)
        return xg_fail(err, "xs_platform_read", ERANGE,
                       "%s: '%s' is out of range, %lld to %lld", path, text,
                       (long long)key->min, (long long)key->max);

    *out = (struct opt_int){ .set = true, .value = value };
    return 0;
}

/* Takes a value over into its field; *text is left NULL if it was kept. */
static int store_value(const struct key *key, const char *path, char **text,
                       struct xs_platform *platform, struct xg_error *err)
{
    void *field = (char *)platform + key->offset;
    bool on = false;

    switch (key->type) {
    case KEY_TEXT:
        free(*(char **)field);
        *(char **)field = steal_pointer(text);
        return 0;
    case KEY_INT:
        return parse_number(key, path, *text, field, err);
    case KEY_BYTES:
        if (number_parse_c_unsigned(*text, field) < 0)
            return malformed(err, path, *text, "a number of bytes");
        return 0;
    case KEY_BOOL_OR_EMPTY:
        if (!**text)
            return 0;
        break;
    case KEY_BOOL:
    case KEY_OPT_BOOL:
    case KEY_ACPI:
        break;
    }

    if (number_parse_bool(*text, &on) < 0)
        return malformed(err, path, *text, "a boolean");

    if (key->type == KEY_OPT_BOOL)
        *(struct opt_int *)field = (struct opt_int){ .set = true, .value = on };
    else if (key->type == KEY_ACPI)
        *(struct acpi_switch *)field = (struct acpi_switch){
            .on = on,
            .spelt_out = !strcmp(*text, on ? "1" : "0"),
        };
    else
        *(bool *)field = on;
    return 0;
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
    if (!text) /* removed since it was listed */
        return 0;
    return store_value(key, path, &text, platform, err);
}

/* Reads those keys of a table that a listing of their directory names. */
static int read_keys(const struct xg_ctx *ctx, const char *dir,
                     const struct key *keys, size_t nr_keys, char **names,
                     unsigned int nr_names, struct xs_platform *platform,
                     struct xg_error *err)
{
    for (size_t k = 0; k < nr_keys; k++)
        for (unsigned int n = 0; n < nr_names; n++)
            if (!strcmp(keys[k].name, names[n]) &&
                read_key(ctx, dir, &keys[k], platform, err) < 0)
                return -1;
    return 0;
}

static int check_vcpus(const struct xs_platform *platform,
                       const xc_domaininfo_t *info, struct xg_error *err)
{
    unsigned int max_vcpus = info->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID
                                 ? 0
                                 : info->max_vcpu_id + 1;

    if (!platform->vcpu_number.set || !platform->vcpu_current.set)
        return xg_fail(err, "xs_platform_read", ENOENT,
                       "platform/vcpu/%s is missing",
                       platform->vcpu_number.set ? "current" : "number");
    if (platform->vcpu_current.value > platform->vcpu_number.value)
        return xg_fail(err, "xs_platform_read", ERANGE,
                       "platform/vcpu/current: '%lld' is more than "
                       "platform/vcpu/number %lld",
                       (long long)platform->vcpu_current.value,
                       (long long)platform->vcpu_number.value);
    if (platform->vcpu_number.value > max_vcpus)
        return xg_fail(err, "xs_platform_read", ERANGE,
                       "platform/vcpu/number: '%lld' is more than the %u vCPUs "
                       "of domain %u",
                       (long long)platform->vcpu_number.value, max_vcpus,
                       (unsigned int)info->domain);
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
        return xg_fail(err, "calloc", errno, "%lld vCPUs",
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

int xs_platform_read(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                     struct xs_platform *platform, struct xg_error *err)
{
    cleanup_free char **names = NULL;
    cleanup_free char **vcpu_names = NULL;
    unsigned int nr_names, nr_vcpu_names;

    *platform = (struct xs_platform){
        .nx = true,
        .pae = true,
        .apic = true,
        .hpet = true,
    };

    if (xs_list(ctx, "platform", &names, &nr_names, err) < 0 ||
        read_keys(ctx, "platform", platform_keys, ARRAY_SIZE(platform_keys),
                  names, nr_names, platform, err) < 0)
        return -1;

    for (unsigned int n = 0; n < nr_names; n++)
        platform->numa |= !strcmp(names[n], "numa");

    if (xs_list(ctx, "platform/vcpu", &vcpu_names, &nr_vcpu_names, err) < 0 ||
        read_keys(ctx, "platform/vcpu", vcpu_keys, ARRAY_SIZE(vcpu_keys),
                  vcpu_names, nr_vcpu_names, platform, err) < 0 ||
        check_vcpus(platform, info, err) < 0)
        return -1;

    platform->nested_virt |= platform->exp_nested_hvm;
    /* No stream carries the state of a nested hypervisor. */
    platform->nomigrate |= platform->nested_virt;

    return read_affinities(ctx, vcpu_names, nr_vcpu_names, platform, err);
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
