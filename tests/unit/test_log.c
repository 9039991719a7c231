/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * test_log.c - syslog and the debug log get whole lines, hear the libraries
 * too, and are never waited for. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "log_where.h"
#include "unit.h"

static char path[] = "/tmp/test_log.XXXXXX";
static char syslog_path[64];
static struct xg_log the_log;
static struct xg_error err;

static void setup(void)
{
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "before\n", 7), 7);
    close(fd);
    snprintf(syslog_path, sizeof(syslog_path), "%s.syslog", path);
    xg_log_open(&the_log, "xenguest-7-build");
    assert_fine(xg_log_debuglog(&the_log, path, &err), err);
}

static void teardown(void)
{
    xg_log_close(&the_log);
    unlink(path);
    unlink(syslog_path);
}

/* Something that happens while a line is written, which is logged too. */
static bool is_interrupted;
static unsigned int nr_connects;

/* In the program's place: asked for with a line in hand. */
const char *log_where_syslog(void)
{
    nr_connects++;
    if (is_interrupted)
        xg_info(&the_log, "from within");
    return syslog_path;
}

static int start_daemon(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    unlink(syslog_path);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", syslog_path);
    ck_assert_int_eq(
        bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* The next message that the daemon gets; "": none is there. */
static const char *heard(int daemon)
{
    static char text[XG_LOG_LINE_BYTES + 256];
    ssize_t bytes = recv(daemon, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[bytes > 0 ? bytes : 0] = '\0';
    return text;
}

/* The file now, and its number of lines. */
static const char *content(unsigned int *nr_lines)
{
    static char text[64 * XG_LOG_LINE_BYTES];
    FILE *file = fopen(path, "r");
    size_t bytes;

    ck_assert_ptr_nonnull(file);
    bytes = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[bytes] = '\0';

    *nr_lines = 0;
    for (size_t i = 0; i < bytes; i++)
        *nr_lines += text[i] == '\n';
    return text;
}

static __attribute__((format(printf, 4, 5))) void
library_says(xentoollog_level level, int errnoval, const char *context,
             const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    the_log.xtl.vmessage(&the_log.xtl, level, errnoval, context, fmt, ap);
    va_end(ap);
}

START_TEST(what_was_there_stays_and_lines_are_whole_at_once)
{
    unsigned int nr_lines;
    char wanted[80];

    xg_info(&the_log, "hello %d", 5);
    snprintf(wanted, sizeof(wanted), " xenguest-7-build[%d]: hello 5\n",
             (int)getpid());
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), wanted));
    ck_assert_int_eq(strncmp(content(&nr_lines), "before\n", 7), 0);
    ck_assert_uint_eq(nr_lines, 2);
}
END_TEST

/* As of a system call that is refused, or of a timer. */
START_TEST(a_line_from_within_a_line_is_not_waited_for)
{
    unsigned int nr_lines;

    is_interrupted = true;
    xg_info(&the_log, "one");
    is_interrupted = false;
    xg_info(&the_log, "later");
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), ": later\n"));
    ck_assert_uint_eq(nr_lines, 3);
}
END_TEST

START_TEST(a_message_is_one_line)
{
    unsigned int nr_lines;

    xg_log_at(&the_log, LOG_DEBUG, "one\ntwo\n");
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), ": one two \n"));
    ck_assert_uint_eq(nr_lines, 2);
}
END_TEST

START_TEST(the_libraries_messages_have_context_and_reason)
{
    unsigned int nr_lines;

    library_says(XTL_ERROR, ENOENT, "xc", "file '%s'\n", "x");
    library_says(XTL_DEBUG, -1, NULL, "detail");
    ck_assert_ptr_nonnull(strstr(content(&nr_lines),
                                 ": xc: file 'x' : No such file or directory"));
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), ": xen: detail\n"));
    ck_assert_uint_eq(nr_lines, 3);
}
END_TEST

START_TEST(a_message_that_is_too_long_is_cut)
{
    unsigned int nr_lines;
    char text[2 * XG_LOG_LINE_BYTES];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    library_says(XTL_ERROR, ENOENT, "xc", "%s", text);
    xg_info(&the_log, "%s", text);
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), "xxx\n"));
    ck_assert_uint_eq(nr_lines, 3);
}
END_TEST

static void progress(unsigned int percent)
{
    the_log.xtl.progress(&the_log.xtl, "xc", "Populating", (int)percent,
                         percent, 100);
}

/* However often it comes: at most every 5 s. */
START_TEST(progress_is_told_seldom)
{
    time_t from_s = (time_t)(clock_ms() / 1000);
    unsigned int nr_lines;

    progress(1);
    ck_assert_ptr_nonnull(
        strstr(content(&nr_lines), ": Populating: 1 of 100 (1%)\n"));
    ck_assert_uint_eq(nr_lines, 2);
    ck_assert_int_ge(the_log.next_progress_s, from_s + 5);
    ck_assert_int_le(the_log.next_progress_s, (time_t)(clock_ms() / 1000) + 5);

    /* In an hour: the machine that runs this may be slow. */
    the_log.next_progress_s += 3600;
    for (unsigned int i = 2; i < 100; i++)
        progress(i);
    content(&nr_lines);
    ck_assert_uint_eq(nr_lines, 2);

    the_log.next_progress_s = 0;
    progress(99);
    ck_assert_ptr_nonnull(
        strstr(content(&nr_lines), ": Populating: 99 of 100 (99%)\n"));
    ck_assert_uint_eq(nr_lines, 3);
}
END_TEST

START_TEST(progress_without_a_total_is_its_words)
{
    unsigned int nr_lines;

    the_log.xtl.progress(&the_log.xtl, "xc", "Start of stream", 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(content(&nr_lines), "]: Start of stream\n"));
}
END_TEST

START_TEST(a_debug_log_that_cannot_be_opened_is_an_error)
{
    struct xg_log other = { 0 };
    int rc = xg_log_debuglog(&other, "/nowhere/log", &err);

    assert_failed(rc, err, ENOENT, "-debuglog '/nowhere/log'");
}
END_TEST

START_TEST(a_debug_log_is_made_for_root_alone)
{
    struct xg_log other = { 0 };
    struct stat st;

    umask(0);
    unlink(path);
    assert_fine(xg_log_debuglog(&other, path, &err), err);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert(fcntl(other.debug.fd, F_GETFD) & FD_CLOEXEC);
    xg_log_close(&other);
}
END_TEST

START_TEST(what_no_log_can_be_is_an_error)
{
    struct xg_log other = { 0 };
    char text[64];

    assert_failed(xg_log_debuglog(&other, "/tmp", &err), err, EISDIR, "'/tmp'");
    assert_failed(xg_log_debuglog(&other, "", &err), err, ENOENT, "''");

    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    snprintf(text, sizeof(text), "-debuglog '%s'", path);
    assert_failed(xg_log_debuglog(&other, path, &err), err, ENXIO, text);
    ck_assert(!other.debug.open);
}
END_TEST

/* As /dev/stderr is, or a FIFO with `cat` behind it. */
START_TEST(a_pipe_that_somebody_reads_is_a_log)
{
    char name[32], text[256];
    ssize_t bytes;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
    xg_log_close(&the_log);
    assert_fine(xg_log_debuglog(&the_log, name, &err), err);
    xg_info(&the_log, "hello");
    bytes = read(ends[0], text, sizeof(text) - 1);
    ck_assert_int_gt(bytes, 0);
    text[bytes] = '\0';
    ck_assert_ptr_nonnull(strstr(text, ": hello\n"));
    assert_fine(xg_log_debuglog(&the_log, "/dev/null", &err), err);
}
END_TEST

static char *read_all(int fd)
{
    static char text[1 << 20];
    size_t used = 0;
    ssize_t bytes;

    fcntl(fd, F_SETFL, O_NONBLOCK);
    while ((bytes = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
        used += (size_t)bytes;
    text[used] = '\0';
    return text;
}

#define MANY 20000

START_TEST(a_debug_log_that_nobody_reads_stops_nothing)
{
    unsigned long lost = 0;
    const char *text;
    char name[32];
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
    xg_log_close(&the_log);
    assert_fine(xg_log_debuglog(&the_log, name, &err), err);
    for (int i = 1; i <= MANY; i++)
        xg_info(&the_log, "number %d", i);
    text = read_all(ends[0]);
    ck_assert_ptr_nonnull(strstr(text, ": number 1\n"));
    ck_assert_ptr_null(strstr(text, "lost"));

    /* It goes again, and says how many are missing. */
    xg_info(&the_log, "again");
    text = read_all(ends[0]);
    text = strstr(text, "]: ");
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(
        sscanf(text, "]: %lu lines were not taken, and are lost\n", &lost), 1);
    ck_assert_uint_gt(lost, 0);
    ck_assert_uint_lt(lost, MANY);
    ck_assert_ptr_nonnull(strstr(text, "]: again\n"));
}
END_TEST

static int drained_fd;

/* The reader, too: it gives room while we wait. */
static void on_alarm(int signal_number)
{
    (void)signal_number;
    (void)read_all(drained_fd);
}

START_TEST(a_signal_does_not_end_the_waiting)
{
    const struct sigaction heard = { .sa_handler = on_alarm };
    const struct itimerval soon = { .it_value = { .tv_usec = 10000 } };
    char name[32], full[4096] = "";
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
    xg_log_close(&the_log);
    assert_fine(xg_log_debuglog(&the_log, name, &err), err);
    while (write(the_log.debug.fd, full, sizeof(full)) > 0)
        ;
    drained_fd = ends[0];
    ck_assert_int_eq(sigaction(SIGALRM, &heard, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    xg_info(&the_log, "heard");
    ck_assert_ptr_nonnull(strstr(read_all(ends[0]), "]: heard\n"));
}
END_TEST

START_TEST(a_reader_that_leaves_stops_nothing)
{
    char name[32];
    int ends[2];

    signal(SIGPIPE, SIG_IGN); /* as main does */
    ck_assert_int_eq(pipe(ends), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
    xg_log_close(&the_log);
    assert_fine(xg_log_debuglog(&the_log, name, &err), err);
    close(ends[0]);
    errno = ERANGE;
    xg_info(&the_log, "to nobody");
    ck_assert_int_eq(errno, ERANGE); /* the caller's, still to be reported */
}
END_TEST

/* ---- syslog ---- */

START_TEST(syslog_hears_it_as_from_the_c_library)
{
    int daemon = start_daemon(), pid, used = 0;
    char month[4], line[80];
    const char *text;
    unsigned int priority, numbers[4];

    xg_log_open(&the_log, "xenguest-7-build");
    xg_info(&the_log, "hello\n%d", 5);
    text = heard(daemon);
    ck_assert_int_eq(sscanf(text, "<%u>%3s %2u %2u:%2u:%2u %79[^[][%d]: %n",
                            &priority, month, &numbers[0], &numbers[1],
                            &numbers[2], &numbers[3], line, &pid, &used),
                     8);
    ck_assert_uint_eq(priority, LOG_DAEMON | LOG_INFO);
    ck_assert_str_eq(line, "xenguest-7-build");
    ck_assert_int_eq(pid, getpid());
    ck_assert_str_eq(text + used, "hello 5");

    xg_log_at(&the_log, LOG_ERR, "bad");
    ck_assert_int_eq(strncmp(heard(daemon), "<27>", 4), 0);
    ck_assert_str_eq(heard(daemon), "");
}
END_TEST

START_TEST(details_go_to_syslog_if_asked_for)
{
    int daemon = start_daemon();

    xg_log_open(&the_log, "xenguest");
    library_says(XTL_DETAIL, -1, "domainbuilder", "a detail");
    library_says(XTL_DEBUG, -1, "xc", "less");
    ck_assert_str_eq(heard(daemon), "");

    the_log.details = true;
    library_says(XTL_DETAIL, -1, "domainbuilder", "a detail");
    ck_assert_ptr_nonnull(strstr(heard(daemon), ": domainbuilder: a detail"));
    library_says(XTL_DEBUG, -1, "xc", "less");
    ck_assert_ptr_nonnull(strstr(heard(daemon), ": xc: less"));
}
END_TEST

START_TEST(a_syslog_that_hangs_stops_nothing)
{
    int daemon = start_daemon();
    unsigned int nr_lines, nr_heard = 0, nr_lost = 0;
    const char *text;

    xg_log_open(&the_log, "xenguest");
    nr_connects = 0;
    assert_fine(xg_log_debuglog(&the_log, path, &err), err);
    for (int i = 1; i <= 3000; i++)
        xg_info(&the_log, "number %d", i);
    content(&nr_lines);
    ck_assert_uint_eq(nr_lines, 3001); /* nothing is missing in the other one */
    while (heard(daemon)[0])
        nr_heard++;
    ck_assert_uint_gt(nr_heard, 0);
    ck_assert_uint_lt(nr_heard, 3000);
    ck_assert_uint_eq(nr_connects, 0); /* it is there */

    xg_info(&the_log, "again");
    text = strstr(heard(daemon), "]: ");
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(sscanf(text, "]: %u lines were not taken", &nr_lost), 1);
    ck_assert_uint_eq(nr_heard + nr_lost, 3000);
    ck_assert_ptr_nonnull(strstr(heard(daemon), "]: again"));
}
END_TEST

static void on_tick(int signal_number)
{
    (void)signal_number;
}

/* Signals that come meanwhile don't make it longer. */
START_TEST(a_syslog_that_hangs_is_not_waited_for_for_ever)
{
    const struct itimerval often = { { 0, 20000 }, { 0, 20000 } },
                           never = { 0 };
    const struct sigaction interrupts = { .sa_handler = on_tick };

    start_daemon();
    xg_log_open(&the_log, "xenguest");
    ck_assert_int_eq(sigaction(SIGALRM, &interrupts, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (int i = 1; i <= 3000; i++)
        xg_info(&the_log, "number %d", i);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}
END_TEST

START_TEST(a_syslog_that_comes_back_is_found)
{
    int daemon = start_daemon();

    xg_log_open(&the_log, "xenguest");
    close(daemon);
    xg_info(&the_log, "one");
    unlink(syslog_path);
    xg_info(&the_log, "two");
    daemon = start_daemon();
    xg_info(&the_log, "three");
    ck_assert_ptr_nonnull(strstr(heard(daemon), "]: 2 lines were not taken"));
    ck_assert_ptr_nonnull(strstr(heard(daemon), "]: three"));
    ck_assert_str_eq(heard(daemon), "");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("log");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_there_stays_and_lines_are_whole_at_once);
    tcase_add_test(tcase, a_message_is_one_line);
    tcase_add_test(tcase, the_libraries_messages_have_context_and_reason);
    tcase_add_test(tcase, a_message_that_is_too_long_is_cut);
    tcase_add_test(tcase, progress_is_told_seldom);
    tcase_add_test(tcase, progress_without_a_total_is_its_words);
    tcase_add_test(tcase, a_debug_log_that_cannot_be_opened_is_an_error);
    tcase_add_test(tcase, a_debug_log_is_made_for_root_alone);
    tcase_add_test(tcase, what_no_log_can_be_is_an_error);
    tcase_add_test(tcase, a_pipe_that_somebody_reads_is_a_log);
    tcase_add_test(tcase, a_line_from_within_a_line_is_not_waited_for);
    tcase_add_test(tcase, a_debug_log_that_nobody_reads_stops_nothing);
    tcase_add_test(tcase, a_signal_does_not_end_the_waiting);
    tcase_add_test(tcase, a_reader_that_leaves_stops_nothing);
    tcase_add_test(tcase, syslog_hears_it_as_from_the_c_library);
    tcase_add_test(tcase, details_go_to_syslog_if_asked_for);
    tcase_add_test(tcase, a_syslog_that_hangs_stops_nothing);
    tcase_add_test(tcase, a_syslog_that_hangs_is_not_waited_for_for_ever);
    tcase_add_test(tcase, a_syslog_that_comes_back_is_found);
    return unit_run("log", tcase);
}
