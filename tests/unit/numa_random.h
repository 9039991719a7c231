/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_random.h - hosts and demands made up from a seed. */
#ifndef NUMA_RANDOM_H
#define NUMA_RANDOM_H

#include "numa_place.h"

/* The same seed gives the same numbers everywhere. */
uint64_t random_next(uint64_t *seed);
unsigned int random_below(uint64_t *seed, unsigned int limit);

/* A host of nr_nodes nodes, their numbers not always without gaps: flat, in
 * sockets, or with any distances, some or all of them unknown; some nodes
 * without memory or with little else than low memory, some without CPUs, some
 * busy. */
void random_host(uint64_t *seed, unsigned int nr_nodes, struct numa_host *host);

/* A demand on it, of any size up to a bit more than all that is free, with all
 * nodes as candidates or some, some of the others excluded. */
void random_request(uint64_t *seed, const struct numa_host *host,
                    struct numa_request *request);

#endif
