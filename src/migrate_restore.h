/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * migrate_restore.h - fill an empty domain from a saved guest's stream. */
#ifndef XG_MIGRATE_RESTORE_H
#define XG_MIGRATE_RESTORE_H

#include <xenctrl.h>

#include "ctx.h"
#include "guest_rings.h"
#include "numa_job.h"
#include "xs_platform.h"

/* One restore. Zeroed but for the borrowed pointer and the request before
 * migrate_restore. */
struct migrate_restore {
    const struct xg_ctx *ctx; /* borrowed */

    /* The request. */
    int fd; /* borrowed, see migrate_stream.h */
    int store_port, store_domid;
    int console_port, console_domid;
    int mem_pnode; /* -1: none */
    /* A device's process may have taken memory for the guest already, as a
     * virtual GPU's does beside the listen mode. */
    bool may_hold_pages;

    struct xs_platform platform;
    struct numa_job numa; /* where the memory goes, and the claim */
    xc_domaininfo_t info; /* the domain as it was when we began */
    struct xg_error callback_err;
    struct guest_rings rings; /* what the caller is told */
};

/* Restores the domain, which is then paused and complete, and fills ->rings.
 * The caller owns what *restore holds, also on failure. A domain whose restore
 * failed is the toolstack's to destroy. */
int migrate_restore(struct migrate_restore *restore, struct xg_error *err);

/* Writes to Xenstore what nobody waits for, once the guest is there: the acpi
 * keys, what came of a NUMA policy. What can't be written is a warning. */
void migrate_restore_tell_others(struct migrate_restore *restore);

void migrate_restore_free(struct migrate_restore *restore);

#define cleanup_restore xg_cleanup(migrate_restore_free)

#endif
