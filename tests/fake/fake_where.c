/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_where.c - sockets and a patience that tests can do with.
 *
 * Linked before the program's own: XG_FAKE_SOCKET names the control socket,
 * whose second name is XG_FAKE_SECOND_SOCKET, or has "-2" behind it,
 * XG_FAKE_SYSLOG syslog's, XG_FAKE_WAIT
 * the seconds. "N,M": N for the first client to come, then M.
 * XG_FAKE_ABORT_LIMIT: those that an abort may take. XG_FAKE_LOCK_WAIT: "N,M",
 * the milliseconds after which waiting for the lock for planning is told, and
 * given up. XG_FAKE_STORE_WAIT: those after which it is told that xenstored has
 * not answered. */
#include "listen_where.h"
#include "log_where.h"
#include "numa_where.h"
#include "xs_where.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void listen_where_socket(uint32_t domid, char *path, size_t bytes)
{
    const char *name = getenv("XG_FAKE_SOCKET");

    (void)domid;
    snprintf(path, bytes, "%s", name ? name : "/nonexistent/socket");
}

void listen_where_second_name(uint32_t domid, char *path, size_t bytes)
{
    const char *name = getenv("XG_FAKE_SECOND_SOCKET");

    listen_where_socket(domid, path, bytes - sizeof("-2"));
    if (name)
        snprintf(path, bytes, "%s", name);
    else
        strcat(path, "-2");
}

/* It is asked once before the first client, and then when all have gone. */
unsigned int listen_where_patience_s(void)
{
    static bool asked;
    const char *seconds = getenv("XG_FAKE_WAIT");
    const char *later = seconds ? strchr(seconds, ',') : NULL;

    if (later && asked)
        seconds = later + 1;
    asked = true;
    return seconds ? (unsigned int)atoi(seconds) : 120;
}

const char *log_where_syslog(void)
{
    const char *name = getenv("XG_FAKE_SYSLOG");

    return name ? name : "/nonexistent/log";
}

unsigned int listen_where_abort_limit_s(void)
{
    const char *seconds = getenv("XG_FAKE_ABORT_LIMIT");

    return seconds ? (unsigned int)atoi(seconds) : 30;
}

struct numa_patience numa_where_patience(void)
{
    const char *wait = getenv("XG_FAKE_LOCK_WAIT");
    struct numa_patience patience = { .told_ms = 1000, .most_ms = 30000 };

    if (wait)
        (void)sscanf(wait, "%u,%u", &patience.told_ms, &patience.most_ms);
    return patience;
}

unsigned int xs_where_patience_ms(void)
{
    const char *ms = getenv("XG_FAKE_STORE_WAIT");

    return ms ? (unsigned int)atoi(ms) : 2000;
}
