/* SPDX-License-Identifier: LGPL-2.1-or-later
 * log.c - what we say to syslog and to -debuglog. */
#include "log.h"

#include <errno.h>
#include <string.h>

/* xenopsd's operators see progress often enough with this. */
#define PROGRESS_INTERVAL_S 5

static void write_line(struct xg_log *log, int priority, char *line)
{
    xg_one_line(line);
    if (priority < LOG_DEBUG)
        syslog(priority, "%s", line);

    if (log->debug) {
        char stamp[32] = "";
        time_t now = time(NULL);
        struct tm tm;

        if (localtime_r(&now, &tm))
            strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S%z", &tm);
        fprintf(log->debug, "%s %s[%d]: %s\n", stamp, log->ident, (int)getpid(),
                line);
        fflush(log->debug);
    }
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
    char line[XG_LOG_LINE_BYTES];
    int used;

    used = snprintf(line, sizeof(line), "%s: ", context ? context : "xen");
    used += vsnprintf(line + used, sizeof(line) - used, fmt, ap);
    if (errnoval > 0 && used < (int)sizeof(line))
        snprintf(line + used, sizeof(line) - used, ": %s", strerror(errnoval));
    write_line(log, xtl_priority(level), line);
}

static void xtl_progressed(xentoollog_logger *xtl, const char *context,
                           const char *doing_what, int percent,
                           unsigned long done, unsigned long total)
{
    struct xg_log *log = (struct xg_log *)xtl;
    struct timespec now;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec < log->next_progress_s)
        return;

    log->next_progress_s = now.tv_sec + PROGRESS_INTERVAL_S;
    if (total)
        xg_info(log, "%s: %lu of %lu (%d%%)", doing_what, done, total, percent);
    else
        xg_info(log, "%s", doing_what);
}

void xg_log_open(struct xg_log *log, const char *ident)
{
    log->xtl.vmessage = xtl_message;
    log->xtl.progress = xtl_progressed;
    snprintf(log->ident, sizeof(log->ident), "%s", ident);
    openlog(log->ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

int xg_log_debuglog(struct xg_log *log, const char *path, struct xg_error *err)
{
    log->debug = fopen(path, "ae");
    if (!log->debug)
        return xg_fail(err, "open", errno, "-debuglog '%s': %s", path,
                       strerror(errno));
    return 0;
}

void xg_log_close(struct xg_log *log)
{
    if (log->debug)
        fclose(log->debug);
    log->debug = NULL;
    closelog();
}
