/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * log_where.h - the path of syslog's socket, which tests replace at link time.
 */
#ifndef XG_LOG_WHERE_H
#define XG_LOG_WHERE_H

/* The path of syslog's socket. */
const char *log_where_syslog(void);

#endif
