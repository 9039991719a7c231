/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_options.c - the command line: its words, with a NUL or newline between
 * them. */
#include "fuzz.h"
#include "options.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char text[4096];
    struct fuzz_input input = { data, bytes };
    char *argv[WORDS_MAX + 1] = { (char[]){ "xenguest" } };
    struct xg_early_options early;
    struct xg_options opts;
    struct xg_error err;
    size_t used = 0;
    int argc = 1;

    while (argc < WORDS_MAX && input.bytes && used + 1 < sizeof(text)) {
        argv[argc] =
            fuzz_take_text(&input, '\n', text + used, sizeof(text) - used);
        used += strlen(argv[argc++]) + 1;
    }

    options_find_early(argc, argv, &early);
    assert(early.controloutfd >= -1 && early.errorfd >= -1);
    if (options_parse(argc, argv, &opts, &err) < 0) {
        assert(err.text[0]);
        return 0;
    }
    assert(opts.controloutfd == early.controloutfd);
    assert(opts.controlinfd == early.controlinfd);
    assert(opts.mode < NR_MODES && opts.nr_modules <= XG_MAX_MODULES);
    assert(opts.help || opts.version || options_mode_name(opts.mode)[0]);
    return 0;
}
