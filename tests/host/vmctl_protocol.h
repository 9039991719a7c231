/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_protocol.h - run xenguest over two pipes and judge what it says. */
#ifndef VMCTL_PROTOCOL_H
#define VMCTL_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum protocol_kind {
    PROTOCOL_NOTHING, /* no result and no error so far */
    PROTOCOL_RESULT,
    PROTOCOL_ERROR,      /* xenguest said error:, in form and with status 1 */
    PROTOCOL_BREACH,     /* xenguest broke the contract */
    PROTOCOL_CANNOT_RUN, /* nothing can be said about xenguest */
};

struct protocol_job {
    const char *path;        /* the xenguest to run */
    const char *const *args; /* what follows the two control options */
    double timeout_s;        /* then SIGKILL, as xenopsd cancels a build */
    bool wants_abi;          /* a PV result ends in the guest's ABI */
    bool verbose;            /* show every line, and what went to stderr */
    bool (*suspend)(void *); /* does what suspend: asks for; NULL: nothing */
    void *suspend_data;
};

struct protocol_verdict {
    enum protocol_kind kind;
    uint64_t store_frame;
    uint64_t console_frame;
    char abi[16];    /* "" unless PV */
    char text[4096]; /* the error line, or what the breach was */
    double seconds;  /* from exec to the result or error line */
};

/* Runs the job to its end and fills the verdict. No Xen is needed for it. */
void protocol_run(const struct protocol_job *job,
                  struct protocol_verdict *verdict);

/* Judges one line without its newline; returns the prefix's length, or 0
 * when the line is a breach (the verdict then says so). */
size_t protocol_judge_line(const struct protocol_job *job, const char *line,
                           size_t length, struct protocol_verdict *verdict);

#endif
