/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xs_platform.h - the domain's platform keys as data. */
#ifndef XG_XS_PLATFORM_H
#define XG_XS_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"

/* A value that may be absent. */
struct opt_int {
    bool set;
    int64_t value;
};

struct xs_platform {
    unsigned int numa_dirs; /* platform/numa and /mh/numa: see numa_policy.h */
    bool limits;            /* there is a directory /mh/limits */

    struct opt_int vcpu_number, vcpu_current;
    struct opt_int vcpu_weight, vcpu_cap; /* 0 is not set */
    char **vcpu_affinity; /* per vCPU: '0'/'1' per pCPU; NULL: unset */

    /* Absent means as initialised here: on. */
    bool nx, pae, apic, hpet;

    struct opt_int tsc_mode;
    struct opt_int timeoffset;                      /* seconds; 32 bits */
    struct opt_int x87_fip_width, cores_per_socket; /* 0 is not set */
    bool nested_virt; /* by that name, or if there is none by its older one */
    bool nomigrate;   /* nested_virt implies it */
    char *featureset;
    uint64_t mmio_hole_size; /* bytes; 0: no minimum */
    char *ovmf_override;     /* file name */
    char *generation_id;     /* "A:B", not yet checked */

    bool viridian;
    bool viridian_time_ref_count, viridian_reference_tsc;
    bool viridian_hcall_remote_tlb_flush, viridian_apic_assist;
    bool viridian_crash_ctl, viridian_hcall_ipi;
    struct opt_int viridian_stimer; /* absent: -vgpu may turn it on */
};

/* Reads all keys below platform/ that count for the domain's kind of guest, but
 * for the acpi keys, and which directories the host has below /mh; a value that
 * is no number is a warning, see xs_number. The caller owns *platform, also on
 * failure. Errors: Xenstore's; ENOENT or ERANGE for vCPUs that are missing or
 * more than Xen has given the domain. */
int xs_platform_read(const struct xg_ctx *ctx, const xc_domaininfo_t *info,
                     struct xs_platform *platform, struct xg_error *err);

/* Whether platform/acpi is on. Errors: Xenstore's. */
int xs_platform_has_acpi(const struct xg_ctx *ctx, bool *on,
                         struct xg_error *err);

/* Makes platform/acpi, acpi_s3 and acpi_s4, which are for hvmloader alone, what
 * it understands: 1 or 0, and present. What can't be written is a warning. */
void xs_platform_put_acpi(const struct xg_ctx *ctx);

void xs_platform_free(struct xs_platform *platform);

#define cleanup_platform xg_cleanup(xs_platform_free)

#endif
