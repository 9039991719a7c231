/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * listen_where.c - paths and patience of the listen mode, which tests replace
 * at link time. */
#include "listen_where.h"

#include <stdio.h>

void listen_where_socket(uint32_t domid, char *path, size_t bytes)
{
    /* Hard-coded in XenServer's emu-manager up to 2019. */
    snprintf(path, bytes, "/var/xen/xenguest/%u/control", domid);
}

void listen_where_second_name(uint32_t domid, char *path, size_t bytes)
{
    /* Hard-coded in XenServer's later emu-managers, and in XCP-ng's since
     * 1.1.3, which came with XCP-ng 8.2. */
    snprintf(path, bytes, "/run/xen/xenguest-control-%u", domid);
}

unsigned int listen_where_patience_s(void)
{
    /* As the original. */
    return 120;
}

unsigned int listen_where_abort_limit_s(void)
{
    /* A write to a disk that is busy, or Xen's cleaning up behind a large
     * guest, are over by then; emu-manager kills us after 60. */
    return 30;
}
