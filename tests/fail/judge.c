/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * judge.c - whether a run went as it has to. */
#include "judge.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define MOST_REMARKS 40

static const struct scenario *scenario;
static unsigned int nr_remarks;

static void show(const char *what, const char *text)
{
    char all[RUN_TEXT_BYTES], *rest = all;

    snprintf(all, sizeof(all), "%s", text);
    for (const char *line; (line = strsep(&rest, "\n")) && *line;)
        printf("#   %s: %s\n", what, line);
}

static __attribute__((format(printf, 3, 4))) bool
remark(const struct points_order *order, const struct run *run, const char *fmt,
       ...)
{
    char why[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    if (++nr_remarks > MOST_REMARKS)
        return false;
    if (order->point)
        printf("# %s call %u of %s, %s (%d): ",
               order->fate == POINTS_DIE ? "death at" : "failure of",
               order->nth, order->point->call,
               *order->point->file ? order->point->file : "the doubles",
               order->code);
    else
        printf("# nothing fails: ");
    printf("%s\n", why);
    show("control", run->control);
    show("stderr", run->error);
    show("stdout", run->output);
    return false;
}

static bool left_nothing(const struct points_order *order,
                         const struct run *run)
{
    const struct points_seen *seen = run->seen;
    /* A name that can't be removed stays. */
    bool may_stay =
        order->fate == POINTS_FAIL && !strncmp(order->point->call, "unlink", 6);

    if (!WIFEXITED(run->wait_status) || WEXITSTATUS(run->wait_status) ||
        !seen->ended)
        return remark(order, run, "ended by itself: wait status %#x",
                      run->wait_status);
    if (seen->fds_left || seen->blocks_left || seen->mappings_left ||
        seen->threads_left || seen->timers_left)
        return remark(order, run,
                      "left: %u fds, %u blocks, %u mappings, %u threads, "
                      "%u timers",
                      seen->fds_left, seen->blocks_left, seen->mappings_left,
                      seen->threads_left, seen->timers_left);
    if (seen->fds_lost)
        return remark(order, run, "closed stdin, stdout or stderr");
    if (seen->wrote_elsewhere)
        return remark(order, run, "wrote into others' Xenstore nodes");
    if (run->files_left && !may_stay)
        return remark(order, run, "a reservation or socket is left");
    return true;
}

static unsigned long long number_of(const char *words, const char *key)
{
    const char *found = strstr(words, key);

    return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

/* What the domain is to have in the end: the same claim and result as without a
 * failure, or less where that has its reason. */
static bool has_its_own(const struct points_order *order,
                        const struct run *good, const struct run *run,
                        bool may_have_less)
{
    const struct points_seen *is = run->seen, *was = good->seen;

    if (is->claimed_pages > was->claimed_pages ||
        (is->claimed_pages < was->claimed_pages && !may_have_less))
        return remark(order, run, "%llu pages are claimed, not %llu",
                      is->claimed_pages, was->claimed_pages);
    if (is->published > was->published ||
        (is->published < was->published && !may_have_less))
        return remark(order, run, "a result is%s published",
                      is->published ? "" : " not");
    return true;
}

/* A result that it has from before. */
static bool had_result(void)
{
    return strstr(scenario->store, "numa/result/");
}

/* Of a guest that came to nothing: the toolstack's claim stays its own. */
static bool has_nothing(const struct points_order *order, const struct run *run)
{
    const struct points_seen *seen = run->seen;

    if (seen->claimed_pages > number_of(scenario->host, "claimed_pages="))
        return remark(order, run, "%llu pages are claimed",
                      seen->claimed_pages);
    /* What became of the client says nothing of the guest. */
    if (seen->published && !had_result() &&
        !(scenario->talk && *order->point->file))
        return remark(order, run, "a result is published");
    return true;
}

/* All that is on the control channel. Without one nothing is. */
static bool on_control(const struct run *run, const char *line)
{
    const char *control = run->control;

    if (!strstr(scenario->options, "-controloutfd"))
        return !*control;
    if (!strncmp(control, "suspend:\n", 9))
        control += 9;
    return !strncmp(control, "error:", 6) && !strcmp(control + 6, line);
}

/* There is one error line of the contract's form, with this call and, if there
 * is one, code. */
static bool told(const struct run *run, const char *call, int code)
{
    int bytes = (int)strcspn(call, " ");
    char form[128];

    if (code != POINTS_NO_ERRNO)
        snprintf(form, sizeof(form), "xenguest: %.*s: [%d] ", bytes, call,
                 code);
    else
        snprintf(form, sizeof(form), "xenguest: %.*s: [", bytes, call);
    return on_control(run, run->error) &&
           !strncmp(run->error, form, strlen(form)) &&
           strlen(run->error) > strlen(form) + 1 &&
           strchr(run->error, '\n') == strchr(run->error, '\0') - 1;
}

static bool is_in(const char *texts)
{
    char all[128], *rest = all;
    bool is = true;

    snprintf(all, sizeof(all), "%s", texts ? texts : "");
    for (const char *text; (text = strsep(&rest, "&"));) {
        bool others = *text == '!';

        text += others;
        is &= others !=
              (strstr(scenario->name, text) || strstr(scenario->store, text));
    }
    return is;
}

static bool is_so(const char *told_as, const struct run *run, bool same)
{
    bool good = run->seen->status == 0;

    if (!told_as)
        return same;
    if (*told_as == ':')
        return good && strstr(run->output, told_as + 1);
    return *told_as ? told(run, told_as, POINTS_NO_ERRNO)
                    : good && !*run->control;
}

/* Whether this is what consequences.c says of the call. */
static bool is_listed(const struct points_order *order, const struct run *run,
                      bool same)
{
    for (size_t i = 0; i < nr_consequences; i++) {
        const struct consequence *this = &consequences[i];

        if ((strcmp(this->call, "*") &&
             strcmp(this->call, order->point->call)) ||
            (strcmp(this->file, "*") &&
             strcmp(this->file, order->point->file)) ||
            (this->code && this->code != order->code) || !is_in(this->in))
            continue;
        if (is_so(this->told_as, run, same))
            return true;
    }
    return false;
}

/* libxenguest leaves errno alone: an older one is told for none of it. */
static int code_told(const struct points_order *order)
{
    return order->code == POINTS_NO_ERRNO ? EIO : order->code;
}

/* The same outcome; a line that could not be written is told on stderr. */
static bool is_same(const struct points_order *order, const struct run *good,
                    const struct run *run)
{
    const char *control = run->control;

    if (good->seen->status && !*control &&
        !strcmp(order->point->file, "control.c"))
        control = good->control;
    return run->seen->status == good->seen->status &&
           !strcmp(control, good->control) &&
           !strcmp(run->output, good->output);
}

bool judge_failure(const struct points_order *order, const struct run *good,
                   const struct run *run)
{
    const struct points_seen *seen = run->seen;
    bool same = is_same(order, good, run);
    bool listed;

    if (!left_nothing(order, run))
        return false;
    if (!seen->reached)
        return scenario->talk || remark(order, run, "was not reached");
    listed = is_listed(order, run, same);
    /* What comes after the result is a warning: the guest is there. */
    if (same && (listed || seen->after_result))
        return has_its_own(order, good, run, true);
    if (seen->after_result)
        return remark(order, run, "another outcome after the result");
    if (seen->status == 0 && !listed)
        return remark(order, run,
                      same ? "nothing comes of it" : "another outcome");
    if (seen->status > 1)
        return remark(order, run, "status %d", seen->status);
    if (!listed && !told(run, order->point->call, code_told(order)))
        return remark(order, run, "told as another");
    return has_nothing(order, run);
}

/* Of the next run after a death. */
bool judge_next(const struct points_order *order, const struct run *good,
                const struct run *next)
{
    if (!left_nothing(order, next))
        return false;
    if (next->seen->status != good->seen->status ||
        (strcmp(next->control, good->control) &&
         !(told(next, "migrate_abort", POINTS_NO_ERRNO) &&
           told(good, "migrate_abort", POINTS_NO_ERRNO))) ||
        (!scenario->talk && next->seen->calls_hash != good->seen->calls_hash))
        return remark(order, next, "the next run goes otherwise");
    return has_its_own(order, good, next, false);
}

/* Policy any without more is none. */
static bool is_placed(bool has_residual)
{
    bool any = strstr(scenario->store, "numa/policy=any ");

    if (strstr(scenario->options, "-mode plan"))
        return had_result();
    return strstr(scenario->options, "-mem_pnode") ||
           (strstr(scenario->store, "numa/policy=") && (!any || has_residual));
}

bool judge_good(const struct points_order *order, const struct run *run)
{
    /* What is aborted is an error. */
    int status = strstr(scenario->name, "abort") ? 1 : 0;

    unsigned long long residual = number_of(scenario->store, "residual-claim=");

    if (!left_nothing(order, run))
        return false;
    if (run->seen->status != status)
        return remark(order, run, "the run itself fails");
    if (run->seen->claimed_pages != residual)
        return remark(order, run, "%llu pages are claimed, not %llu",
                      run->seen->claimed_pages, residual);
    return run->seen->published == is_placed(residual) ||
           remark(order, run, "a result is%s published",
                  run->seen->published ? "" : " not");
}

bool judge_death(const struct points_order *order, const struct run *dead)
{
    int status = dead->wait_status;

    if (dead->seen->wrote_elsewhere)
        return remark(order, dead, "wrote into others' Xenstore nodes");
    if (!dead->seen->reached && scenario->talk)
        return left_nothing(order, dead);
    if (!dead->seen->reached)
        return remark(order, dead, "was not reached");
    return (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
           remark(order, dead, "did not die there: wait status %#x", status);
}

void judge_begin(const struct scenario *which)
{
    scenario = which;
    nr_remarks = 0;
}

void judge_end(void)
{
    if (nr_remarks > MOST_REMARKS)
        printf("# and %u more\n", nr_remarks - MOST_REMARKS);
}
