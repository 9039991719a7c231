/* SPDX-License-Identifier: LGPL-2.1-or-later
 * mem_special.c - bring the pages that libxenguest adds to a guest where its
 * plan has them.
 *
 * libxenguest populates special pages and ACPI tables of HVM and PVH guests by
 * itself and names no node. The domain's node affinity alone does not do then:
 * Xen keeps low memory (4 GiB, a quarter of the first node where that is less)
 * for devices, and takes pages from another node rather than touch it, unless
 * the node is named. So each page gets another one in its place, from exactly
 * the right node. */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "mem_special.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

/* 8 special pages, 8 for a device model, up to 9 with ACPI tables; rounded up.
 */
#define ADDED_MAX 64

/* Where special pages end, and nothing else is before the guest runs. */
#define FRESH_PFN X86_HVM_END_SPECIAL_REGION

/* Some frames of the guest. */
struct frames {
    xen_pfn_t pfn[ADDED_MAX];
    unsigned int nr;
};

static void add_frames(struct frames *frames, uint64_t first, uint64_t pages)
{
    for (uint64_t i = 0; i < pages && frames->nr < ADDED_MAX; i++)
        frames->pfn[frames->nr++] = first + i;
}

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

static bool window_open(const struct xc_dom_image *dom,
                        const struct frames *frames, struct window *window)
{
    window->bytes =
        xc_map_foreign_pages(dom->xch, dom->guest_domid, PROT_READ | PROT_WRITE,
                             frames->pfn, (int)frames->nr);
    window->size = (size_t)frames->nr << XC_PAGE_SHIFT;
    return window->bytes;
}

/* What the domain has beyond what we populated: the ACPI tables, which begin
 * where the image says, and special pages. */
static int find_added(const struct mem_populate *populate,
                      const struct xc_dom_image *dom, struct frames *added,
                      struct xg_error *err)
{
    xc_domaininfo_t info;
    uint64_t others;

    if (xg_ctx_domain_info(populate->ctx, &info, err) < 0)
        return -1;
    others = info.tot_pages;
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        others -= populate->tally.pages[node];

    for (unsigned int i = 0; i < MAX_ACPI_MODULES; i++) {
        const struct xc_hvm_firmware_module *tables = &dom->acpi_modules[i];
        uint64_t first = tables->guest_addr_out >> XC_PAGE_SHIFT;
        uint64_t end = tables->guest_addr_out + tables->length - 1;

        if (tables->length)
            add_frames(added, first, (end >> XC_PAGE_SHIFT) - first + 1);
    }
    if (others > added->nr && others <= ADDED_MAX)
        add_frames(added, X86_HVM_END_SPECIAL_REGION - (others - added->nr),
                   others - added->nr);
    return 0;
}

static int copy_pages(const struct mem_populate *populate,
                      const struct xc_dom_image *dom, const struct window *from,
                      unsigned int pages, struct xg_error *err)
{
    cleanup_window struct window fresh = { 0 };
    struct frames frames = { .nr = 0 };

    add_frames(&frames, FRESH_PFN, pages);
    xg_forget_errors(populate->ctx);
    if (!window_open(dom, &frames, &fresh))
        return xg_fail_xc(populate->ctx, err, "xc_map_foreign_pages",
                          "%u new pages", pages);
    memcpy(fresh.bytes, from->bytes, fresh.size);
    return 0;
}

/* New pages, filled with what the old ones hold; added->nr becomes what there
 * is to be had of them. */
static int make_fresh(struct mem_populate *populate, struct xc_dom_image *dom,
                      struct frames *added, struct xg_error *err)
{
    cleanup_window struct window old = { 0 };
    uint64_t missing;

    /* Another libxenguest may have them elsewhere. */
    if (!window_open(dom, added, &old)) {
        xg_info(populate->ctx->log,
                "%u pages that libxenguest added stay: not found", added->nr);
        added->nr = 0;
        return 0;
    }
    if (mem_populate_more(populate, dom, FRESH_PFN, added->nr, &missing, err) <
        0)
        return -1;
    if (missing && populate->strict)
        return xg_fail(err, "mem_special_settle", ENOMEM,
                       "%" PRIu64 " of %u special pages are not to be had on "
                       "the nodes of the plan",
                       missing, added->nr);
    if (missing)
        xg_info(populate->ctx->log,
                "%" PRIu64 " pages that libxenguest added stay", missing);
    added->nr -= (unsigned int)missing;
    return added->nr ? copy_pages(populate, dom, &old, added->nr, err) : 0;
}

int mem_special_settle(struct mem_populate *populate, struct xc_dom_image *dom,
                       struct xg_error *err)
{
    struct frames added = { .nr = 0 };

    if (dom->container_type == XC_DOM_PV_CONTAINER)
        return 0;
    if (find_added(populate, dom, &added, err) < 0)
        return -1;
    if (added.nr && make_fresh(populate, dom, &added, err) < 0)
        return -1;

    /* Xen frees a page when another one is put in its place. */
    for (unsigned int i = 0; i < added.nr; i++) {
        xg_forget_errors(populate->ctx);
        if (xc_domain_add_to_physmap(dom->xch, dom->guest_domid,
                                     XENMAPSPACE_gmfn, FRESH_PFN + i,
                                     added.pfn[i]) < 0)
            return xg_fail_xc(populate->ctx, err, "xc_domain_add_to_physmap",
                              "page %#" PRIx64, (uint64_t)added.pfn[i]);
    }
    return 0;
}
