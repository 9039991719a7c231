/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * progress.h - how far a build or restore has come, for somebody who watches it
 * on a terminal.
 *
 * One line of less than 80 columns, which is written over at most four times a
 * second, without colours or escape sequences, and blanked in the end. */
#ifndef XG_PROGRESS_H
#define XG_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"

/* Of pages that are taken from whichever node Xen likes. */
#define PROGRESS_ANY_NODE (-1)

/* Where a pointer to it is NULL, nobody watches, and the calls do nothing. */
struct progress {
    int fd;               /* borrowed */
    uint64_t total_pages; /* that are expected */
    bool is_limit;        /* they may come to be fewer */
    uint64_t pages;       /* that have been taken */
    long long start_ms, next_ms;
    int shown_columns; /* of the line that is there */
};

/* Whether a line that is written over makes sense on this fd: it is a terminal,
 * and no dumb one. */
bool progress_can_show(int fd);

/* From now on, on this fd. */
void progress_begin(struct progress *progress, int fd);

/* How many pages are to be taken, or at most. */
void progress_expect(struct progress *progress, uint64_t pages, bool is_limit);

/* So many more pages have been taken from the node. A terminal that is stopped
 * is not waited for. */
void progress_took(struct progress *progress, int node, uint64_t pages);

/* The line goes, and no other one comes: what is written next begins where it
 * did. */
void progress_end(struct progress *progress);

#define cleanup_progress xg_cleanup(progress_end)

#endif
