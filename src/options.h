/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * options.h - the command line as data. */
#ifndef XG_OPTIONS_H
#define XG_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "error.h"

/* MAX_NUMNODES of every Xen so far is at most 255 (a nodeid_t is one byte and
 * 0xff means none). */
#define PNODE_MAX 254

enum xg_mode {
    MODE_NONE,
    MODE_LINUX_BUILD,
    MODE_HVM_BUILD,
    MODE_PVH_BUILD,
    MODE_SAVE,
    MODE_HVM_SAVE,
    MODE_RESTORE,
    MODE_HVM_RESTORE,
    MODE_RESUME_SLOW,
    MODE_LISTEN,
    MODE_PLAN,
    MODE_TEST,
    NR_MODES,
};

struct xg_module {
    const char *path;
    const char *cmdline; /* NULL: none */
};

/* Room for each of a guest's 256 PCI functions, as "0000:00:00.0,". */
#define OPTIONS_LIST_BYTES 4096

/* All strings point into argv. An int that was not given is -1, unless the
 * contract has a default for it. */
struct xg_options {
    enum xg_mode mode;
    int controlinfd, controloutfd;
    const char *debuglog;
    int fd;

    const char *image;
    const char *cmdline;
    const char *spare_cmdline; /* a second one before any module; NULL: none */
    const char *ramdisk;       /* "": given, and none wanted */
    const char *features;
    struct xg_module modules[XG_MAX_MODULES];
    unsigned int nr_modules;

    int domid;
    int store_port, store_domid;
    int console_port, console_domid;
    int flags;
    int mem_max_mib, mem_start_mib;
    int mem_pnode;
    char pci_passthrough[OPTIONS_LIST_BYTES]; /* all lists; "": none */
    const char *supports;
    bool live, debug, force, vgpu;
    bool json;
    bool no_sandbox;
    bool help, version;
    char stray[256]; /* words that are no options, each in '', cut; "": none */

    uint64_t given; /* bit i: entry i of options_table.h */
};

/* Reads the whole command line into *opts: no side effects, whatever it holds.
 * Options that a mode needs are checked too. Words that are no options, and all
 * that follows `--`, are kept in ->stray, for the caller to warn of: the
 * original ignored them. Errors: EINVAL or ERANGE, naming the option and the
 * value; *opts then holds what was read before. */
int options_parse(int argc, char *const argv[], struct xg_options *opts,
                  struct xg_error *err);

/* Where errors go, and what is answered whatever else is wrong. */
struct xg_early_options {
    int controlinfd, controloutfd; /* -1: not given, or malformed */
    const char *debuglog;          /* NULL: not given */
    const char *supports;          /* the same */

    /* Where the caller most likely waits for the error if controloutfd is -1:
     * the digits that `-controloutfd` is followed by, also where it stands as
     * the value of another option, or has text behind it. -1: nowhere. */
    int errorfd;
};

/* Finds these alone, so that an error in any option can be reported. */
void options_find_early(int argc, char *const argv[],
                        struct xg_early_options *early);

/* Whether the mode's guests live in an HVM container, as PVH ones do too. */
bool options_has_hvm_container(const struct xg_options *opts);

/* Whether memory is populated on demand: not of a PV guest, nor if the most
 * that it may have is not known (-1). */
bool options_has_pod(const struct xg_options *opts);

/* MiB that the memory map is made for: all that the guest may come to have. */
int options_layout_mib(const struct xg_options *opts);

/* The word that selects a mode, such as "hvm_build". */
const char *options_mode_name(enum xg_mode mode);

/* Prints every option with its help text. */
void options_print_help(FILE *out);

#endif
