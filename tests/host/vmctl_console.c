/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_console.c - what a guest says: PV console (xenconsoled's log of it) or
 * serial port (a file of the device model's). */
#include "vmctl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define STEP_MS 100

static char *log_path(const char *prefix, const char *name)
{
    const char *dir = getenv("VMCTL_LOG_DIR");
    char *path = NULL;

    if (asprintf(&path, "%s/%s%s.log", dir && *dir ? dir : "/var/log/xen",
                 prefix, name ? name : "") < 0)
        return NULL;
    return path;
}

/* xenconsoled --log=guest chooses this name */
char *console_log_path(const char *name)
{
    return log_path("console/guest-", name);
}

char *serial_log_path(const char *name)
{
    return log_path("serial-", name);
}

char *dm_log_path(const char *name)
{
    return log_path("device-model-", name);
}

/* All of it so far; NULs are dropped so that strstr sees everything. */
static char *read_text(struct vmctl *vm)
{
    cleanup_free char *name = note_get(vm, "name");
    cleanup_free char *with_dm = note_get(vm, "device-model");
    cleanup_free char *path =
        with_dm ? serial_log_path(name) : console_log_path(name);
    size_t size = 0, used = 0;
    char *text = NULL, *out;
    FILE *file = path ? fopen(path, "re") : NULL;
    int c;

    out = calloc(1, 1);
    while (file && out && (c = fgetc(file)) != EOF) {
        if (used + 1 >= size) {
            size = size ? 2 * size : 4096;
            text = realloc(out, size);
            if (!text)
                break;
            out = text;
        }
        if (c)
            out[used++] = (char)c;
        out[used] = '\0';
    }
    if (file)
        fclose(file);
    return out;
}

enum vm_status vm_console(struct vmctl *vm)
{
    cleanup_free char *text = read_text(vm);

    if (!text)
        return vm_fail("out of memory");
    fputs(text, stdout);
    return VM_OK;
}

static bool has_text(struct vmctl *vm, const char *wanted)
{
    cleanup_free char *text = read_text(vm);

    return text && strstr(text, wanted);
}

static enum vm_status give_up(struct vmctl *vm, const char *wanted,
                              const char *why)
{
    cleanup_free char *text = read_text(vm);
    size_t length = text ? strlen(text) : 0;

    if (length)
        fprintf(stderr, "--- the end of the console:\n%s\n---\n",
                text + (length > 2000 ? length - 2000 : 0));
    return vm_fail("domain %u has not said \"%s\": %s", vm->domid, wanted, why);
}

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

enum vm_status vm_wait(struct vmctl *vm, const char *wanted)
{
    const struct timespec pause = { .tv_nsec = STEP_MS * 1000000L };
    double deadline_s = now_s() + options_timeout(vm->opts);
    xc_domaininfo_t info;
    bool dead = false;

    while (!has_text(vm, wanted)) {
        /* one more look after its death: xenconsoled may be a step behind */
        if (dead)
            return give_up(vm, wanted,
                           host_domain(vm, &info) ? host_state(&info) : "gone");
        if (now_s() > deadline_s)
            return give_up(vm, wanted, "time is over");
        dead = !host_domain(vm, &info) || host_dead(&info);
        nanosleep(&pause, NULL);
    }
    return VM_OK;
}
