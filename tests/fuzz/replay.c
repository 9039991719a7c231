/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * replay.c - runs a fuzz target over a folder of inputs, one test each: what
 * fuzzing once found stays found, on machines without a fuzzer too. Each input
 * is also run with some of its bytes changed, the same ones everywhere. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_BYTES_MAX (1 << 20)
#define NR_CHANGED 50

static uint32_t next(uint32_t *state)
{
    *state ^= *state << 13; /* xorshift32 */
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Bits are flipped, bytes are set, the end is cut off. */
static void run_changed(const uint8_t *data, size_t bytes, uint32_t *state)
{
    static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '0', '9' };
    uint8_t *changed = malloc(bytes);
    size_t left = next(state) % 4 ? bytes : next(state) % bytes + 1;

    if (!changed)
        exit(99);
    memcpy(changed, data, bytes);
    for (uint32_t nr = next(state) % 8 + 1; nr; nr--) {
        uint8_t *at = changed + next(state) % bytes;

        *at = next(state) % 2 ? *at ^ (uint8_t)(1u << next(state) % 8)
                              : odd[next(state) % sizeof(odd)];
    }
    LLVMFuzzerTestOneInput(changed, left);
    free(changed);
}

static int replay(const char *path)
{
    uint32_t state = 2463534242;
    uint8_t *data = malloc(INPUT_BYTES_MAX);
    FILE *file = fopen(path, "re");
    size_t bytes = file && data ? fread(data, 1, INPUT_BYTES_MAX, file) : 0;

    if (!file || !data)
        return 99;
    LLVMFuzzerTestOneInput(data, bytes);
    for (unsigned int i = 0; bytes && i < NR_CHANGED; i++)
        run_changed(data, bytes, &state);
    fclose(file);
    free(data);
    return 0;
}

/* Each in a process of its own: a crash is that input's alone. */
static int survives(const char *path)
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        exit(replay(path));
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(int argc, char *argv[])
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    struct dirent **names = NULL;
    int nr, tests = 0;

    nr = folder ? scandir(folder, &names, NULL, alphasort) : -1;
    for (int i = 0; i < nr; i++) {
        char path[4096];

        if (names[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
            tests++;
            printf("%s - %s\n", survives(path) ? "ok" : "not ok", path);
        }
        free(names[i]);
    }
    if (nr >= 0)
        free(names);
    return tests > 0 ? 0 : 99;
}
