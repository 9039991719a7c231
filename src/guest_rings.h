/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * guest_rings.h - what the caller is told of a guest that is complete. */
#ifndef XG_GUEST_RINGS_H
#define XG_GUEST_RINGS_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

/* The frames of its Xenstore and console ring: of a PV guest that was built the
 * machine's, else the guest's own. Work that makes no guest has none, all 0. */
struct guest_rings {
    uint64_t store, console;
    const char *abi; /* of a PV guest that was built, such as "x86_64-abi" */
};

/* Room for two numbers and an ABI. */
#define GUEST_RINGS_BYTES 64

static inline void guest_rings_format(const struct guest_rings *rings,
                                      char text[GUEST_RINGS_BYTES])
{
    snprintf(text, GUEST_RINGS_BYTES, "%" PRIu64 " %" PRIu64 "%s%s",
             rings->store, rings->console, rings->abi ? " " : "",
             rings->abi ? rings->abi : "");
}

#endif
