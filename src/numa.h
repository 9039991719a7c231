/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa.h - one domain's NUMA policy, from its keys to what came of it. */
#ifndef XG_NUMA_H
#define XG_NUMA_H

#include "mem_claim.h"
#include "mem_populate.h"
#include "vcpu_affinity.h"

/* What libxenguest and Xen add to a guest's memory by themselves: special
 * pages, ioreq pages, firmware tables. Some dozens, rounded up to 2 MiB. */
#define NUMA_EXTRA_PAGES NUMA_PAGES_2M

struct numa_demand {
    uint64_t pages; /* to populate at start */
    unsigned int vcpus;
    uint32_t cpupool;
    int mem_pnode;               /* -1: not given */
    const char *pci_passthrough; /* NULL: none */
    /* A restore: libxenguest asks for the pages, which go by node affinity. */
    bool library_populates;
};

struct numa_job {
    const struct xg_ctx *ctx;           /* borrowed */
    const struct xs_platform *platform; /* borrowed */
    struct numa_demand demand;
    struct numa_policy policy;

    struct numa_host host;
    struct numa_request request;
    struct numa_plan plan;
    struct numa_reserve reserve;
    enum numa_claim claim_how; /* the policy's, or what there is instead */
    enum mem_claim_kind claim;
    bool settled; /* the claim is what it shall be in the end */
    struct mem_populate populate;

    struct xc_dom_arch hooks; /* the image's, with some of ours */
    const struct xc_dom_arch *library_hooks;
    struct xg_error err; /* of ours */
};

/* Reads platform/numa, and the host as far as needed to check it; changes
 * nothing. *job, owned by the caller, is NULL if there is nothing to do: no
 * keys and no -mem_pnode. Errors: EINVAL for a key or value that can't be. */
int numa_job_read(const struct xg_ctx *ctx, const struct xs_platform *platform,
                  const struct numa_demand *demand, struct numa_job **job,
                  struct xg_error *err);

/* Reads the host anew: free memory changes while we look at other things. */
int numa_job_read_host(struct numa_job *job, struct xg_error *err);

/* Plans, reserves and claims (numa_prepare.c). Errors: ENOMEM if there is no
 * room. */
int numa_job_prepare(struct numa_job *job, struct xg_error *err);

/* Claims once more what is planned, when the claim got lost. Errors: ENOMEM. */
int numa_job_claim(struct numa_job *job, struct xg_error *err);

/* Affinities of the vCPUs, and of the domain while it is being built: the home
 * node, where what libxenguest and Xen allocate by themselves then goes; all
 * nodes of the plan if they allocate everything. `job` may be NULL: then
 * platform/vcpu/N/affinity alone counts. */
int numa_job_pin(const struct xg_ctx *ctx, const struct xs_platform *platform,
                 struct numa_job *job, struct xg_error *err);

/* Makes our populating the image's, whose guest type is known; *job must then
 * outlive the image's use. Does nothing if memory is left to Xen. */
void numa_job_hook(struct numa_job *job, struct xc_dom_image *dom);

/* XENMEMF_ flags that say the same to a library that populates by itself and
 * takes them; 0: none. */
unsigned int numa_job_memflags(const struct numa_job *job);

/* Lets the affinities follow what came of the plan, gives up or reduces the
 * claim, and publishes platform/numa/result. */
int numa_job_finish(struct numa_job *job, struct xg_error *err);

/* Publishes (numa_result.c); `nodes` is the final set. */
int numa_result_publish(const struct numa_job *job, uint64_t nodes,
                        struct xg_error *err);

/* Gives up what is claimed and reserved for a guest that is not complete. */
void numa_job_free(struct numa_job **job);

#endif
