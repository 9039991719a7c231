/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_protocol.c - run xenguest over two pipes and judge what it says.
 *
 * xenopsd shrugs at some of what is called a breach here: it stops reading at
 * the first result. A test has to see what comes after it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "vmctl_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_LINE 16384
#define MAX_ARGS 128

struct process {
    pid_t pid;
    int from;   /* xenguest's controloutfd, our end */
    int to;     /* xenguest's controlinfd, our end */
    FILE *said; /* its stdout and stderr */
    double started;
};

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The first finding stands: what follows from it is of less interest. */
static void __attribute__((format(printf, 3, 4)))
conclude(struct protocol_verdict *verdict, enum protocol_kind kind,
         const char *format, ...)
{
    va_list args;

    if (verdict->kind >= PROTOCOL_BREACH)
        return;

    verdict->kind = kind;
    va_start(args, format);
    vsnprintf(verdict->text, sizeof(verdict->text), format, args);
    va_end(args);
}

/* A decimal number and nothing else: no sign, no blank, no 0x. */
static const char *parse_frame(const char *text, uint64_t *frame)
{
    char *end;

    if (*text < '0' || *text > '9')
        return NULL;

    errno = 0;
    *frame = strtoull(text, &end, 10);
    return errno ? NULL : end;
}

static bool parse_result(const char *text, bool wants_abi,
                         struct protocol_verdict *verdict)
{
    text = parse_frame(text, &verdict->store_frame);
    if (!text || *text++ != ' ')
        return false;

    text = parse_frame(text, &verdict->console_frame);
    if (!text)
        return false;

    if (!wants_abi)
        return *text == '\0';

    if (strcmp(text, " x86_64-abi") && strcmp(text, " x86_32-abi"))
        return false;

    snprintf(verdict->abi, sizeof(verdict->abi), "%s", text + 1);
    return true;
}

/* "xenguest: <function>: [<code>] <text>" */
static bool error_in_form(const char *text)
{
    const char *code = strstr(text, ": [");
    size_t digits;

    if (strncmp(text, "xenguest: ", 10) || !code || code < text + 10)
        return false;

    code += 3;
    code += *code == '-';
    digits = strspn(code, "0123456789");
    return digits && code[digits] == ']' && code[digits + 1] == ' ' &&
           code[digits + 2];
}

static void judge_end(const struct protocol_job *job, bool is_result,
                      const char *line, const char *text,
                      struct protocol_verdict *verdict)
{
    if (is_result && !parse_result(text, job->wants_abi, verdict))
        conclude(verdict, PROTOCOL_BREACH, "malformed result: \"%s\"%s", line,
                 job->wants_abi ? " (two frames and the ABI expected)"
                                : " (two frames expected)");
    else if (!is_result && !error_in_form(text))
        conclude(verdict, PROTOCOL_BREACH, "malformed error: \"%s\"", line);
    else
        conclude(verdict, is_result ? PROTOCOL_RESULT : PROTOCOL_ERROR, "%s",
                 text);
}

size_t protocol_judge_line(const struct protocol_job *job, const char *line,
                           size_t length, struct protocol_verdict *verdict)
{
    static const char *const prefixes[] = {
        "result", "error", "suspend", "info", "stdout", "stderr",
    };
    const char *colon = memchr(line, ':', length);
    size_t prefix = colon ? (size_t)(colon - line) : 0;
    unsigned int i;

    for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
        if (strlen(prefixes[i]) == prefix && !memcmp(line, prefixes[i], prefix))
            break;

    if (memchr(line, '\0', length))
        conclude(verdict, PROTOCOL_BREACH, "a NUL in the line \"%s\"", line);
    else if (!colon)
        conclude(verdict, PROTOCOL_BREACH, "a line without a colon: \"%s\"",
                 line);
    else if (i == sizeof(prefixes) / sizeof(*prefixes))
        conclude(verdict, PROTOCOL_BREACH, "unknown prefix: \"%s\"", line);
    else if (verdict->kind != PROTOCOL_NOTHING)
        conclude(verdict, PROTOCOL_BREACH, "\"%s\" after the %s", line,
                 verdict->kind == PROTOCOL_RESULT ? "result" : "error");
    else if (i < 2)
        judge_end(job, i == 0, line, colon + 1, verdict);

    return verdict->kind == PROTOCOL_BREACH ? 0 : prefix;
}

static void handle_line(const struct protocol_job *job, struct process *proc,
                        const char *line, size_t length,
                        struct protocol_verdict *verdict)
{
    bool ended = verdict->kind != PROTOCOL_NOTHING;
    size_t prefix;

    if (job->verbose)
        fprintf(stderr, "xenguest> %s\n", line);

    prefix = protocol_judge_line(job, line, length, verdict);
    if (!ended && verdict->kind != PROTOCOL_NOTHING)
        verdict->seconds = now_s() - proc->started;

    if (prefix != strlen("suspend") || memcmp(line, "suspend", prefix))
        return;
    if (job->suspend && !job->suspend(job->suspend_data))
        conclude(verdict, PROTOCOL_CANNOT_RUN, "the guest does not suspend");
    else if (write(proc->to, "done\n", 5) != 5)
        conclude(verdict, PROTOCOL_BREACH,
                 "did not wait for the answer to suspend:");
}

/* Returns whether it ended within its time. */
static bool read_lines(const struct protocol_job *job, struct process *proc,
                       struct protocol_verdict *verdict)
{
    char buffer[MAX_LINE], *line, *end;
    size_t used = 0;
    ssize_t got;

    for (;;) {
        struct pollfd pfd = { .fd = proc->from, .events = POLLIN };
        double left = proc->started + job->timeout_s - now_s();

        if (left <= 0 || poll(&pfd, 1, (int)(left * 1000) + 1) == 0)
            return false;

        got = read(proc->from, buffer + used, sizeof(buffer) - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;

        used += (size_t)got;
        buffer[used] = '\0';
        for (line = buffer;
             (end = memchr(line, '\n', used - (size_t)(line - buffer)));
             line = end + 1) {
            *end = '\0';
            handle_line(job, proc, line, (size_t)(end - line), verdict);
        }
        used -= (size_t)(line - buffer);
        memmove(buffer, line, used + 1);

        if (used == sizeof(buffer) - 1) {
            conclude(verdict, PROTOCOL_BREACH,
                     "a line without an end: \"%.60s\"", buffer);
            used = 0;
        }
    }
    if (used)
        conclude(verdict, PROTOCOL_BREACH,
                 "last line without a newline: \"%s\"", buffer);
    return true;
}

/* Reaps the child; kills it when its time is over. */
static int wait_exit(const struct protocol_job *job, struct process *proc,
                     bool in_time, bool *killed)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    int status = 0;

    while (in_time && waitpid(proc->pid, &status, WNOHANG) == 0) {
        in_time = now_s() < proc->started + job->timeout_s;
        nanosleep(&pause, NULL);
    }
    *killed = !in_time;
    if (!in_time) {
        kill(proc->pid, SIGKILL);
        waitpid(proc->pid, &status, 0);
    }
    return status;
}

static void judge_exit(int status, struct protocol_verdict *verdict)
{
    int expected = verdict->kind == PROTOCOL_ERROR ? 1 : 0;

    if (WIFSIGNALED(status))
        conclude(verdict, PROTOCOL_BREACH, "killed by signal %d (%s) %s",
                 WTERMSIG(status), strsignal(WTERMSIG(status)),
                 verdict->kind == PROTOCOL_NOTHING ? "without a line"
                                                   : "after its last line");
    else if (verdict->kind == PROTOCOL_NOTHING)
        conclude(verdict, PROTOCOL_BREACH,
                 "ended with status %d without result: or error:",
                 WEXITSTATUS(status));
    else if (verdict->kind < PROTOCOL_BREACH && WEXITSTATUS(status) != expected)
        conclude(verdict, PROTOCOL_BREACH, "status %d after %s",
                 WEXITSTATUS(status), expected ? "an error" : "a result");
}

static void __attribute__((noreturn))
exec_xenguest(const struct protocol_job *job, int out, int in, FILE *said)
{
    char out_text[12], in_text[12];
    const char *argv[MAX_ARGS] = { 0 };
    unsigned int i, argc = 0;
    int null = open("/dev/null", O_RDONLY);

    snprintf(out_text, sizeof(out_text), "%d", out);
    snprintf(in_text, sizeof(in_text), "%d", in);
    argv[argc++] = job->path;
    argv[argc++] = "-controloutfd";
    argv[argc++] = out_text;
    argv[argc++] = "-controlinfd";
    argv[argc++] = in_text;
    for (i = 0; job->args[i] && argc < MAX_ARGS - 1; i++)
        argv[argc++] = job->args[i];

    dup2(null, STDIN_FILENO);
    dup2(fileno(said), STDOUT_FILENO);
    dup2(fileno(said), STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    execv(job->path, (char *const *)argv);
    _exit(127);
}

static bool start(const struct protocol_job *job, struct process *proc)
{
    int out[2], in[2];

    proc->said = tmpfile();
    if (!proc->said || pipe2(out, O_CLOEXEC) < 0)
        return false;
    if (pipe2(in, O_CLOEXEC) < 0) {
        close(out[0]);
        close(out[1]);
        return false;
    }

    proc->started = now_s();
    proc->pid = fork();
    if (proc->pid == 0) {
        fcntl(out[1], F_SETFD, 0);
        fcntl(in[0], F_SETFD, 0);
        exec_xenguest(job, out[1], in[0], proc->said);
    }
    close(out[1]);
    close(in[0]);
    proc->from = out[0];
    proc->to = in[1];
    return proc->pid > 0;
}

static void stop(struct process *proc, bool show)
{
    char line[1024];

    if (proc->said) {
        rewind(proc->said);
        while (show && fgets(line, sizeof(line), proc->said))
            fprintf(stderr, "xenguest's stderr> %s", line);
        fclose(proc->said);
    }
    if (proc->from >= 0)
        close(proc->from);
    if (proc->to >= 0)
        close(proc->to);
}

void protocol_run(const struct protocol_job *job,
                  struct protocol_verdict *verdict)
{
    struct process proc = { .from = -1, .to = -1 };
    bool in_time, killed;
    int status;

    *verdict = (struct protocol_verdict){ .kind = PROTOCOL_NOTHING };
    signal(SIGPIPE, SIG_IGN);

    if (access(job->path, X_OK) < 0) {
        conclude(verdict, PROTOCOL_CANNOT_RUN, "%s: %s", job->path,
                 strerror(errno));
        return;
    }
    if (start(job, &proc)) {
        in_time = read_lines(job, &proc, verdict);
        status = wait_exit(job, &proc, in_time, &killed);
        if (killed)
            conclude(verdict, PROTOCOL_BREACH, "killed: %s after %g s",
                     verdict->kind == PROTOCOL_NOTHING ? "no result"
                                                       : "still running",
                     job->timeout_s);
        judge_exit(status, verdict);
    } else {
        conclude(verdict, PROTOCOL_CANNOT_RUN, "cannot start %s: %s", job->path,
                 strerror(errno));
    }
    stop(&proc, job->verbose || verdict->kind == PROTOCOL_BREACH);
}
