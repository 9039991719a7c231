/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * pci.c - devices that are passed through, and what memory they need. */
#include "pci.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* AMD FirePro S7150x2: its BARs want more than half of what doubling the hole
 * would find, and its driver can't use them above 4 GiB. */
#define WIDE_HOLE_VENDOR 0x1002
#define WIDE_HOLE_DEVICE 0x692f

/* Six BARs and the ROM come first in `resource`; bridge windows and virtual
 * functions follow. */
#define BAR_LINES 7

/* `0x%016llx 0x%016llx 0x%016llx\n` of Linux's drivers/pci/pci-sysfs.c is 57
 * characters. */
#define SYSFS_BYTES 1024

/* One hexadecimal number of at most `digits` digits, then `end`; moves *text
 * behind both. False if there is none. */
static bool take_hex(const char **text, unsigned int digits, char end,
                     uint64_t *value)
{
    const char *at = *text;

    *value = 0;
    for (; isxdigit((unsigned char)*at) && digits > 0; at++, digits--)
        *value = *value << 4 |
                 (uint64_t)(isdigit((unsigned char)*at)
                                ? *at - '0'
                                : tolower((unsigned char)*at) - 'a' + 10);
    if (at == *text || *at != end)
        return false;
    *text = end ? at + 1 : at;
    return true;
}

/* ---- the list ----------------------------------------------------------- */

static int parse_device(const char *word, struct pci_device *device,
                        struct xg_error *err)
{
    uint64_t segment = 0, bus, slot, function;
    const char *colon = strchr(word, ':');
    const char *at = word;

    if ((colon && strchr(colon + 1, ':') && !take_hex(&at, 4, ':', &segment)) ||
        !take_hex(&at, 2, ':', &bus) || !take_hex(&at, 2, '.', &slot) ||
        !take_hex(&at, 1, '\0', &function))
        return xg_fail(err, "pci_parse_list", EINVAL,
                       "-pci_passthrough: '%s' is not of the form "
                       "[segment:]bus:device.function",
                       word);
    if (slot > 0x1f || function > 7)
        return xg_fail(err, "pci_parse_list", EINVAL,
                       "-pci_passthrough: '%s': a device is at most 1f, "
                       "a function at most 7",
                       word);

    *device = (struct pci_device){
        .segment = (uint16_t)segment,
        .bus = (uint8_t)bus,
        .devfn = (uint8_t)(slot << 3 | function),
    };
    return 0;
}

static bool is_listed(const struct pci_device *devices, unsigned int nr_devices,
                      const struct pci_device *device)
{
    for (unsigned int i = 0; i < nr_devices; i++)
        if (devices[i].segment == device->segment &&
            devices[i].bus == device->bus && devices[i].devfn == device->devfn)
            return true;
    return false;
}

int pci_parse_list(const char *text, struct pci_device **devices,
                   unsigned int *nr_devices, struct xg_error *err)
{
    cleanup_free char *words = strdup(text);
    cleanup_free struct pci_device *list = NULL;
    unsigned int nr_words = 1, nr = 0;
    char *rest = words;

    for (const char *at = text; *at; at++)
        nr_words += *at == ',';
    if (!words)
        return xg_fail_errno(err, "strdup", "%u devices", nr_words);
    list = calloc(nr_words, sizeof(*list));
    if (!list)
        return xg_fail_errno(err, "calloc", "%u devices", nr_words);

    for (char *word = strsep(&rest, ","); word; word = strsep(&rest, ",")) {
        if (parse_device(word, &list[nr], err) < 0)
            return -1;
        nr += !is_listed(list, nr, &list[nr]);
    }

    *devices = steal_pointer(&list);
    *nr_devices = nr;
    return 0;
}

/* ---- sysfs -------------------------------------------------------------- */

struct sysfs_file {
    char path[512];
    char text[SYSFS_BYTES]; /* its beginning */
};

static int read_file(const char *sysfs, const struct pci_device *device,
                     const char *name, struct sysfs_file *file,
                     struct xg_error *err)
{
    cleanup_close int fd = -1;
    ssize_t bytes;

    snprintf(file->path, sizeof(file->path),
             "%s/bus/pci/devices/%04x:%02x:%02x.%x/%s", sysfs, device->segment,
             device->bus, device->devfn >> 3, device->devfn & 7u, name);
    fd = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return xg_fail_errno(err, "open", "'%s': %s", file->path,
                             strerror(errno));
    bytes = read(fd, file->text, sizeof(file->text) - 1);
    if (bytes < 0)
        return xg_fail_errno(err, "read", "'%s': %s", file->path,
                             strerror(errno));
    file->text[bytes] = '\0';
    return 0;
}

/* `0x…` and then `end`. */
static bool take_number(const char **text, unsigned int digits, char end,
                        uint64_t *value)
{
    if (strncmp(*text, "0x", 2))
        return false;
    *text += 2;
    return take_hex(text, digits, end, value);
}

/* One line of `resource`: first byte, last byte, flags; all 0 for none, and a
 * last one right before the first for one of no size. */
static bool take_bar(const char **text, uint64_t *bytes)
{
    uint64_t first, last, flags;

    if (!take_number(text, 16, ' ', &first) ||
        !take_number(text, 16, ' ', &last) ||
        !take_number(text, 16, '\n', &flags))
        return false;
    *bytes = first || last ? last - first + 1 : 0;
    return last >= first || !*bytes;
}

static int read_bars(const char *sysfs, const struct pci_device *device,
                     uint64_t *sum_bytes, struct xg_error *err)
{
    struct sysfs_file file;
    const char *at = file.text;
    uint64_t bytes;

    if (read_file(sysfs, device, "resource", &file, err) < 0)
        return -1;

    *sum_bytes = 0;
    for (unsigned int line = 0; line < BAR_LINES; line++) {
        if (!take_bar(&at, &bytes))
            return xg_fail(err, "pci_read_needs", EINVAL,
                           "'%s': line %u does not describe a BAR", file.path,
                           line + 1);
        if (bytes > UINT64_MAX - *sum_bytes)
            return xg_fail(err, "pci_read_needs", EINVAL,
                           "'%s': the BARs are larger than all memory",
                           file.path);
        *sum_bytes += bytes;
    }
    return 0;
}

static int read_id(const char *sysfs, const struct pci_device *device,
                   const char *name, uint64_t *id, struct xg_error *err)
{
    struct sysfs_file file;
    const char *at = file.text;

    if (read_file(sysfs, device, name, &file, err) < 0)
        return -1;
    if (!take_number(&at, 4, '\n', id))
        return xg_fail(err, "pci_read_needs", EINVAL, "'%s' holds no PCI id",
                       file.path);
    return 0;
}

int pci_read_needs(const char *sysfs, const struct pci_device *device,
                   struct pci_needs *needs, struct xg_error *err)
{
    uint64_t vendor_id, device_id;

    if (read_bars(sysfs, device, &needs->bar_bytes, err) < 0 ||
        read_id(sysfs, device, "vendor", &vendor_id, err) < 0 ||
        read_id(sysfs, device, "device", &device_id, err) < 0)
        return -1;

    needs->wide_hole =
        vendor_id == WIDE_HOLE_VENDOR && device_id == WIDE_HOLE_DEVICE;
    return 0;
}

/* ---- reserved memory ---------------------------------------------------- */

struct reserved_list {
    struct mem_range *ranges;
    unsigned int nr;
};

static int append(struct reserved_list *list,
                  const struct xen_reserved_device_memory *entries, uint32_t nr,
                  struct xg_error *err)
{
    struct mem_range *grown =
        realloc(list->ranges, (list->nr + nr + 1) * sizeof(*grown));

    if (!grown)
        return xg_fail_errno(err, "realloc", "%u reserved ranges", nr);
    list->ranges = grown;

    for (uint32_t i = 0; i < nr; i++) {
        uint64_t first = entries[i].start_pfn, pages = entries[i].nr_pages;

        /* No address has more than 52 bits. */
        if (first >> 40 || pages >> 40)
            return xg_fail(err, __func__, ERANGE,
                           "Xen reserves %#" PRIx64
                           " pages from frame %#" PRIx64,
                           pages, first);
        if (pages)
            list->ranges[list->nr++] = (struct mem_range){
                first << XC_PAGE_SHIFT,
                (first + pages) << XC_PAGE_SHIFT,
            };
    }
    return 0;
}

/* Asked with no room, Xen tells how much is needed. */
static int read_device(const struct xg_ctx *ctx,
                       const struct pci_device *device,
                       struct reserved_list *list, struct xg_error *err)
{
    cleanup_free struct xen_reserved_device_memory *entries = NULL;
    uint32_t nr = 0;
    int rc;

    xg_forget_errors(ctx);
    rc = xc_reserved_device_memory_map(ctx->xch, 0, device->segment,
                                       device->bus, device->devfn, NULL, &nr);
    if (rc < 0 && errno == ENOBUFS) {
        entries = calloc(nr, sizeof(*entries));
        if (!entries)
            return xg_fail_errno(err, "calloc", "%u reserved ranges", nr);
        xg_forget_errors(ctx);
        rc = xc_reserved_device_memory_map(ctx->xch, 0, device->segment,
                                           device->bus, device->devfn, entries,
                                           &nr);
    }
    if (rc < 0)
        return xg_fail_xc(ctx, err, "xc_reserved_device_memory_map",
                          "%04x:%02x:%02x.%x", device->segment, device->bus,
                          device->devfn >> 3, device->devfn & 7u);
    return entries ? append(list, entries, nr, err) : 0;
}

int pci_read_reserved(const struct xg_ctx *ctx,
                      const struct pci_device *devices, unsigned int nr_devices,
                      struct mem_range **ranges, unsigned int *nr_ranges,
                      struct xg_error *err)
{
    struct reserved_list list = { 0 };

    for (unsigned int i = 0; i < nr_devices; i++) {
        if (read_device(ctx, &devices[i], &list, err) < 0) {
            free(list.ranges);
            return -1;
        }
    }
    *ranges = list.ranges;
    *nr_ranges = list.nr;
    return 0;
}
