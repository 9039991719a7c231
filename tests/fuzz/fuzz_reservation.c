/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_reservation.c - any bytes as another builder's reservation, and any
 * number of pages that its domain has. */
#include "fuzz.h"
#include "numa_reserve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fuzz_input input = { data, bytes };
    uint64_t domain_pages = fuzz_take(&input, 8);
    struct numa_reservation before = { 0 }, after;
    unsigned __int128 meant = 0, left = 0;

    memcpy(&before, input.data,
           input.bytes < sizeof(before) ? input.bytes : sizeof(before));
    after = before;
    numa_reserve_deduct(&after, domain_pages);
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        assert(after.pages[node] <= before.pages[node]);
        meant += before.pages[node];
        left += after.pages[node];
    }
    /* Never less than is still to come. */
    if (before.planned > domain_pages && before.planned - domain_pages < meant)
        assert(left >= before.planned - domain_pages);
    else if (before.planned > domain_pages)
        assert(left == meant);
    return 0;
}
