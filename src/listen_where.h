/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_where.h - paths and patience of the listen mode, which tests replace
 * at link time. */
#ifndef XG_LISTEN_WHERE_H
#define XG_LISTEN_WHERE_H

#include <stddef.h>
#include <stdint.h>

/* The path of a domain's control socket. */
void listen_where_socket(uint32_t domid, char *path, size_t bytes);

/* The name of it that newer emu-managers connect to. */
void listen_where_second_name(uint32_t domid, char *path, size_t bytes);

/* How long the server waits for a client, in seconds. */
unsigned int listen_where_patience_s(void);

/* How long work that is aborted may take to end, in seconds. */
unsigned int listen_where_abort_limit_s(void);

#endif
