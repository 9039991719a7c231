/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_claim.c - doubles of libxenctrl's claims, of each kind that the library
 * has which they stand for.
 *
 * host/node_claimed_mib in the model is what other domains have claimed of each
 * node, domain/claimed_pages what this one has, of the node domain/claimed_node
 * or of the host. A claim goes down with the pages that the domain gets. Others
 * give up what they have claimed of nodes after host/claims_end_after refusals
 * for want of memory. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB_PAGES 256
#define HOST FAKE_NODES_MAX /* what is claimed of no node in particular */

static uint64_t claimed[FAKE_NODES_MAX + 1], others[FAKE_NODES_MAX];
static uint64_t least_outstanding = UINT64_MAX;

static void load(void)
{
    const char *text = fake_host("host/node_claimed_mib");
    const char *node = fake_host("domain/claimed_node");
    static bool loaded;

    if (loaded)
        return;
    loaded = true;
    for (unsigned int i = 0; *text; i++) {
        char *end;

        fake_require(i < FAKE_NODES_MAX, "node_claimed_mib");
        others[i] = strtoull(text, &end, 10) * MIB_PAGES;
        fake_require(end > text, "node_claimed_mib");
        text = end + (*end == ',');
    }
    claimed[*node ? strtoul(node, NULL, 10) : HOST] =
        fake_host_number("domain/claimed_pages");
}

uint64_t fake_claimed(unsigned int node)
{
    load();
    return claimed[node];
}

uint64_t fake_outstanding(void)
{
    uint64_t sum = 0;

    load();
    for (unsigned int i = 0; i <= HOST; i++)
        sum += claimed[i];
    return sum;
}

uint64_t fake_least_outstanding(void)
{
    return least_outstanding;
}

/* A page of a node that is claimed comes from that, else from the host's. */
void fake_claim_use(unsigned int node, uint64_t pages)
{
    unsigned int from[] = { node, HOST };

    load();
    for (unsigned int i = 0; i < 2; i++) {
        uint64_t *have = &claimed[from[i]];
        uint64_t used = pages < *have ? pages : *have;

        *have -= used;
        pages -= used;
    }
}

void fake_claim_give_up(void)
{
    load();
    memset(claimed, 0, sizeof(claimed));
}

static uint64_t host_claimable(void)
{
    uint64_t pages = fake_host_number("host/free_mib") * MIB_PAGES;
    uint64_t gone = fake_host_taken() + fake_claimed_by_others();

    load();
    pages = pages > gone ? pages - gone : 0;
    for (unsigned int i = 0; i < FAKE_NODES_MAX; i++)
        pages = pages > others[i] ? pages - others[i] : 0;
    return pages;
}

static int refuse(int code)
{
    errno = code;
    return -1;
}

#if defined(HAVE_CLAIM_PAGES_NODE) || defined(HAVE_CLAIM_MEMORY)
/* There is no memory for a claim of nodes. */
static int refuse_memory(void)
{
    static uint64_t refusals;

    if (++refusals == fake_host_number("host/claims_end_after"))
        memset(others, 0, sizeof(others));
    return refuse(ENOMEM);
}
#endif

/* Counts the pages that the domain has; 0 gives up claims of all kinds. */
static int claim_host(uint64_t nr_pages)
{
    uint64_t had = fake_domain_pages();

    load();
    if (nr_pages && (fake_outstanding() || nr_pages <= had))
        return refuse(EINVAL);
    if (nr_pages && nr_pages - had > host_claimable())
        return refuse(ENOMEM);
    memset(claimed, 0, sizeof(claimed));
    claimed[HOST] = nr_pages ? nr_pages - had : 0;
    return 0;
}

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid,
                          unsigned long nr_pages)
{
    return FAKE_XC(xch, "d%u %lu", domid, nr_pages) ? -1 : claim_host(nr_pages);
}

#if defined(HAVE_CLAIM_PAGES_NODE) || defined(HAVE_CLAIM_MEMORY)
/* What can be claimed of a node by a domain that gives up what it has. */
static bool node_has(unsigned int node, uint64_t pages)
{
    load();
    return others[node] + pages <= fake_node_free(node);
}

static bool may_have(uint64_t pages)
{
    return fake_domain_pages() + pages <= fake_host_number("domain/max_pages");
}

static bool is_the_domain(uint32_t domid)
{
    return domid == fake_host_number("domain/id");
}
#endif

#ifdef HAVE_CLAIM_PAGES_NODE
int xc_domain_claim_pages_node(xc_interface *xch, uint32_t domid,
                               unsigned int node, unsigned long nr_pages)
{
    if (FAKE_XC(xch, "d%u %u %lu", domid, node, nr_pages))
        return -1;
    if (!is_the_domain(domid))
        return refuse(ESRCH);
    if (node == ~0U || !nr_pages)
        return claim_host(nr_pages);
    if (!fake_node_is_online(node))
        return refuse(ENOENT);
    if (fake_outstanding() || !may_have(nr_pages))
        return refuse(EINVAL);
    if (!node_has(node, nr_pages))
        return refuse_memory();
    claimed[node] = nr_pages;
    return 0;
}
#endif

#ifdef HAVE_NUMA_MEMINFO
int xc_numa_meminfo(xc_interface *xch, unsigned int *max_nodes,
                    xen_sysctl_node_meminfo_t *meminfo)
{
    if (FAKE_XC(xch, "%s", meminfo ? "all" : "count"))
        return -1;
    load();
    for (unsigned int i = 0; meminfo && i < *max_nodes; i++)
        meminfo[i] = (xen_sysctl_node_meminfo_t){
            .size = fake_node_free(i) << XC_PAGE_SHIFT,
            .free = fake_node_free(i) << XC_PAGE_SHIFT,
            .claimed = (others[i] + claimed[i]) << XC_PAGE_SHIFT,
        };
    *max_nodes = fake_nodes();
    return 0;
}
#endif

#ifdef HAVE_CLAIM_MEMORY
/* Targets that are no node, by number: headers differ in their names. */
#define TARGET_ANY_NODE 0x80000000U
#define TARGET_LEGACY 0x40000000U

/* Xen's limit; a list that is longer than the host has targets names one twice
 * at any rate. */
#define CLAIMS_MAX (FAKE_NODES_MAX + 1)

/* 0, or why the set can't be had. */
static int check_set(uint32_t nr_claims, const memory_claim_t *claims)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < nr_claims; i++) {
        sum += claims[i].pages;
        if (claims[i].pad)
            return EINVAL;
        for (uint32_t other = 0; other < i; other++)
            if (claims[other].target == claims[i].target)
                return EINVAL;
        if (claims[i].target != TARGET_ANY_NODE &&
            !fake_node_is_online(claims[i].target))
            return ENOENT;
    }
    if (!may_have(sum))
        return EINVAL;
    for (uint32_t i = 0; i < nr_claims; i++)
        if (claims[i].target != TARGET_ANY_NODE &&
            !node_has(claims[i].target, claims[i].pages))
            return ENOMEM;
    return sum > host_claimable() ? ENOMEM : 0;
}

int xc_domain_claim_memory(xc_interface *xch, uint32_t domid,
                           uint32_t nr_claims, memory_claim_t *claims)
{
    char text[2048] = "";
    int code;

    for (uint32_t i = 0; i < nr_claims; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 " %u:%" PRIu64, claims[i].target, (uint64_t)claims[i].pages);
    if (FAKE_XC(xch, "d%u%s", domid, text))
        return -1;
    if (!is_the_domain(domid))
        return refuse(ESRCH);
    if (!nr_claims)
        return refuse(EINVAL);
    if (nr_claims > CLAIMS_MAX)
        return refuse(E2BIG);
    if (nr_claims == 1 && claims[0].target == TARGET_LEGACY)
        return claim_host(claims[0].pages);
    load();
    code = check_set(nr_claims, claims);
    if (code && fake_host_number("host/refused_set_drops"))
        memset(claimed, 0, sizeof(claimed));
    if (code)
        return code == ENOMEM ? refuse_memory() : refuse(code);

    memset(claimed, 0, sizeof(claimed));
    for (uint32_t i = 0; i < nr_claims; i++)
        claimed[claims[i].target == TARGET_ANY_NODE ? HOST : claims[i].target] =
            claims[i].pages;
    if (fake_outstanding() < least_outstanding)
        least_outstanding = fake_outstanding();
    return 0;
}
#endif
