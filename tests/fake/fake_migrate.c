/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fake_migrate.c - a double of libxenguest's save, restore and resume.
 *
 * Its stream is a line, blocks of pages, and an end; the callbacks come in the
 * real one's order. A page is 16 bytes: tests don't have to wait for them. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenforeignmemory.h>

#define MAGIC "xg-fake-stream\n"
#define BLOCK_PAGES 64
#define STEP_PAGES 1024 /* 4 MiB, the real one's */

struct block {
    char type; /* P or E */
    char pages[BLOCK_PAGES][16];
};

#define STORE_FRAME 1111
#define CONSOLE_FRAME 2222

/* Both retry after a signal, as libxenctrl's do. */
static int write_all(int fd, const void *data, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t done = write(fd, (const char *)data + at, bytes - at);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        at += (size_t)done;
    }
    return 0;
}

static int read_all(int fd, void *data, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t done = read(fd, (char *)data + at, bytes - at);

        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = 0;
        if (done <= 0)
            return -1;
        at += (size_t)done;
    }
    return 0;
}

/* save/step_us is how long each step of a pass takes, and 0: progress is not
 * told. */
static void take_step(xc_interface *xch, long done, long total)
{
    useconds_t step_us = (useconds_t)fake_host_number("save/step_us");

    if (step_us == 0)
        return;
    if (done > 0)
        usleep(step_us);
    fake_xc_progress(xch, "Frames", (unsigned long)done, (unsigned long)total);
}

static int write_pages(xc_interface *xch, int fd, long nr_pages)
{
    struct block block = { .type = 'P' };

    memset(block.pages, 0x5a, sizeof(block.pages));
    for (long done = 0; done < nr_pages; done += BLOCK_PAGES) {
        if (done % STEP_PAGES == 0)
            take_step(xch, done, nr_pages);
        if (write_all(fd, &block, sizeof(block)) < 0)
            return -1;
    }
    take_step(xch, nr_pages, nr_pages);
    return 0;
}

static int finish_save(xc_interface *xch, int rc)
{
    int code = errno;

    if (rc < 0)
        fake_xc_error(xch, XC_INTERNAL_ERROR, "Save failed");
    errno = code;
    return rc;
}

/* save/dirty lists the pages that the guest has dirtied when each iteration
 * begins; the last one stays. */
static int precopy(xc_interface *xch, int fd, struct save_callbacks *callbacks)
{
    const char *dirty = fake_host("save/dirty");
    struct precopy_stats stats = { .dirty_count = strtol(dirty, NULL, 10) };
    long now = stats.dirty_count;

    for (;;) {
        int policy = callbacks->precopy_policy(stats, callbacks->data);

        if (policy == XGS_POLICY_ABORT || write_pages(xch, fd, now) < 0)
            return -1;
        if (policy != XGS_POLICY_CONTINUE_PRECOPY)
            return 0;

        stats.iteration++;
        stats.total_written += (unsigned long)now;
        stats.dirty_count = -1;
        policy = callbacks->precopy_policy(stats, callbacks->data);
        if (policy == XGS_POLICY_ABORT)
            return -1;
        if (policy != XGS_POLICY_CONTINUE_PRECOPY)
            return 0;

        usleep((useconds_t)fake_host_number("save/pause_us"));
        if (strchr(dirty, ' '))
            dirty = strchr(dirty, ' ') + 1;
        stats.dirty_count = now = strtol(dirty, NULL, 10);
    }
}

/* save/hangs: the save never gets to its first page, for a call that has
 * nothing to do with the stream and that a signal interrupts, or not even that.
 */
static int hang(void)
{
    bool for_good = !strcmp(fake_host("save/hangs"), "for-good");
    int fds[2];
    char byte;

    fake_require(pipe2(fds, O_CLOEXEC) == 0, "pipe2");
    fake_call("save_hangs", NO_ARGUMENTS);
    do
        (void)!read(fds[0], &byte, 1);
    while (for_good);
    return -1;
}

static int save(xc_interface *xch, int fd, uint32_t flags,
                struct save_callbacks *callbacks)
{
    const struct block end = { .type = 'E' };

    if (write_all(fd, MAGIC, strlen(MAGIC)) < 0)
        return -1;
    if (fake_host("save/hangs")[0])
        return hang();
    if (flags & XCFLAGS_LIVE && callbacks->precopy_policy &&
        precopy(xch, fd, callbacks) < 0)
        return -1;

    fake_call("save_suspend", NO_ARGUMENTS);
    if (!callbacks->suspend(callbacks->data))
        return -1;
    fake_call("save_suspended", NO_ARGUMENTS);

    if (write_pages(xch, fd, (long)fake_host_number("save/last_pages")) < 0)
        return -1;
    return write_all(fd, &end, sizeof(end));
}

int xc_domain_save(xc_interface *xch, int io_fd, uint32_t dom, uint32_t flags,
                   struct save_callbacks *callbacks, xc_stream_type_t type,
                   int recv_fd)
{
    (void)recv_fd;
    if (FAKE_XC(xch, "d%u flags=%u", dom, flags))
        return -1;
    fake_parse();
    fake_require(type == XC_STREAM_PLAIN, "xc_domain_save: stream type");
    fake_require(callbacks->suspend && callbacks->switch_qemu_logdirty,
                 "xc_domain_save: callbacks");
    return finish_save(xch, save(xch, io_fd, flags, callbacks));
}

#define BATCH_FRAMES 1024u

static bool is_written; /* what the first batch's frames hold */

static int populate_batch(xc_interface *xch, uint32_t dom, xen_pfn_t first,
                          unsigned int order)
{
    unsigned int nr_frames = BATCH_FRAMES >> order;
    xen_pfn_t frames[BATCH_FRAMES];

    for (unsigned int i = 0; i < nr_frames; i++)
        frames[i] = first + ((xen_pfn_t)i << order);
    if (!order)
        return xc_domain_populate_physmap_exact(xch, dom, nr_frames, 0, 0,
                                                frames);
    for (unsigned int i = 0; i < nr_frames; i++)
        if (xc_domain_populate_physmap_exact(xch, dom, 1, order, 0,
                                             &frames[i]) < 0)
            return -1;
    return 0;
}

/* As libxenguest asks for a guest's frames while it reads them: one by one, or,
 * with restore/order=9, a superpage at a time. */
static int populate(xc_interface *xch, uint32_t dom)
{
    unsigned int order = (unsigned int)fake_host_number("restore/order");
    uint64_t pages = fake_host_number("restore/pages");

    is_written = false;
    for (uint64_t done = 0; done < pages; done += BATCH_FRAMES) {
        if (populate_batch(xch, dom, done, order) < 0)
            return -1;
        is_written = true;
    }
    return 0;
}

static int restore(xc_interface *xch, uint32_t dom, int fd,
                   struct restore_callbacks *callbacks)
{
    char magic[sizeof(MAGIC)] = "";
    struct block block;

    if (read_all(fd, magic, strlen(MAGIC)) < 0)
        return -1;
    if (strcmp(magic, MAGIC)) {
        errno = EINVAL;
        return -1;
    }
    if (callbacks->static_data_done(
            (unsigned int)fake_host_number("restore/missing"),
            callbacks->data) != 0 ||
        populate(xch, dom) < 0)
        return -1;

    do {
        if (read_all(fd, &block, sizeof(block)) < 0)
            return -1;
        if (block.type != 'E' && block.type != 'P') {
            errno = EINVAL;
            return -1;
        }
    } while (block.type != 'E');
    return 0;
}

int xc_domain_restore(xc_interface *xch, int io_fd, uint32_t dom,
                      unsigned int store_evtchn, unsigned long *store_mfn,
                      uint32_t store_domid, unsigned int console_evtchn,
                      unsigned long *console_mfn, uint32_t console_domid,
                      xc_stream_type_t stream_type,
                      struct restore_callbacks *callbacks, int send_back_fd
#ifdef HAVE_DOMAIN_RESTORE_MEMFLAGS
                      ,
                      unsigned int memflags
#endif
)
{
    (void)send_back_fd;
    if (FAKE_XC(xch, "d%u store=%u,d%u console=%u,d%u", dom, store_evtchn,
                store_domid, console_evtchn, console_domid))
        return -1;
    fake_parse();
    fake_require(stream_type == XC_STREAM_PLAIN, "xc_domain_restore: stream");
#ifdef HAVE_DOMAIN_RESTORE_MEMFLAGS
    if (memflags)
        fake_call("restore_memflags", "%#x", memflags);
#endif

    if (restore(xch, dom, io_fd, callbacks) < 0) {
        int code = errno;

        fake_xc_error(xch, XC_INTERNAL_ERROR,
                      code ? "Unexpected record type"
                           : "Failed to read Record Header from stream "
                             "(0 = Success)");
        fake_xc_error(xch, XC_INTERNAL_ERROR, "Restore failed");
        errno = code;
        return -1;
    }
    *store_mfn = STORE_FRAME;
    *console_mfn = CONSOLE_FRAME;
    return 0;
}

int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast)
{
    if (FAKE_XC(xch, "d%u fast=%d", domid, fast))
        return -1;
    fake_parse();
    return 0;
}

/* ---- the guest's memory: one page, whose first words are
 * logged at its unmapping */

/* What a guest that was asked to have virtual nodes has behind its RSDP, or, an
 * HVM one, in its hvm_info page: byte for byte as each xenguest has to write
 * and to read it. guest/note_mib is where its low RAM ends. */
static void put_note(uint8_t *page, xen_pfn_t frame)
{
    uint32_t low_end_pfn = (uint32_t)fake_host_number("guest/note_mib") << 8;
    bool is_hvm = fake_host_number("guest/note_hvm");
    uint8_t *note = page + (is_hvm ? 0xa00 : XC_PAGE_SIZE - 24);

    if (!low_end_pfn || !is_written || frame != (is_hvm ? 0x9f : 0xff))
        return;
    memcpy(note, "XG VNODE", 8);
    memcpy(note + 8, &low_end_pfn, sizeof(low_end_pfn));
    note[16] = (uint8_t)fake_host_number("guest/note_vnodes");
    for (unsigned int i = 0; i < 24; i++)
        note[20] -= i == 20 ? 0 : note[i];
}

xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
    return (xenforeignmemory_handle *)xch;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
                           int prot, size_t pages, const xen_pfn_t arr[],
                           int err[])
{
    uint8_t *page;

    (void)fmem;
    (void)prot;
    (void)err;
    if (fake_call(__func__, "d%u frame=%#lx", dom, (unsigned long)arr[0]))
        return NULL;
    fake_require(pages == 1, "xenforeignmemory_map: one page");
    page = calloc(pages, XC_PAGE_SIZE);
    put_note(page, arr[0]);
    return fake_lend(page);
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr,
                           size_t pages)
{
    const uint64_t *words = addr;

    (void)fmem;
    (void)pages;
    /* The first two tell what it is. */
    for (size_t i = 0, seen = 0; i < XC_PAGE_SIZE / sizeof(*words) && seen < 2;
         i++)
        if (words[i] && ++seen)
            fake_call("guest_word", "%zu=%#lx", i, (unsigned long)words[i]);
    fake_take_back(addr);
    return 0;
}
