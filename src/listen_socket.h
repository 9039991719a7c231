/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_socket.h - the listen mode's socket file. */
#ifndef XG_LISTEN_SOCKET_H
#define XG_LISTEN_SOCKET_H

#include <stdbool.h>
#include <sys/un.h>

#include "error.h"

struct listen_socket {
    int fd; /* non-blocking, listening; -1: none */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    char second[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* or "" */
    bool keeps_folder; /* that of the first name, which others use, too */
};

/* Makes the socket file, and the folders above it; only root may connect. A
 * file that a killed server left is replaced. Errors: those of the calls;
 * EADDRINUSE if a server is there. */
int listen_socket_open(struct listen_socket *listener, const char *path,
                       struct xg_error *err);

/* Gives the open socket a second name, a symbolic link, and makes the folders
 * above it. A link, or the file of a server that was killed, is replaced.
 * Errors: those of the calls; EEXIST if a server is there. */
int listen_socket_name(struct listen_socket *listener, const char *name,
                       struct xg_error *err);

/* Removes both names, and the folder that the first alone was in, unless it is
 * to be kept. */
void listen_socket_close(struct listen_socket *listener);

#endif
