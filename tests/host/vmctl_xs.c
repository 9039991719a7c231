/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_xs.c - the domain's keys in Xenstore: reading and writing them, those
 * that xenopsd gives a new domain, and vmctl's own notes. */
#include "vmctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Xenstore's own limit, XENSTORE_ABS_PATH_MAX */
#define PATH_SIZE 3072

static bool __attribute__((format(printf, 3, 0)))
put(struct vmctl *vm, const char *path, const char *format, va_list args)
{
    cleanup_free char *value = NULL;

    if (vasprintf(&value, format, args) < 0)
        return false;

    if (!xs_write(vm->xsh, XBT_NULL, path, value,
                  (unsigned int)strlen(value))) {
        vm_fail_errno("cannot write %s", path);
        return false;
    }
    return true;
}

static void dom_path(const struct vmctl *vm, const char *key, char *path)
{
    if (*key == '/')
        snprintf(path, PATH_SIZE, "%s", key);
    else
        snprintf(path, PATH_SIZE, "/local/domain/%u%s%s", vm->domid,
                 *key ? "/" : "", key);
}

bool dom_put(struct vmctl *vm, const char *key, const char *format, ...)
{
    char path[PATH_SIZE];
    va_list args;
    bool done;

    dom_path(vm, key, path);
    va_start(args, format);
    done = put(vm, path, format, args);
    va_end(args);
    return done;
}

char *dom_get(struct vmctl *vm, const char *key)
{
    char path[PATH_SIZE];

    dom_path(vm, key, path);
    return xs_read(vm->xsh, XBT_NULL, path, NULL);
}

bool dom_mkdir(struct vmctl *vm, const char *key, bool guest_writes)
{
    struct xs_permissions guest_reads[] = {
        { .id = 0, .perms = XS_PERM_NONE },
        { .id = vm->domid, .perms = XS_PERM_READ },
    };
    struct xs_permissions guest_owns[] = {
        { .id = vm->domid, .perms = XS_PERM_NONE },
    };
    char path[PATH_SIZE];

    dom_path(vm, key, path);
    if (!xs_mkdir(vm->xsh, XBT_NULL, path) ||
        !xs_set_permissions(vm->xsh, XBT_NULL, path,
                            guest_writes ? guest_owns : guest_reads,
                            guest_writes ? 1 : 2)) {
        vm_fail_errno("cannot make %s", path);
        return false;
    }
    return true;
}

static void note_path(const struct vmctl *vm, const char *key, char *path)
{
    snprintf(path, PATH_SIZE, "/vmctl/%u/%s", vm->domid, key);
}

bool note_put(struct vmctl *vm, const char *key, const char *format, ...)
{
    char path[PATH_SIZE];
    va_list args;
    bool done;

    note_path(vm, key, path);
    va_start(args, format);
    done = put(vm, path, format, args);
    va_end(args);
    return done;
}

char *note_get(struct vmctl *vm, const char *key)
{
    char path[PATH_SIZE];

    note_path(vm, key, path);
    return xs_read(vm->xsh, XBT_NULL, path, NULL);
}

unsigned long note_number(struct vmctl *vm, const char *key)
{
    cleanup_free char *text = note_get(vm, key);

    return text ? strtoul(text, NULL, 10) : 0;
}

bool note_list(struct vmctl *vm, const char *dir, const struct vm_list *list)
{
    char key[64];
    unsigned int i;

    for (i = 0; i < list->nr; i++) {
        if (!list->item[i])
            continue;
        snprintf(key, sizeof(key), "%s/%u", dir, i);
        if (!note_put(vm, key, "%s", list->item[i]))
            return false;
    }
    return true;
}

/* The domids of all domains that vmctl made, as text; one free() for all. */
char **vm_domids(struct vmctl *vm, unsigned int *nr)
{
    *nr = 0;
    return xs_directory(vm->xsh, XBT_NULL, "/vmctl", nr);
}

bool vm_resolve(struct vmctl *vm, const char *domid_or_name)
{
    cleanup_free char **domids = NULL;
    unsigned long domid;
    unsigned int i, nr;

    if (vm_number(domid_or_name, DOMID_FIRST_RESERVED - 1, &domid)) {
        vm->domid = (uint32_t)domid;
        return true;
    }

    domids = vm_domids(vm, &nr);
    for (i = 0; domids && i < nr; i++) {
        cleanup_free char *name = NULL;

        vm->domid = (uint32_t)strtoul(domids[i], NULL, 10);
        name = note_get(vm, "name");
        if (name && !strcmp(name, domid_or_name))
            return true;
    }
    vm_fail("no domain is called %s", domid_or_name);
    return false;
}

static bool make_dirs(struct vmctl *vm)
{
    static const char *const read_only[] = {
        "",          "cpu",      "memory",  "control", "device",
        "hvmloader", "platform", "console", "store",
    };
    static const char *const writable[] = {
        "data",
        "drivers",
        "feature",
        "attr",
        "error",
        "device/suspend",
        "control/shutdown",
        "control/feature-poweroff",
        "control/feature-reboot",
        "control/feature-suspend",
        "control/feature-s3",
        "control/feature-s4",
        "control/sysrq",
        "hvmloader/generation-id-address",
    };
    size_t i;

    for (i = 0; i < sizeof(read_only) / sizeof(*read_only); i++)
        if (!dom_mkdir(vm, read_only[i], false))
            return false;
    for (i = 0; i < sizeof(writable) / sizeof(*writable); i++)
        if (!dom_mkdir(vm, writable[i], true))
            return false;
    return true;
}

static bool write_identity(struct vmctl *vm, const struct vm_plan *plan)
{
    char key[64];

    if (!dom_put(vm, "vm", "/vm/%s", plan->uuid) ||
        !dom_put(vm, "name", "%s", plan->name) ||
        !dom_put(vm, "domid", "%u", vm->domid))
        return false;

    snprintf(key, sizeof(key), "/vm/%s/uuid", plan->uuid);
    if (!dom_put(vm, key, "%s", plan->uuid))
        return false;
    snprintf(key, sizeof(key), "/vm/%s/name", plan->uuid);
    return dom_put(vm, key, "%s", plan->name);
}

static bool write_resources(struct vmctl *vm, const struct vm_plan *plan)
{
    char key[64];
    unsigned long i;

    for (i = 0; i < plan->vcpus; i++) {
        snprintf(key, sizeof(key), "cpu/%lu/availability", i);
        if (!dom_put(vm, key, i < plan->online ? "online" : "offline"))
            return false;
    }
    return dom_put(vm, "memory/static-max", "%lu", plan->mem_mib * 1024) &&
           dom_put(vm, "memory/target", "%lu", plan->start_mib * 1024) &&
           dom_put(vm, "control/platform-feature-multiprocessor-suspend",
                   "1") &&
           dom_put(vm, "control/platform-feature-xs_reset_watches", "1");
}

/* xenopsd's defaults, then what the user says */
static bool write_platform(struct vmctl *vm, const struct vm_plan *plan)
{
    static const char *const defaults[] = { "acpi=1", "apic=true", "nx=true",
                                            "pae=true" };
    const struct vm_list *given = &vm->opts->platform;
    char key[512];
    unsigned int i, j;

    if (!dom_put(vm, "platform/vcpu/number", "%lu", plan->vcpus) ||
        !dom_put(vm, "platform/vcpu/current", "%lu", plan->online))
        return false;
    for (i = 0; i < sizeof(defaults) / sizeof(*defaults); i++) {
        size_t length = strcspn(defaults[i], "=");

        snprintf(key, sizeof(key), "platform/%.*s", (int)length, defaults[i]);
        if (!dom_put(vm, key, "%s", defaults[i] + length + 1))
            return false;
    }

    for (j = 0; j < given->nr; j++) {
        size_t length = strcspn(given->item[j], "=");

        snprintf(key, sizeof(key), "/local/domain/%u/platform/%.*s", vm->domid,
                 (int)length, given->item[j]);
        if (!given->item[j][length])
            xs_rm(vm->xsh, XBT_NULL, key);
        else if (!dom_put(vm, key, "%s", given->item[j] + length + 1))
            return false;
    }
    return true;
}

static bool write_hvmloader(struct vmctl *vm, const struct vm_plan *plan)
{
    const char *bios = vm->opts->bios;

    if (strcmp(plan->type, "hvm"))
        return true;
    if (!bios)
        bios = "seabios";
    /* QEMU cannot follow hvmloader moving RAM to make room for BARs */
    if (!dom_put(vm, "hvmloader/allow-memory-relocate", "0"))
        return false;
    return !strcmp(bios, "none") || dom_put(vm, "hvmloader/bios", "%s", bios);
}

static bool write_extra(struct vmctl *vm)
{
    const struct vm_list *given = &vm->opts->xenstore;
    char key[1024];
    unsigned int i;

    for (i = 0; i < given->nr; i++) {
        size_t length = strcspn(given->item[i], "=");

        snprintf(key, sizeof(key), "%.*s", (int)length, given->item[i]);
        if (!given->item[i][length]) {
            vm_fail("--xenstore %s: no value", given->item[i]);
            return false;
        }
        if (!dom_put(vm, key, "%s", given->item[i] + length + 1))
            return false;
    }
    return true;
}

bool keys_write(struct vmctl *vm, const struct vm_plan *plan)
{
    return make_dirs(vm) && write_identity(vm, plan) &&
           write_resources(vm, plan) && write_platform(vm, plan) &&
           write_hvmloader(vm, plan) && write_extra(vm);
}
