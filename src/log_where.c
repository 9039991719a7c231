/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * log_where.c - what tests of the log have their own of. */
#include "log_where.h"

#include <syslog.h>

const char *log_where_syslog(void)
{
    return _PATH_LOG;
}
