/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * options_table.c - every option and mode, and the help that lists them. */
#include "options_table.h"

#include <limits.h>
#include <string.h>

/* DOMID_FIRST_RESERVED of xen/include/public/xen.h is the first id that no
 * ordinary domain can have. */
#define DOMID_MAX (DOMID_FIRST_RESERVED - 1)

/* xc_dom_mem_init shifts its MiB left by 8 in an unsigned int to get pages, so
 * that 2^24 MiB (16 TiB) would become none. */
#define MEM_MIB_MAX ((1 << 24) - 1)

const struct option_def options_table[NR_OPTIONS] = {
/* clang-format off */
#define AT(field) offsetof(struct xg_options, field)
#define INT(name, min, max, value, help) \
    { #name, OPTION_INT, AT(name), min, max, value, help }
#define STRING(name, value, help) \
    { #name, OPTION_STRING, AT(name), 0, 0, value, help }
#define LIST(name, value, help) \
    { #name, OPTION_LIST, AT(name), 0, 0, value, help }
#define FLAG(name, help) { #name, OPTION_FLAG, AT(name), 0, 0, NULL, help }
#define FLAG_AT(name, field, help) \
    { #name, OPTION_FLAG, AT(field), 0, 0, NULL, help }
#define IGNORED(name) { #name, OPTION_IGNORED, 0, 0, 0, NULL, "ignored" }
#define SPECIAL(name, type, value, help) { #name, type, 0, 0, 0, value, help }

    [OPT_MODE] = SPECIAL(mode, OPTION_MODE, "MODE", "what to do, see below"),
    [OPT_CONTROLINFD] = INT(controlinfd, 0, INT_MAX, "FD",
        "read the caller's answers from this pipe"),
    [OPT_CONTROLOUTFD] = INT(controloutfd, 0, INT_MAX, "FD",
        "write the result or error to this pipe"),
    [OPT_DEBUGLOG] = STRING(debuglog, "FILE",
        "append everything logged to this file"),
    [OPT_FD] = INT(fd, 0, INT_MAX, "FD",
        "stream to save to or restore from"),
    [OPT_IMAGE] = STRING(image, "FILE",
        "kernel (PV, PVH) or hvmloader (HVM)"),
    [OPT_CMDLINE] = SPECIAL(cmdline, OPTION_CMDLINE, "TEXT",
        "kernel command line; after a -module: that module's"),
    [OPT_RAMDISK] = STRING(ramdisk, "FILE",
        "PV initrd, or \"\" for none"),
    [OPT_MODULE] = SPECIAL(module, OPTION_MODULE, "FILE",
        "PVH boot module, repeatable"),
    [OPT_DOMID] = INT(domid, 1, DOMID_MAX, "ID",
        "the domain"),
    [OPT_STORE_PORT] = INT(store_port, 0, INT_MAX, "PORT",
        "event channel of the guest's Xenstore ring"),
    [OPT_STORE_DOMID] = INT(store_domid, 0, DOMID_MAX, "ID",
        "domain that serves Xenstore (default 0)"),
    [OPT_CONSOLE_PORT] = INT(console_port, 0, INT_MAX, "PORT",
        "event channel of the guest's console"),
    [OPT_CONSOLE_DOMID] = INT(console_domid, 0, DOMID_MAX, "ID",
        "domain that serves the console (default 0)"),
    [OPT_FEATURES] = STRING(features, "TEXT",
        "PV feature string, may be empty"),
    [OPT_FLAGS] = INT(flags, INT_MIN, INT_MAX, "BITS",
        "flags of the PV start_info page"),
    [OPT_MEM_MAX_MIB] = INT(mem_max_mib, 1, MEM_MIB_MAX, "MIB",
        "the guest's static maximum"),
    [OPT_MEM_START_MIB] = INT(mem_start_mib, 1, MEM_MIB_MAX, "MIB",
        "memory to populate; HVM, PVH: less is PoD"),
    [OPT_MEM_PNODE] = INT(mem_pnode, 0, PNODE_MAX, "NODE",
        "take every page from exactly this NUMA node"),
    [OPT_PCI_PASSTHROUGH] = LIST(pci_passthrough, "LIST",
        "passed-through devices, [seg:]bus:dev.func,... in hex"),
    [OPT_LIVE] = FLAG(live, "save while the guest runs"),
    [OPT_DEBUG] = FLAG(debug, "ask libxenguest for its checks, and log its details"),
    [OPT_FORCE] = FLAG(force, "skip safety checks"),
    [OPT_VGPU] = FLAG(vgpu, "make room for a virtual GPU"),
    [OPT_JSON] = FLAG(json, "answer -mode plan for programs"),
    [OPT_NO_SANDBOX] = FLAG_AT(no-sandbox, no_sandbox,
        "keep all privileges, for debuggers"),
    [OPT_SUPPORTS] = STRING(supports, "FEATURE",
        "print whether FEATURE (migration-v2) is supported"),
    [OPT_FAKE] = IGNORED(fake),
    [OPT_FORK] = IGNORED(fork),
    [OPT_COMPRESS] = IGNORED(compress),
    [OPT_NO_INCR_GENERATIONID] = IGNORED(no_incr_generationid),
    [OPT_HELP] = FLAG(help, "print this text"),
    [OPT_VERSION] = FLAG(version, "print the version"),

#undef AT
#undef INT
#undef STRING
#undef LIST
#undef FLAG
#undef FLAG_AT
#undef IGNORED
#undef SPECIAL
    /* clang-format on */
};

#define BUILD_NEEDS                                                    \
    (BIT(DOMID) | BIT(MEM_MAX_MIB) | BIT(MEM_START_MIB) | BIT(IMAGE) | \
     BIT(STORE_PORT) | BIT(CONSOLE_PORT))
#define KERNEL_NEEDS (BIT(CMDLINE) | BIT(FEATURES) | BIT(FLAGS))
#define RESTORE_NEEDS \
    (BIT(DOMID) | BIT(FD) | BIT(STORE_PORT) | BIT(CONSOLE_PORT))

const struct mode_def options_modes[NR_MODES] = {
    [MODE_LINUX_BUILD] = { "linux_build",
                           BUILD_NEEDS | KERNEL_NEEDS | BIT(RAMDISK),
                           "build a PV guest" },
    [MODE_HVM_BUILD] = { "hvm_build", BUILD_NEEDS, "build an HVM guest" },
    [MODE_PVH_BUILD] = { "pvh_build", BUILD_NEEDS | KERNEL_NEEDS,
                         "build a PVH guest" },
    [MODE_SAVE] = { "save", BIT(DOMID) | BIT(FD), "save a PV guest" },
    [MODE_HVM_SAVE] = { "hvm_save", BIT(DOMID) | BIT(FD),
                        "save an HVM or PVH guest" },
    [MODE_RESTORE] = { "restore", RESTORE_NEEDS, "restore a PV guest" },
    [MODE_HVM_RESTORE] = { "hvm_restore", RESTORE_NEEDS,
                           "restore an HVM or PVH guest" },
    [MODE_RESUME_SLOW] = { "resume_slow", BIT(DOMID),
                           "let a suspended guest go on" },
    [MODE_LISTEN] = { "listen", BIT(DOMID), "serve emu-manager's requests" },
    [MODE_PLAN] = { "plan", 0,
                    "show what a build would do, and change nothing" },
    [MODE_TEST] = { "test", 0, "always fails" },
};

const char *options_mode_name(enum xg_mode mode)
{
    return options_modes[mode].name ? options_modes[mode].name : "none";
}

/* Prints the names of a set of options, indented, in lines of a terminal. */
static void print_wrapped(FILE *out, uint64_t set)
{
    int column = 0;

    for (size_t i = 0; i < NR_OPTIONS; i++) {
        if (!(set & UINT64_C(1) << i))
            continue;
        if (column == 0 || column + 2 + strlen(options_table[i].name) > 78)
            column = fprintf(out, "%s     ", column ? "\n" : "");
        column += fprintf(out, " -%s", options_table[i].name);
    }
    if (column)
        fputc('\n', out);
}

void options_print_help(FILE *out)
{
    fprintf(out, "Usage: xenguest -mode MODE -domid ID [OPTION]...\n"
                 "Turns an empty Xen domain into a guest that is ready to "
                 "run.\n\nOptions (-opt V, --opt V, --opt=V, or an "
                 "unambiguous prefix):\n");
    for (size_t i = 0; i < NR_OPTIONS; i++) {
        char left[40];

        snprintf(left, sizeof(left), "-%s %s", options_table[i].name,
                 options_table[i].value ? options_table[i].value : "");
        fprintf(out, "  %-24s %s\n", left, options_table[i].help);
    }

    fprintf(out, "\nModes, and the options that each needs; without "
                 "-controloutfd the domain\ntells all of them but -domid and "
                 "-fd:\n");
    for (int i = MODE_NONE + 1; i < NR_MODES; i++) {
        fprintf(out, "  %-24s %s%s\n", options_modes[i].name,
                options_modes[i].help, options_modes[i].required ? ":" : "");
        print_wrapped(out, options_modes[i].required);
    }
}
