/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * log_where.c - the path of syslog's socket, which tests replace at link time.
 */
#include "log_where.h"

#include <syslog.h>

const char *log_where_syslog(void)
{
    return _PATH_LOG;
}
