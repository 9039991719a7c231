/* SPDX-License-Identifier: LGPL-2.1-or-later
 * claim_api.h - libxenctrl's newer calls for claims, for tests where the
 * installed one has them not: src/compat/claim_compat.c, included after this,
 * is compiled against them, as configure would have it. TEST_CLAIM_SETS or
 * TEST_CLAIM_NODES says which of them there are, whatever is installed. */
#ifndef CLAIM_API_H
#define CLAIM_API_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifdef HAVE_CLAIM_MEMORY
#define LIBRARY_HAS_CLAIM_MEMORY
#endif
#ifdef HAVE_CLAIM_PAGES_NODE
#define LIBRARY_HAS_CLAIM_PAGES_NODE
#endif
#undef HAVE_CLAIM_MEMORY
#undef HAVE_CLAIM_PAGES_NODE
#undef HAVE_CONFIG_H
#ifdef TEST_CLAIM_SETS
#define HAVE_CLAIM_MEMORY 1
#endif
#ifdef TEST_CLAIM_NODES
#define HAVE_CLAIM_PAGES_NODE 1
#endif

#include <xenctrl.h>

#if defined(HAVE_CLAIM_MEMORY) && !defined(LIBRARY_HAS_CLAIM_MEMORY)
typedef struct {
    uint64_t pages;
    uint32_t target, pad;
} memory_claim_t;

int xc_domain_claim_memory(xc_interface *xch, uint32_t domid,
                           uint32_t nr_claims, memory_claim_t *claims);
#endif

#if defined(HAVE_CLAIM_PAGES_NODE) && !defined(LIBRARY_HAS_CLAIM_PAGES_NODE)
int xc_domain_claim_pages_node(xc_interface *xch, uint32_t domid,
                               unsigned int node, unsigned long pages);
#endif

#endif
