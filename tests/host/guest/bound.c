/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * bound.c - where a guest's kernel takes memory for a thread that is bound to
 * one processor.
 *
 *   bound CPU
 *
 * Touches 4 MiB there and prints the lowest and the highest of their frames, in
 * MiB: "bound cpu N frames MIB-MIB". */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (UINT64_C(4) << 20)
#define PAGE_BYTES UINT64_C(4096)

/* An entry of /proc/self/pagemap: the page is there, and its frame. */
#define PRESENT (UINT64_C(1) << 63)
#define FRAME_MASK ((UINT64_C(1) << 55) - 1)

static int fail(const char *what)
{
    perror(what);
    return 1;
}

int main(int argc, char *argv[])
{
    unsigned int cpu = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0;
    uint64_t entry, low = UINT64_MAX, high = 0;
    int pagemap = open("/proc/self/pagemap", O_RDONLY);
    cpu_set_t cpus;
    char *memory;

    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    if (pagemap < 0 || sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
        return fail("bound");
    memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return fail("mmap");
    memset(memory, 1, BYTES);

    for (uint64_t at = 0; at < BYTES; at += PAGE_BYTES) {
        uint64_t page = ((uintptr_t)memory + at) / PAGE_BYTES;
        uint64_t frame;

        if (pread(pagemap, &entry, sizeof(entry),
                  (off_t)(page * sizeof(entry))) != sizeof(entry) ||
            !(entry & PRESENT))
            return fail("pagemap");
        frame = entry & FRAME_MASK;
        low = frame < low ? frame : low;
        high = frame > high ? frame : high;
    }
    printf("bound cpu %u frames %" PRIu64 "-%" PRIu64 "\n", cpu,
           low * PAGE_BYTES >> 20, high * PAGE_BYTES >> 20);
    return 0;
}
