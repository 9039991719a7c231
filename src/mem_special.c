/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_special.c - bring the special pages of a guest where its plan has them.
 *
 * libxenguest populates these pages of HVM and PVH guests by itself and names
 * no node. The domain's node affinity alone does not do then: Xen keeps low
 * memory (4 GiB, a quarter of the first node where that is less) for devices,
 * and takes pages from another node rather than touch it, unless the node is
 * named. So each page gets another one, from exactly the right node. */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "mem_special.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

/* libxenguest makes 16, those for a device model included. */
#define SPECIAL_MAX 64

/* Where special pages end, and nothing else is before the guest runs. */
#define FRESH_PFN X86_HVM_END_SPECIAL_REGION

/* Some frames of the guest. */
struct window {
    void *bytes;
    size_t size;
};

static void window_close(struct window *window)
{
    if (window->bytes)
        munmap(window->bytes, window->size);
}

#define cleanup_window xg_cleanup(window_close)

static bool window_open(const struct xc_dom_image *dom, uint64_t pfn,
                        unsigned int pages, struct window *window)
{
    xen_pfn_t pfns[SPECIAL_MAX];

    for (unsigned int i = 0; i < pages; i++)
        pfns[i] = pfn + i;
    window->bytes = xc_map_foreign_pages(
        dom->xch, dom->guest_domid, PROT_READ | PROT_WRITE, pfns, (int)pages);
    window->size = (size_t)pages << XC_PAGE_SHIFT;
    return window->bytes;
}

/* Xen frees a page when another one is put in its place. */
static int replace_pages(const struct mem_populate *populate,
                         const struct xc_dom_image *dom, uint64_t special_pfn,
                         unsigned int pages, struct xg_error *err)
{
    for (unsigned int i = 0; i < pages; i++) {
        xg_forget_errors(populate->ctx);
        if (xc_domain_add_to_physmap(dom->xch, dom->guest_domid,
                                     XENMAPSPACE_gmfn, FRESH_PFN + i,
                                     special_pfn + i) < 0)
            return xg_fail_xc(populate->ctx, err, "xc_domain_add_to_physmap",
                              "special page %#" PRIx64, special_pfn + i);
    }
    return 0;
}

static int copy_pages(const struct mem_populate *populate,
                      const struct xc_dom_image *dom,
                      const struct window *special, unsigned int pages,
                      struct xg_error *err)
{
    cleanup_window struct window fresh = { 0 };

    xg_forget_errors(populate->ctx);
    if (!window_open(dom, FRESH_PFN, pages, &fresh))
        return xg_fail_xc(populate->ctx, err, "xc_map_foreign_pages",
                          "%u new special pages", pages);
    memcpy(fresh.bytes, special->bytes, fresh.size);
    return 0;
}

/* The new pages, filled with what the old ones hold; *pages is what there is to
 * be had of them. */
static int make_fresh(struct mem_populate *populate, struct xc_dom_image *dom,
                      uint64_t special_pfn, unsigned int *pages,
                      struct xg_error *err)
{
    cleanup_window struct window special = { 0 };
    uint64_t missing;

    /* Another libxenguest may have them elsewhere. */
    if (!window_open(dom, special_pfn, *pages, &special)) {
        xg_info(populate->ctx->log,
                "%u special pages stay, not found at %#" PRIx64, *pages,
                special_pfn);
        *pages = 0;
        return 0;
    }
    if (mem_populate_more(populate, dom, FRESH_PFN, *pages, &missing, err) < 0)
        return -1;
    if (missing && populate->strict)
        return xg_fail(err, __func__, ENOMEM,
                       "%" PRIu64 " of %u special pages are not to be had on "
                       "the nodes of the plan",
                       missing, *pages);
    if (missing)
        xg_info(populate->ctx->log, "%" PRIu64 " special pages stay", missing);
    *pages -= (unsigned int)missing;
    return *pages ? copy_pages(populate, dom, &special, *pages, err) : 0;
}

int mem_special_settle(struct mem_populate *populate, struct xc_dom_image *dom,
                       struct xg_error *err)
{
    uint64_t populated = 0, special_pfn;
    xc_domaininfo_t info;
    unsigned int pages;

    if (dom->container_type == XC_DOM_PV_CONTAINER)
        return 0;
    if (xg_ctx_domain_info(populate->ctx, &info, err) < 0)
        return -1;
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        populated += populate->tally.pages[node];
    if (info.tot_pages <= populated || info.tot_pages - populated > SPECIAL_MAX)
        return 0;

    pages = (unsigned int)(info.tot_pages - populated);
    special_pfn = X86_HVM_END_SPECIAL_REGION - pages;
    if (make_fresh(populate, dom, special_pfn, &pages, err) < 0)
        return -1;
    return replace_pages(populate, dom, special_pfn, pages, err);
}
