/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * options.c - the command line, parsed. */
#include "options_table.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "numbers.h"

/* getopt_long_only's `val` of an entry: clear of '?', ':' and the 1 that stands
 * for a non-option. */
#define VAL_BASE 256

static int *int_at(struct xg_options *opts, const struct option_def *def)
{
    return (int *)((char *)opts + def->offset);
}

/* A word without value. */
static bool is_bare(const struct option_def *def)
{
    return def->type == OPTION_FLAG || def->type == OPTION_IGNORED;
}

/* Appends to a text that is cut where its room ends. */
static __attribute__((format(printf, 3, 4))) void
append(char *text, size_t bytes, const char *fmt, ...)
{
    size_t used = strlen(text);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text + used, bytes - used, fmt, ap);
    va_end(ap);
}

/* The names of all modes. */
static const char *list_modes(char *text, size_t bytes)
{
    text[0] = '\0';
    for (int i = MODE_NONE + 1; i < NR_MODES; i++)
        append(text, bytes, "%s%s", i > MODE_NONE + 1 ? ", " : "",
               options_modes[i].name);
    return text;
}

static int parse_mode(const char *value, struct xg_options *opts,
                      struct xg_error *err)
{
    char modes[256];

    for (int i = MODE_NONE + 1; i < NR_MODES; i++) {
        if (!strcmp(value, options_modes[i].name)) {
            opts->mode = i;
            return 0;
        }
    }
    return xg_fail(err, __func__, EINVAL,
                   "-mode: unknown mode '%.64s': there are %s", value,
                   list_modes(modes, sizeof(modes)));
}

/* The first one is the kernel's, each later one goes to the module before it:
 * xenopsd writes `-module M -cmdline C` pairs after the kernel's. */
static void add_cmdline(const char *value, bool first, struct xg_options *opts)
{
    if (first)
        opts->cmdline = value;
    else if (opts->nr_modules > 0)
        opts->modules[opts->nr_modules - 1].cmdline = value;
    else
        opts->spare_cmdline = value;
}

static int add_module(const char *value, struct xg_options *opts,
                      struct xg_error *err)
{
    /* libxenguest writes past its array rather than check this. */
    if (opts->nr_modules == XG_MAX_MODULES)
        return xg_fail(err, __func__, E2BIG,
                       "-module: '%s' is one too many, libxenguest holds %u",
                       value, XG_MAX_MODULES);

    opts->modules[opts->nr_modules++].path = value;
    return 0;
}

/* Adds the items to those of earlier values, all joined by ','. Empty ones
 * count for nothing. */
static int add_items(const struct option_def *def, const char *value,
                     char list[OPTIONS_LIST_BYTES], struct xg_error *err)
{
    for (const char *item = value; *item; item += *item == ',') {
        size_t used = strlen(list), length = strcspn(item, ",");

        if (used + length + 2 > OPTIONS_LIST_BYTES)
            return xg_fail(err, __func__, E2BIG,
                           "-%s: too long from '%.64s' on: at most %d "
                           "characters",
                           def->name, item, OPTIONS_LIST_BYTES - 1);
        if (length)
            append(list, OPTIONS_LIST_BYTES, "%s%.*s", used ? "," : "",
                   (int)length, item);
        item += length;
    }
    return 0;
}

static int parse_int(const struct option_def *def, const char *value, int *out,
                     struct xg_error *err)
{
    long long number;

    if (number_parse_decimal(value, &number) < 0)
        return xg_fail(err, __func__, EINVAL,
                       "-%s: '%s' is not a decimal integer", def->name, value);
    if (number < def->min || number > def->max)
        return xg_fail(err, __func__, ERANGE,
                       "-%s: '%s' is out of range, %d to %d", def->name, value,
                       def->min, def->max);
    *out = (int)number;
    return 0;
}

static int apply(const struct option_def *def, const char *value,
                 struct xg_options *opts, struct xg_error *err)
{
    uint64_t bit = UINT64_C(1) << (def - options_table);
    bool first = !(opts->given & bit);
    void *field = (char *)opts + def->offset;

    opts->given |= bit;
    switch (def->type) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return 0;
    case OPTION_INT:
        return parse_int(def, value, int_at(opts, def), err);
    case OPTION_STRING:
        *(const char **)field = value;
        return 0;
    case OPTION_LIST:
        return add_items(def, value, field, err);
    case OPTION_MODE:
        return parse_mode(value, opts, err);
    case OPTION_CMDLINE:
        add_cmdline(value, first, opts);
        return 0;
    case OPTION_MODULE:
        return add_module(value, opts, err);
    case OPTION_IGNORED:
        return 0;
    }
    return 0;
}

/* Says what getopt found wrong with a word. optopt is the option whose value is
 * missing or superfluous; otherwise getopt does not tell an unknown word from
 * an ambiguous one. */
static int explain(const char *word, struct xg_error *err)
{
    const char *name = word + strspn(word, "-");
    size_t length = strcspn(name, "=");
    char known[256] = "";

    if (optopt >= VAL_BASE && is_bare(&options_table[optopt - VAL_BASE]))
        return xg_fail(err, "options_parse", EINVAL,
                       "no value is allowed for option '%s'", word);
    if (optopt >= VAL_BASE)
        return xg_fail(err, "options_parse", EINVAL,
                       "option '%s' needs a value: %s", word,
                       options_table[optopt - VAL_BASE].value);

    for (size_t i = 0; i < NR_OPTIONS; i++)
        if (length && !strncmp(options_table[i].name, name, length))
            append(known, sizeof(known), " -%s", options_table[i].name);
    if (known[0])
        return xg_fail(err, "options_parse", EINVAL,
                       "ambiguous option '%s': it may be%s", word, known);
    return xg_fail(err, "options_parse", EINVAL,
                   "unknown option '%.64s': -help lists all", word);
}

/* Prefixes that were unambiguous in the original, and would not be with an
 * option of ours: -version, -no-sandbox. */
static const struct {
    const char *prefix;
    enum option_index option;
} prefixes[] = {
    { "v", OPT_VGPU },
    { "n", OPT_NO_INCR_GENERATIONID },
    { "no", OPT_NO_INCR_GENERATIONID },
};

struct getopt_input {
    struct option options[NR_OPTIONS + ARRAY_SIZE(prefixes) +
                          1]; /* ends with a zeroed one */
};

static void getopt_start(struct getopt_input *input)
{
    *input = (struct getopt_input){ 0 };
    for (size_t i = 0; i < NR_OPTIONS; i++) {
        input->options[i].name = options_table[i].name;
        input->options[i].has_arg =
            is_bare(&options_table[i]) ? no_argument : required_argument;
        input->options[i].val = (int)(VAL_BASE + i);
    }
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        input->options[NR_OPTIONS + i].name = prefixes[i].prefix;
        input->options[NR_OPTIONS + i].val = VAL_BASE + prefixes[i].option;
    }

    optind = 0; /* GNU getopt: start afresh */
    opterr = 0;
}

/* '-': words that are no options come in their place, nothing is permuted. A
 * ':' here would make "-:" an option of one letter, outside of our table. */
static int getopt_next(struct getopt_input *input, int argc, char *const argv[])
{
    return getopt_long_only(argc, argv, "-", input->options, NULL);
}

/* Appends " -name" for each option in a set. */
static void list_options(uint64_t set, char *text, size_t bytes)
{
    text[0] = '\0';
    for (size_t i = 0; i < NR_OPTIONS; i++)
        if (set & (UINT64_C(1) << i))
            append(text, bytes, " -%s", options_table[i].name);
}

static int check_required(const struct xg_options *opts, struct xg_error *err)
{
    uint64_t missing = opts->mode == MODE_NONE
                           ? BIT(MODE)
                           : options_modes[opts->mode].required & ~opts->given;
    char names[512], modes[256];

    /* Toolstacks know what they forgot; a person has the domain to tell. */
    if (opts->controloutfd < 0)
        missing &= ~OPTIONS_TOLD;

    if (!missing)
        return 0;

    list_options(missing, names, sizeof(names));
    if (missing == BIT(MODE))
        append(names, sizeof(names), ": one of %s",
               list_modes(modes, sizeof(modes)));
    if (opts->stray[0])
        append(names, sizeof(names), "; no options: %s", opts->stray);
    return xg_fail(err, __func__, EINVAL, "missing command line options:%s",
                   names);
}

static int check_together(const struct xg_options *opts, struct xg_error *err)
{
    /* These are asked and answered without a mode. */
    if (opts->help || opts->version || opts->supports)
        return 0;

    if (check_required(opts, err) < 0)
        return -1;

    if (opts->mem_max_mib >= 0 && opts->mem_start_mib > opts->mem_max_mib)
        return xg_fail(err, __func__, EINVAL,
                       "-mem_start_mib: '%d' is more than -mem_max_mib %d",
                       opts->mem_start_mib, opts->mem_max_mib);
    return 0;
}

static void set_defaults(struct xg_options *opts)
{
    *opts = (struct xg_options){ 0 };
    for (size_t i = 0; i < NR_OPTIONS; i++)
        if (options_table[i].type == OPTION_INT)
            *int_at(opts, &options_table[i]) = -1;
    opts->store_domid = 0;
    opts->console_domid = 0;
    opts->flags = 0;
}

/* Appends a word to those that are ignored. */
static void add_stray(struct xg_options *opts, const char *word)
{
    append(opts->stray, sizeof(opts->stray), "%s'%s'", *opts->stray ? " " : "",
           word);
}

int options_parse(int argc, char *const argv[], struct xg_options *opts,
                  struct xg_error *err)
{
    struct getopt_input input;
    int val;

    set_defaults(opts);
    getopt_start(&input);
    while ((val = getopt_next(&input, argc, argv)) != -1) {
        if (val == '?')
            return explain(argv[optind - 1], err);
        if (val < VAL_BASE)
            add_stray(opts, optarg);
        else if (apply(&options_table[val - VAL_BASE], optarg, opts, err) < 0)
            return -1;
    }
    for (; optind < argc; optind++)
        add_stray(opts, argv[optind]);

    return check_together(opts, err);
}

/* The last fd that a word names as -controloutfd, whatever getopt would make of
 * that word; -1: none. */
static int guess_controloutfd(int argc, char *const argv[])
{
    const char *name = options_table[OPT_CONTROLOUTFD].name;
    const size_t shortest = strlen("controlo"); /* -controlinfd has its i */
    int found = -1;

    for (int i = 1; i < argc; i++) {
        size_t dashes = strspn(argv[i], "-");
        const char *word = argv[i] + dashes, *value = "";
        size_t length = strcspn(word, "=");
        char *end;
        long fd;

        if (dashes < 1 || dashes > 2 || length < shortest ||
            strncmp(word, name, length))
            continue;
        if (word[length])
            value = word + length + 1;
        else if (i + 1 < argc)
            value = argv[i + 1];

        fd = strtol(value, &end, 10);
        if (end != value && fd >= 0 && fd <= INT_MAX)
            found = (int)fd;
    }
    return found;
}

void options_find_early(int argc, char *const argv[],
                        struct xg_early_options *early)
{
    struct getopt_input input;
    struct xg_error ignored;
    int val;

    *early = (struct xg_early_options){
        .controlinfd = -1,
        .controloutfd = -1,
        .errorfd = guess_controloutfd(argc, argv),
    };
    getopt_start(&input);
    while ((val = getopt_next(&input, argc, argv)) != -1) {
        if (val == VAL_BASE + OPT_CONTROLINFD)
            (void)parse_int(&options_table[OPT_CONTROLINFD], optarg,
                            &early->controlinfd, &ignored);
        else if (val == VAL_BASE + OPT_CONTROLOUTFD)
            (void)parse_int(&options_table[OPT_CONTROLOUTFD], optarg,
                            &early->controloutfd, &ignored);
        else if (val == VAL_BASE + OPT_DEBUGLOG)
            early->debuglog = optarg;
        else if (val == VAL_BASE + OPT_SUPPORTS)
            early->supports = optarg;
    }
}

bool options_has_hvm_container(const struct xg_options *opts)
{
    return opts->mode != MODE_LINUX_BUILD;
}

bool options_has_pod(const struct xg_options *opts)
{
    return options_has_hvm_container(opts) &&
           opts->mem_start_mib < opts->mem_max_mib;
}

/* A plan may know no -mem_max_mib. */
int options_layout_mib(const struct xg_options *opts)
{
    return options_has_pod(opts) ? opts->mem_max_mib : opts->mem_start_mib;
}
