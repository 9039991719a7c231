/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * mem_hook.c - our way of populating in the place of libxenguest's. */
#include "mem_hook.h"

#include <stddef.h>

/* libxenguest gives a hook nothing but the image; the hooks are in ours. */
static int meminit(struct xc_dom_image *dom)
{
    struct mem_hook *hook =
        (struct mem_hook *)((char *)dom->arch_hooks -
                            offsetof(struct mem_hook, hooks));

    return hook->fill(hook->owner, dom, &hook->err);
}

void mem_hook_set(struct mem_hook *hook, struct xc_dom_image *dom,
                  mem_hook_fill *fill, void *owner)
{
    hook->fill = fill;
    hook->owner = owner;
    hook->library = dom->arch_hooks;
    hook->hooks = *dom->arch_hooks;
    hook->hooks.meminit = meminit;
    dom->arch_hooks = &hook->hooks;
}
