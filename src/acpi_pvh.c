/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * acpi_pvh.c - the ACPI tables of a PVH guest (pure).
 *
 * The layouts are those of the ACPI specification, version 5.0: the first with
 * a hardware-reduced machine, which is what a PVH guest has, without any of
 * the fixed registers. */
#include "acpi_pvh.h"

#include <errno.h>
#include <string.h>

#include <xenctrl.h>
#include <xen/hvm/hvm_info_table.h>

#include "acpi/dsdt_pvh.h" /* dsdt_pvh[]: compiled from dsdt_pvh.asl */
#include "bytes.h"

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

_Static_assert(sizeof(struct rsdp) <= ACPI_PVH_ROOM_OFFSET,
               "the room is behind the RSDP");

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
    uint64_t tables[4]; /* the last two only with virtual nodes */
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

_Static_assert(HVM_MAX_VCPUS <= 128,
               "the DSDT has so many processors (processors.sh), and twice a "
               "vCPU's number, its APIC id, fits into 8 bits");

struct madt {
    struct header header;
    uint32_t lapic_address;
    uint32_t flags; /* no 8259 */
    struct lapic lapics[HVM_MAX_VCPUS];
} PACKED;

#define LAPIC_ADDRESS UINT32_C(0xfee00000)
/* From before ACPI 6.3, since which a LAPIC that is not enabled has to say
 * whether it may be later on. */
#define MADT_REVISION 3

/* Of both kinds of affinity: the entry counts. */
#define SRAT_ENABLED 1

struct srat_cpu {
    uint8_t type; /* 0 */
    uint8_t length;
    uint8_t vnode; /* the other three bytes are at `vnode_high` */
    uint8_t apic_id;
    uint32_t flags;
    uint8_t sapic_eid;
    uint8_t vnode_high[3];
    uint32_t clock_domain;
} PACKED;

struct srat_memory {
    uint8_t type; /* 1 */
    uint8_t length;
    uint32_t vnode;
    uint16_t reserved;
    uint64_t base;
    uint64_t bytes;
    uint32_t reserved_too;
    uint32_t flags;
    uint64_t reserved_last;
} PACKED;

/* Processors, then memory. */
struct srat {
    struct header header;
    uint32_t one; /* for what an older specification had here */
    uint64_t reserved;
    struct srat_cpu cpus[HVM_MAX_VCPUS];
    struct srat_memory memory[NUMA_VNODE_RANGES_MAX];
} PACKED;
#define SRAT_REVISION 3

struct slit {
    struct header header;
    uint64_t nr;
    uint8_t distance[NUMA_VNODES_MAX * NUMA_VNODES_MAX]; /* nr * nr of them */
} PACKED;

/* Name (VCPU, 0x7FFFFFFF) as the ASL compiler writes it: NameOp, the name,
 * DWordPrefix, the number. */
static const uint8_t vcpu_constant[] = { 0x08, 'V',  'C',  'P',  'U',
                                         0x0c, 0xff, 0xff, 0xff, 0x7f };
#define VCPU_NUMBER_OFFSET 6

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
    header->checksum = -bytes_sum(header, header->length);
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

/* Xen's vlapic.c gives them so. */
static uint8_t apic_id(unsigned int vcpu)
{
    return (uint8_t)(vcpu * 2);
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
            .apic_id = apic_id(vcpu),
            .flags = vcpu < nr_online,
        };
    seal(&madt->header);
    return address;
}

/* vCPUs that are not online have their node already: a guest looks that up when
 * they come. */
static uint64_t add_srat(struct acpi_pvh *acpi, unsigned int nr_vcpus,
                         const struct numa_vnodes *vnodes)
{
    size_t cpus_bytes = nr_vcpus * sizeof(struct srat_cpu);
    size_t bytes = offsetof(struct srat, cpus) + cpus_bytes +
                   vnodes->nr_ranges * sizeof(struct srat_memory);
    uint64_t address;
    struct srat *srat = place(acpi, bytes, &address);
    struct srat_memory *memory =
        (struct srat_memory *)((uint8_t *)srat->cpus + cpus_bytes);

    set_header(&srat->header, "SRAT", SRAT_REVISION, bytes);
    srat->one = 1;
    for (unsigned int vcpu = 0; vcpu < nr_vcpus; vcpu++)
        srat->cpus[vcpu] = (struct srat_cpu){
            .length = sizeof(struct srat_cpu),
            .vnode = (uint8_t)numa_vnodes_of_vcpu(vnodes, vcpu),
            .apic_id = apic_id(vcpu),
            .flags = SRAT_ENABLED,
        };
    for (unsigned int i = 0; i < vnodes->nr_ranges; i++) {
        const struct mem_range *ram = &vnodes->range[i].ram;

        memory[i] = (struct srat_memory){
            .type = 1,
            .length = sizeof(struct srat_memory),
            .vnode = vnodes->range[i].vnode,
            .base = ram->start,
            .bytes = ram->end - ram->start,
            .flags = SRAT_ENABLED,
        };
    }
    seal(&srat->header);
    return address;
}

static uint64_t add_slit(struct acpi_pvh *acpi,
                         const struct numa_vnodes *vnodes)
{
    size_t bytes =
        offsetof(struct slit, distance) + (size_t)vnodes->nr * vnodes->nr;
    uint64_t address;
    struct slit *slit = place(acpi, bytes, &address);

    set_header(&slit->header, "SLIT", 1, bytes);
    slit->nr = vnodes->nr;
    for (unsigned int from = 0; from < vnodes->nr; from++)
        memcpy(slit->distance + (size_t)from * vnodes->nr,
               vnodes->distance[from], vnodes->nr);
    seal(&slit->header);
    return address;
}

static uint64_t add_xsdt(struct acpi_pvh *acpi, const uint64_t *tables,
                         unsigned int nr_tables)
{
    size_t bytes = offsetof(struct xsdt, tables) + nr_tables * sizeof(*tables);
    uint64_t address;
    struct xsdt *xsdt = place(acpi, bytes, &address);

    set_header(&xsdt->header, "XSDT", 1, bytes);
    memcpy(xsdt->tables, tables, nr_tables * sizeof(*tables));
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
    rsdp.checksum = -bytes_sum(&rsdp, RSDP_V1_BYTES);
    rsdp.checksum_all = -bytes_sum(&rsdp, sizeof(rsdp));
    memcpy(acpi->rsdp, &rsdp, sizeof(rsdp));
}

int acpi_pvh_make(unsigned int nr_vcpus, unsigned int nr_online,
                  const struct numa_vnodes *vnodes, struct acpi_pvh *acpi,
                  struct xg_error *err)
{
    uint64_t dsdt, tables[4];
    unsigned int nr_tables = 0;

    /* Six tables, each of which may lose 64 bytes to its alignment. */
    _Static_assert(sizeof(dsdt_pvh) + sizeof(struct fadt) +
                           sizeof(struct madt) + sizeof(struct srat) +
                           sizeof(struct slit) + sizeof(struct xsdt) +
                           6ul * 64 <=
                       ACPI_PVH_TABLES_MAX_BYTES,
                   "all tables fit, each aligned");

    if (nr_vcpus > HVM_MAX_VCPUS || nr_online > nr_vcpus)
        return xg_fail(err, __func__, ERANGE,
                       "%u vCPUs, %u online: a PVH guest has at most %d",
                       nr_vcpus, nr_online, HVM_MAX_VCPUS);

    memset(acpi, 0, sizeof(*acpi));
    if (add_dsdt(acpi, nr_online, &dsdt, err) < 0)
        return -1;
    tables[nr_tables++] = add_fadt(acpi, dsdt);
    tables[nr_tables++] = add_madt(acpi, nr_vcpus, nr_online);
    if (vnodes && vnodes->nr) {
        tables[nr_tables++] = add_srat(acpi, nr_vcpus, vnodes);
        tables[nr_tables++] = add_slit(acpi, vnodes);
    }
    make_rsdp(acpi, add_xsdt(acpi, tables, nr_tables));

    acpi->tables_bytes = (acpi->tables_bytes + XC_PAGE_SIZE - 1) & XC_PAGE_MASK;
    return 0;
}
