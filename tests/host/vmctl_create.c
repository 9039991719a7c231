/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_create.c - an empty, paused domain as xenopsd leaves it for
 * xenguest. */
#include "vmctl.h"

#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What max_pages allows beyond the static max: Xen's and libxenguest's special
 * pages, and for a device model its video RAM and option ROMs, which it
 * populates itself. */
#define SLACK_MIB 4
#define DEVICE_MODEL_MIB 32

static void plan_free(struct vm_plan *plan)
{
    free(plan->image);
}

/* Distributions keep hvmloader in different places */
static char *find_hvmloader(void)
{
    static const char *const patterns[] = {
        "/usr/lib/xen-*/boot/hvmloader",
        "/usr/lib/xen/boot/hvmloader",
        "/usr/libexec/xen/boot/hvmloader",
    };
    char *found = NULL;
    size_t i;

    for (i = 0; !found && i < sizeof(patterns) / sizeof(*patterns); i++) {
        glob_t paths = { 0 };

        if (glob(patterns[i], 0, NULL, &paths) == 0)
            found = strdup(paths.gl_pathv[paths.gl_pathc - 1]);
        globfree(&paths);
    }
    return found;
}

static unsigned long number(const char *text, unsigned long fallback)
{
    return text ? strtoul(text, NULL, 10) : fallback;
}

static enum vm_status make_plan(const struct vm_options *opts,
                                struct vm_plan *plan)
{
    int fd;

    plan->type = opts->type ? opts->type : "pv";
    plan->hvm = strcmp(plan->type, "pv") != 0;
    if (plan->hvm && strcmp(plan->type, "hvm") && strcmp(plan->type, "pvh"))
        return vm_fail("--type is pv, hvm or pvh, not %s", plan->type);

    plan->with_dm = opts->with_dm || opts->disk;
    if (plan->with_dm && strcmp(plan->type, "hvm"))
        return vm_fail("only an HVM guest has a device model");

    plan->mem_mib = number(opts->mem, 256);
    plan->start_mib = number(opts->mem_start, plan->mem_mib);
    plan->vcpus = number(opts->vcpus, 1);
    plan->online = number(opts->online, plan->vcpus);

    if (opts->image)
        plan->image = strdup(opts->image);
    else if (!strcmp(plan->type, "hvm"))
        plan->image = find_hvmloader();

    fd = open("/proc/sys/kernel/random/uuid", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, plan->uuid, 36) != 36)
        return vm_fail_errno("cannot get a UUID");
    close(fd);
    return VM_OK;
}

static void uuid_to_handle(const char *uuid, xen_domain_handle_t handle)
{
    unsigned int i, byte;

    for (i = 0; i < 16; i++, uuid += 2) {
        uuid += *uuid == '-';
        sscanf(uuid, "%2x", &byte);
        handle[i] = (uint8_t)byte;
    }
}

static bool wants(const struct vm_options *opts, const char *setting)
{
    unsigned int i;

    for (i = 0; i < opts->platform.nr; i++)
        if (!strcmp(opts->platform.item[i], setting))
            return true;
    return false;
}

static enum vm_status make_domain(struct vmctl *vm, struct vm_plan *plan)
{
    struct xen_domctl_createdomain config = {
        .max_vcpus = (uint32_t)plan->vcpus,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };
    xc_physinfo_t host;

    if (plan->hvm)
        config.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
    if (plan->hvm && wants(vm->opts, "nested-virt=true"))
        config.flags |= XEN_DOMCTL_CDF_nested_virt;
    if (!strcmp(plan->type, "hvm"))
        config.arch.emulation_flags = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
    else if (plan->hvm)
        config.arch.emulation_flags = XEN_X86_EMU_LAPIC;
    uuid_to_handle(plan->uuid, config.handle);

    if (xc_physinfo(vm->xch, &host) == 0)
        plan->host_free_pages = host.free_pages;
    vm->domid = VM_ANY_DOMID;
    if (xc_domain_create(vm->xch, &vm->domid, &config) < 0)
        return vm_fail_errno("cannot create a domain");
    return VM_OK;
}

/* xl's size: 256 pages for each vCPU, one for each MiB */
static unsigned int hap_pool_mib(const struct vm_plan *plan)
{
    unsigned long pages = 256 * plan->vcpus + plan->mem_mib;

    return (unsigned int)((pages + 255) / 256);
}

static enum vm_status size_domain(struct vmctl *vm, const struct vm_plan *plan)
{
    unsigned long max_mib = plan->mem_mib + SLACK_MIB;
    unsigned int pool_mib = hap_pool_mib(plan);

    if (plan->with_dm)
        max_mib += DEVICE_MODEL_MIB;

    if (xc_domain_max_vcpus(vm->xch, vm->domid, (unsigned int)plan->vcpus) < 0)
        return vm_fail_errno("cannot give %lu vCPUs", plan->vcpus);
    if (xc_domain_setmaxmem(vm->xch, vm->domid, max_mib * 1024) < 0)
        return vm_fail_errno("cannot set the limit to %lu MiB", max_mib);
    if (!plan->hvm && xc_domain_set_memmap_limit(vm->xch, vm->domid,
                                                 plan->mem_mib * 1024) < 0)
        return vm_fail_errno("cannot set the memory map");
    if (plan->hvm && xc_shadow_control(vm->xch, vm->domid,
                                       XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION,
                                       &pool_mib, 0) < 0)
        return vm_fail_errno("cannot size the HAP pool to %u MiB", pool_mib);
    return VM_OK;
}

static bool make_ports(struct vmctl *vm)
{
    int store = xc_evtchn_alloc_unbound(vm->xch, vm->domid, 0);
    int console = xc_evtchn_alloc_unbound(vm->xch, vm->domid, 0);

    if (store < 0 || console < 0) {
        vm_fail_errno("cannot allocate the event channels");
        return false;
    }
    return note_put(vm, "store-port", "%d", store) &&
           note_put(vm, "console-port", "%d", console);
}

static bool note_text(struct vmctl *vm, const char *key, const char *value)
{
    return !value || note_put(vm, key, "%s", value);
}

static bool leave_notes(struct vmctl *vm, const struct vm_plan *plan)
{
    const struct vm_options *opts = vm->opts;

    return note_put(vm, "host-free-before", "%" PRIu64,
                    plan->host_free_pages) &&
           note_put(vm, "mem-max", "%lu", plan->mem_mib) &&
           note_put(vm, "mem-start", "%lu", plan->start_mib) &&
           note_put(vm, "vcpus", "%lu", plan->vcpus) &&
           note_put(vm, "online", "%lu", plan->online) &&
           note_text(vm, "image", plan->image) &&
           note_text(vm, "ramdisk", opts->ramdisk) &&
           note_text(vm, "cmdline", opts->cmdline) &&
           note_text(vm, "features", opts->features) &&
           note_text(vm, "disk", opts->disk) &&
           note_text(vm, "pci", opts->pci) &&
           note_text(vm, "mem-pnode", opts->mem_pnode) &&
           note_text(vm, "device-model", plan->with_dm ? "1" : NULL) &&
           note_text(vm, "force", opts->force ? "1" : NULL) &&
           note_text(vm, "vgpu", opts->vgpu ? "1" : NULL) &&
           note_list(vm, "module", &opts->modules) &&
           note_list(vm, "module-cmdline", &opts->module_cmdlines);
}

/* xenconsoled appends to its log, and a name may come again */
static void forget_old_text(const char *name)
{
    cleanup_free char *console = console_log_path(name);
    cleanup_free char *serial = serial_log_path(name);

    unlink(console);
    unlink(serial);
}

static enum vm_status furnish(struct vmctl *vm, struct vm_plan *plan)
{
    enum vm_status status;

    if (vm->opts->name)
        snprintf(plan->name, sizeof(plan->name), "%s", vm->opts->name);
    else
        snprintf(plan->name, sizeof(plan->name), "vm%u", vm->domid);

    /* First of all, so that destroy and show find even half a domain */
    if (!note_put(vm, "name", "%s", plan->name) ||
        !note_put(vm, "type", "%s", plan->type) ||
        !note_put(vm, "uuid", "%s", plan->uuid))
        return VM_FAILED;

    forget_old_text(plan->name);
    status = size_domain(vm, plan);
    if (status)
        return status;

    if (make_ports(vm) && keys_write(vm, plan) && leave_notes(vm, plan))
        return VM_OK;
    return VM_FAILED;
}

enum vm_status vm_create(struct vmctl *vm)
{
    cleanup(plan_free) struct vm_plan plan = { 0 };
    enum vm_status status = make_plan(vm->opts, &plan);

    if (!status)
        status = make_domain(vm, &plan);
    if (status)
        return status;

    status = furnish(vm, &plan);
    if (status)
        vm_destroy(vm);
    return status;
}
