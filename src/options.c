/* SPDX-License-Identifier: LGPL-2.1-or-later
 * options.c - the command line as data. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

/* DOMID_FIRST_RESERVED of xen/include/public/xen.h is the first id that no
 * ordinary domain can have. */
#define DOMID_MAX (DOMID_FIRST_RESERVED - 1)

/* xc_dom_mem_init shifts its MiB left by 8 in an unsigned int to get pages, so
 * that 2^24 MiB (16 TiB) would become none. */
#define MEM_MIB_MAX ((1 << 24) - 1)

enum option_type {
    OPTION_FLAG,
    OPTION_INT,
    OPTION_STRING,
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
    OPT_SUPPORTS,
    OPT_FAKE,
    OPT_FORK,
    OPT_NO_INCR_GENERATIONID,
    OPT_HELP,
    OPT_VERSION,
    NR_OPTIONS,
};

_Static_assert(NR_OPTIONS <= 64, "xg_options.given holds 64 bits");

#define BIT(option) (UINT64_C(1) << OPT_##option)

/* The one table: the parser and --help read it. */
static const struct option_def {
    const char *name;
    enum option_type type;
    size_t offset; /* of its field in xg_options */
    int min, max;
    const char *value; /* its name in --help */
    const char *help;
} table[NR_OPTIONS] = {
/* clang-format off */
#define AT(field) offsetof(struct xg_options, field)
#define INT(name, min, max, value, help) \
    { #name, OPTION_INT, AT(name), min, max, value, help }
#define STRING(name, value, help) \
    { #name, OPTION_STRING, AT(name), 0, 0, value, help }
#define FLAG(name, help) { #name, OPTION_FLAG, AT(name), 0, 0, NULL, help }
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
    [OPT_FLAGS] = INT(flags, 0, INT_MAX, "BITS",
        "flags of the PV start_info page"),
    [OPT_MEM_MAX_MIB] = INT(mem_max_mib, 1, MEM_MIB_MAX, "MIB",
        "the guest's static maximum"),
    [OPT_MEM_START_MIB] = INT(mem_start_mib, 1, MEM_MIB_MAX, "MIB",
        "memory to populate; below the maximum: PoD"),
    [OPT_MEM_PNODE] = INT(mem_pnode, 0, PNODE_MAX, "NODE",
        "take every page from exactly this NUMA node"),
    [OPT_PCI_PASSTHROUGH] = STRING(pci_passthrough, "LIST",
        "passed-through devices, [seg:]bus:dev.func,... in hex"),
    [OPT_LIVE] = FLAG(live, "save while the guest runs"),
    [OPT_DEBUG] = FLAG(debug, "ask libxenguest for its checks, and log its details"),
    [OPT_FORCE] = FLAG(force, "skip safety checks"),
    [OPT_VGPU] = FLAG(vgpu, "make room for a virtual GPU"),
    [OPT_SUPPORTS] = STRING(supports, "FEATURE",
        "print whether FEATURE (migration-v2) is supported"),
    [OPT_FAKE] = IGNORED(fake),
    [OPT_FORK] = IGNORED(fork),
    [OPT_NO_INCR_GENERATIONID] = IGNORED(no_incr_generationid),
    [OPT_HELP] = FLAG(help, "print this text"),
    [OPT_VERSION] = FLAG(version, "print the version"),

#undef AT
#undef INT
#undef STRING
#undef FLAG
#undef IGNORED
#undef SPECIAL
    /* clang-format on */
};

/* getopt_long_only's `val` of an entry: clear of '?', ':' and the 1 that stands
 * for a non-option. */
#define VAL_BASE 256

#define BUILD_NEEDS                                                    \
    (BIT(DOMID) | BIT(MEM_MAX_MIB) | BIT(MEM_START_MIB) | BIT(IMAGE) | \
     BIT(STORE_PORT) | BIT(CONSOLE_PORT))
#define KERNEL_NEEDS (BIT(CMDLINE) | BIT(FEATURES) | BIT(FLAGS))
#define RESTORE_NEEDS \
    (BIT(DOMID) | BIT(FD) | BIT(STORE_PORT) | BIT(CONSOLE_PORT))

static const struct mode_def {
    const char *name;
    uint64_t required; /* bits of option_index */
    const char *help;
} modes[NR_MODES] = {
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
    [MODE_TEST] = { "test", 0, "always fails" },
};

const char *options_mode_name(enum xg_mode mode)
{
    return modes[mode].name ? modes[mode].name : "none";
}

static int *int_at(struct xg_options *opts, const struct option_def *def)
{
    return (int *)((char *)opts + def->offset);
}

/* A word without value. */
static bool is_bare(const struct option_def *def)
{
    return def->type == OPTION_FLAG || def->type == OPTION_IGNORED;
}

static int parse_mode(const char *value, struct xg_options *opts,
                      struct xg_error *err)
{
    for (int i = MODE_NONE + 1; i < NR_MODES; i++) {
        if (!strcmp(value, modes[i].name)) {
            opts->mode = i;
            return 0;
        }
    }
    return xg_fail(err, __func__, EINVAL, "-mode: unknown mode '%s'", value);
}

/* The first one is the kernel's, each later one goes to the module before it:
 * xenopsd writes `-module M -cmdline C` pairs after the kernel's. */
static int add_cmdline(const char *value, bool first, struct xg_options *opts,
                       struct xg_error *err)
{
    if (first)
        opts->cmdline = value;
    else if (opts->nr_modules > 0)
        opts->modules[opts->nr_modules - 1].cmdline = value;
    else
        return xg_fail(err, __func__, EINVAL,
                       "-cmdline: '%s' is a second one and follows no -module",
                       value);
    return 0;
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
    uint64_t bit = UINT64_C(1) << (def - table);
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
    case OPTION_MODE:
        return parse_mode(value, opts, err);
    case OPTION_CMDLINE:
        return add_cmdline(value, first, opts, err);
    case OPTION_MODULE:
        return add_module(value, opts, err);
    case OPTION_IGNORED:
        return 0;
    }
    return 0;
}

/* Says what getopt found wrong with a word. It tells by optopt: the option that
 * has a value too many or too few, else neither unknown nor ambiguous apart. */
static int explain(const char *word, struct xg_error *err)
{
    const char *name = word + strspn(word, "-");
    size_t length = strcspn(name, "=");
    bool known = false;

    if (optopt >= VAL_BASE && is_bare(&table[optopt - VAL_BASE]))
        return xg_fail(err, "options_parse", EINVAL,
                       "no value is allowed for option '%s'", word);
    if (optopt >= VAL_BASE)
        return xg_fail(err, "options_parse", EINVAL,
                       "option '%s' needs a value", word);

    for (size_t i = 0; i < NR_OPTIONS; i++)
        known |= !strncmp(table[i].name, name, length);
    return xg_fail(err, "options_parse", EINVAL, "%s option '%s'",
                   known ? "ambiguous" : "unknown", word);
}

struct getopt_input {
    struct option options[NR_OPTIONS + 2]; /* ends with a zeroed one */
};

static void getopt_start(struct getopt_input *input)
{
    *input = (struct getopt_input){ 0 };
    for (size_t i = 0; i < NR_OPTIONS; i++) {
        input->options[i].name = table[i].name;
        input->options[i].has_arg =
            is_bare(&table[i]) ? no_argument : required_argument;
        input->options[i].val = (int)(VAL_BASE + i);
    }
    /* The shortest prefix of -vgpu where there is no -version, as in the
     * original. */
    input->options[NR_OPTIONS].name = "v";
    input->options[NR_OPTIONS].val = VAL_BASE + OPT_VGPU;

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
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < NR_OPTIONS; i++)
        if (set & (UINT64_C(1) << i) && used < bytes)
            used += (size_t)snprintf(text + used, bytes - used, " -%s",
                                     table[i].name);
}

static int check_required(const struct xg_options *opts, struct xg_error *err)
{
    uint64_t missing = opts->mode == MODE_NONE
                           ? BIT(MODE)
                           : modes[opts->mode].required & ~opts->given;
    char names[256];

    if (!missing)
        return 0;

    list_options(missing, names, sizeof(names));
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
        if (table[i].type == OPTION_INT)
            *int_at(opts, &table[i]) = -1;
    opts->store_domid = 0;
    opts->console_domid = 0;
    opts->flags = 0;
}

/* Appends a word to those that are ignored. */
static void add_stray(struct xg_options *opts, const char *word)
{
    size_t used = strlen(opts->stray);

    snprintf(opts->stray + used, sizeof(opts->stray) - used, "%s'%s'",
             used ? " " : "", word);
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
        else if (apply(&table[val - VAL_BASE], optarg, opts, err) < 0)
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
    const char *name = table[OPT_CONTROLOUTFD].name;
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
            (void)parse_int(&table[OPT_CONTROLINFD], optarg,
                            &early->controlinfd, &ignored);
        else if (val == VAL_BASE + OPT_CONTROLOUTFD)
            (void)parse_int(&table[OPT_CONTROLOUTFD], optarg,
                            &early->controloutfd, &ignored);
        else if (val == VAL_BASE + OPT_DEBUGLOG)
            early->debuglog = optarg;
    }
}

/* Prints the names of a set of options, indented, in lines of a terminal. */
static void print_wrapped(FILE *out, uint64_t set)
{
    int column = 0;

    for (size_t i = 0; i < NR_OPTIONS; i++) {
        if (!(set & UINT64_C(1) << i))
            continue;
        if (column == 0 || column + 2 + strlen(table[i].name) > 78)
            column = fprintf(out, "%s     ", column ? "\n" : "");
        column += fprintf(out, " -%s", table[i].name);
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

        snprintf(left, sizeof(left), "-%s %s", table[i].name,
                 table[i].value ? table[i].value : "");
        fprintf(out, "  %-24s %s\n", left, table[i].help);
    }

    fprintf(out, "\nModes, and the options that each needs:\n");
    for (int i = MODE_NONE + 1; i < NR_MODES; i++) {
        fprintf(out, "  %-24s %s%s\n", modes[i].name, modes[i].help,
                modes[i].required ? ":" : "");
        print_wrapped(out, modes[i].required);
    }
}
