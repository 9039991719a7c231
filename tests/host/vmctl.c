/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl.c - a stand-in for xenopsd: the commands, and their --help. */
#include "vmctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_WORDS 3

enum vm_status vm_fail(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("vmctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return VM_FAILED;
}

enum vm_status vm_fail_errno(const char *format, ...)
{
    int saved = errno;
    va_list args;

    fflush(stdout);
    fputs("vmctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, ": %s\n", strerror(saved));
    return VM_FAILED;
}

bool vm_number(const char *text, unsigned long max, unsigned long *value)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *value = strtoul(text, &end, 10);
    return !errno && !*end && *value <= max;
}

static enum vm_status create(struct vmctl *vm, char *words[])
{
    enum vm_status status = vm_create(vm);

    (void)words;
    if (!status)
        printf("%u\n", vm->domid);
    return status;
}

static enum vm_status build(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_build(vm);
}

static enum vm_status start(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_start(vm);
}

static enum vm_status wait_text(struct vmctl *vm, char *words[])
{
    return vm_wait(vm, words[1]);
}

static enum vm_status console(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_console(vm);
}

static enum vm_status show(struct vmctl *vm, char *words[])
{
    return words[0] ? vm_show(vm) : vm_show_all(vm);
}

static enum vm_status get(struct vmctl *vm, char *words[])
{
    return vm_get(vm, words[1], words[2]);
}

static enum vm_status suspend(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_suspend(vm);
}

static enum vm_status save(struct vmctl *vm, char *words[])
{
    return vm_save(vm, words[1]);
}

static enum vm_status restore(struct vmctl *vm, char *words[])
{
    return vm_restore(vm, words[1]);
}

static enum vm_status resume(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_resume(vm);
}

static enum vm_status freeze(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_freeze(vm);
}

static enum vm_status resume_slow(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_resume_slow(vm);
}

static enum vm_status rings(struct vmctl *vm, char *words[])
{
    return vm_rings(vm, words[1], words[2]);
}

/* As a toolstack may do before it builds. */
static enum vm_status claim(struct vmctl *vm, char *words[])
{
    unsigned long pages;

    if (!vm_number(words[1], UINT32_MAX, &pages))
        return vm_fail("claim: \"%s\" is not a number of pages", words[1]);
    if (xc_domain_claim_pages(vm->xch, vm->domid, pages) < 0)
        return vm_fail_errno("cannot claim %lu pages", pages);
    return VM_OK;
}

/* As an HVM or PVH guest's balloon does, but from outside. */
static enum vm_status punch(struct vmctl *vm, char *words[])
{
    unsigned long from, to;

    if (!vm_number(words[1], UINT32_MAX, &from) ||
        !vm_number(words[2], UINT32_MAX, &to))
        return vm_fail("punch: from frame \"%s\" to \"%s\"?", words[1],
                       words[2]);
    while (from < to) {
        xen_pfn_t frames[512];
        unsigned int nr = 0;

        for (; nr < 512 && from < to; from += 2)
            frames[nr++] = from;
        if (xc_domain_decrease_reservation_exact(vm->xch, vm->domid, nr, 0,
                                                 frames) < 0)
            return vm_fail_errno("cannot take frame %#lx and others away",
                                 (unsigned long)frames[0]);
    }
    return VM_OK;
}

static enum vm_status destroy(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_destroy(vm);
}

static enum vm_status run(struct vmctl *vm, char *words[])
{
    enum vm_status status = vm_create(vm), destroyed;

    (void)words;
    if (status)
        return status;

    printf("domain %u\n", vm->domid);
    status = vm_build(vm);
    if (!status)
        status = vm_start(vm);
    if (!status && vm->opts->expect)
        status = vm_wait(vm, vm->opts->expect);
    if (!status)
        status = vm_show(vm);
    if (vm->opts->keep)
        return status;

    destroyed = vm_destroy(vm);
    return status ? status : destroyed;
}

static enum vm_status dmesg(struct vmctl *vm, char *words[])
{
    (void)words;
    return vm_dmesg(vm);
}

static const struct command {
    const char *name;
    unsigned int options;
    int min_words, max_words; /* the first one is a domain */
    const char *words;
    const char *help;
    enum vm_status (*run)(struct vmctl *vm, char *words[]);
} commands[] = {
    { "create", CMD_CREATE, 0, 0, "[OPTION]...",
      "make an empty, paused domain and print its domid", create },
    { "build", CMD_BUILD, 1, 1, "DOMID [OPTION]... [-- XENGUEST-OPTION...]",
      "run xenguest for it over two pipes, as xenopsd does", build },
    { "start", CMD_START, 1, 1, "DOMID [OPTION]...",
      "hand over the rings, start its device model, unpause it", start },
    { "wait", CMD_WAIT, 2, 2, "DOMID TEXT [OPTION]...",
      "until TEXT is on its console; fails at once if it dies", wait_text },
    { "console", 0, 1, 1, "DOMID",
      "print what its console or serial port has said so far", console },
    { "show", 0, 0, 1, "[DOMID]",
      "memory, nodes, vCPUs, affinities, claim (default: of each)", show },
    { "dmesg", 0, 0, 0, "", "print what Xen's console has said so far", dmesg },
    { "get", 0, 2, 3, "DOMID WHAT [WHICH]", "print one value, for scripts",
      get },
    { "suspend", CMD_WAIT, 1, 1, "DOMID [OPTION]...",
      "ask the guest to suspend itself, and wait until it has", suspend },
    { "save", CMD_BUILD, 2, 2, "DOMID FILE [OPTION]... [-- XENGUEST-OPTION...]",
      "suspend it and write its state to a file", save },
    { "restore", CMD_BUILD, 2, 2,
      "DOMID FILE [OPTION]... [-- XENGUEST-OPTION...]",
      "fill a created domain from a file; then start it", restore },
    { "resume", 0, 1, 1, "DOMID", "let a suspended guest go on", resume },
    { "freeze", 0, 1, 1, "DOMID", "suspend an HVM guest without asking it",
      freeze },
    { "resume-slow", CMD_BUILD, 1, 1, "DOMID [OPTION]...",
      "let a frozen guest go on, by xenguest -mode resume_slow", resume_slow },
    { "rings", 0, 3, 3, "DOMID STORE-FRAME CONSOLE-FRAME",
      "note what emu-manager's restore answered; then start it", rings },
    { "claim", 0, 2, 2, "DOMID PAGES",
      "claim host memory for it, as a toolstack may", claim },
    { "punch", 0, 3, 3, "DOMID FROM TO",
      "take every second page away, in this part of its frames", punch },
    { "destroy", 0, 1, 1, "DOMID",
      "remove it and wait until its memory is free", destroy },
    { "run", CMD_RUN | CMD_CREATE | CMD_BUILD | CMD_START | CMD_WAIT, 0, 0,
      "[OPTION]... [-- XENGUEST-OPTION...]",
      "create, build, start, wait, show and destroy", run },
};
#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

static void usage(void)
{
    size_t i;

    puts("usage: vmctl COMMAND [ARGUMENT]...\n"
         "Make, build and look at domains, as xenopsd would, to try "
         "xenguest.\n");
    for (i = 0; i < NR_COMMANDS; i++)
        printf("  %-8s %-44s\n             %s\n", commands[i].name,
               commands[i].words, commands[i].help);
    puts("\nDOMID may be a name. See also vmctl COMMAND --help.\n\n"
         "exit status:\n"
         "  0  fine\n"
         "  1  xenguest answered error: (the line is on stderr)\n"
         "  2  xenguest broke its contract with the caller\n"
         "  3  vmctl itself failed, or was used wrongly\n\n"
         "environment:\n"
         "  XENGUEST            the xenguest to run\n"
         "  VMCTL_DEVICE_MODEL  the device model to run\n"
         "  VMCTL_LOG_DIR       where logs are (default: /var/log/xen); "
         "xenconsoled's\n"
         "                      log of a guest is console/guest-NAME.log "
         "in it");
}

static void command_usage(const struct command *command)
{
    printf("usage: vmctl %s %s\n%s\n\n", command->name, command->words,
           command->help);
    options_usage(command->options);
    if (command->run == get) {
        puts("\nWHAT is one of:");
        get_usage();
    }
}

static enum vm_status run_command(const struct command *command,
                                  const struct vm_options *opts, char *words[])
{
    struct vmctl vm = { .opts = opts };
    enum vm_status status = VM_FAILED;

    vm.xch = xc_interface_open(NULL, NULL, 0);
    vm.xsh = xs_open(0);
    if (!vm.xch)
        vm_fail_errno("cannot talk to Xen");
    else if (!vm.xsh)
        vm_fail_errno("cannot talk to xenstored");
    else if (!words[0] || vm_resolve(&vm, words[0]))
        status = command->run(&vm, words);

    if (vm.xsh)
        xs_close(vm.xsh);
    if (vm.xch)
        xc_interface_close(vm.xch);
    return status;
}

static bool is_help(const char *word)
{
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

int main(int argc, char *argv[])
{
    const struct command *command = commands;
    struct vm_options opts = { 0 };
    char *words[MAX_WORDS] = { 0 };
    int i, nr_words;

    if (argc >= 2 && (is_help(argv[1]) || !strcmp(argv[1], "help"))) {
        usage();
        return VM_OK;
    }
    while (argc >= 2 && command < commands + NR_COMMANDS &&
           strcmp(command->name, argv[1]))
        command++;
    if (argc < 2 || command == commands + NR_COMMANDS)
        return vm_fail("which command? see vmctl --help");

    if (argc >= 3 && is_help(argv[2])) {
        command_usage(command);
        return VM_OK;
    }
    argv[1] = argv[0];
    nr_words = options_parse(&opts, command->options, argc - 1, argv + 1);
    if (nr_words < 0)
        return VM_FAILED;
    if (nr_words < command->min_words || nr_words > command->max_words)
        return vm_fail("usage: vmctl %s %s", command->name, command->words);

    for (i = 0; i < nr_words; i++)
        words[i] = argv[2 + i];
    return run_command(command, &opts, words);
}
