/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * run.h - one run of the program, in a process of its own. */
#ifndef RUN_H
#define RUN_H

#include "points.h"
#include "scenarios.h"

#define RUN_TEXT_BYTES 2048

/* What it left; `seen` is what it told itself, in memory that is shared. */
struct run {
    struct points_seen *seen;
    int wait_status;
    /* Of the control channel, stderr and stdout. */
    char control[RUN_TEXT_BYTES], error[RUN_TEXT_BYTES], output[RUN_TEXT_BYTES];
    unsigned int files_left; /* reservations and sockets */
};

struct run run_make(void);
void run_free(struct run *run);

/* Makes the folder with all that runs are given; removes it. */
void run_make_world(void);
void run_remove_world(void);

/* Removes what earlier runs left on the host. */
void run_forget(void);

/* Forks; in it, calls main. Returns when the program has ended, and its client,
 * if the scenario has one. */
void run_start(const struct scenario *scenario,
               const struct points_order *order, struct run *run);

#endif
