/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * run.c - one run of the program, in a process of its own. */
#include "run.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"
#include "numa_reserve.h"
#include "talk.h"

int xenguest_main(int argc, char *argv[]);

#define ARGS_MAX 64
/* No run takes as long on any machine. */
#define HANG_S 600

/* As the program is given them. */
enum {
    OUT_FD = 8,
    IN_FD = 9,
    STREAM_FD = 10,
    NR_FDS
};

static char dir[] = "/tmp/failing_calls.XXXXXX";
static int control_fd, error_fd, output_fd, answer_fd, stream_fd;

/* ---- the world ---- */

static void write_file(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    for (char *slash = path + strlen(dir) + 1; (slash = strchr(slash, '/'));
         *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(path, 0700);
    }
    file = fopen(path, "we");
    fake_require(file && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

static int open_buffer(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    fake_require(fd >= 0, "memfd_create");
    /* Out of the way of those that the program is given. */
    return fcntl(fd, F_DUPFD_CLOEXEC, 100);
}

static void set_variable(const char *variable, const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    setenv(variable, path, 1);
}

void run_make_world(void)
{
    static const char none[] =
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
    char bars[1024] =
        "0x00000000e0000000 0x00000000e3ffffff 0x0000000000040200\n";

    fake_require(mkdtemp(dir), "mkdtemp");
    for (int i = 0; i < 6; i++)
        strcat(bars, none);
    write_file("image", "\177ELF and so on");
    write_file("ramdisk", "a ramdisk");
    write_file("sys/bus/pci/devices/0000:03:00.0/resource", bars);
    write_file("sys/bus/pci/devices/0000:03:00.0/vendor", "0x10de\n");
    write_file("sys/bus/pci/devices/0000:03:00.0/device", "0x1eb8\n");
    set_variable("XENGUEST_RUN_DIR", "run");
    set_variable("XENGUEST_SYSFS", "sys");
    set_variable("XG_FAKE_SOCKET", "listen/control");
    set_variable("XG_FAKE_SYSLOG", "syslog");
    /* A client that comes is waited for, one that has gone is not. */
    setenv("XG_FAKE_WAIT", "600,0", 1);
    setenv("XG_FAKE_ABORT_LIMIT", "60", 1);

    control_fd = open_buffer("control");
    error_fd = open_buffer("error");
    output_fd = open_buffer("output");
    answer_fd = open_buffer("answer");
    stream_fd = open_buffer("stream");
}

static void remove_tree(const char *path)
{
    char inner[512];
    DIR *listing = opendir(path);

    for (const struct dirent *entry; listing && (entry = readdir(listing));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        if (unlink(inner) < 0)
            remove_tree(inner);
    }
    if (listing)
        closedir(listing);
    (void)rmdir(path);
}

/* A host that nobody has built on. */
void run_forget(void)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/run", dir);
    remove_tree(path);
    snprintf(path, sizeof(path), "%s/listen", dir);
    remove_tree(path);
}

/* ---- one run ---- */

/* `key=value` words; in a value @ stands for a blank. */
static void set_all(const char *words, const char *below,
                    void (*set)(const char *key, const char *value))
{
    char *all = strdup(words), *rest = all, key[256];

    for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');

        if (!value)
            continue;
        *value++ = '\0';
        for (char *at = value; (at = strchr(at, '@'));)
            *at = ' ';
        snprintf(key, sizeof(key), "%s%s", *word == '/' ? "" : below, word);
        set(key, value);
    }
    free(all);
}

static void fill(int fd, const char *text, size_t bytes)
{
    fake_require(ftruncate(fd, 0) == 0 &&
                     pwrite(fd, text, bytes, 0) == (ssize_t)bytes &&
                     lseek(fd, 0, SEEK_SET) == 0,
                 "a buffer can't be filled");
}

static void fill_stream(const char *options)
{
    /* See fake_migrate.c. */
    static const char magic[] = "xg-fake-stream\n";
    char stream[sizeof(magic) - 1 + 1 + 64 * 16] = "";

    memcpy(stream, magic, sizeof(magic) - 1);
    stream[sizeof(magic) - 1] = 'E';
    fill(stream_fd, stream,
         strstr(options, "restore") || strstr(options, "listen")
             ? sizeof(stream)
             : 0);
}

/* Becomes the program. */
static void __attribute__((noreturn))
be_program(const struct scenario *scenario, const struct points_order *order,
           struct points_seen *seen, int out_fd)
{
    static char text[2048];
    char *argv[ARGS_MAX] = { "xenguest" }, *rest = text, *to = text;
    int argc = 1;

    for (const char *from = scenario->options; *from;) {
        if (!strncmp(from, "DIR", 3))
            to = stpcpy(to, dir);
        else
            *to++ = *from;
        from += strncmp(from, "DIR", 3) ? 1 : 3;
    }
    for (char *word; (word = strsep(&rest, " "));)
        if (*word)
            argv[argc++] = word;

    set_all(scenario->host, "", fake_host_set);
    set_all(scenario->store, "/local/domain/7/", fake_store_set);
    dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
    dup2(out_fd, 1);
    dup2(error_fd, 2);
    close_range(3, OUT_FD - 1, 0);
    dup2(control_fd, OUT_FD);
    dup2(answer_fd, IN_FD);
    if (!scenario->talk)
        dup2(stream_fd, STREAM_FD);
    close_range(scenario->talk ? STREAM_FD : NR_FDS, ~0U, 0);
    alarm(HANG_S);
    points_begin(order, seen);
    points_end(xenguest_main(argc, argv));
    fflush(stdout);
    _exit(0);
}

static void read_back(int fd, char text[RUN_TEXT_BYTES])
{
    ssize_t bytes = pread(fd, text, RUN_TEXT_BYTES - 1, 0);

    text[bytes > 0 ? bytes : 0] = '\0';
}

#define RIVAL "8-1.numa"

/* As another builder's: there for as long as the fd that is returned. */
static int start_rival(void)
{
    const struct numa_reservation theirs = { .planned = 512,
                                             .pages = { [1] = 512 } };
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/run", dir);
    (void)mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/run/" RIVAL, dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    fake_require(fd >= 0 && flock(fd, LOCK_EX) == 0 &&
                     write(fd, &theirs, sizeof(theirs)) == sizeof(theirs),
                 "a rival's reservation can't be made");
    return fd;
}

static unsigned int count_reservations(void)
{
    char path[256];
    unsigned int nr = 0;
    DIR *listing;

    snprintf(path, sizeof(path), "%s/run", dir);
    listing = opendir(path);
    for (const struct dirent *entry; listing && (entry = readdir(listing));)
        nr += strstr(entry->d_name, ".numa") && strcmp(entry->d_name, RIVAL);
    if (listing)
        closedir(listing);
    snprintf(path, sizeof(path), "%s/listen/control", dir);
    return nr + (access(path, F_OK) == 0);
}

void run_start(const struct scenario *scenario,
               const struct points_order *order, struct run *run)
{
    int ready[2] = { -1, -1 };
    int rival = scenario->rival ? start_rival() : -1;
    pid_t program, client = 0;

    fill(control_fd, "", 0);
    fill(error_fd, "", 0);
    fill(output_fd, "", 0);
    fill(answer_fd, "done\n", 5);
    fill_stream(scenario->options);
    fflush(stdout);
    if (scenario->talk) {
        fake_require(pipe2(ready, O_CLOEXEC) == 0, "pipe2");
        client = fork();
        if (!client) {
            close(ready[1]);
            talk(ready[0], stream_fd, scenario->talk);
            _exit(0);
        }
        close(ready[0]);
    }
    program = fork();
    if (!program)
        be_program(scenario, order, run->seen,
                   scenario->talk ? ready[1] : output_fd);
    if (scenario->talk)
        close(ready[1]);
    waitpid(program, &run->wait_status, 0);
    if (client)
        waitpid(client, NULL, 0);
    read_back(control_fd, run->control);
    read_back(error_fd, run->error);
    read_back(output_fd, run->output);
    run->files_left = count_reservations();
    if (rival >= 0)
        close(rival);
}

struct run run_make(void)
{
    struct run run = {
        .seen = mmap(NULL, sizeof(*run.seen), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0),
    };

    fake_require(run.seen != MAP_FAILED, "mmap");
    return run;
}

void run_free(struct run *run)
{
    munmap(run->seen, sizeof(*run->seen));
}

void run_remove_world(void)
{
    remove_tree(dir);
}
