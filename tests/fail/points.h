/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * points.h - the calls that a run of the program makes, as points where it can
 * be made to fail or die.
 *
 * A point is a call of a function from a source file, the nth one of that run:
 * each double's (tests/fake) and, by way of points_libc.c, each of the
 * program's own to the C library. They are counted, not listed: new code has
 * its points without a word here. */
#ifndef POINTS_H
#define POINTS_H

#include <stdbool.h>
#include <stddef.h>

#define POINTS_MAX 512

/* xc_domain_claim_pages for no pages. */
#define POINTS_GIVES_UP "xc_domain_claim_pages 0"

struct point {
    char call[48]; /* up to a blank, its function */
    char file[32]; /* empty for a double's, which many files may call */
    unsigned int times;
};

enum points_fate {
    POINTS_COUNT,
    POINTS_FAIL,
    POINTS_DIE,
};

#define POINTS_NO_ERRNO 0

/* What is to become of one of them. */
struct points_order {
    enum points_fate fate;
    const struct point *point;
    unsigned int nth; /* from 1 on */
    int code;         /* the errno, or POINTS_NO_ERRNO: stays as it was */
    bool log_too;     /* the log's own calls are points as well */
};

/* What a run was seen to do. In memory that the run shares with its judge. */
struct points_seen {
    struct point points[POINTS_MAX];
    unsigned int nr_points;
    unsigned long long calls_hash; /* of all that the doubles were asked */
    bool wrote_elsewhere;          /* than below its domain in Xenstore */
    bool result_out;               /* the result: line is */
    bool reached;                  /* the order was carried out, */
    bool after_result;             /* and when that was so already */
    bool ended;                    /* all that follows is filled in */
    int status;
    unsigned int blocks_left; /* the program's to free, or to give back */
    unsigned int mappings_left;
    unsigned int fds_left;
    unsigned int fds_lost; /* of stdin, stdout and stderr: closed */
    unsigned int threads_left;
    unsigned int timers_left;
    bool published;
    unsigned long long claimed_pages;
};

/* From now on, in this process. */
void points_begin(const struct points_order *order, struct points_seen *seen);

/* Fills in what is left of a run that ends with a status. */
void points_end(int status);

/* Whether this call is to fail; errno is then set. A call that is to die does
 * not return. `from` is where it returns to, NULL for a double's. */
bool points_fails(const char *call, const void *from);

/* What the program writes: a result: line is one that its caller has. */
void points_note_line(const char *text, size_t bytes);

/* The program's own blocks and mappings, and what libraries have handed out to
 * it, counted (points_libc.c). */
void points_note_lent(void *block, bool lent);
unsigned int points_blocks_left(void);
unsigned int points_mappings_left(void);

#endif
