/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_build.c - xenguest's arguments, in xenopsd's own order. */
#include "vmctl.h"
#include "vmctl_protocol.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_XENGUEST "/usr/libexec/xen/bin/xenguest"
#define MAX_ARGS 100

struct args {
    unsigned int nr;
    char *item[MAX_ARGS + 1];
};

static void args_free(struct args *args)
{
    while (args->nr)
        free(args->item[--args->nr]);
}

static void __attribute__((format(printf, 2, 3)))
add(struct args *args, const char *format, ...)
{
    va_list list;

    if (args->nr == MAX_ARGS)
        return;
    va_start(list, format);
    if (vasprintf(&args->item[args->nr], format, list) >= 0)
        args->nr++;
    va_end(list);
}

static void add_option(struct args *args, const char *option, const char *value)
{
    add(args, "%s", option);
    add(args, "%s", value ? value : "");
}

static void add_note(struct vmctl *vm, struct args *args, const char *option,
                     const char *key)
{
    cleanup_free char *value = note_get(vm, key);

    add_option(args, option, value);
}

static bool has_note(struct vmctl *vm, const char *key)
{
    cleanup_free char *value = note_get(vm, key);

    return value != NULL;
}

static void add_modules(struct vmctl *vm, struct args *args)
{
    unsigned int i;

    for (i = 0; i < VM_MAX_MODULES; i++) {
        cleanup_free char *module = NULL, *cmdline = NULL;
        char key[32];

        snprintf(key, sizeof(key), "module/%u", i);
        module = note_get(vm, key);
        snprintf(key, sizeof(key), "module-cmdline/%u", i);
        cmdline = note_get(vm, key);

        if (module)
            add_option(args, "-module", module);
        if (cmdline)
            add_option(args, "-cmdline", cmdline);
    }
}

static void add_image(struct vmctl *vm, struct args *args, const char *type)
{
    if (!strcmp(type, "hvm")) {
        add_option(args, "-mode", "hvm_build");
        add_note(vm, args, "-image", "image");
        if (has_note(vm, "vgpu"))
            add(args, "-vgpu");
        return;
    }

    add_option(args, "-mode",
               !strcmp(type, "pv") ? "linux_build" : "pvh_build");
    add_note(vm, args, "-image", "image");
    add_note(vm, args, "-cmdline", "cmdline");
    if (!strcmp(type, "pv"))
        add_note(vm, args, "-ramdisk", "ramdisk");
    add_note(vm, args, "-features", "features");
    add_option(args, "-flags", "0");
    add_modules(vm, args);
}

static void add_domain(struct vmctl *vm, struct args *args)
{
    add(args, "-domid");
    add(args, "%u", vm->domid);
    add_note(vm, args, "-store_port", "store-port");
    add_option(args, "-store_domid", "0");
    add_note(vm, args, "-console_port", "console-port");
    add_option(args, "-console_domid", "0");
    add_note(vm, args, "-mem_max_mib", "mem-max");
    add_note(vm, args, "-mem_start_mib", "mem-start");
    if (has_note(vm, "mem-pnode"))
        add_note(vm, args, "-mem_pnode", "mem-pnode");
    if (has_note(vm, "force"))
        add(args, "--force");
    if (has_note(vm, "pci"))
        add_note(vm, args, "-pci_passthrough", "pci");
}

static void show_args(const char *path, const char *const *args)
{
    fprintf(stderr, "vmctl: %s -controloutfd F -controlinfd F", path);
    for (; *args; args++)
        fprintf(stderr, **args ? " %s" : " \"%s\"", *args);
    fputc('\n', stderr);
}

static const char *xenguest_path(const struct vm_options *opts)
{
    const char *path = opts->xenguest;

    if (!path)
        path = getenv("XENGUEST");
    return path && *path ? path : DEFAULT_XENGUEST;
}

static enum vm_status report(struct vmctl *vm,
                             const struct protocol_verdict *verdict)
{
    switch (verdict->kind) {
    case PROTOCOL_RESULT:
        printf("result %" PRIu64 " %" PRIu64 "%s%s\nseconds %.3f\n",
               verdict->store_frame, verdict->console_frame,
               *verdict->abi ? " " : "", verdict->abi, verdict->seconds);
        fflush(stdout);
        if (!verdict->store_frame) /* a save's or resume's 0 0 */
            return VM_OK;
        if (note_put(vm, "store-frame", "%" PRIu64, verdict->store_frame) &&
            note_put(vm, "console-frame", "%" PRIu64, verdict->console_frame) &&
            note_put(vm, "seconds", "%.3f", verdict->seconds))
            return VM_OK;
        return VM_FAILED;
    case PROTOCOL_ERROR:
        fprintf(stderr, "error:%s\n", verdict->text);
        return VM_BUILD_ERROR;
    case PROTOCOL_BREACH:
        fprintf(stderr, "vmctl: contract breach: %s\n", verdict->text);
        return VM_BREACH;
    case PROTOCOL_NOTHING:
    case PROTOCOL_CANNOT_RUN:
        break;
    }
    return vm_fail("%s", verdict->text);
}

enum vm_status xenguest_run(struct vmctl *vm, struct protocol_job *job)
{
    struct protocol_verdict verdict;

    job->path = xenguest_path(vm->opts);
    job->timeout_s = options_timeout(vm->opts);
    job->verbose = vm->opts->verbose;
    if (job->verbose)
        show_args(job->path, job->args);

    protocol_run(job, &verdict);
    return report(vm, &verdict);
}

enum vm_status vm_build(struct vmctl *vm)
{
    cleanup(args_free) struct args args = { 0 };
    cleanup_free char *type = note_get(vm, "type");
    struct protocol_job job = { 0 };
    const char *const *extra;

    if (!type)
        return vm_fail("domain %u was not made by vmctl", vm->domid);
    if (!has_note(vm, "image"))
        return vm_fail("domain %u was made without --image", vm->domid);

    add_image(vm, &args, type);
    add_domain(vm, &args);
    for (extra = vm->opts->extra; extra && *extra; extra++)
        add(&args, "%s", *extra);

    job.args = (const char *const *)args.item;
    job.wants_abi = !strcmp(type, "pv");
    return xenguest_run(vm, &job);
}
