/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xenguest.c - turns an empty Xen domain into a guest ready to run. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "by_hand.h"
#include "control.h"
#include "domain.h"
#include "listen.h"
#include "migrate_restore.h"
#include "migrate_save.h"
#include "migrate_stream.h"
#include "numbers.h"
#include "options.h"
#include "plan.h"

/* Of work that makes no guest. */
static const struct guest_rings no_rings = { 0 };

static int tell_result(const struct xg_ctx *ctx, struct control *control,
                       const struct guest_rings *rings, struct xg_error *err)
{
    char text[GUEST_RINGS_BYTES];

    progress_end(ctx->progress);
    guest_rings_format(rings, text);
    xg_info(ctx->log, "result %s", text);
    return control_result(control, text, err);
}

typedef int (*build_mode)(struct build *build, struct xg_error *err);

static int run_build(struct xg_ctx *ctx, const struct xg_options *opts,
                     struct control *control, build_mode builder,
                     struct xg_error *err)
{
    cleanup_build struct build build = { .ctx = ctx, .opts = opts };

    progress_expect(ctx->progress, (uint64_t)opts->mem_start_mib * MIB_PAGES,
                    false);
    if (builder(&build, err) < 0)
        return -1;

    /* Before build_free: the caller can go on while we unmap the guest. */
    if (tell_result(ctx, control, &build.rings, err) < 0)
        return -1;
    build_tell_others(&build);
    return 0;
}

static int suspend_by_control(void *data, struct xg_error *err)
{
    return control_suspend(data, err);
}

/* By hand, whoever saves a guest has suspended it before. */
static int suspend_is_done(void *data, struct xg_error *err)
{
    (void)data;
    (void)err;
    return 0;
}

static int run_save(struct xg_ctx *ctx, const struct xg_options *opts,
                    struct control *control, struct xg_error *err)
{
    struct migrate_save_ops ops = {
        .suspend = suspend_by_control,
        .data = control,
    };
    uint32_t flags = (uint32_t)opts->flags | (opts->live ? XCFLAGS_LIVE : 0) |
                     (opts->debug ? XCFLAGS_DEBUG : 0);

    /* Not first with all of a live guest in the stream. */
    if (control_check(control, err) < 0) {
        if (!domain_is_suspended_by_now(ctx))
            return -1;
        ops.suspend = suspend_is_done;
    }
    if (migrate_save_check(ctx, opts->force, err) < 0 ||
        migrate_save(ctx, opts->fd, flags, &ops, err) < 0)
        return -1;
    return tell_result(ctx, control, &no_rings, err);
}

static int run_restore(struct xg_ctx *ctx, const struct xg_options *opts,
                       struct control *control, struct xg_error *err)
{
    cleanup_restore struct migrate_restore restore = {
        .ctx = ctx,
        .fd = opts->fd,
        .store_port = opts->store_port,
        .store_domid = opts->store_domid,
        .console_port = opts->console_port,
        .console_domid = opts->console_domid,
        .mem_pnode = opts->mem_pnode,
    };

    if (migrate_restore(&restore, err) < 0)
        return -1;

    if (tell_result(ctx, control, &restore.rings, err) < 0)
        return -1;
    migrate_restore_tell_others(&restore);
    return 0;
}

static int run_resume(struct xg_ctx *ctx, const struct xg_options *opts,
                      struct control *control, struct xg_error *err)
{
    (void)opts;
    if (migrate_resume(ctx, err) < 0)
        return -1;
    return tell_result(ctx, control, &no_rings, err);
}

/* The final error, to everybody who is to know it. */
static void report(const struct xg_error *err, struct control *control,
                   struct xg_log *log)
{
    char line[XG_ERROR_LINE_BYTES];

    xg_error_format(err, line, sizeof(line));
    control_error(control, line);
    xg_log_at(log, LOG_ERR, "%s", line);
    /* emu-manager makes stderr the control channel, where nothing else may be
     * written. */
    if (control->error_fd != STDERR_FILENO)
        fprintf(stderr, "%s\n", line);
}

struct reporter {
    struct control *control;
    struct xg_log *log;
};

static void __attribute__((noreturn))
leave_now(void *data, const struct xg_error *err)
{
    const struct reporter *reporter = data;

    report(err, reporter->control, reporter->log);
    _exit(EXIT_FAILURE);
}

static int run_listen(struct xg_ctx *ctx, const struct xg_options *opts,
                      struct control *control, struct xg_error *err)
{
    struct reporter reporter = { control, ctx->log };
    const struct listen_leave leave = { leave_now, &reporter };

    return listen_serve(ctx, opts, &leave, err);
}

/* What it shows is for whoever asks; a caller with a control pipe, which may be
 * the same fd, hears of the end besides. */
static int run_plan(struct xg_ctx *ctx, const struct xg_options *opts,
                    struct control *control, struct xg_error *err)
{
    cleanup_plan struct plan_report report = { .ctx = ctx, .opts = opts };

    sandbox_drop(ctx->sandbox);
    if (plan_read(&report, err) < 0 ||
        (opts->json ? plan_write_json : plan_write_text)(&report, stdout, err) <
            0)
        return -1;
    return control->out_fd >= 0 ? tell_result(ctx, control, &no_rings, err) : 0;
}

static int run_test(struct xg_ctx *ctx, const struct xg_options *opts,
                    struct control *control, struct xg_error *err)
{
    (void)ctx;
    (void)opts;
    (void)control;
    return xg_fail(err, __func__, ENOSYS, "test mode not supported");
}

/* What -fd is to a mode. */
enum mode_stream {
    NO_STREAM,
    STREAM_OUT,
    STREAM_IN,
};

static const struct mode_run {
    const char *ident; /* the end of our name in syslog */
    enum mode_stream stream;
    int (*run)(struct xg_ctx *ctx, const struct xg_options *opts,
               struct control *control, struct xg_error *err);
    build_mode builder; /* instead */
} mode_runs[NR_MODES] = {
    [MODE_NONE] = { .ident = "" },
    [MODE_LINUX_BUILD] = { "-build", .builder = build_pv },
    [MODE_HVM_BUILD] = { "-build", .builder = build_hvm },
    [MODE_PVH_BUILD] = { "-build", .builder = build_pvh },
    [MODE_SAVE] = { "-save", STREAM_OUT, .run = run_save },
    [MODE_HVM_SAVE] = { "-save", STREAM_OUT, .run = run_save },
    [MODE_RESTORE] = { "-restore", STREAM_IN, .run = run_restore },
    [MODE_HVM_RESTORE] = { "-restore", STREAM_IN, .run = run_restore },
    [MODE_RESUME_SLOW] = { "-resume", .run = run_resume },
    [MODE_LISTEN] = { "-emp", .run = run_listen },
    [MODE_PLAN] = { "-plan", .run = run_plan },
    [MODE_TEST] = { "", .run = run_test },
};

static void log_command_line(struct xg_log *log, int argc, char *argv[])
{
    char line[XG_LOG_LINE_BYTES] = "";
    size_t used = 0;

    for (int i = 0; i < argc && used < sizeof(line); i++)
        used += (size_t)snprintf(line + used, sizeof(line) - used, " '%s'",
                                 argv[i]);
    xg_info(log, "xenguest %s, command line:%s", PACKAGE_VERSION, line);
}

/* By hand, on a terminal that is not full of a debug log. */
static bool is_watched(const struct control *control, const struct xg_log *log)
{
    return control->out_fd < 0 && progress_can_show(STDERR_FILENO) &&
           !(log->debug.open && isatty(log->debug.fd));
}

static int run_mode(const struct xg_options *opts, struct control *control,
                    struct xg_log *log, struct xg_error *err)
{
    const struct mode_run *mode = &mode_runs[opts->mode];
    cleanup_by_hand struct by_hand by_hand = { 0 };
    cleanup_ctx struct xg_ctx ctx = { 0 };
    cleanup_progress struct progress progress = { 0 };
    struct sandbox sandbox;

    log->details = opts->debug;
    if (opts->stray[0])
        xg_log_at(log, LOG_WARNING, "ignored, no options: %s", opts->stray);

    if (opts->spare_cmdline)
        xg_log_at(log, LOG_WARNING,
                  "-cmdline: '%s' is ignored: a second one that follows no "
                  "-module",
                  opts->spare_cmdline);

    /* The test mode has no domain, and needs none to fail. */
    if (mode->run != run_test &&
        xg_ctx_open(&ctx, (uint32_t)opts->domid, log, err) < 0)
        return -1;
    if (SANDBOX && !opts->no_sandbox)
        ctx.sandbox = &sandbox;
    else
        xg_info(log, "sandbox: none");
    sandbox_begin(ctx.sandbox, log);
    if (is_watched(control, log)) {
        progress_begin(&progress, STDERR_FILENO);
        ctx.progress = &progress;
    }
    if (by_hand_fill(&ctx, opts, &by_hand, err) < 0)
        return -1;
    opts = &by_hand.opts;
    return mode->builder ? run_build(&ctx, opts, control, mode->builder, err)
                         : mode->run(&ctx, opts, control, err);
}

/* Options that are answered at once. True if one was there. */
static bool answer(const struct xg_options *opts)
{
    if (opts->help)
        options_print_help(stdout);
    else if (opts->version)
        printf("xenguest %s\n", PACKAGE_VERSION);
    else
        return false;
    return true;
}

/* A toolstack takes anything but the word for a no. */
static int answer_supports(const char *feature)
{
    printf("%s\n", strcmp(feature, "migration-v2") ? "false" : "true");
    return 0;
}

static int prepare_stream(const struct xg_options *opts, struct xg_error *err)
{
    const struct mode_run *mode = &mode_runs[opts->mode];

    if (mode->stream == NO_STREAM)
        return 0;
    return migrate_stream_prepare(opts->fd, mode->stream == STREAM_OUT, err);
}

/* Started with 0, 1 or 2 closed: what we open next would be one of them, and
 * get what is meant for the caller or the terminal. */
static void fill_standard_fds(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* A diagnosis aid that can't be had stops no guest. */
static void open_debuglog(struct xg_log *log, const char *path,
                          const struct control *control)
{
    struct xg_error err;

    if (!path || xg_log_debuglog(log, path, &err) == 0)
        return;
    xg_one_line(err.text);
    xg_log_at(log, LOG_WARNING, "no debug log: %s", err.text);
    if (control->error_fd != STDERR_FILENO)
        fprintf(stderr, "xenguest: no debug log: %s\n", err.text);
}

/* Everything but the final error: 0 if the work is done and reported. Nothing
 * is opened before all fds that the caller names have been looked at: one that
 * is closed must not turn out to be one of ours. */
static int run(int argc, char *argv[], struct control *control,
               struct xg_log *log, struct xg_error *err)
{
    struct xg_early_options early;
    struct xg_options opts;
    struct xg_error unheard;
    char ident[48] = "xenguest";
    bool heard;
    int rc;

    /* First, so that whatever else is wrong is heard by the caller. */
    options_find_early(argc, argv, &early);
    if (early.supports)
        return answer_supports(early.supports);
    heard = control_open(control, early.controlinfd, early.controloutfd,
                         &unheard) == 0;
    control_guess(control, early.errorfd);
    rc = options_parse(argc, argv, &opts, err);
    if (!heard && !(rc == 0 && opts.mode == MODE_LISTEN)) {
        *err = unheard;
        rc = -1;
    }
    if (rc == 0 && answer(&opts))
        return 0;

    /* As far as they were read, for who looks for what became of a domain. */
    if (opts.domid >= 0)
        snprintf(ident, sizeof(ident), "xenguest-%d%s", opts.domid,
                 mode_runs[opts.mode].ident);
    if (rc == 0)
        rc = prepare_stream(&opts, err);
    fill_standard_fds();
    xg_log_open(log, ident);
    open_debuglog(log, early.debuglog, control);
    log_command_line(log, argc, argv);
    /* The listen mode, whose results go to its clients. */
    if (rc == 0 && !heard)
        xg_log_at(log, LOG_WARNING, "goes on without: %s", unheard.text);
    return rc == 0 ? run_mode(&opts, control, log, err) : -1;
}

int main(int argc, char *argv[])
{
    cleanup_log struct xg_log log = { 0 };
    struct control control;
    struct xg_error err = { 0 };

    /* Neither a reader that went away nor a limit on files' sizes may kill us
     * half-way: the write that meets it fails, and is told. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);

    if (run(argc, argv, &control, &log, &err) == 0)
        return EXIT_SUCCESS;

    report(&err, &control, &log);
    return EXIT_FAILURE;
}
