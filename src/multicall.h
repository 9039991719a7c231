/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * multicall.h - several hypercalls in one. */
#ifndef XG_MULTICALL_H
#define XG_MULTICALL_H

#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#include "cleanup.h"
#include "ctx.h"

/* What a piece of data takes: each is aligned for any of Xen's structs. */
#define MULTICALL_BYTES(bytes) (((bytes) + 7) & ~(size_t)7)

/* A list of hypercalls, with what they point to. Zeroed: of none. */
struct multicall {
    const struct xg_ctx *ctx; /* borrowed */
    multicall_entry_t *calls; /* owned, as is the data behind them */
    unsigned int nr_calls;
    uint8_t *free_data;
};

/* Room for so many calls, and for data of so many bytes. Errors: ENOMEM. */
int multicall_alloc(struct multicall *multi, const struct xg_ctx *ctx,
                    unsigned int nr_calls, size_t data_bytes,
                    struct xg_error *err);

/* A piece of the data that there is room for, with anything in it: Xen can read
 * it and write to it. */
void *multicall_data(struct multicall *multi, size_t bytes);

/* Adds a call with two arguments, the second one a piece of the data, or none.
 */
void multicall_add(struct multicall *multi, unsigned int op, uint64_t command,
                   void *data);

/* Adds a domctl of the domain's, which has to be filled in. */
struct xen_domctl *multicall_add_domctl(struct multicall *multi,
                                        uint32_t command);

/* Has Xen make the calls, one after the other, whatever came of those before.
 * Errors: the hypervisor's, when it made none. */
int multicall_run(struct multicall *multi, struct xg_error *err);

/* What came of one of them; below 0, errno is set as libxenctrl would. */
long multicall_result(const struct multicall *multi, unsigned int call);

void multicall_free(struct multicall *multi);

#define cleanup_multicall xg_cleanup(multicall_free)

#endif
