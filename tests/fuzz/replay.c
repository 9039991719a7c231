/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * replay.c - runs a fuzz target over a folder of inputs, one test each: what
 * fuzzing once found stays found, on machines without a fuzzer too. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define INPUT_BYTES_MAX (1 << 20)

static int replay(const char *path)
{
    uint8_t *data = malloc(INPUT_BYTES_MAX);
    FILE *file = fopen(path, "re");
    size_t bytes = file && data ? fread(data, 1, INPUT_BYTES_MAX, file) : 0;

    if (!file || !data)
        return 99;
    LLVMFuzzerTestOneInput(data, bytes);
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
    const char *folder = argc > 1 ? argv[1] : getenv("FUZZ_CORPUS");
    struct dirent **names = NULL;
    int nr, tests = 0;

    nr = folder ? scandir(folder, &names, NULL, alphasort) : -1;
    for (int i = 0; i < nr; i++) {
        char path[4096];

        if (names[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
            tests++;
            printf("%s %d - %s\n", survives(path) ? "ok" : "not ok", tests,
                   names[i]->d_name);
        }
        free(names[i]);
    }
    if (nr >= 0)
        free(names);
    printf("1..%d\n", tests);
    return tests > 0 ? 0 : 99;
}
