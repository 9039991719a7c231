/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * control.h - the conversation with whoever started us. */
#ifndef XG_CONTROL_H
#define XG_CONTROL_H

#include <stdbool.h>

#include "error.h"

/* The control pipe of xenopsd or emu-manager. A line has a prefix that ends in
 * the first colon; `result:` or `error:` ends the work, and at most one of them
 * is ever written (a listen that ends well writes neither). Without an output
 * fd we were started by hand: results go to stdout. */
struct control {
    int in_fd;    /* -1: none */
    int out_fd;   /* -1: none */
    int error_fd; /* where the error: line goes; -1: nowhere */
    bool ended;   /* a result: or error: line is out, or a part of one */
};

/* Takes over the fds (borrowed, never closed) and makes them close-on-exec.
 * They may be non-blocking: what is said over them waits nevertheless. To be
 * called before we open anything, or an fd that the caller has closed may be
 * one of ours. Errors: EBADF for an fd that is not open, EPIPE for one whose
 * reader has already gone: nobody would learn the result of the work. */
int control_open(struct control *control, int in_fd, int out_fd,
                 struct xg_error *err);

/* Without an output fd: the error: line, and it alone, goes to this one if it
 * is open. For a -controloutfd that is malformed but still shows which fd is
 * meant. */
void control_guess(struct control *control, int fd);

/* Writes `result:<text>`, or <text> alone to stdout. Errors: write's; EPIPE
 * when the reader has gone. */
int control_result(struct control *control, const char *text,
                   struct xg_error *err);

/* Whether there are both control fds, to have a guest suspended over that is
 * not. Errors: ENOTCONN. */
int control_check(const struct control *control, struct xg_error *err);

/* Asks for the guest to be suspended, and waits until it is: writes `suspend:`,
 * and reads one line (xenopsd sends `done`). Errors: write's, and EPIPE when
 * the input ends before its line does. */
int control_suspend(struct control *control, struct xg_error *err);

/* Writes `error:<line>` unless a result or an error has been written before.
 * `line` holds no newline. A reader that has gone is no further failure. */
void control_error(struct control *control, const char *line);

#endif
