/* SPDX-License-Identifier: LGPL-2.1-or-later
 * vmctl_xs.c - the domain's keys in Xenstore, and vmctl's own notes. */
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
