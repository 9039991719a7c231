/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * xenguest.h - of a libxenguest that populates by memory flags, made of the
 * installed one: both variants have that. */
#ifndef XG_VARIANT_XENGUEST_H
#define XG_VARIANT_XENGUEST_H

/* The installed shape goes by another name. In the newer one, struct
 * xc_dom_image has a field more at its end. */
#define xc_domain_restore installed_xc_domain_restore
#define max_vcpus max_vcpus, memflags
#include_next <xenguest.h>
#undef max_vcpus
#undef xc_domain_restore

int xc_domain_restore(xc_interface *xch, int io_fd, uint32_t dom,
                      unsigned int store_evtchn, unsigned long *store_mfn,
                      uint32_t store_domid, unsigned int console_evtchn,
                      unsigned long *console_mfn, uint32_t console_domid,
                      xc_stream_type_t stream_type,
                      struct restore_callbacks *callbacks, int send_back_fd,
                      unsigned int memflags);

#endif
