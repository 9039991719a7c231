/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl.h - a stand-in for xenopsd: what its parts share.
 *
 * Each step (create, build, start, ...) is one function that takes the
 * session, says on stderr what went wrong, and returns vmctl's exit status. */
#ifndef VMCTL_H
#define VMCTL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>
#include <xenstore.h>

#include <xen/hvm/hvm_info_table.h>

enum vm_status {
    VM_OK = 0,
    VM_BUILD_ERROR = 1, /* xenguest answered error: */
    VM_BREACH = 2,      /* xenguest broke the contract */
    VM_FAILED = 3,      /* vmctl's own failure, or bad usage */
};

/* More modules than libxenguest takes (2), so that its limit can be tested */
#define VM_MAX_MODULES 8
#define VM_MAX_KEYS 128

/* Xen's DOMID_ANY: a new domain gets a free id. Before 4.22 every reserved id
 * did that, and 0 too. */
#define VM_ANY_DOMID 0x7ff5

/* Which option belongs to which command. run takes the options of all that it
 * is made of, and has some of its own. */
#define CMD_CREATE 0x01u
#define CMD_BUILD 0x02u
#define CMD_START 0x04u
#define CMD_WAIT 0x08u
#define CMD_RUN 0x10u

struct vm_list {
    unsigned int nr;
    const char *item[VM_MAX_KEYS];
};

struct vm_options {
    const char *type, *name, *image, *ramdisk, *cmdline;
    const char *mem, *mem_start, *vcpus, *online;
    const char *disk, *bios, *pci, *mem_pnode, *features;
    const char *xenguest, *device_model, *timeout, *expect;
    struct vm_list modules, module_cmdlines, platform, xenstore;
    bool with_dm, force, vgpu, keep, verbose;
    const char *const *extra; /* for xenguest, from after "--" */
};

struct vmctl {
    xc_interface *xch;
    struct xs_handle *xsh;
    uint32_t domid;
    const struct vm_options *opts;
};

/* What the options of create come to */
struct vm_plan {
    bool hvm; /* an HVM container: HVM or PVH */
    bool with_dm;
    unsigned long mem_mib, start_mib, vcpus, online;
    uint64_t host_free_pages;
    const char *type;
    char *image;
    char name[64];
    char uuid[37];
};

#define cleanup(f) __attribute__((cleanup(f)))
#define cleanup_free cleanup(vm_free)

static inline void vm_free(void *p)
{
    free(*(void **)p);
}

#define vm_printf(n, m) __attribute__((format(printf, n, m)))

/* vmctl.c: say "vmctl: ..." (the second one with errno's text) */
enum vm_status vm_fail(const char *format, ...) vm_printf(1, 2);
enum vm_status vm_fail_errno(const char *format, ...) vm_printf(1, 2);
bool vm_number(const char *text, unsigned long max, unsigned long *value);

/* vmctl_options.c */
int options_parse(struct vm_options *opts, unsigned int command, int argc,
                  char *argv[]);
void options_usage(unsigned int command);
double options_timeout(const struct vm_options *opts);

/* vmctl_xs.c: dom_* below /local/domain/<domid>/ (an absolute key stays one),
 * note_* below /vmctl/<domid>/, where one step leaves notes for the next */
bool dom_put(struct vmctl *vm, const char *key, const char *format, ...)
    vm_printf(3, 4);
char *dom_get(struct vmctl *vm, const char *key);
bool dom_mkdir(struct vmctl *vm, const char *key, bool guest_writes);
bool note_put(struct vmctl *vm, const char *key, const char *format, ...)
    vm_printf(3, 4);
char *note_get(struct vmctl *vm, const char *key);
unsigned long note_number(struct vmctl *vm, const char *key);
bool note_list(struct vmctl *vm, const char *dir, const struct vm_list *list);
char **vm_domids(struct vmctl *vm, unsigned int *nr);
bool vm_resolve(struct vmctl *vm, const char *domid_or_name);
bool keys_write(struct vmctl *vm, const struct vm_plan *plan);

/* the steps */
enum vm_status vm_create(struct vmctl *vm);
enum vm_status vm_build(struct vmctl *vm);
enum vm_status vm_start(struct vmctl *vm);
enum vm_status vm_wait(struct vmctl *vm, const char *text);
enum vm_status vm_console(struct vmctl *vm);
enum vm_status vm_show(struct vmctl *vm);
enum vm_status vm_show_all(struct vmctl *vm);
enum vm_status vm_get(struct vmctl *vm, const char *what, const char *which);
enum vm_status vm_destroy(struct vmctl *vm);

/* vmctl_get.c: the names for --help */
void get_usage(void);

/* vmctl_build.c: runs the job with the session's options, and prints and notes
 * its result */
struct protocol_job;
enum vm_status xenguest_run(struct vmctl *vm, struct protocol_job *job);

/* vmctl_migrate.c */
enum vm_status vm_suspend(struct vmctl *vm);
enum vm_status vm_save(struct vmctl *vm, const char *path);
enum vm_status vm_restore(struct vmctl *vm, const char *path);
enum vm_status vm_resume(struct vmctl *vm);
enum vm_status vm_freeze(struct vmctl *vm);
enum vm_status vm_resume_slow(struct vmctl *vm);
enum vm_status vm_rings(struct vmctl *vm, const char *store,
                        const char *console);

/* vmctl_dm.c */
enum vm_status dm_start(struct vmctl *vm);
void dm_stop(struct vmctl *vm);

/* vmctl_console.c: where a guest's text ends up; malloced */
char *console_log_path(const char *name);
char *serial_log_path(const char *name);
char *dm_log_path(const char *name);

/* vmctl_host.c: read from Xen */
enum vm_status vm_dmesg(struct vmctl *vm);
bool host_domain(struct vmctl *vm, xc_domaininfo_t *info);
const char *host_state(const xc_domaininfo_t *info);
bool host_dead(const xc_domaininfo_t *info);
unsigned long *host_node_pages(struct vmctl *vm, unsigned int *nr_nodes);
char *host_node_affinity(struct vmctl *vm);
char *host_affinity(struct vmctl *vm, unsigned int vcpu, bool soft);
bool host_sched(struct vmctl *vm, const char **name, unsigned int *weight,
                unsigned int *cap);
bool host_time_offset(struct vmctl *vm, int32_t *seconds);
bool host_memory(struct vmctl *vm, uint64_t address, void *to, size_t bytes);
bool host_hvm_info(struct vmctl *vm, struct hvm_info_table *info);

/* vmctl_acpi.c */

/* Writes an HVM guest's table of that name; false if it has none. */
bool acpi_table(struct vmctl *vm, const char *name, FILE *out);

#endif
