/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_xg.c - a double of libxenguest's image building.
 *
 * It reads what it is given for real, takes the domain's pages from the model,
 * and insists on the order of the steps. A kernel is anything that begins as an
 * ELF file does. */
#include "fake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>

#define MIB_PAGES 256
#define FIRST_MFN 0x100000 /* the machine frame of a PV guest's pfn 0 */
#define XENSTORE_PFN 0x42
#define CONSOLE_PFN 0x43

enum step {
    STEP_ALLOCATED,
    STEP_XEN_INIT,
    STEP_PARSED,
    STEP_MEM_KNOWN,
    STEP_POPULATED,
    STEP_BUILT,
    STEP_BOOTED,
    STEP_GRANTS,
};

struct image {
    struct xc_dom_image dom; /* first: what the caller sees */
    enum step step;
    struct xc_dom_arch arch;
    uint8_t *hvm_info_page; /* while it is mapped */
};

static struct image *image_of(struct xc_dom_image *dom)
{
    return (struct image *)dom;
}

static void advance(struct xc_dom_image *dom, enum step from)
{
    fake_require(image_of(dom)->step == from,
                 "a step of the build in disorder");
    image_of(dom)->step = from + 1;
}

/* ---- the image ---- */

struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline,
                                     const char *features)
{
    struct image *image;

    if (FAKE_XC(xch, "cmdline=%s features=%s", cmdline ? cmdline : "(none)",
                features ? features : "(none)"))
        return NULL;
    image = fake_lend(calloc(1, sizeof(*image)));
    image->dom.xch = xch;
    image->dom.arch_hooks = &image->arch;
    image->dom.max_kernel_size = XC_DOM_DECOMPRESS_MAX;
    image->dom.max_module_size = XC_DOM_DECOMPRESS_MAX;
    if (cmdline)
        image->dom.cmdline = strdup(cmdline);
    return &image->dom;
}

void xc_dom_release(struct xc_dom_image *dom)
{
    struct image *image = image_of(dom);

    fake_call(__func__, NO_ARGUMENTS);
    free(dom->pv_p2m);
    free(dom->cmdline);
    free(image->hvm_info_page);
    fake_take_back(image);
}

int xc_dom_kernel_max_size(struct xc_dom_image *dom, size_t sz)
{
    fake_call(__func__, "%zu", sz);
    dom->max_kernel_size = sz;
    return 0;
}

int xc_dom_module_max_size(struct xc_dom_image *dom, size_t sz)
{
    fake_call(__func__, "%zu", sz);
    dom->max_module_size = sz;
    return 0;
}

int xc_dom_kernel_mem(struct xc_dom_image *dom, const void *mem, size_t memsize)
{
    dom->kernel_blob = (void *)(uintptr_t)mem;
    dom->kernel_size = memsize;
    if (FAKE_XC(dom->xch, "%zu", memsize))
        return -1;
    fake_require(memsize > 0 && memsize <= dom->max_kernel_size,
                 "a kernel that is empty or too large");
    fake_parse(); /* the outer gzip; a crafted one may go astray already */
    return 0;
}

int xc_dom_module_mem(struct xc_dom_image *dom, const void *mem, size_t memsize,
                      const char *cmdline)
{
    struct xc_dom_module *module = &dom->modules[dom->num_modules];

    /* The library does not look. */
    fake_require(dom->num_modules < XG_MAX_MODULES, "too many modules");
    dom->num_modules++;
    if (FAKE_XC(dom->xch, "%zu cmdline=%s", memsize,
                cmdline ? cmdline : "(none)"))
        return -1;
    fake_require(memsize > 0 && memsize <= dom->max_module_size,
                 "a module that is empty or too large");
    module->blob = (void *)(uintptr_t)mem;
    module->size = memsize;
    return 0;
}

/* ---- the steps of a build ---- */

int xc_dom_boot_xen_init(struct xc_dom_image *dom, xc_interface *xch,
                         uint32_t domid)
{
    if (FAKE_XC(dom->xch, "d%u", domid))
        return -1;
    advance(dom, STEP_ALLOCATED);
    dom->guest_domid = domid;
    return 0;
}

static void fill_p2m(struct xc_dom_image *dom)
{
    dom->pv_p2m = calloc(dom->total_pages, sizeof(*dom->pv_p2m));
    for (xen_pfn_t pfn = 0; pfn < dom->total_pages; pfn++)
        dom->pv_p2m[pfn] = FIRST_MFN + pfn;
    dom->p2m_size = dom->total_pages;
}

static bool is_32_bit(const struct xc_dom_image *dom)
{
    return dom->container_type == XC_DOM_PV_CONTAINER &&
           fake_host_number("image/bits") == 32;
}

/* The library's own way of populating. */
static int meminit(struct xc_dom_image *dom)
{
    bool hvm = dom->container_type == XC_DOM_HVM_CONTAINER;

    if (is_32_bit(dom)) {
        if (FAKE_XC(dom->xch, "d%u 32-bit", dom->guest_domid))
            return -1;
        fake_claim_give_up(); /* what the guest is to have is there */
    }
    if (!fake_host_take(hvm ? dom->target_pages : dom->total_pages)) {
        errno = ENOMEM;
        return -1;
    }
    if (!hvm && dom->total_pages)
        fill_p2m(dom);
    return 0;
}

/* Some pages more, one by one from `first` on. */
static int add_pages(struct xc_dom_image *dom, xen_pfn_t first,
                     unsigned int nr_pages)
{
    xen_pfn_t frames[64];

    fake_require(nr_pages <= 64, "add_pages: too many");
    if (fake_host_number("library/binds_itself")) {
        if (!fake_domain_may_have(nr_pages)) {
            errno = ENOMEM;
            return -1;
        }
        fake_host_adjust((int)nr_pages);
        return 0;
    }
    for (unsigned int i = 0; i < nr_pages; i++)
        frames[i] = first + i;
    return xc_domain_populate_physmap_exact(dom->xch, dom->guest_domid,
                                            nr_pages, 0, 0, frames);
}

/* For Xen, xenstored and a device model. */
static int alloc_magic_pages(struct xc_dom_image *dom)
{
    if (dom->container_type == XC_DOM_PV_CONTAINER)
        return 0;
    if (add_pages(dom, X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES,
                  X86_HVM_NR_SPECIAL_PAGES) < 0)
        return -1;
    return dom->device_model ? add_pages(dom,
                                         X86_HVM_END_SPECIAL_REGION -
                                             X86_HVM_NR_SPECIAL_PAGES - 8,
                                         8)
                             : 0;
}

void *xc_dom_malloc(struct xc_dom_image *dom, size_t size)
{
    if (FAKE_XC(dom->xch, "%zu", size))
        return NULL;
    return calloc(1, size);
}

int xc_dom_parse_image(struct xc_dom_image *dom)
{
    struct image *image = image_of(dom);

    if (FAKE_XC(dom->xch, "%s",
                dom->container_type == XC_DOM_PV_CONTAINER ? "pv" : "hvm"))
        return -1;
    advance(dom, STEP_XEN_INIT);
    fake_require(dom->kernel_blob, "xc_dom_parse_image: no kernel");
    if (dom->kernel_size < 4 || memcmp(dom->kernel_blob, "\177ELF", 4)) {
        /* The library says so, and leaves errno alone. */
        fake_xc_error(dom->xch, XC_INVALID_KERNEL,
                      "panic: xg_dom_core.c:221: xc_dom_find_loader: no "
                      "loader found");
        return -1;
    }
    image->arch.meminit = meminit;
    image->arch.alloc_magic_pages = alloc_magic_pages;
    image->arch.guest_type = "xen-3.0-x86_64";
    image->arch.native_protocol = "x86_64-abi";
    if (is_32_bit(dom)) {
        image->arch.guest_type = "xen-3.0-x86_32p";
        image->arch.native_protocol = "x86_32-abi";
    }
    dom->guest_type = image->arch.guest_type;
    return 0;
}

int xc_dom_mem_init(struct xc_dom_image *dom, unsigned int mem_mb)
{
    if (FAKE_XC(dom->xch, "%u", mem_mb))
        return -1;
    advance(dom, STEP_PARSED);
    dom->total_pages = (xen_pfn_t)mem_mb * MIB_PAGES;
    return 0;
}

int xc_dom_boot_mem_init(struct xc_dom_image *dom)
{
    bool hvm = dom->container_type == XC_DOM_HVM_CONTAINER;
    uint64_t pages = hvm ? dom->target_pages : dom->total_pages;

    if (FAKE_XC(dom->xch,
                "pages=%" PRIu64 " total=%" PRIu64
                " vcpus=%u lowmem_end=%#" PRIx64 " highmem_end=%#" PRIx64
                " mmio=%#" PRIx64 "+%#" PRIx64 " vga_hole=%#" PRIx64
                " device_model=%d",
                pages, dom->total_pages, dom->max_vcpus, dom->lowmem_end,
                dom->highmem_end, dom->mmio_start, dom->mmio_size,
                dom->vga_hole_size, dom->device_model))
        return -1;
    advance(dom, STEP_MEM_KNOWN);
    return dom->arch_hooks->meminit(dom) == 0 ? 0 : -1;
}

/* As when it is copied into the guest: a byte of each page. */
static void read_through(const void *data, size_t bytes)
{
    const volatile uint8_t *at = data;

    for (size_t i = 0; i < bytes; i += XC_PAGE_SIZE)
        (void)at[i];
}

static void read_files(const struct xc_dom_image *dom)
{
    const struct xc_hvm_firmware_module *firmware =
        &dom->system_firmware_module;

    read_through(dom->kernel_blob, dom->kernel_size);
    read_through(firmware->data, firmware->length);
    for (unsigned int i = 0; i < dom->num_modules; i++)
        read_through(dom->modules[i].blob, dom->modules[i].size);
}

int xc_dom_build_image(struct xc_dom_image *dom)
{
    if (FAKE_XC(dom->xch,
                "flags=%#lx store=%u:d%u console=%u:d%u modules=%u "
                "firmware=%u",
                dom->flags, dom->xenstore_evtchn, dom->xenstore_domid,
                dom->console_evtchn, dom->console_domid, dom->num_modules,
                dom->system_firmware_module.length))
        return -1;
    advance(dom, STEP_POPULATED);
    read_files(dom);
    /* Tables with a length would be the library's to load. */
    fake_require(!dom->acpi_modules[0].length, "whose ACPI tables");
    dom->xenstore_pfn = XENSTORE_PFN;
    dom->console_pfn = CONSOLE_PFN;
    if (xc_dom_translated(dom) &&
        xc_hvm_param_set(dom->xch, dom->guest_domid, HVM_PARAM_STORE_PFN,
                         XENSTORE_PFN) < 0)
        return -1;
    return dom->arch_hooks->alloc_magic_pages(dom);
}

int xc_dom_boot_image(struct xc_dom_image *dom)
{
    if (FAKE_XC(dom->xch, NO_ARGUMENTS))
        return -1;
    advance(dom, STEP_BUILT);
    return xc_dom_translated(dom)
               ? xc_hvm_param_set(dom->xch, dom->guest_domid,
                                  HVM_PARAM_STORE_EVTCHN, dom->xenstore_evtchn)
               : 0;
}

int xc_dom_gnttab_init(struct xc_dom_image *dom)
{
    if (FAKE_XC(dom->xch, NO_ARGUMENTS))
        return -1;
    advance(dom, STEP_BOOTED);
    return 0;
}

bool xc_dom_translated(const struct xc_dom_image *dom)
{
    return dom->container_type == XC_DOM_HVM_CONTAINER;
}

/* ---- the hvm_info page ---- */

void *xc_dom_pfn_to_ptr(struct xc_dom_image *dom, xen_pfn_t first,
                        xen_pfn_t count)
{
    struct image *image = image_of(dom);
    struct hvm_info_table *info;

    if (FAKE_XC(dom->xch, "%#" PRIx64, first))
        return NULL;
    fake_require(first == HVM_INFO_PFN && count == 1 &&
                     image->step >= STEP_BOOTED && !image->hvm_info_page,
                 "xc_dom_pfn_to_ptr: not the hvm_info page");

    /* What libxenguest leaves there: every vCPU online. */
    image->hvm_info_page = calloc(1, XC_PAGE_SIZE);
    info = (struct hvm_info_table *)(image->hvm_info_page + HVM_INFO_OFFSET);
    memcpy(info->signature, "HVM INFO", sizeof(info->signature));
    info->length = sizeof(*info);
    info->nr_vcpus = dom->max_vcpus;
    info->high_mem_pgend = (uint32_t)(dom->highmem_end >> XC_PAGE_SHIFT);
    memset(info->vcpu_online, 0xff, sizeof(info->vcpu_online));
    return image->hvm_info_page;
}

/* Shows what hvmloader would find. */
void xc_dom_unmap_one(struct xc_dom_image *dom, xen_pfn_t pfn)
{
    struct image *image = image_of(dom);
    const struct hvm_info_table *info;
    const uint8_t *bytes;
    unsigned int online = 0;
    uint8_t sum = 0;

    fake_require(image->hvm_info_page, "xc_dom_unmap_one: not mapped");
    bytes = image->hvm_info_page + HVM_INFO_OFFSET;
    info = (const struct hvm_info_table *)bytes;
    for (uint32_t i = 0; i < info->length; i++)
        sum += bytes[i];
    for (unsigned int i = 0; i < sizeof(info->vcpu_online) * 8; i++)
        if (info->vcpu_online[i / 8] & 1u << i % 8)
            online++;

    fake_call(__func__,
              "%#" PRIx64 " apic=%u vcpus=%u online=%u:%02x%02x high=%#x %s",
              pfn, info->apic_mode, info->nr_vcpus, online,
              info->vcpu_online[1], info->vcpu_online[0], info->high_mem_pgend,
              sum ? "checksum=bad" : "checksum=good");
    free(image->hvm_info_page);
    image->hvm_info_page = NULL;
}
