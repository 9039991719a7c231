/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * emuclient.c - says to the listen mode's socket what a test wants, and
 * compares the answers byte by byte. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "emu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct emu emu;
static const char *path;

static void pause_ms(long ms)
{
    const struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&pause, NULL);
}

static bool say(const char *text)
{
    return emu_send(&emu, text, strlen(text), NULL, 0);
}

static bool say_bytes(const char *text)
{
    for (; *text; text++) {
        if (!emu_send(&emu, text, 1, NULL, 0))
            return false;
        pause_ms(1);
    }
    return true;
}

/* r:FILE w:FILE dir dgram epoll, or the number of an inherited fd */
static int open_fd(const char *name)
{
    if (!strncmp(name, "r:", 2))
        return open(name + 2, O_RDONLY | O_CLOEXEC);
    if (!strncmp(name, "w:", 2))
        return open(name + 2, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (!strcmp(name, "dir"))
        return open("/", O_RDONLY | O_CLOEXEC);
    if (!strcmp(name, "dgram"))
        return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (!strcmp(name, "epoll"))
        return epoll_create1(EPOLL_CLOEXEC);
    return atoi(name);
}

static bool say_with_fds(char *names, const char *text)
{
    int fds[EMU_FDS_MAX];
    size_t nr = 0;
    bool fine;

    for (char *name = strtok(names, ","); name && nr < EMU_FDS_MAX;
         name = strtok(NULL, ","))
        fds[nr++] = open_fd(name);
    fine = emu_send(&emu, text, strlen(text), fds, nr);
    while (nr > 0)
        close(fds[--nr]);
    return fine;
}

/* A server that has had enough of it may hang up in the middle. */
static bool say_garbage(size_t bytes)
{
    char block[4096];
    unsigned int seed = 1;

    while (bytes > 0) {
        size_t now = bytes < sizeof(block) ? bytes : sizeof(block);

        for (size_t i = 0; i < now; i++)
            block[i] = (char)(rand_r(&seed) >> 7);
        if (send(emu.fd, block, now, MSG_NOSIGNAL) < 0)
            return errno == EPIPE || errno == ECONNRESET;
        bytes -= now;
    }
    return true;
}

static bool hear(const char *wanted)
{
    const char *line = emu_line(&emu, EMU_LIMIT_MS);

    if (line && !strcmp(line, wanted))
        return true;
    fprintf(stderr, "emuclient: got %s, wanted %s\n", line ? line : "nothing",
            wanted);
    return false;
}

static bool hear_until(const char *text)
{
    const char *line;

    while ((line = emu_line(&emu, EMU_LIMIT_MS))) {
        puts(line);
        if (strstr(line, text))
            return true;
    }
    fprintf(stderr, "emuclient: got no line with %s\n", text);
    return false;
}

static bool hear_end(void)
{
    if (emu_ends(&emu))
        return true;
    fprintf(stderr, "emuclient: not the end, but %.*s\n", (int)emu.used,
            emu.bytes);
    return false;
}

static bool file_has(const char *name, const char *text)
{
    char line[1024];
    bool has = false;
    FILE *file = fopen(name, "re");

    while (file && !has && fgets(line, sizeof(line), file))
        has = strstr(line, text);
    if (file)
        fclose(file);
    return has;
}

static bool wait_for_text(const char *name, const char *text)
{
    long deadline_ms = emu_now_ms() + EMU_LIMIT_MS;

    while (!file_has(name, text)) {
        if (emu_now_ms() > deadline_ms) {
            fprintf(stderr, "emuclient: no \"%s\" in %s\n", text, name);
            return false;
        }
        pause_ms(10);
    }
    return true;
}

static bool print_line(void)
{
    const char *line = emu_line(&emu, EMU_LIMIT_MS);

    if (line)
        puts(line);
    return line;
}

/* Does one word with its arguments; returns how many arguments it took, or -1
 * if it failed. */
static int do_word(char **words)
{
    const char *word = words[0], *arg = words[1] ? words[1] : "";

    if (!strcmp(word, "say"))
        return say(arg) ? 1 : -1;
    if (!strcmp(word, "bytes"))
        return say_bytes(arg) ? 1 : -1;
    if (!strcmp(word, "fds") && words[1] && words[2])
        return say_with_fds(words[1], words[2]) ? 2 : -1;
    if (!strcmp(word, "garbage"))
        return say_garbage(strtoul(arg, NULL, 10)) ? 1 : -1;
    if (!strcmp(word, "hear"))
        return hear(arg) ? 1 : -1;
    if (!strcmp(word, "until"))
        return hear_until(arg) ? 1 : -1;
    if (!strcmp(word, "line"))
        return print_line() ? 0 : -1;
    if (!strcmp(word, "end"))
        return hear_end() ? 0 : -1;
    if (!strcmp(word, "shut"))
        return shutdown(emu.fd, SHUT_WR) == 0 ? 0 : -1;
    if (!strcmp(word, "again")) {
        close(emu.fd);
        return emu_connect(&emu, path) ? 0 : -1;
    }
    if (!strcmp(word, "when") && words[1] && words[2])
        return wait_for_text(words[1], words[2]) ? 2 : -1;
    if (!strcmp(word, "run"))
        return system(arg) == 0 ? 1 : -1;
    if (!strcmp(word, "sleep")) {
        pause_ms(atol(arg));
        return 1;
    }
    fprintf(stderr, "emuclient: what is %s?\n", word);
    return -1;
}

int main(int argc, char *argv[])
{
    if (argc < 2) {
        puts("usage: emuclient SOCKET WORD...\n"
             "  say TEXT | bytes TEXT (one by one) | fds FD,... TEXT\n"
             "  hear LINE | until TEXT | line (print it) | end | garbage N\n"
             "  shut (our half) | again (connect anew) | sleep MS | run "
             "COMMAND\n"
             "  when FILE TEXT (once a line of the file has it)\n"
             "FD: r:FILE w:FILE dir dgram epoll or a number");
        return 2;
    }

    path = argv[1];
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!emu_connect(&emu, path))
        return 1;
    for (int i = 2; i < argc; i++) {
        int taken = do_word(argv + i);

        if (taken < 0)
            return 1;
        i += taken;
    }
    return 0;
}
