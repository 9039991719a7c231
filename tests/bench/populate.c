/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * populate.c - "populate DOMID TYPE MIB" gives an empty guest the memory that a
 * build would give it, in the extents that Xen is fastest with, and does
 * nothing else: what scripts/bench --memory holds ours against.
 *
 * Upwards, as Xen looks up each frame of what lies below the highest one; in
 * extents as large as frames allow; those of a size in one call. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenctrl.h>

#define FRAMES(bytes) ((bytes) >> 12)
/* An HVM guest's: no RAM for VGA, nor below 4 GiB. */
#define VGA_FIRST 0xa0
#define VGA_END 0xc0
#define HOLE_FIRST FRAMES(UINT64_C(0xf0000000))
#define HOLE_END FRAMES(UINT64_C(1) << 32)

static const unsigned int orders[] = { 18, 9, 0 };

static xc_interface *xch;
static uint32_t domid;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* How many of these there are as extents of an order before one of a larger
 * could begin. */
static uint64_t count_extents(uint64_t first, uint64_t end, unsigned int larger,
                              unsigned int order)
{
    uint64_t whole = UINT64_C(1) << larger;
    uint64_t border = (first + whole - 1) & ~(whole - 1);

    if (larger > order && border > first && border + whole <= end)
        end = border;
    return (end - first) >> order;
}

/* Extents of one order, in one call: how many Xen had. */
static uint64_t populate(uint64_t first, uint64_t nr, unsigned int order)
{
    xen_pfn_t *list = calloc(nr, sizeof(*list));
    int done;

    if (!list)
        fail("calloc");
    for (uint64_t i = 0; i < nr; i++)
        list[i] = first + (i << order);
    done = xc_domain_populate_physmap(xch, domid, nr, order, 0, list);
    free(list);
    if (done < 0)
        fail("xc_domain_populate_physmap");
    return (uint64_t)done;
}

static void fill(uint64_t first, uint64_t end)
{
    unsigned int most = 0;

    while (first < end) {
        unsigned int i = most;
        uint64_t nr, done;

        while (first & ((UINT64_C(1) << orders[i]) - 1) ||
               end - first < UINT64_C(1) << orders[i])
            i++;
        nr =
            count_extents(first, end, i ? orders[i - 1] : orders[0], orders[i]);
        done = populate(first, nr, orders[i]);
        if (done < nr && i == 2)
            fail("no memory");
        /* No more of these are to be had. */
        if (done < nr)
            most = i + 1;
        first += done << orders[i];
    }
}

int main(int argc, char **argv)
{
    static const char done[] = "result:done\n";
    uint64_t pages;

    if (argc != 4)
        return 2;
    domid = (uint32_t)strtoul(argv[1], NULL, 10);
    pages = FRAMES(strtoull(argv[3], NULL, 10) << 20);
    xch = xc_interface_open(NULL, NULL, 0);
    if (!xch)
        fail("xc_interface_open");
    if (strcmp(argv[2], "hvm")) {
        fill(0, pages);
    } else {
        fill(0, VGA_FIRST);
        fill(VGA_END, pages < HOLE_FIRST ? pages : HOLE_FIRST);
        if (pages > HOLE_FIRST)
            fill(HOLE_END, HOLE_END + pages - HOLE_FIRST);
    }
    /* Where count.c, which looks at this call, reports. */
    return write(STDOUT_FILENO, done, sizeof(done) - 1) < 0;
}
