/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * sandbox.h - what the program gives up, as soon as it can do without.
 *
 * Three steps, each for good. What a kernel has not, or a container forbids, is
 * logged as a warning, and the guest is built nevertheless. A system call that
 * is refused later is logged by its name, and fails as one that the kernel does
 * not have (ENOSYS): whoever made it has a way without it, or fails as ever. */
#ifndef XG_SANDBOX_H
#define XG_SANDBOX_H

#include <stdbool.h>

#include "log.h"

struct sandbox {
    struct xg_log *log; /* borrowed; hears of refused calls to the end */
    bool can_lock;      /* memory, without a capability */
    bool removes;       /* names, after the seal */
    bool sealed;
};

/* All that follow take NULL, and do nothing then. */

/* The handles to Xen and Xenstore are open: no new privileges, no core dump,
 * and only those system calls that any mode needs. For threads made later too.
 */
void sandbox_begin(struct sandbox *sandbox, struct xg_log *log);

/* The files of others are open: no capabilities. For this thread, and those
 * that it makes later. */
void sandbox_drop(struct sandbox *sandbox);

/* A file of ours is there whose name we remove in the end: a reservation, the
 * listen mode's socket. Without this call the seal also forbids removing
 * files. */
void sandbox_will_remove(struct sandbox *sandbox);

/* All files are open: none is opened any more, by no thread, nor a socket but
 * for datagrams; this one removes only what is in our folder, and has no
 * capabilities. To be called before what others wrote is parsed; any further
 * time it does nothing. */
void sandbox_seal(struct sandbox *sandbox);

/* ---- the parts, in files of their own ---- */

/* Each is 0; or -1 and errno, ENOSYS where this build has no such part. */

/* Refuses system calls that no mode needs; the log hears of them. */
int sandbox_calls_limit(struct xg_log *log);
/* Refuses to open or make files and sockets, but for datagrams, to all threads;
 * unless it `removes` some, to remove files as well. */
int sandbox_calls_seal(bool removes);
/* Lets this thread change no folder but this one, if it is there, and take
 * nothing but names away from it. */
int sandbox_files_limit(const char *folder);

#endif
