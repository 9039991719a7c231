/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * log_where.h - what tests of the log have their own of. */
#ifndef XG_LOG_WHERE_H
#define XG_LOG_WHERE_H

/* The path of syslog's socket. */
const char *log_where_syslog(void);

#endif
