/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * vmctl_acpi.c - an HVM guest's ACPI tables, as it finds them in its memory. */
#include "vmctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a PC's firmware has the RSDP. */
#define RSDP_FIRST 0xe0000
#define RSDP_END 0x100000
#define RSDP_ALIGNMENT 16
#define RSDP_XSDT 24 /* where the RSDP has the XSDT's address */

#define HEADER_BYTES 36
#define HEADER_LENGTH 4 /* where a table has its length */
#define TABLE_BYTES_MAX 0x10000

/* *table is the caller's to free. */
static bool read_table(struct vmctl *vm, uint64_t address, uint8_t **table,
                       uint32_t *bytes)
{
    uint8_t header[HEADER_BYTES];

    if (!host_memory(vm, address, header, sizeof(header)))
        return false;
    memcpy(bytes, header + HEADER_LENGTH, sizeof(*bytes));
    if (*bytes < HEADER_BYTES || *bytes > TABLE_BYTES_MAX)
        return false;
    *table = malloc(*bytes);
    return *table && host_memory(vm, address, *table, *bytes);
}

static bool find_xsdt(struct vmctl *vm, uint64_t *address)
{
    static const char signature[8] = "RSD PTR ";
    static uint8_t low[RSDP_END - RSDP_FIRST];

    if (!host_memory(vm, RSDP_FIRST, low, sizeof(low)))
        return false;
    for (size_t at = 0; at + RSDP_ALIGNMENT < sizeof(low); at += RSDP_ALIGNMENT)
        if (!memcmp(low + at, signature, sizeof(signature))) {
            memcpy(address, low + at + RSDP_XSDT, sizeof(*address));
            return true;
        }
    return false;
}

bool acpi_table(struct vmctl *vm, const char *name, FILE *out)
{
    uint8_t *xsdt = NULL, *table = NULL;
    uint64_t address;
    uint32_t xsdt_bytes, bytes;
    bool found = false;

    if (find_xsdt(vm, &address) && read_table(vm, address, &xsdt, &xsdt_bytes))
        for (size_t at = HEADER_BYTES; !found && at + 8 <= xsdt_bytes;
             at += 8) {
            memcpy(&address, xsdt + at, sizeof(address));
            found = read_table(vm, address, &table, &bytes) &&
                    !strncmp((char *)table, name, 4) &&
                    fwrite(table, bytes, 1, out) == 1;
            free(table);
            table = NULL;
        }
    free(xsdt);
    return found;
}
