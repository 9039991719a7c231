/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * talk.h - a client of the listen mode. */
#ifndef TALK_H
#define TALK_H

/* Waits for a line on ready_fd, then says what the words stand for, hears out
 * each reply, and in the end says quit and hears out all that comes. Ends early
 * where the server has gone. init passes stream_fd; completed waits for that
 * event. After a refusal it says quit,
 * and goes. */
void talk(int ready_fd, int stream_fd, const char *words);

#endif
