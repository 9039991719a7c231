/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * acpi_pvh.h - the ACPI tables of a PVH guest (pure). */
#ifndef XG_ACPI_PVH_H
#define XG_ACPI_PVH_H

#include <stdint.h>

#include "error.h"
#include "numa_vnodes.h"

/* Guest-physical addresses. Linux looks for the RSDP in the BIOS area below
 * 1 MiB, whatever the start info says; the other tables lie where libxl puts
 * them, ACPI_INFO_PHYSICAL_ADDRESS of Xen's libacpi. */
#define ACPI_PVH_RSDP_ADDRESS (UINT32_C(0x100000) - ACPI_PVH_RSDP_BYTES)
#define ACPI_PVH_RSDP_BYTES 64
/* Behind the RSDP, in what the guest's memory map has as ACPI's. */
#define ACPI_PVH_ROOM_OFFSET 40
#define ACPI_PVH_ROOM_ADDRESS (ACPI_PVH_RSDP_ADDRESS + ACPI_PVH_ROOM_OFFSET)
#define ACPI_PVH_ROOM_BYTES (ACPI_PVH_RSDP_BYTES - ACPI_PVH_ROOM_OFFSET)
#define ACPI_PVH_TABLES_ADDRESS UINT32_C(0xfc000000)
#define ACPI_PVH_TABLES_MAX_BYTES 32768

struct acpi_pvh {
    uint8_t rsdp[ACPI_PVH_RSDP_BYTES];
    uint8_t tables[ACPI_PVH_TABLES_MAX_BYTES];
    uint32_t tables_bytes; /* in use, whole pages */
};

/* Makes RSDP, XSDT, FADT (hardware-reduced), MADT and DSDT for a guest with
 * nr_vcpus vCPUs of which the first nr_online are there at boot; if it has
 * virtual nodes (`vnodes` is not NULL, and not without any), SRAT and SLIT too.
 * Errors: ERANGE for more vCPUs than the DSDT describes. */
int acpi_pvh_make(unsigned int nr_vcpus, unsigned int nr_online,
                  const struct numa_vnodes *vnodes, struct acpi_pvh *acpi,
                  struct xg_error *err);

#endif
