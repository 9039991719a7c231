/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * guest_memory.c - what we put into a guest's memory by our own hand, or
 * look at there. */
#include "guest_memory.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>

int guest_memory_write(const struct xg_ctx *ctx, const char *what,
                       uint64_t address, const void *bytes, size_t nr_bytes,
                       struct xg_error *err)
{
    xenforeignmemory_handle *memory = xc_interface_fmem_handle(ctx->xch);
    const char *from = bytes;

    while (nr_bytes) {
        const xen_pfn_t frame = address >> XC_PAGE_SHIFT;
        size_t offset = address & (XC_PAGE_SIZE - 1);
        size_t room = XC_PAGE_SIZE - offset;
        size_t take = nr_bytes < room ? nr_bytes : room;
        char *page;

        xg_forget_errors(ctx);
        page = xenforeignmemory_map(memory, ctx->domid, PROT_READ | PROT_WRITE,
                                    1, &frame, NULL);
        if (!page)
            return xg_fail_xc(ctx, err, "xenforeignmemory_map",
                              "%s at %#" PRIx64, what, address);
        memcpy(page + offset, from, take);
        xenforeignmemory_unmap(memory, page, 1);
        from += take;
        address += take;
        nr_bytes -= take;
    }
    return 0;
}

int guest_memory_read(const struct xg_ctx *ctx, const char *what,
                      uint64_t address, void *bytes, size_t nr_bytes,
                      struct xg_error *err)
{
    xenforeignmemory_handle *memory = xc_interface_fmem_handle(ctx->xch);
    const xen_pfn_t frame = address >> XC_PAGE_SHIFT;
    char *page;

    xg_forget_errors(ctx);
    page = xenforeignmemory_map(memory, ctx->domid, PROT_READ, 1, &frame, NULL);
    if (!page)
        return xg_fail_xc(ctx, err, "xenforeignmemory_map", "%s at %#" PRIx64,
                          what, address);
    memcpy(bytes, page + (address & (XC_PAGE_SIZE - 1)), nr_bytes);
    xenforeignmemory_unmap(memory, page, 1);
    return 0;
}
