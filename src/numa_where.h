/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_where.h - the patience with other builders, which tests replace at link
 * time. */
#ifndef XG_NUMA_WHERE_H
#define XG_NUMA_WHERE_H

#include "numa_lock.h"

/* How long a builder waits for the others' planning. */
struct numa_patience numa_where_patience(void);

#endif
