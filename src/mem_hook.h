/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_hook.h - our way of populating in the place of libxenguest's. */
#ifndef XG_MEM_HOOK_H
#define XG_MEM_HOOK_H

#include <xenctrl.h>
#include <xenguest.h>

#include "error.h"

/* Populates the image as libxenguest's own way would have, and leaves it so. */
typedef int mem_hook_fill(void *owner, struct xc_dom_image *dom,
                          struct xg_error *err);

/* Zeroed at first. */
struct mem_hook {
    struct xc_dom_arch hooks; /* the image's, with one of ours */
    const struct xc_dom_arch *library;
    mem_hook_fill *fill;
    void *owner;         /* borrowed: what `fill` is given */
    struct xg_error err; /* why it failed, which libxenguest can't tell */
};

/* Makes `fill` the image's way of populating; its guest type is known, and the
 * hook outlives the image's use. */
void mem_hook_set(struct mem_hook *hook, struct xc_dom_image *dom,
                  mem_hook_fill *fill, void *owner);

#endif
