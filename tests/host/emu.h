/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * emu.h - a client of xenguest's listen mode, as emu-manager is one. */
#ifndef EMU_H
#define EMU_H

#include <stdbool.h>
#include <stddef.h>

#define EMU_FDS_MAX 8

/* A connection, with the bytes that have come but are no whole line yet. */
struct emu {
    int fd;
    size_t used;
    char bytes[65536];
};

/* Each says on stderr what went wrong. How long to wait for a line at most. */
#define EMU_LIMIT_MS 600000

bool emu_connect(struct emu *emu, const char *path);

/* Sends text, with fds if there are any. */
bool emu_send(struct emu *emu, const char *text, size_t bytes, const int *fds,
              size_t nr_fds);

/* The next line without its newline, valid until the next call; NULL at the
 * end or when nothing comes within limit_ms. */
const char *emu_line(struct emu *emu, int limit_ms);

/* True if the server closes the connection, and says nothing before it. */
bool emu_ends(struct emu *emu);

long emu_now_ms(void);

#endif
