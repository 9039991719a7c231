/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * emumigrate.c - migrates between two xenguests in listen mode, as emu-manager
 * does: the source's and the target's, connected by a pair of sockets. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "emu.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where the known clients end the live stage. */
#define LIVE_ITERATIONS 4
#define LIVE_PAGES 50

static const struct option long_options[] = {
    { "source", required_argument, NULL, 's' },
    { "target", required_argument, NULL, 't' },
    { "ports", required_argument, NULL, 'p' },
    { "mem-pnode", required_argument, NULL, 'm' },
    { "suspend", required_argument, NULL, 'S' },
    { "style", required_argument, NULL, 'y' },
    { "at", required_argument, NULL, 'a' },
    { "do", required_argument, NULL, 'd' },
    { "cut", required_argument, NULL, 'c' },
    { "flip", required_argument, NULL, 'f' },
    { 0 },
};

static struct settings {
    const char *source, *target; /* sockets */
    const char *ports;           /* STORE,CONSOLE */
    const char *mem_pnode;       /* as XCP-ng's client sends it, or NULL */
    const char *suspend;         /* a command */
    const char *style; /* xenserver, xcpng, suspend-first or nonlive */
    const char *at;    /* the phase to do something else in */
    const char *act;   /* abort, leave */
    long cut, flip;    /* an offset in the stream; -1: none */
} set = { .style = "xcpng", .act = "abort", .cut = -1, .flip = -1 };

static struct emu source, target;

static struct progress {
    long events, iterations, sent, remaining; /* iterations: passes done */
    long start_ms, end_ms;                    /* of the save */
    long last_ms, longest_gap_ms;             /* between two events */
} progress;

/* Ends whatever server is still there, as the clients do. */
static void fail(const char *what)
{
    static const char last[] =
        "{\"execute\":\"migrate_abort\"}{\"execute\":\"quit\"}";

    fprintf(stderr, "emumigrate: %s\n", what);
    (void)!write(source.fd, last, strlen(last));
    (void)!write(target.fd, last, strlen(last));
    exit(1);
}

/* A number of an event's data, in which each key is there once. */
static long number_in(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

static void note_time(void)
{
    long now_ms = emu_now_ms();

    if (progress.last_ms && now_ms - progress.last_ms > progress.longest_gap_ms)
        progress.longest_gap_ms = now_ms - progress.last_ms;
    progress.last_ms = now_ms;
}

/* Each event is as specified to the byte, and no sum less than one before. */
static void note_progress(const char *line)
{
    long sent = number_in(line, "\"sent\":");
    char wanted[160];

    progress.remaining = number_in(line, "\"remaining\":");
    progress.iterations = number_in(line, "\"iteration\":");
    snprintf(wanted, sizeof(wanted),
             "{\"event\":\"MIGRATION\",\"data\":{\"sent\":%ld,"
             "\"remaining\":%ld,\"iteration\":%ld}}",
             sent, progress.remaining, progress.iterations);
    if (strcmp(line, wanted) || sent < progress.sent ||
        (progress.remaining < 0 && progress.iterations > 0)) {
        fprintf(stderr, "emumigrate: after %ld sent: %s\n", progress.sent,
                line);
        fail("not an event as specified");
    }
    progress.events++;
    progress.sent = sent;
    note_time();
}

/* Waits for the reply to a command; events may come before it. */
static void expect_return(struct emu *emu, const char *command)
{
    const char *line;

    while ((line = emu_line(emu, EMU_LIMIT_MS))) {
        if (!strcmp(line, "{\"return\":{}}"))
            return;
        if (strncmp(line, "{\"event\":\"MIGRATION\"", 20)) {
            fprintf(stderr, "emumigrate: %s: %s\n", command, line);
            fail("not what it should have answered");
        }
        note_progress(line);
    }
    fprintf(stderr, "emumigrate: no reply to %s\n", command);
    fail("a server is gone");
}

static void command_fd(struct emu *emu, const char *command, int fd)
{
    bool xenserver = !strcmp(set.style, "xenserver");
    char text[256];
    int bytes = snprintf(text, sizeof(text), "{ \"execute\" : \"%s\"%s}",
                         command, xenserver ? "" : " ");

    if (!emu_send(emu, text, (size_t)bytes, &fd, fd >= 0 ? 1 : 0))
        fail("a server is gone");
    expect_return(emu, command);
}

static void command(struct emu *emu, const char *name)
{
    command_fd(emu, name, -1);
}

/* Does what was asked for in a phase, if this is the one. */
static void phase(const char *name)
{
    if (!set.at || strcmp(set.at, name))
        return;
    if (!strcmp(set.act, "leave"))
        exit(0);
    command(&source, "migrate_abort");
    command(&source, "quit");
    while (emu_line(&source, EMU_LIMIT_MS))
        ;
    puts("aborted");
    exit(0);
}

static void suspend(void)
{
    if (system(set.suspend) != 0)
        fail("the guest does not suspend");
}

/* The stream from one socket to the other, cut or with one bit wrong. */
static void relay(int from, int to)
{
    char block[65536];
    long done = 0;
    ssize_t bytes;

    while ((bytes = read(from, block, sizeof(block))) > 0) {
        if (set.flip >= done && set.flip < done + bytes)
            block[set.flip - done] ^= 0x10;
        if (set.cut >= 0 && done + bytes > set.cut)
            bytes = set.cut - done;
        for (ssize_t at = 0, now; at < bytes; at += now) {
            now = write(to, block + at, (size_t)(bytes - at));
            if (now <= 0)
                _exit(1);
        }
        done += bytes;
        if (done == set.cut)
            break;
    }
    _exit(0);
}

static void hand_over_stream(void)
{
    int out[2], in[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0)
        fail("socketpair");

    if (set.cut < 0 && set.flip < 0) {
        command_fd(&source, "migrate_init", out[0]);
        command_fd(&target, "migrate_init", out[1]);
    } else {
        if (fork() == 0) {
            close(out[0]);
            close(in[1]);
            relay(out[1], in[0]);
        }
        command_fd(&source, "migrate_init", out[0]);
        command_fd(&target, "migrate_init", in[1]);
    }
    close(out[0]);
    close(out[1]);
    close(in[0]);
    close(in[1]);
}

static void start_target(void)
{
    char text[256], pnode[64] = "";
    char *comma = strchr(set.ports, ',');
    int bytes;

    if (set.mem_pnode)
        snprintf(pnode, sizeof(pnode), ", \"mem_pnode\":\"%s\"", set.mem_pnode);
    bytes = snprintf(text, sizeof(text),
                     "{ \"execute\" : \"set_args\", \"arguments\" : { "
                     "\"store_port\":\"%.*s\", \"console_port\":\"%s\"%s } }",
                     (int)(comma - set.ports), set.ports, comma + 1, pnode);

    if (!emu_send(&target, text, (size_t)bytes, NULL, 0))
        fail("a server is gone");
    expect_return(&target, "set_args");
    command(&target, "restore");
}

/* Whether the client has the guest paused after an event. XCP-ng's takes a
 * remaining of -1 for one below the limit. */
static bool ends_live_stage(void)
{
    if (progress.iterations == 0)
        return false;
    if (progress.iterations >= LIVE_ITERATIONS)
        return true;
    if (!strcmp(set.style, "xenserver"))
        return 0 <= progress.remaining && progress.remaining < LIVE_PAGES;
    return progress.remaining <= LIVE_PAGES;
}

static void live_stage(void)
{
    const char *line;

    command(&source, "track_dirty");
    command(&source, "migrate_progress");
    phase("init");
    command(&source, "migrate_live");
    note_time();
    progress.start_ms = progress.last_ms;

    do {
        line = emu_line(&source, EMU_LIMIT_MS);
        if (!line)
            fail("the source gave up");
        note_progress(line);
        phase("live");
        if (progress.iterations >= 2)
            phase("dirty");
    } while (!ends_live_stage());
}

/* The completion event of one end; its line, or NULL. */
static const char *completed(struct emu *emu)
{
    const char *line;

    while ((line = emu_line(emu, EMU_LIMIT_MS))) {
        if (strstr(line, "\"status\":\"completed\""))
            return line;
        note_progress(line);
    }
    return NULL;
}

static void stop_and_copy(void)
{
    if (strcmp(set.style, "suspend-first")) {
        command(&source, "migrate_pause");
        phase("pause");
        suspend();
    } else {
        suspend();
        command(&source, "migrate_pause");
    }
    phase("suspended");
    command(&source, "migrate_paused");
    if (!strcmp(set.style, "nonlive")) {
        command(&source, "migrate_progress");
        command(&source, "migrate_nonlive");
        note_time();
        progress.start_ms = progress.last_ms;
    }
    phase("final");
}

static void migrate(void)
{
    long began = emu_now_ms(), paused, passes;
    const char *line;

    hand_over_stream();
    start_target();
    if (strcmp(set.style, "nonlive"))
        live_stage();

    paused = emu_now_ms();
    passes = progress.iterations;
    stop_and_copy();
    if (!completed(&source))
        fail("the source failed");
    progress.end_ms = emu_now_ms();
    line = completed(&target);
    if (!line)
        fail("the target failed");

    line = strstr(line, "\"result\":\"");
    if (!line)
        fail("the target's completion has no result");
    line += strlen("\"result\":\"");
    printf("result %.*s\n", (int)strcspn(line, "\""), line);
    printf("events %ld iterations %ld sent %ld\n", progress.events,
           progress.iterations, progress.sent);
    printf("passes %ld longest_gap_ms %ld\n", passes, progress.longest_gap_ms);
    printf("total_ms %ld save_ms %ld down_ms %ld\n", emu_now_ms() - began,
           progress.end_ms - progress.start_ms, emu_now_ms() - paused);

    command(&source, "quit");
    command(&target, "quit");
    if (!emu_ends(&source) || !emu_ends(&target))
        fail("it does not quit");
}

int main(int argc, char *argv[])
{
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case 's':
            set.source = optarg;
            break;
        case 't':
            set.target = optarg;
            break;
        case 'p':
            set.ports = optarg;
            break;
        case 'm':
            set.mem_pnode = optarg;
            break;
        case 'S':
            set.suspend = optarg;
            break;
        case 'y':
            set.style = optarg;
            break;
        case 'a':
            set.at = optarg;
            break;
        case 'd':
            set.act = optarg;
            break;
        case 'c':
            set.cut = atol(optarg);
            break;
        case 'f':
            set.flip = atol(optarg);
            break;
        default:
            return 2;
        }
    }
    if (!set.source || !set.target || !set.suspend || !set.ports ||
        !strchr(set.ports, ','))
        fail("--source SOCKET --target SOCKET --ports STORE,CONSOLE --suspend "
             "COMMAND [--mem-pnode NODE] [--style "
             "xenserver|xcpng|suspend-first|nonlive] [--at "
             "init|live|dirty|pause|suspended|final] [--do abort|leave] [--cut "
             "BYTE] [--flip BYTE]");

    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!emu_connect(&source, set.source) || !emu_connect(&target, set.target))
        return 1;
    migrate();
    return 0;
}
