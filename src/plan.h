/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * plan.h - the host's nodes, and where a build's memory would lie, as data.
 *
 * plan_read.c reads and plans, and changes nothing: no Xenstore, no domain, no
 * claim, no reservation. plan_text.c and plan_json.c write what came of it. */
#ifndef XG_PLAN_H
#define XG_PLAN_H

#include <stdio.h>

#include "build.h"
#include "mem_runs.h"
#include "numa_job.h"

#define PLAN_JSON_VERSION 1

/* A number that nobody has told, or counted. */
#define PLAN_UNKNOWN UINT64_MAX

enum plan_outcome {
    PLAN_OF_HOST,     /* no domain was named */
    PLAN_MADE,        /* ->build.numa.plan */
    PLAN_LEFT_TO_XEN, /* the domain has no policy */
    PLAN_BUILT,       /* the domain is not empty: its result counts */
    PLAN_REFUSED,     /* a build would fail: ->why */
};

/* What a domain has published. What it has not is an empty text, or
 * PLAN_UNKNOWN as a number; pages are 0 on a node of which it says nothing. */
struct plan_result {
    uint32_t domid;
    char policy[32], nodes[NUMA_LIST_BYTES], claim[32], affinity[32];
    uint64_t home, pages[NUMA_NODES_MAX], spilled, outside;
    bool has_pages;
};

/* A key's value with which there would be a plan. */
struct plan_advice {
    enum numa_key key;
    const char *value;
    struct numa_plan plan;
};

/* Zeroed but for the two borrowed pointers at first. */
struct plan_report {
    struct xg_ctx *ctx;            /* borrowed */
    const struct xg_options *opts; /* borrowed */
    enum plan_outcome outcome;
    struct xg_error why; /* PLAN_BUILT, PLAN_REFUSED; the host's defaults */

    /* The host. Free memory is what others have not claimed, as far as that is
     * known by node; what is reserved is part of it. */
    uint32_t cpupool; /* whose CPUs are counted */
    struct numa_host host;
    uint64_t reserved[NUMA_NODES_MAX];
    struct xg_error unreserved;  /* why not known; unset: it is */
    uint64_t host_claimed_pages; /* by others, on whichever node */
    struct plan_result *results; /* owned */
    unsigned int nr_results;

    /* The domain, if there is one. */
    struct xg_options as_build; /* the options as a build would have them */
    bool mem_from_domain;       /* its size is all that the domain may have */
    struct build build;         /* of which the pieces that read are used */
    bool has_policy;            /* it has been read, into ->build.numa.policy */
    enum mem_claim_kind claim;  /* PLAN_MADE, PLAN_LEFT_TO_XEN: tried first */
    bool heedless; /* others' reservations leave no room: see numa_preview */

    /* PLAN_MADE: asked for first; a node that has none so large gives smaller
     * ones. */
    struct mem_extents extents[NUMA_NODES_MAX];

    /* PLAN_REFUSED, for want of memory. */
    uint64_t missing_pages; /* 0: that is not why */
    uint64_t short_nodes;   /* that together have not got them */
    struct plan_advice advice[2];
    unsigned int nr_advice;
};

/* Reads all of it. That a build would fail is no error, that something can't be
 * read is. The caller owns *report, also on failure. Errors: ESRCH for a domain
 * that does not exist; Xen's and Xenstore's. */
int plan_read(struct plan_report *report, struct xg_error *err);

/* Reads what these domains have published, into ->results. Errors: Xenstore's.
 */
int plan_results_read(struct plan_report *report, const xc_domaininfo_t *list,
                      unsigned int nr_domains, struct xg_error *err);

/* Lays out the guest's memory, into ->build.layout, as its build would. Errors:
 * as of the layout. */
int plan_layout(struct plan_report *report, struct xg_error *err);

/* PLAN_MADE: deals it out, and counts ->extents. Errors: ENOMEM. */
int plan_extents(struct plan_report *report, struct xg_error *err);

void plan_free(struct plan_report *report);

/* Of the results, the domain's own; NULL: none. */
const struct plan_result *plan_own_result(const struct plan_report *report);

/* The domain's vCPUs; PLAN_UNKNOWN where its keys do not tell. */
uint64_t plan_vcpus(const struct plan_report *report);

/* The domain's kind, as a mode that builds it: PV, PVH or HVM. */
const char *plan_kind_name(const struct plan_report *report);

/* What a bitmap names of the host's usable pCPUs, as "0-3,8", "all" or "none".
 * Returns `text`, which has room for each second of 16,383 pCPUs, the most that
 * Xen can be built for (CONFIG_NR_CPUS). */
#define PLAN_CPUS_BYTES 65536
const char *plan_cpus_format(const struct numa_host *host, const uint8_t *cpus,
                             char text[PLAN_CPUS_BYTES]);

/* Write it. Errors: write's. */
int plan_write_text(const struct plan_report *report, FILE *out,
                    struct xg_error *err);
int plan_write_json(const struct plan_report *report, FILE *out,
                    struct xg_error *err);

#define cleanup_plan xg_cleanup(plan_free)

#endif
