/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * hvm_params.h - what Xen and hvmloader are told about a guest in an HVM
 * container. */
#ifndef XG_HVM_PARAMS_H
#define XG_HVM_PARAMS_H

#include <xenctrl.h>
#include <xenguest.h>
#include <xen/hvm/hvm_info_table.h>

#include "xs_platform.h"

/* Behind the table in the hvm_info page, which hvmloader leaves as it is. From
 * 0x9fc00 on the page is the BIOS's, so that guests can't use it as a whole,
 * and leave it alone. UEFI might give it away. */
#define HVM_INFO_ROOM_ADDRESS (HVM_INFO_PADDR + 0x200)
_Static_assert(sizeof(struct hvm_info_table) <= 0x200, "it is behind it");

/* The value for HVM_PARAM_VIRIDIAN; 0: no enlightenments. `vgpu`: the guest has
 * a virtual GPU, for which stimer is on unless the platform says otherwise. */
uint64_t hvm_viridian_mask(const struct xs_platform *platform, bool vgpu);

/* Sets what no stream carries, for a build and a restore: HPET, what becomes of
 * a triple fault, and time offset. Errors: the hypervisor's. */
int hvm_unsaved_apply(const struct xg_ctx *ctx,
                      const struct xs_platform *platform, struct xg_error *err);

/* Sets the HVM parameters of a new HVM or PVH guest, and the above. Errors: the
 * hypervisor's. */
int hvm_params_apply(const struct xg_ctx *ctx,
                     const struct xs_platform *platform, bool vgpu,
                     struct xg_error *err);

/* Completes the hvm_info page that libxenguest wrote: APIC, vCPUs, those of
 * them that are online at boot, and where RAM above 4 GiB ends: at 4 GiB if
 * there is none. Errors: libxenguest's, for a page that can't be mapped. */
int hvm_info_apply(const struct xg_ctx *ctx, const struct xs_platform *platform,
                   struct xc_dom_image *dom, struct xg_error *err);

#endif
