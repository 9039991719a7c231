/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_reservations.c - a directory of reservations with files of any names and
 * contents, some of them locked by a builder that lives: none keeps those who
 * plan from going on, none counts that nobody holds, and none stays of these.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fuzz.h"
#include "numa_reserve.h"

#define FILES_MAX 4

static char dir[] = "/tmp/fuzz_reservations-XXXXXX";
static bool is_made;

static struct xg_log the_log;
static struct xg_ctx ctx;

static struct file {
    char path[160];
    int fd; /* -1: there is none */
    bool is_ours, is_held;
} files[FILES_MAX];

static void end(void)
{
    xg_ctx_close(&ctx);
    xg_log_close(&the_log);
    rmdir(dir);
}

static void begin(void)
{
    struct xg_error err;

    if (is_made)
        return;
    is_made = mkdtemp(dir);
    assert(is_made);
    xg_log_open(&the_log, "fuzz");
    assert(xg_ctx_open(&ctx, 8, &the_log, &err) == 0);
    atexit(end);
}

/* Name, kind, length, contents. */
static void make_file(struct fuzz_input *input, struct file *file)
{
    char name[64];
    const char *suffix;
    unsigned int kind;
    size_t bytes;

    *file = (struct file){ .fd = -1 };
    fuzz_take_text(input, '\n', name, sizeof(name) - sizeof(".numa"));
    kind = (unsigned int)fuzz_take(input, 1);
    bytes = (size_t)fuzz_take(input, 2);
    bytes = bytes < input->bytes ? bytes : input->bytes;
    if (!*name || strchr(name, '/') || !strcmp(name, ".") ||
        !strcmp(name, ".."))
        return;
    if (kind & 1)
        strcat(name, ".numa");

    snprintf(file->path, sizeof(file->path), "%s/%s", dir, name);
    file->fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->fd < 0)
        return;
    assert(write(file->fd, input->data, bytes) == (ssize_t)bytes);
    input->data += bytes;
    input->bytes -= bytes;
    suffix = strrchr(name, '.');
    file->is_ours = suffix && !strcmp(suffix, ".numa");
    file->is_held = kind & 2;
    if (file->is_held)
        assert(flock(file->fd, LOCK_EX | LOCK_NB) == 0);
}

/* A file is there still unless it is a reservation that nobody holds. */
static void take_away(const struct file *file)
{
    bool is_gone = unlink(file->path) < 0;

    assert(is_gone == (file->is_ours && !file->is_held));
    assert(close(file->fd) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = { data, bytes };
    const struct numa_reserve own = { .fd = -1 };
    uint64_t pages[NUMA_NODES_MAX], looked[NUMA_NODES_MAX];
    bool any_held = false;
    struct xg_error err;

    begin();
    for (unsigned int i = 0; i < FILES_MAX; i++) {
        make_file(&input, &files[i]);
        any_held |= files[i].fd >= 0 && files[i].is_ours && files[i].is_held;
    }
    assert(numa_reserve_look(&ctx, dir, looked, &err) == 0);
    for (unsigned int i = 0; i < FILES_MAX; i++)
        assert(files[i].fd < 0 || access(files[i].path, F_OK) == 0);
    assert(numa_reserve_sum(&ctx, dir, &own, pages, &err) == 0);
    assert(!memcmp(pages, looked, sizeof(pages)));
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        assert(any_held || !pages[node]);
    for (unsigned int i = 0; i < FILES_MAX; i++)
        if (files[i].fd >= 0)
            take_away(&files[i]);
    return 0;
}
