/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_job.h - one domain's NUMA policy, from its keys to what came of it.
 *
 * read (numa_job.c), prepare (numa_job_prepare.c), populate or open_stream and
 * end_stream (numa_job.c), finish (numa_job_finish.c), keep and free. What a
 * job has staked is given up by numa_job_free unless the guest was kept.
 *
 * A domain without a policy has a job as well, which leaves its memory to Xen:
 * a claim is all that it makes, and nothing is published. */
#ifndef XG_NUMA_JOB_H
#define XG_NUMA_JOB_H

#include <xenctrl.h>
#include <xenguest.h>

#include "mem_claim.h"
#include "mem_stream.h"
#include "vcpu_affinity.h"

/* Kept free on the home node for what comes after the demand: what libxenguest
 * and Xen add by themselves (some dozens of special pages, ioreq pages,
 * firmware tables), the device model's video memory and ROMs, what the guest
 * takes when its balloon shrinks: what the domain may still take, but at least
 * 2 and at most 256 MiB. */
#define NUMA_EXTRA_PAGES_MIN PAGES_2M
#define NUMA_EXTRA_PAGES_MAX (PAGES_1G / 4)

struct numa_demand {
    uint64_t pages;     /* to populate at start */
    uint64_t max_pages; /* that the domain may have */
    /* Without a policy: what is claimed of the host, where nodes don't matter.
     * 0: nothing is. */
    uint64_t claim_pages;
    unsigned int vcpus;
    uint32_t cpupool;
    int mem_pnode; /* that the toolstack may have claimed on; -1: none */
    const char *pci_passthrough;      /* NULL: none */
    struct numa_vnodes_request shape; /* for virtual nodes */
    const char *no_vnodes; /* why the guest can have none; NULL: it can */
    /* As it has been read, with its free memory, claims and load; NULL: to be
     * read. Borrowed. */
    const struct numa_host *host;
    bool restore; /* a stream says what to populate, at most that much */
};

struct numa_job {
    const struct xg_ctx *ctx; /* borrowed */
    struct numa_demand demand;
    struct numa_policy policy;

    struct numa_host host;
    struct vcpu_masks masks; /* as they were before the policy's own */
    unsigned int nr_pinned;  /* vCPUs that have those of the policy */
    struct numa_request request;
    struct numa_plan plan;
    struct numa_vnodes vnodes;  /* each on a node of the plan's */
    struct xg_error vnodes_off; /* why they came to none; unset: not */
    /* Where memory would be without them; 0: on the same nodes, or nobody
     * asked, as there are to be just so many. */
    uint64_t nodes_without_vnodes;
    uint64_t hap_pages; /* of the domain's HAP pool, as far as known */
    bool knows_hap;     /* else it stays where it is */
    struct numa_reserve reserve;
    xc_domaininfo_t info;      /* the domain as it was last looked at */
    enum numa_claim claim_how; /* the policy's, or what there is instead */
    enum mem_claim_kind claim;
    struct mem_gate gate;
    struct mem_stream stream; /* of a restore */
    bool by_masks;            /* the vCPUs' masks make the candidates others */
    /* The plan is on -mem_pnode's node: our claim could not be had elsewhere.
     */
    bool on_pnode;
    bool has_residual; /* what is claimed, if anything is, is to stay so */
    bool kept;         /* the guest is complete, and reported */
};

/* Reads the domain's policy, and the host as far as needed to check it; changes
 * nothing. `dirs`: see numa_policy_read. The caller owns what *job holds, also
 * on failure. Errors: EINVAL for a key or value that can't be. */
int numa_job_read(const struct xg_ctx *ctx, unsigned int dirs,
                  const struct numa_demand *demand, struct numa_job *job,
                  struct xg_error *err);

/* Finds out which nodes are candidates, by the vCPUs' masks as far as they are
 * known. Errors: EINVAL for a list of nodes that can't be. */
int numa_job_find_candidates(struct numa_job *job, struct xg_error *err);

/* Plans, reserves and claims, for a domain that is as `info` has it, with its
 * vCPUs' masks as Xen has them by now; then ties the vCPUs to the plan's nodes,
 * and the domain itself to the home node, where what Xen allocates for it goes.
 * Without a plan it only claims.
 * Errors: ENOMEM if there is no room; EINVAL if a strict policy leaves a vCPU
 * no pCPU; the hypervisor's. */
int numa_job_prepare(struct numa_job *job, const xc_domaininfo_t *info,
                     struct xg_error *err);

/* What a plan is made on that is only to be shown. */
struct numa_preview {
    uint64_t reserved[NUMA_NODES_MAX]; /* what other builders will take */
    const xc_domaininfo_t *info;
    const struct xs_platform *platform;

    /* Out: `reserved` left no room, so the plan uses some of it. */
    bool heedless;
    enum mem_claim_kind claim; /* out: what is tried first */
};

/* Plans as numa_job_prepare does, on the demand's host, and changes nothing
 * but *job: its plan, and its masks, as they would become. Errors: the same. */
int numa_job_preview(struct numa_job *job, struct numa_preview *preview,
                     struct xg_error *err);

/* Claims once more what is planned, or what the toolstack had claimed, when the
 * claim got lost. Errors: ENOMEM; the hypervisor's. */
int numa_job_claim_again(struct numa_job *job, struct xg_error *err);

/* Ties the vCPUs to these nodes, softly or hard; with virtual nodes, those of
 * each to its own. Errors: ENOMEM; as of vcpu_affinity_pin. */
int numa_job_pin(struct numa_job *job, uint64_t nodes, struct xg_error *err);

/* Makes the job's masks what numa_job_pin would (pure). Errors: ENOMEM; as of
 * vcpu_masks_pin. */
int numa_job_preview_pin(struct numa_job *job, struct xg_error *err);

/* Whether the policy has a say in where memory lies. */
bool numa_job_has_plan(const struct numa_job *job);

/* Populates the image as planned; what libxenguest asks for later comes from
 * the plan's nodes, too, so *job must outlive the image's use. Errors: as of
 * mem_populate_image. */
int numa_job_populate(struct numa_job *job, struct xc_dom_image *dom,
                      struct xg_error *err);

/* Has the memory that a restore asks for taken as planned, from now on until
 * numa_job_end_stream gives back what the stream left empty. `translated`: an
 * HVM or PVH guest. Both do nothing if memory is left to Xen. Errors: ENOMEM;
 * the hypervisor's. */
int numa_job_open_stream(struct numa_job *job, bool translated,
                         struct xg_error *err);
int numa_job_end_stream(struct numa_job *job, struct xg_error *err);

/* Why libxenguest could get no memory from us, into *err; false if that is not
 * why it failed. */
bool numa_job_failure(const struct numa_job *job, struct xg_error *err);

/* With the guest complete: lets the affinities follow what came of the plan,
 * and gives up or reduces the claim, the toolstack's too: the guest needs no
 * more than it has. Errors: the hypervisor's. */
int numa_job_finish(struct numa_job *job, struct xg_error *err);

/* The guest is complete and reported: what is left of the claim stays, and
 * platform/numa/result is written if there is a policy, some twenty requests
 * for which no caller has to wait. If that fails a warning says so. */
void numa_job_keep(struct numa_job *job);

void numa_job_free(struct numa_job *job);

#endif
