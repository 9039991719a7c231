/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * options_table.h - what the parser and --help are made of. */
#ifndef XG_OPTIONS_TABLE_H
#define XG_OPTIONS_TABLE_H

#include <stddef.h>

#include "options.h"

enum option_type {
    OPTION_FLAG,
    OPTION_INT,
    OPTION_STRING,
    OPTION_LIST,
    OPTION_MODE,
    OPTION_CMDLINE,
    OPTION_MODULE,
    OPTION_IGNORED, /* a flag that older callers pass */
};

/* In the order of --help. */
enum option_index {
    OPT_MODE,
    OPT_CONTROLINFD,
    OPT_CONTROLOUTFD,
    OPT_DEBUGLOG,
    OPT_FD,
    OPT_IMAGE,
    OPT_CMDLINE,
    OPT_RAMDISK,
    OPT_MODULE,
    OPT_DOMID,
    OPT_STORE_PORT,
    OPT_STORE_DOMID,
    OPT_CONSOLE_PORT,
    OPT_CONSOLE_DOMID,
    OPT_FEATURES,
    OPT_FLAGS,
    OPT_MEM_MAX_MIB,
    OPT_MEM_START_MIB,
    OPT_MEM_PNODE,
    OPT_PCI_PASSTHROUGH,
    OPT_LIVE,
    OPT_DEBUG,
    OPT_FORCE,
    OPT_VGPU,
    OPT_JSON,
    OPT_NO_SANDBOX,
    OPT_SUPPORTS,
    OPT_FAKE,
    OPT_FORK,
    OPT_COMPRESS,
    OPT_NO_INCR_GENERATIONID,
    OPT_HELP,
    OPT_VERSION,
    NR_OPTIONS,
};

_Static_assert(NR_OPTIONS <= 64, "xg_options.given holds 64 bits");

#define BIT(option) (UINT64_C(1) << OPT_##option)

/* What the domain tells where there is no -controloutfd: see by_hand.h. */
#define OPTIONS_TOLD                                                     \
    (BIT(IMAGE) | BIT(CMDLINE) | BIT(RAMDISK) | BIT(STORE_PORT) |        \
     BIT(CONSOLE_PORT) | BIT(FEATURES) | BIT(FLAGS) | BIT(MEM_MAX_MIB) | \
     BIT(MEM_START_MIB))

/* The one table: the parser and --help read it. */
extern const struct option_def {
    const char *name;
    enum option_type type;
    size_t offset; /* of its field in xg_options */
    int min, max;
    const char *value; /* its name in --help */
    const char *help;
} options_table[NR_OPTIONS];

/* [MODE_NONE] is empty. */
extern const struct mode_def {
    const char *name;
    uint64_t required; /* bits of option_index */
    const char *help;
} options_modes[NR_MODES];

#endif
