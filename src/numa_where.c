/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_where.c - the patience with other builders, which tests replace at link
 * time. */
#include "numa_where.h"

struct numa_patience numa_where_patience(void)
{
    /* Planning takes milliseconds: whoever holds the lock for a second hangs.
     */
    return (struct numa_patience){ .told_ms = 1000, .most_ms = 30000 };
}
