/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * judge.h - whether a run went as it has to; if not, why is printed. */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>

#include "run.h"

/* From now on it is about this scenario. */
void judge_begin(const struct scenario *scenario);
void judge_end(void); /* and that is all of it */

/* A run in which nothing failed: it left nothing, and did its work. */
bool judge_good(const struct points_order *order, const struct run *run);

/* One in which a call failed; `good` is the run without. */
bool judge_failure(const struct points_order *order, const struct run *good,
                   const struct run *run);

/* One that died, and the next one. */
bool judge_death(const struct points_order *order, const struct run *dead);
bool judge_next(const struct points_order *order, const struct run *good,
                const struct run *next);

#endif
