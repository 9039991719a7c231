/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * log.c - what we say to syslog and to -debuglog. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "log_where.h"

/* xenopsd's operators see progress often enough with this. */
#define PROGRESS_INTERVAL_S 5

/* A reader that is alive takes a line within this; one that did not is not
 * waited for again until it has taken one. */
#define PATIENCE_MS 500

/* A line with what is put before it. */
#define OUTPUT_BYTES (XG_LOG_LINE_BYTES + 128)

/* ---- sinks ---- */

static void sink_open(struct log_sink *sink, int fd)
{
    sink->fd = fd;
    sink->open = fd >= 0;
}

static void sink_close(struct log_sink *sink)
{
    if (sink->open)
        close(sink->fd);
    sink->open = false;
}

/* Whether there is room before the patience is over. */
static bool gets_room(int fd)
{
    struct pollfd room = { .fd = fd, .events = POLLOUT };
    int64_t until_ms = clock_ms() + PATIENCE_MS;
    int rc;

    do {
        int64_t left_ms = until_ms - clock_ms();

        rc = poll(&room, 1, left_ms > 0 ? (int)left_ms : 0);
    } while (rc < 0 && errno == EINTR);
    return rc > 0;
}

/* False if not all of it was taken; errno says why. */
static bool sink_write(const struct log_sink *sink, const char *text,
                       size_t bytes)
{
    while (bytes > 0) {
        ssize_t done = write(sink->fd, text, bytes);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno == EAGAIN && !sink->lost && gets_room(sink->fd))
            continue;
        if (done < 0)
            return false;
        text += done;
        bytes -= (size_t)done;
    }
    return true;
}

static struct tm local_time(void)
{
    time_t now = time(NULL);
    struct tm tm = { 0 };

    localtime_r(&now, &tm);
    return tm;
}

/* ---- syslog ---- */

/* The C library's syslog() waits for as long as nobody reads the daemon's
 * socket, hence one of our own. */
static void connect_syslog(struct log_sink *sink)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s",
             log_where_syslog());
    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        fd = -1;
    }
    sink_open(sink, fd);
}

/* In the form of RFC 3164 that the C library uses too. */
static bool put_syslog(struct xg_log *log, int priority, const char *line)
{
    struct log_sink *sink = &log->syslog;
    char text[OUTPUT_BYTES], when[32];
    struct tm tm = local_time();
    int bytes;

    strftime(when, sizeof(when), "%b %e %T", &tm);
    bytes =
        snprintf(text, sizeof(text), "<%d>%s %s[%d]: %s", LOG_DAEMON | priority,
                 when, log->ident, (int)getpid(), line);

    if (sink->open && sink_write(sink, text, (size_t)bytes))
        return true;
    if (sink->open && (errno == EAGAIN || errno == EINTR))
        return false;

    /* The daemon has gone; another one may have come. */
    sink_close(sink);
    connect_syslog(sink);
    return sink->open && sink_write(sink, text, (size_t)bytes);
}

/* ---- the debug log ---- */

static bool put_debug(struct xg_log *log, int priority, const char *line)
{
    struct log_sink *sink = &log->debug;
    char text[OUTPUT_BYTES], when[32];
    struct tm tm = local_time();
    int bytes;

    (void)priority;
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", &tm);
    /* The line that was lost first may be there in part. */
    bytes =
        snprintf(text, sizeof(text), "%s%s %s[%d]: %s\n",
                 sink->lost ? "\n" : "", when, log->ident, (int)getpid(), line);
    return sink_write(sink, text, (size_t)bytes);
}

/* ---- lines ---- */

static void deliver(struct xg_log *log, struct log_sink *sink,
                    bool (*put)(struct xg_log *, int, const char *),
                    int priority, const char *line)
{
    char lost[64];

    if (sink->lost) {
        snprintf(lost, sizeof(lost), "%lu lines were not taken, and are lost",
                 sink->lost);
        if (put(log, LOG_WARNING, lost))
            sink->lost = 0;
    }
    if (sink->lost || !put(log, priority, line))
        sink->lost++;
}

static void write_line(struct xg_log *log, int priority, char *line)
{
    /* A signal's handler logs from within what its thread does: not if that
     * is to write a line, with the lock held or about to be. */
    static _Thread_local volatile sig_atomic_t is_writing;
    int saved = errno;

    if (is_writing)
        return;
    is_writing = 1;
    xg_one_line(line);
    pthread_mutex_lock(&log->lock);
    if (priority < LOG_DEBUG || log->details)
        deliver(log, &log->syslog, put_syslog, priority, line);
    if (log->debug.open)
        deliver(log, &log->debug, put_debug, priority, line);
    pthread_mutex_unlock(&log->lock);
    is_writing = 0;
    errno = saved;
}

void xg_log_at(struct xg_log *log, int priority, const char *fmt, ...)
{
    char line[XG_LOG_LINE_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    write_line(log, priority, line);
}

static int xtl_priority(xentoollog_level level)
{
    if (level >= XTL_ERROR)
        return LOG_ERR;
    if (level >= XTL_WARN)
        return LOG_WARNING;
    return level >= XTL_INFO ? LOG_INFO : LOG_DEBUG;
}

static __attribute__((format(printf, 5, 0))) void
xtl_message(xentoollog_logger *xtl, xentoollog_level level, int errnoval,
            const char *context, const char *fmt, va_list ap)
{
    struct xg_log *log = (struct xg_log *)xtl;
    char line[XG_LOG_LINE_BYTES], *text;
    int used;

    used = snprintf(line, sizeof(line), "%s: ", context ? context : "xen");
    text = line + (used < (int)sizeof(line) ? used : (int)sizeof(line) - 1);
    used += vsnprintf(text, sizeof(line) - (size_t)(text - line), fmt, ap);
    if (level >= XTL_ERROR && !log->complaint[0])
        snprintf(log->complaint, sizeof(log->complaint), "%s", text);
    if (errnoval > 0 && used < (int)sizeof(line))
        snprintf(line + used, sizeof(line) - used, ": %s", strerror(errnoval));
    write_line(log, xtl_priority(level), line);
}

static void xtl_progressed(xentoollog_logger *xtl, const char *context,
                           const char *doing_what, int percent,
                           unsigned long done, unsigned long total)
{
    struct xg_log *log = (struct xg_log *)xtl;
    time_t now_s;

    (void)context;
    if (log->on_progress)
        log->on_progress(log->progress_data, done, total);

    now_s = clock_ms() / 1000;
    if (now_s < log->next_progress_s)
        return;
    log->next_progress_s = now_s + PROGRESS_INTERVAL_S;
    if (total)
        xg_info(log, "%s: %lu of %lu (%d%%)", doing_what, done, total, percent);
    else
        xg_info(log, "%s", doing_what);
}

void xg_log_open(struct xg_log *log, const char *ident)
{
    *log = (struct xg_log){
        .xtl = { .vmessage = xtl_message, .progress = xtl_progressed },
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    snprintf(log->ident, sizeof(log->ident), "%s", ident);
    connect_syslog(&log->syslog);
}

/* O_NONBLOCK: a FIFO that nobody reads is an error then, and what is full, or
 * stopped as a terminal is by ^S, does not stop us. Symbolic links are
 * followed: /dev/stderr is one. */
int xg_log_debuglog(struct xg_log *log, const char *path, struct xg_error *err)
{
    cleanup_close int fd = open(
        path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
        0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return xg_fail_errno(err, fd < 0 ? "open" : "fstat",
                             "-debuglog '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode))
        return xg_fail(err, __func__, EINVAL,
                       "-debuglog '%s' is not a file, pipe or terminal", path);
    sink_open(&log->debug, steal_fd(&fd));
    return 0;
}

void xg_log_close(struct xg_log *log)
{
    sink_close(&log->debug);
    sink_close(&log->syslog);
}
