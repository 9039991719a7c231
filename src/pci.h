/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * pci.h - devices that are passed through, and what memory they need. */
#ifndef XG_PCI_H
#define XG_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "mem_layout.h"

struct pci_device {
    uint16_t segment;
    uint8_t bus;
    uint8_t devfn; /* device << 3 | function */
};

/* What one device asks of a guest's address space. */
struct pci_needs {
    uint64_t bar_bytes; /* all its BARs and its ROM */
    bool wide_hole;     /* known to need a low MMIO hole of 2 GiB */
};

/* Reads a comma-separated list of `[segment:]bus:device.function`, hex. A
 * device that is named twice is there once. *devices is owned by the caller.
 * Errors: EINVAL, naming the part that is wrong. */
int pci_parse_list(const char *text, struct pci_device **devices,
                   unsigned int *nr_devices, struct xg_error *err);

/* Reads a device's BARs and ids from a sysfs mounted at `sysfs`. Errors: open's
 * and read's; EINVAL for a file that is not what Linux writes. */
int pci_read_needs(const char *sysfs, const struct pci_device *device,
                   struct pci_needs *needs, struct xg_error *err);

/* Asks Xen for the memory that it must map one to one for each of the devices;
 * *ranges, owned by the caller, may overlap. Errors: ENOMEM; ERANGE for a range
 * that no address space has; libxenctrl's. */
int pci_read_reserved(const struct xg_ctx *ctx,
                      const struct pci_device *devices, unsigned int nr_devices,
                      struct mem_range **ranges, unsigned int *nr_ranges,
                      struct xg_error *err);

#endif
