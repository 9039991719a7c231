/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * worker.c - a guest's work: counts, and keeps memory whose every page tells
 * whether it is the right one and the newest.
 *
 *   worker MIB PAGES-PER-TICK
 *
 * Ten times a second it rewrites so many pages, and once a second it checks
 * them all and prints "worker count=N bad=N". A page that is wrong right after
 * it was written was not lost by anybody who moved the guest: that the
 * processor is broken is said first (see signs.sh). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES 4096
#define PAGE_WORDS (PAGE_BYTES / sizeof(uint64_t))
#define TICK_US 100000

static uint64_t seed_of(uint64_t page, uint64_t generation)
{
    uint64_t x = (page << 32 | generation) + 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    return x ^ x >> 27;
}

static void write_page(uint64_t *words, uint64_t page, uint64_t generation)
{
    uint64_t seed = seed_of(page, generation);

    for (unsigned int i = 0; i < PAGE_WORDS; i++)
        words[i] = seed + i;
}

static int is_good(const uint64_t *words, uint64_t page, uint64_t generation)
{
    uint64_t seed = seed_of(page, generation);

    for (unsigned int i = 0; i < PAGE_WORDS; i++)
        if (words[i] != seed + i)
            return 0;
    return 1;
}

/* Nothing of what was written may be known from registers. */
static void check_written(const uint64_t *words, uint64_t page,
                          uint64_t generation)
{
    __asm__ volatile("" ::: "memory");
    if (!is_good(words, page, generation))
        printf("worker: page %lu is not as just written\n",
               (unsigned long)page);
}

int main(int argc, char *argv[])
{
    uint64_t nr_pages = argc > 1 ? strtoul(argv[1], NULL, 10) << 8 : 0;
    uint64_t per_tick = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    uint64_t count = 0, bad, next = 0;
    uint64_t(*pages)[PAGE_WORDS] =
        mmap(NULL, nr_pages * PAGE_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t *generations = calloc(nr_pages, sizeof(*generations));

    if (pages == MAP_FAILED || !generations) {
        perror("worker");
        return 1;
    }
    for (uint64_t i = 0; i < nr_pages; i++)
        write_page(pages[i], i, 0);

    for (;; count++) {
        for (uint64_t i = 0; i < per_tick; i++, next = (next + 1) % nr_pages) {
            write_page(pages[next], next, ++generations[next]);
            check_written(pages[next], next, generations[next]);
        }

        if (count % 10 == 0) {
            bad = 0;
            for (uint64_t i = 0; i < nr_pages; i++)
                bad += !is_good(pages[i], i, generations[i]);
            printf("worker count=%lu bad=%lu\n", (unsigned long)count,
                   (unsigned long)bad);
            fflush(stdout);
        }
        usleep(TICK_US);
    }
}
