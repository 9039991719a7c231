/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * acpi_pvh.c - the ACPI tables of a PVH guest (pure).
 *
 * The layouts are those of the ACPI specification, version 5.0: the first with
 * a hardware-reduced machine, which is what a PVH guest has, without any of
 * the fixed registers. */
#include "acpi_pvh.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <xenctrl.h>
#include <xen/hvm/hvm_info_table.h>

#include "acpi/dsdt_pvh.h" /* dsdt_pvh[]: compiled from dsdt_pvh.asl */

#define PACKED __attribute__((packed))

struct rsdp {
    char signature[8];
    uint8_t checksum; /* of the first RSDP_V1_BYTES */
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t checksum_all;
    uint8_t reserved[3];
} PACKED;
#define RSDP_V1_BYTES 20

struct header {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
} PACKED;

struct xsdt {
    struct header header;
    uint64_t tables[2];
} PACKED;

/* Registers, lengths and latencies that a hardware-reduced machine lacks stay
 * 0 here, under one name. */
struct fadt {
    struct header header;
    uint32_t facs;
    uint32_t dsdt;
    uint8_t fixed_hardware[65];
    uint16_t boot_architecture;
    uint8_t reserved;
    uint32_t flags;
    uint8_t reset[16];
    uint64_t x_facs;
    uint64_t x_dsdt;
    uint8_t x_fixed_hardware[120];
} PACKED;
_Static_assert(sizeof(struct fadt) == 268, "a FADT of revision 5");

#define FADT_NO_VGA (1u << 2)
#define FADT_NO_CMOS_RTC (1u << 5)
#define FADT_WBINVD (1u << 0)
#define FADT_NO_POWER_BUTTON (1u << 4)
#define FADT_NO_SLEEP_BUTTON (1u << 5)
#define FADT_HW_REDUCED (1u << 20)

struct lapic {
    uint8_t type; /* 0 */
    uint8_t length;
    uint8_t uid; /* the DSDT's _UID */
    uint8_t apic_id;
    uint32_t flags; /* 1: enabled */
} PACKED;

struct madt {
    struct header header;
    uint32_t lapic_address;
    uint32_t flags; /* no 8259 */
    struct lapic lapics[HVM_MAX_VCPUS];
} PACKED;

#define LAPIC_ADDRESS UINT32_C(0xfee00000)
/* Below this one a LAPIC that is not enabled need not say whether it may be
 * later on (ACPI 6.3). */
#define MADT_REVISION 3

/* Name (VCPU, 0x7FFFFFFF) as the ASL compiler writes it: NameOp, the name,
 * DWordPrefix, the number. */
static const uint8_t vcpu_constant[] = { 0x08, 'V',  'C',  'P',  'U',
                                         0x0c, 0xff, 0xff, 0xff, 0x7f };
#define VCPU_NUMBER_OFFSET 6

static uint8_t checksum(const void *data, size_t bytes)
{
    const uint8_t *byte = data;
    uint8_t sum = 0;

    while (bytes--)
        sum += *byte++;
    return -sum;
}

static void set_header(struct header *header, const char *signature,
                       uint8_t revision, size_t bytes)
{
    memcpy(header->signature, signature, sizeof(header->signature));
    header->length = (uint32_t)bytes;
    header->revision = revision;
    memcpy(header->oem_id, "Xen\0\0", sizeof(header->oem_id));
    memcpy(header->oem_table_id, "XenguPVH", sizeof(header->oem_table_id));
    header->oem_revision = 1;
    memcpy(header->creator_id, "XGST", sizeof(header->creator_id));
    header->creator_revision = 1;
}

/* The next table's place, zeroed, 64-byte aligned as the FACS would have to be.
 * Their sizes are known, so that they always fit. */
static void *place(struct acpi_pvh *acpi, size_t bytes, uint64_t *address)
{
    uint32_t offset = (acpi->tables_bytes + 63) & ~UINT32_C(63);

    acpi->tables_bytes = offset + (uint32_t)bytes;
    *address = ACPI_PVH_TABLES_ADDRESS + offset;
    return acpi->tables + offset;
}

static void seal(struct header *header)
{
    header->checksum = 0;
    header->checksum = checksum(header, header->length);
}

static int add_dsdt(struct acpi_pvh *acpi, unsigned int nr_online,
                    uint64_t *address, struct xg_error *err)
{
    uint8_t *dsdt = place(acpi, sizeof(dsdt_pvh), address);
    uint32_t number = nr_online;
    uint8_t *constant;

    memcpy(dsdt, dsdt_pvh, sizeof(dsdt_pvh));
    constant =
        memmem(dsdt, sizeof(dsdt_pvh), vcpu_constant, sizeof(vcpu_constant));
    if (!constant)
        return xg_fail(err, __func__, ENOENT,
                       "the DSDT was compiled without VCPU");
    memcpy(constant + VCPU_NUMBER_OFFSET, &number, sizeof(number));
    seal((struct header *)dsdt);
    return 0;
}

static uint64_t add_fadt(struct acpi_pvh *acpi, uint64_t dsdt)
{
    uint64_t address;
    struct fadt *fadt = place(acpi, sizeof(*fadt), &address);

    set_header(&fadt->header, "FACP", 5, sizeof(*fadt));
    fadt->dsdt = (uint32_t)dsdt;
    fadt->x_dsdt = dsdt;
    fadt->boot_architecture = FADT_NO_VGA | FADT_NO_CMOS_RTC;
    fadt->flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON |
                  FADT_HW_REDUCED;
    seal(&fadt->header);
    return address;
}

static uint64_t add_madt(struct acpi_pvh *acpi, unsigned int nr_vcpus,
                         unsigned int nr_online)
{
    size_t bytes =
        offsetof(struct madt, lapics) + nr_vcpus * sizeof(struct lapic);
    uint64_t address;
    struct madt *madt = place(acpi, bytes, &address);

    set_header(&madt->header, "APIC", MADT_REVISION, bytes);
    madt->lapic_address = LAPIC_ADDRESS;
    for (unsigned int vcpu = 0; vcpu < nr_vcpus; vcpu++)
        madt->lapics[vcpu] = (struct lapic){
            .length = sizeof(struct lapic),
            .uid = (uint8_t)vcpu,
            .apic_id = (uint8_t)(vcpu * 2), /* so does Xen's vlapic.c */
            .flags = vcpu < nr_online,
        };
    seal(&madt->header);
    return address;
}

static uint64_t add_xsdt(struct acpi_pvh *acpi, uint64_t fadt, uint64_t madt)
{
    uint64_t address;
    struct xsdt *xsdt = place(acpi, sizeof(*xsdt), &address);

    set_header(&xsdt->header, "XSDT", 1, sizeof(*xsdt));
    xsdt->tables[0] = fadt;
    xsdt->tables[1] = madt;
    seal(&xsdt->header);
    return address;
}

static void make_rsdp(struct acpi_pvh *acpi, uint64_t xsdt)
{
    struct rsdp rsdp = {
        .oem_id = "Xen",
        .revision = 2,
        .length = sizeof(rsdp),
        .xsdt = xsdt,
    };

    memcpy(rsdp.signature, "RSD PTR ", sizeof(rsdp.signature));
    rsdp.checksum = checksum(&rsdp, RSDP_V1_BYTES);
    rsdp.checksum_all = checksum(&rsdp, sizeof(rsdp));
    memcpy(acpi->rsdp, &rsdp, sizeof(rsdp));
}

int acpi_pvh_make(unsigned int nr_vcpus, unsigned int nr_online,
                  struct acpi_pvh *acpi, struct xg_error *err)
{
    uint64_t dsdt, fadt, madt;

    _Static_assert(sizeof(dsdt_pvh) + sizeof(struct fadt) +
                           sizeof(struct madt) + sizeof(struct xsdt) + 256 <=
                       ACPI_PVH_TABLES_MAX_BYTES,
                   "all tables fit, each aligned");

    if (nr_vcpus > HVM_MAX_VCPUS || nr_online > nr_vcpus)
        return xg_fail(err, __func__, ERANGE,
                       "%u vCPUs, %u online: a PVH guest has at most %d",
                       nr_vcpus, nr_online, HVM_MAX_VCPUS);

    memset(acpi, 0, sizeof(*acpi));
    if (add_dsdt(acpi, nr_online, &dsdt, err) < 0)
        return -1;
    fadt = add_fadt(acpi, dsdt);
    madt = add_madt(acpi, nr_vcpus, nr_online);
    make_rsdp(acpi, add_xsdt(acpi, fadt, madt));

    acpi->tables_bytes = (acpi->tables_bytes + XC_PAGE_SIZE - 1) & XC_PAGE_MASK;
    return 0;
}
