/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * migrate_save.h - write a guest's state to a stream, and let a suspended guest
 * go on. */
#ifndef XG_MIGRATE_SAVE_H
#define XG_MIGRATE_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "ctx.h"

/* What a save asks on its way. */
struct migrate_save_ops {
    /* Returns once the guest is suspended; -1 with *err filled ends the save.
     * Called once, after the live part. */
    int (*suspend)(void *data, struct xg_error *err);

    /* An XGS_POLICY_ value: whether the live part goes on. NULL: libxenguest
     * decides, after five iterations at the latest. */
    int (*policy)(void *data, const struct precopy_stats *stats);

    /* libxenguest has sent `done` of the `total` pages of the current pass;
     * told for each 4 MiB, and at the pass's start and end. NULL: nobody asks.
     */
    void (*progress)(void *data, unsigned long done, unsigned long total);

    void *data;
};

/* Whether the domain may be saved: platform/nomigrate forbids it unless it is
 * forced. Nested virtualisation alone does not: whether such a guest may go is
 * the toolstack's to decide. Errors: Xenstore's; EPERM. */
int migrate_save_check(const struct xg_ctx *ctx, bool force,
                       struct xg_error *err);

/* Saves the domain to a stream (borrowed, see migrate_stream.h). `flags` are
 * XCFLAGS_ bits. Where it fails the guest is as it was, or suspended if it got
 * that far. Errors: those of ->suspend; libxenguest's. */
int migrate_save(const struct xg_ctx *ctx, int fd, uint32_t flags,
                 const struct migrate_save_ops *ops, struct xg_error *err);

/* Lets a suspended guest go on as if it had been restored: it connects its
 * devices anew. One that is not suspended is a warning. Errors: libxenctrl's;
 * EINVAL, with nothing touched, for a PV guest that is not suspended. */
int migrate_resume(const struct xg_ctx *ctx, struct xg_error *err);

#endif
