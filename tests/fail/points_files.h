/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * points_files.h - which source file a call came from. */
#ifndef POINTS_FILES_H
#define POINTS_FILES_H

/* Reads the linker's map of this program, which stands beside it. */
void points_files_read(void);

/* The name of the source file whose code returns there, such as "log.c"; empty
 * for NULL. */
const char *points_file_of(const void *from);

#endif
