/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xs_where.c - the patience with xenstored, which tests replace at link time.
 */
#include "xs_where.h"

/* A request takes less than a millisecond; behind many others, on a busy dom0,
 * perhaps a second. */
unsigned int xs_where_patience_ms(void)
{
    return 2000;
}
