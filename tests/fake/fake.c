/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake.c - the call log of the doubles, and their failures. */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FUNCTIONS_MAX 128
#define FAILURES_MAX 64

#define FAIL_SILENTLY -1 /* errno is left as it is */
#define FAIL_BY_DEATH -2
#define FAIL_BY_DELAY -3 /* it takes DELAY_MS, and does not fail */

#define DELAY_MS 300

static struct call_count {
    char function[48];
    unsigned int calls;
} counts[FUNCTIONS_MAX];

static struct failure {
    char function[48];
    unsigned int nth;
    int code;
    char message[256];
} failures[FAILURES_MAX];

bool (*fake_watch)(const char *function, const char *line);
void (*fake_watch_lent)(void *block, bool lent);

static size_t nr_failures;
static const char *message;

static const struct {
    const char *name;
    int code;
} codes[] = {
    { "NONE", FAIL_SILENTLY },
    { "DIE", FAIL_BY_DEATH },
    { "LATE", FAIL_BY_DELAY },
    { "EPERM", EPERM },
    { "ENOENT", ENOENT },
    { "ESRCH", ESRCH },
    { "EIO", EIO },
    { "E2BIG", E2BIG },
    { "EAGAIN", EAGAIN },
    { "ENOMEM", ENOMEM },
    { "EACCES", EACCES },
    { "EBUSY", EBUSY },
    { "EINVAL", EINVAL },
    { "ERANGE", ERANGE },
    { "ENOSYS", ENOSYS },
    { "EOPNOTSUPP", EOPNOTSUPP },
};

void fake_require(bool rule, const char *what)
{
    if (rule)
        return;
    fprintf(stderr, "fake: %s\n", what);
    _exit(FAKE_MISUSE);
}

static int code_of(const char *name)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (!strcmp(codes[i].name, name))
            return codes[i].code;
    fake_require(false, "unknown error name in a failure");
    return 0;
}

static void unescape(char *text)
{
    char *out = text;

    for (; *text; text++) {
        if (text[0] == '\\' && text[1] == 'n') {
            *out++ = '\n';
            text++;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

static void add_failure(const char *spec)
{
    struct failure *failure = &failures[nr_failures];
    char code[16];

    fake_require(nr_failures < FAILURES_MAX, "too many failures");
    fake_require(sscanf(spec, "%47[^:]:%u:%15[^:]:%255[^\n]", failure->function,
                        &failure->nth, code, failure->message) >= 3,
                 "a failure is function:n:ERROR[:message]");
    failure->code = code_of(code);
    unescape(failure->message);
    nr_failures++;
}

void fake_fail(const char *spec)
{
    char *all = strdup(spec);
    char *rest = all;

    for (char *one = strsep(&rest, ","); one; one = strsep(&rest, ","))
        if (*one)
            add_failure(one);
    free(all);
}

/* Before main, so that a failure of the first call is possible too. */
static __attribute__((constructor)) void read_failures(void)
{
    if (getenv("XG_FAKE_FAIL"))
        fake_fail(getenv("XG_FAKE_FAIL"));
}

void *fake_lend(void *block)
{
    if (block && fake_watch_lent)
        fake_watch_lent(block, true);
    return block;
}

void fake_take_back(void *block)
{
    if (block && fake_watch_lent)
        fake_watch_lent(block, false);
    free(block);
}

static struct call_count *count_of(const char *function)
{
    size_t i;

    for (i = 0; i < FUNCTIONS_MAX && counts[i].function[0]; i++)
        if (!strcmp(counts[i].function, function))
            return &counts[i];

    fake_require(i < FUNCTIONS_MAX, "too many functions");
    snprintf(counts[i].function, sizeof(counts[i].function), "%s", function);
    return &counts[i];
}

unsigned int fake_count(const char *function)
{
    return count_of(function)->calls;
}

const char *fake_message(void)
{
    return message && message[0] ? message : NULL;
}

/* Out of the way of a program that closes or inherits fds as it likes. */
#define LOG_FD 900

/* Before main: later the program may have lost the right to open it. */
static __attribute__((constructor)) void open_log(void)
{
    const char *path = getenv("XG_FAKE_LOG");
    int fd;

    if (!path)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    fake_require(fd >= 0 && dup3(fd, LOG_FD, O_CLOEXEC) == LOG_FD &&
                     close(fd) == 0,
                 "XG_FAKE_LOG can't be opened");
}

/* One write for a line. */
static void log_line(char *line)
{
    size_t bytes = strlen(line);

    if (!getenv("XG_FAKE_LOG"))
        return;
    while (bytes > 0 && line[bytes - 1] == ' ')
        bytes--;
    for (size_t i = 0; i < bytes; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[bytes++] = '\n';

    fake_require(write(LOG_FD, line, bytes) == (ssize_t)bytes,
                 "XG_FAKE_LOG can't be written");
}

/* As a read of what does not come yet: signals don't end it. */
static void delay(void)
{
    struct timespec left = { .tv_nsec = DELAY_MS * 1000000L };

    while (nanosleep(&left, &left) < 0)
        ;
}

bool fake_call(const char *function, const char *fmt, ...)
{
    unsigned int nth = ++count_of(function)->calls;
    int saved_errno = errno;
    char line[4096];
    va_list ap;
    int used;

    used = snprintf(line, sizeof(line), "%s ", function);
    va_start(ap, fmt);
    vsnprintf(line + used, sizeof(line) - used - 1, fmt, ap);
    va_end(ap);
    log_line(line);
    errno = saved_errno;

    for (size_t i = 0; i < nr_failures; i++) {
        if ((failures[i].nth && failures[i].nth != nth) ||
            strcmp(failures[i].function, function))
            continue;
        if (failures[i].code == FAIL_BY_DEATH)
            _exit(FAKE_DIED);
        if (failures[i].code == FAIL_BY_DELAY) {
            delay();
            continue;
        }
        if (failures[i].code != FAIL_SILENTLY)
            errno = failures[i].code;
        message = failures[i].message;
        return true;
    }
    message = NULL;
    return fake_watch && fake_watch(function, line);
}
