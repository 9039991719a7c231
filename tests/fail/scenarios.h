/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * scenarios.h - what the program is run for while its calls fail. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>

struct scenario {
    const char *name;
    /* Words with a blank between them; DIR/ is the run's own folder. With -fd
     * 10 comes a stream that holds a guest; 8 and 9 are the control fds. */
    const char *options;
    const char *host;  /* `key=value` words for the model (fake_model.c) */
    const char *store; /* the same for Xenstore, below the domain's path */
    const char *talk;  /* requests to a listen mode: see failing_calls.c */
    bool log_too;      /* see points.h */
    bool rival;        /* another builder has reserved memory */
};

extern const struct scenario scenarios[];
extern const size_t nr_scenarios;

/* Those that take turns: see failing_calls.c. */
extern const struct scenario more_scenarios[];
extern const size_t nr_more_scenarios;

/* What may come of a call's failure but an error that names it. */
struct consequence {
    const char *call, *file; /* no file: the Xen libraries; *: any */
    /* What the error line names; after a colon what stdout says in its place;
     * NULL: nothing comes of it; empty: no line, but no result either. */
    const char *told_as;
    /* Scenarios with this in their names or stores, after a ! without it, and
     * with what follows an & as well; NULL: any. */
    const char *in;
    int code; /* with this errno; 0: with any */
    const char *reason;
};

extern const struct consequence consequences[];
extern const size_t nr_consequences;

#endif
