/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * by_hand.h - without a toolstack, what an option leaves open the domain
 * tells. */
#ifndef XG_BY_HAND_H
#define XG_BY_HAND_H

#include "ctx.h"
#include "options.h"

/* Options that were completed. Zeroed at first. */
struct by_hand {
    struct xg_options opts;          /* its strings may be those below */
    char *image, *cmdline, *ramdisk; /* owned */
};

/* Copies *given, and where there is no control pipe, fills in what its mode
 * needs and was not given: sizes from the limit that Xen has for the domain
 * (one size alone counts as both), image, ramdisk and command line from where a
 * toolstack notes them (the image of an HVM guest else from where hosts have
 * hvmloader), ports from store/port and console/port, or new ones, which are
 * written there. With a control pipe a toolstack is at work, which knows all of
 * this: an option that it forgot is its fault, which options_parse tells.
 *
 * Nothing is changed unless the domain is paused and empty. The caller owns
 * *by_hand, also on failure. Errors: ESRCH, EBUSY as domain_check_empty has it,
 * EINVAL for what nobody tells, Xen's and Xenstore's. */
int by_hand_fill(const struct xg_ctx *ctx, const struct xg_options *given,
                 struct by_hand *by_hand, struct xg_error *err);

void by_hand_free(struct by_hand *by_hand);

#define cleanup_by_hand xg_cleanup(by_hand_free)

#endif
