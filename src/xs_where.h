/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xs_where.h - the patience with xenstored, which tests replace at link time.
 */
#ifndef XG_XS_WHERE_H
#define XG_XS_WHERE_H

/* For how long xenstored may leave a request without an answer before that is
 * told. */
unsigned int xs_where_patience_ms(void);

#endif
