/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_dm.c - the device model of an HVM guest: QEMU, in dom0. */
#include "vmctl.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xen/hvm/e820.h>

#define DEFAULT_DEVICE_MODEL "/usr/libexec/xen-qemu-system-i386"
#define START_LIMIT_MS 120000
#define STOP_LIMIT_MS 5000
#define STEP_MS 50

static void pause_ms(long ms)
{
    const struct timespec pause = { .tv_nsec = ms * 1000000 };

    nanosleep(&pause, NULL);
}

static const char *dm_path(const struct vm_options *opts)
{
    const char *path = opts->device_model;

    if (!path)
        path = getenv("VMCTL_DEVICE_MODEL");
    return path && *path ? path : DEFAULT_DEVICE_MODEL;
}

/* QEMU and hvmloader must agree on where low memory ends: xenguest leaves the
 * size of the hole in vm-data. */
static void machine_option(struct vmctl *vm, char *text, size_t size)
{
    cleanup_free char *hole = dom_get(vm, "vm-data/mmio-hole-size");
    unsigned long long bytes = hole ? strtoull(hole, NULL, 10) : 0;

    if (bytes > HVM_BELOW_4G_MMIO_LENGTH && bytes < 1ULL << 32)
        snprintf(text, size, "xenfv,max-ram-below-4g=%llu",
                 (1ULL << 32) - bytes);
    else
        snprintf(text, size, "xenfv");
}

struct command {
    char domid[12], mem[24], smp[64], machine[64], serial[512], drive[1024];
    const char *argv[40];
};

static void make_command(struct vmctl *vm, const char *serial,
                         struct command *cmd)
{
    cleanup_free char *disk = note_get(vm, "disk");
    /* clang-format off */
    const char *const argv[] = {
        dm_path(vm->opts), "-xen-domid", cmd->domid, "-xen-attach",
        "-no-shutdown", "-nodefaults", "-no-user-config",
        "-display", "none", "-monitor", "none", "-net", "none",
        "-vga", "std", "-boot", "order=c", "-machine", cmd->machine,
        "-m", cmd->mem, "-smp", cmd->smp, "-serial", cmd->serial,
        disk ? "-drive" : NULL, cmd->drive,
    };
    /* clang-format on */

    memcpy(cmd->argv, argv, sizeof(argv));
    snprintf(cmd->domid, sizeof(cmd->domid), "%u", vm->domid);
    snprintf(cmd->mem, sizeof(cmd->mem), "%luM", note_number(vm, "mem-max"));
    snprintf(cmd->smp, sizeof(cmd->smp), "%lu,maxcpus=%lu",
             note_number(vm, "online"), note_number(vm, "vcpus"));
    snprintf(cmd->serial, sizeof(cmd->serial), "file:%s", serial);
    snprintf(cmd->drive, sizeof(cmd->drive), "file=%s,if=ide,format=raw",
             disk ? disk : "");
    machine_option(vm, cmd->machine, sizeof(cmd->machine));
}

static void __attribute__((noreturn))
exec_dm(const struct command *cmd, const char *log)
{
    int null = open("/dev/null", O_RDWR);
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    setsid();
    dup2(null, STDIN_FILENO);
    dup2(out >= 0 ? out : null, STDOUT_FILENO);
    dup2(out >= 0 ? out : null, STDERR_FILENO);
    execv(cmd->argv[0], (char *const *)cmd->argv);
    dprintf(STDERR_FILENO, "cannot run %s\n", cmd->argv[0]);
    _exit(127);
}

static bool is_running(struct vmctl *vm)
{
    cleanup_free char *state = NULL;
    char key[64];

    snprintf(key, sizeof(key), "/local/domain/0/device-model/%u/state",
             vm->domid);
    state = dom_get(vm, key);
    return state && !strcmp(state, "running");
}

static void show_log(const char *path)
{
    FILE *log = fopen(path, "re");
    char line[512];

    while (log && fgets(line, sizeof(line), log))
        fprintf(stderr, "device model> %s", line);
    if (log)
        fclose(log);
}

enum vm_status dm_start(struct vmctl *vm)
{
    cleanup_free char *name = note_get(vm, "name");
    cleanup_free char *log = dm_log_path(name);
    cleanup_free char *serial = serial_log_path(name);
    struct command cmd = { 0 };
    long waited_ms;
    pid_t pid;

    if (access(dm_path(vm->opts), X_OK) < 0)
        return vm_fail_errno("%s", dm_path(vm->opts));

    make_command(vm, serial, &cmd);
    pid = fork();
    if (pid == 0)
        exec_dm(&cmd, log);
    if (pid < 0 || !note_put(vm, "device-model-pid", "%d", (int)pid))
        return vm_fail_errno("cannot start the device model");

    for (waited_ms = 0; waited_ms < START_LIMIT_MS; waited_ms += STEP_MS) {
        if (is_running(vm))
            return VM_OK;
        if (waitpid(pid, NULL, WNOHANG) == pid) {
            show_log(log);
            return vm_fail("the device model ended at once");
        }
        pause_ms(STEP_MS);
    }
    show_log(log);
    return vm_fail("the device model is not running after %d s",
                   START_LIMIT_MS / 1000);
}

/* A pid may have found a new owner: ask for its command line. */
static bool is_ours(pid_t pid, uint32_t domid)
{
    char path[32], text[4096], wanted[32];
    size_t length;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    length = fread(text, 1, sizeof(text), file);
    fclose(file);
    snprintf(wanted, sizeof(wanted), "-xen-domid%c%u", '\0', domid);
    return memmem(text, length, wanted,
                  sizeof("-xen-domid") + strlen(wanted + 11) + 1);
}

void dm_stop(struct vmctl *vm)
{
    pid_t pid = (pid_t)note_number(vm, "device-model-pid");
    char key[64];
    long waited_ms;

    for (waited_ms = 0; pid > 0 && is_ours(pid, vm->domid);
         waited_ms += STEP_MS) {
        kill(pid, waited_ms < STOP_LIMIT_MS ? SIGTERM : SIGKILL);
        waitpid(pid, NULL, WNOHANG);
        pause_ms(STEP_MS);
    }
    snprintf(key, sizeof(key), "/local/domain/0/device-model/%u", vm->domid);
    xs_rm(vm->xsh, XBT_NULL, key);
}
