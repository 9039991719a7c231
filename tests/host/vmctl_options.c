/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_options.c - one table of options; parsing and --help come from it. */
#include "vmctl.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum kind {
    TEXT,
    NUMBER,
    SECONDS,
    FLAG,
    LIST,
    MODULE,
    CMDLINE
};

static const struct option_row {
    const char *name;
    char letter;
    enum kind kind;
    unsigned int commands;
    size_t offset;
    const char *value;
    const char *help;
} rows[] = {
#define ROW(name, letter, kind, commands, field, value, help)             \
    {                                                                     \
        name, letter, kind, commands, offsetof(struct vm_options, field), \
            value, help                                                   \
    }
    ROW("type", 't', TEXT, CMD_CREATE, type, "TYPE",
        "pv, hvm or pvh (default: pv)"),
    ROW("name", 'n', TEXT, CMD_CREATE, name, "NAME",
        "default: vm and the domid"),
    ROW("mem", 'm', NUMBER, CMD_CREATE, mem, "MIB",
        "static max (default: 256)"),
    ROW("mem-start", 0, NUMBER, CMD_CREATE, mem_start, "MIB",
        "what to populate at start (default: --mem)"),
    ROW("vcpus", 'c', NUMBER, CMD_CREATE, vcpus, "N",
        "vCPUs at most (default: 1)"),
    ROW("online", 0, NUMBER, CMD_CREATE, online, "N",
        "vCPUs online at boot (default: --vcpus)"),
    ROW("image", 'i', TEXT, CMD_CREATE, image, "FILE",
        "kernel; HVM: firmware loader (default: hvmloader)"),
    ROW("ramdisk", 'r', TEXT, CMD_CREATE, ramdisk, "FILE", "PV initrd"),
    ROW("cmdline", 'a', CMDLINE, CMD_CREATE, cmdline, "TEXT",
        "the kernel's; after a --module: that module's"),
    ROW("module", 0, MODULE, CMD_CREATE, modules, "FILE",
        "PVH boot module (repeatable)"),
    ROW("features", 0, TEXT, CMD_CREATE, features, "TEXT",
        "PV feature string (default: empty)"),
    ROW("disk", 'd', TEXT, CMD_CREATE, disk, "FILE",
        "raw disk for an HVM guest; implies --dm"),
    ROW("dm", 0, FLAG, CMD_CREATE, with_dm, NULL, "start a device model (HVM)"),
    ROW("bios", 0, TEXT, CMD_CREATE, bios, "NAME",
        "hvmloader/bios (default: seabios; none: no key)"),
    ROW("platform", 'p', LIST, CMD_CREATE, platform, "KEY=VALUE",
        "write platform/KEY; KEY alone removes a default"),
    ROW("xenstore", 'x', LIST, CMD_CREATE, xenstore, "KEY=VALUE",
        "write KEY below its path, or an absolute one"),
    ROW("pci", 0, TEXT, CMD_CREATE, pci, "LIST",
        "devices for -pci_passthrough"),
    ROW("mem-pnode", 0, TEXT, CMD_CREATE, mem_pnode, "N",
        "NUMA node for -mem_pnode"),
    ROW("force", 0, FLAG, CMD_CREATE, force, NULL, "pass --force"),
    ROW("vgpu", 0, FLAG, CMD_CREATE, vgpu, NULL, "pass -vgpu"),
    ROW("xenguest", 'g', TEXT, CMD_BUILD, xenguest, "FILE",
        "the one to run (default: $XENGUEST or the installed one)"),
    ROW("device-model", 0, TEXT, CMD_START, device_model, "FILE",
        "the one to run (default: $VMCTL_DEVICE_MODEL or Debian's)"),
    ROW("expect", 'e', TEXT, CMD_RUN, expect, "TEXT",
        "wait until TEXT is on the guest's console"),
    ROW("timeout", 'T', SECONDS, CMD_BUILD | CMD_WAIT, timeout, "S",
        "seconds for the build, or to wait (default: 300)"),
    ROW("keep", 'k', FLAG, CMD_RUN, keep, NULL,
        "leave the domain there at the end"),
    ROW("verbose", 'v', FLAG, CMD_BUILD, verbose, NULL,
        "show xenguest's arguments and every line of it"),
#undef ROW
};
#define NR_ROWS (sizeof(rows) / sizeof(*rows))

/* getopt_long's own values must not look like letters */
#define LONG_BASE 256

void options_usage(unsigned int command)
{
    char left[64];
    size_t i;

    for (i = 0; i < NR_ROWS; i++) {
        const struct option_row *row = &rows[i];

        if (!(row->commands & command))
            continue;
        snprintf(left, sizeof(left), "%c%c%c --%s%s%s", row->letter ? '-' : ' ',
                 row->letter ? row->letter : ' ', row->letter ? ',' : ' ',
                 row->name, row->value ? " " : "",
                 row->value ? row->value : "");
        printf("  %-26s %s\n", left, row->help);
    }
}

static bool list_add(struct vm_list *list, const char *value)
{
    if (list->nr == VM_MAX_KEYS)
        return false;
    list->item[list->nr++] = value;
    return true;
}

static bool number_ok(const struct option_row *row, const char *value)
{
    unsigned long number;
    char *end;

    if (row->kind == NUMBER && !vm_number(value, UINT32_MAX, &number))
        return false;
    if (row->kind == SECONDS) {
        double seconds = strtod(value, &end);

        return *value && !*end && seconds > 0 && seconds <= 1e6;
    }
    return true;
}

static bool store(struct vm_options *opts, const struct option_row *row,
                  const char *value)
{
    void *field = (char *)opts + row->offset;

    switch (row->kind) {
    case FLAG:
        *(bool *)field = true;
        return true;
    case LIST:
        return list_add(field, value);
    case MODULE:
        /* One slot for its command line, filled by a --cmdline if any */
        return opts->modules.nr < VM_MAX_MODULES &&
               list_add(&opts->modules, value) &&
               list_add(&opts->module_cmdlines, NULL);
    case CMDLINE:
        if (opts->modules.nr) {
            opts->module_cmdlines.item[opts->modules.nr - 1] = value;
            return true;
        }
        /* fall through */
    case TEXT:
    case NUMBER:
    case SECONDS:
        *(const char **)field = value;
        return number_ok(row, value);
    }
    return false;
}

static void make_getopt_tables(unsigned int command, struct option *longs,
                               char *shorts)
{
    size_t i;

    *shorts++ = '+';
    for (i = 0; i < NR_ROWS; i++) {
        const struct option_row *row = &rows[i];

        if (!(row->commands & command))
            continue;
        *longs++ = (struct option){
            .name = row->name,
            .has_arg = row->value ? required_argument : no_argument,
            .val = LONG_BASE + (int)i,
        };
        if (row->letter)
            *shorts++ = row->letter;
        if (row->letter && row->value)
            *shorts++ = ':';
    }
    *longs = (struct option){ 0 };
    *shorts = '\0';
}

static const struct option_row *find_row(int value)
{
    size_t i;

    if (value >= LONG_BASE)
        return &rows[value - LONG_BASE];
    for (i = 0; i < NR_ROWS; i++)
        if (rows[i].letter == value)
            return &rows[i];
    return NULL;
}

/* Options may stand before and after the words; "--" ends both. Returns the
 * number of words, which are moved to argv[1]..., or -1. */
int options_parse(struct vm_options *opts, unsigned int command, int argc,
                  char *argv[])
{
    struct option longs[NR_ROWS + 1];
    char shorts[2 * NR_ROWS + 2];
    int words = 0, value, index;

    make_getopt_tables(command, longs, shorts);
    for (optind = 1; optind < argc;) {
        if (!strcmp(argv[optind], "--")) {
            opts->extra = (const char *const *)&argv[optind + 1];
            break;
        }
        if (argv[optind][0] != '-') {
            argv[++words] = argv[optind++];
            continue;
        }
        index = optind;
        value = getopt_long(argc, argv, shorts, longs, NULL);
        if (value == '?')
            return -1;
        if (value >= 0 && !store(opts, find_row(value), optarg)) {
            vm_fail("bad value, or one too many: %s %s", argv[index],
                    optarg ? optarg : "");
            return -1;
        }
    }
    return words;
}

double options_timeout(const struct vm_options *opts)
{
    return opts->timeout ? strtod(opts->timeout, NULL) : 300;
}
