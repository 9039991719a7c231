/* SPDX-License-Identifier: LGPL-2.1-or-later
 * fake_where.c - a socket and a patience that tests can do with.
 *
 * Linked before the program's own: XG_FAKE_SOCKET names the file, XG_FAKE_WAIT
 * the seconds. */
#include "listen_where.h"

#include <stdio.h>
#include <stdlib.h>

void listen_where_socket(uint32_t domid, char *path, size_t bytes)
{
    const char *name = getenv("XG_FAKE_SOCKET");

    (void)domid;
    snprintf(path, bytes, "%s", name ? name : "/nonexistent/socket");
}

unsigned int listen_where_patience_s(void)
{
    const char *seconds = getenv("XG_FAKE_WAIT");

    return seconds ? (unsigned int)atoi(seconds) : 120;
}
