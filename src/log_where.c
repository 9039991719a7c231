/* SPDX-License-Identifier: LGPL-2.1-or-later
 * log_where.c - what tests of the log have their own of. */
#include "log_where.h"

#include <syslog.h>

const char *log_where_syslog(void)
{
    return _PATH_LOG;
}
