/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_offer.c - the memory that a plan may use (pure). */
#include "numa_planner.h"

void numa_offer_make(const struct numa_host *host,
                     const struct numa_request *request, uint64_t nodes,
                     enum numa_thrift thrift, struct numa_offer *offer)
{
    uint64_t all_free = 0, all_pages = 0;

    *offer = (struct numa_offer){
        .host = host,
        .request = request,
        .extra_pages = thrift == NUMA_KEEP_NONE ? 0 : request->extra_pages,
    };
    FOR_EACH_NODE (node, nodes & host->nodes) {
        const struct numa_node *this = &host->node[node];
        uint64_t kept = thrift == NUMA_KEEP_LOW ? this->low_pages : 0;

        if (this->free_pages > kept) {
            offer->nodes |= NUMA_BIT(node);
            offer->free_pages[node] = this->free_pages - kept;
        }
        all_free += this->free_pages;
        all_pages += this->size_pages;
    }
    offer->is_scarce = all_free < all_pages / 2;
}

bool numa_offer_holds(const struct numa_offer *offer, uint64_t nodes)
{
    uint64_t free_pages = 0;

    FOR_EACH_NODE (node, nodes)
        free_pages += offer->free_pages[node];
    return free_pages >= offer->request->pages + offer->extra_pages;
}
