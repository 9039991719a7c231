/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_job.c - one domain's NUMA policy, from its keys to what came of it. */
#include "numa_job.h"

#include <errno.h>

#include "mem_populate.h"
#include "numa_job_vnodes.h"
#include "numbers.h"
#include "pci.h"

/* ---- reading ---- */

static int read_devices(struct numa_job *job, struct xg_error *err)
{
    cleanup_free struct pci_device *devices = NULL;
    cleanup_free physdev_pci_device_t *list = NULL;
    unsigned int nr_devices;

    if (!job->demand.pci_passthrough || !job->policy.prefer_devices)
        return 0;
    if (pci_parse_list(job->demand.pci_passthrough, &devices, &nr_devices,
                       err) < 0)
        return -1;

    list = calloc(nr_devices + 1, sizeof(*list));
    if (!list)
        return xg_fail_errno(err, "calloc", "%u devices", nr_devices);
    for (unsigned int i = 0; i < nr_devices; i++)
        list[i] = (physdev_pci_device_t){
            .seg = devices[i].segment,
            .bus = devices[i].bus,
            .devfn = devices[i].devfn,
        };
    return numa_host_read_devices(job->ctx, list, nr_devices, &job->host, err);
}

/* A guest that comes from another host may have a list of that one's nodes. */
static int read_nodes(struct numa_job *job, struct xg_error *err)
{
    if (numa_nodes_parse(job->policy.nodes, job->host.nodes,
                         &job->request.candidates, &job->request.excluded,
                         err) == 0)
        return 0;
    xg_error_context(err, "%s/nodes",
                     numa_policy_dir(&job->policy, NUMA_KEY_NODES));
    if (!job->demand.restore || numa_rule_keeps_to_plan(job->policy.rule))
        return -1;
    xg_log_at(job->ctx->log, LOG_WARNING, "%s: it counts for nothing",
              err->text);
    numa_policy_free(&job->policy);
    job->policy.origin[NUMA_KEY_NODES] = NUMA_FROM_DEFAULT;
    return 0;
}

/* Masks that leave none of the candidates are no limit of these, but what the
 * guest was tied to. */
static void keep_to_masks(struct numa_job *job, uint64_t reached)
{
    enum numa_origin origin = job->policy.origin[NUMA_KEY_NODES];
    struct numa_request *request = &job->request;
    uint64_t both = request->candidates & reached;

    job->by_masks = both != request->candidates &&
                    (origin == NUMA_FROM_DEFAULT || origin == NUMA_FROM_HOST);
    if (!job->by_masks)
        return;
    request->candidates = both ? both : reached;
    xg_info(job->ctx->log, "by the vCPUs' masks the candidates are nodes %s%s",
            NODES_TEXT(request->candidates),
            both ? "" : ", none of which " NUMA_HOST_DIR "/nodes has");
}

/* Without a list of nodes those count that the vCPUs' masks reach; so with a
 * host's default, which is not meant for a guest whose vCPUs somebody has tied
 * to other nodes. A soft mask is only a limit where the policy doesn't set its
 * own. */
int numa_job_find_candidates(struct numa_job *job, struct xg_error *err)
{
    bool soft_counts = job->policy.affinity == NUMA_AFFINITY_NONE;
    cleanup_free uint8_t *usable = NULL;
    cleanup_free uint8_t *reach = NULL;
    uint64_t reached;

    if (numa_host_cpu_map(&job->host, job->host.nodes, 0, &usable, err) < 0 ||
        vcpu_masks_reach(&job->masks, usable, job->host.nr_cpus, soft_counts,
                         &reach, err) < 0)
        return -1;
    reached = numa_host_count_cpus(&job->host, reach);
    if (!reach || !reached)
        reached = job->host.nodes;
    job->request.candidates = job->host.nodes;
    job->request.excluded = 0;
    if (job->policy.nodes && read_nodes(job, err) < 0)
        return -1;
    keep_to_masks(job, reached);
    return 0;
}

static int check_pnode(const struct numa_job *job, struct xg_error *err)
{
    int node = job->demand.mem_pnode;

    if (node < 0 || (node < NUMA_NODES_MAX && job->host.nodes & NUMA_BIT(node)))
        return 0;
    return xg_fail(err, "numa_job_read", EINVAL,
                   "-mem_pnode: '%d': the host has the nodes %s", node,
                   NODES_TEXT(job->host.nodes));
}

/* All but free memory, which changes while guests come and go. */
static int read_host(struct numa_job *job, struct xg_error *err)
{
    const struct numa_demand *demand = &job->demand;
    int rc = demand->host
                 ? numa_host_copy(demand->host, &job->host, err)
                 : numa_host_read(job->ctx, demand->cpupool, &job->host, err);

    if (rc < 0 || check_pnode(job, err) < 0 || read_devices(job, err) < 0)
        return -1;
    return numa_job_find_candidates(job, err);
}

/* Newer toolstacks pass -mem_pnode for each guest that fits a node: a policy
 * that somebody gave this very domain comes first, any other one after it. */
static int weigh_pnode(struct numa_job *job, struct xg_error *err)
{
    struct numa_policy *policy = &job->policy;
    int node = job->demand.mem_pnode;

    if (node < 0)
        return 0;
    if (numa_policy_is_own(policy)) {
        xg_info(job->ctx->log,
                "-mem_pnode %d is overridden by platform/numa (policy %s)",
                node, numa_rule_name(policy->rule));
        return 0;
    }
    if (numa_policy_acts(policy))
        xg_info(job->ctx->log, "%s (policy %s) is overridden by -mem_pnode %d",
                numa_policy_dir(policy, numa_policy_first_key(policy)),
                numa_rule_name(policy->rule), node);
    return numa_policy_make_pnode(policy, node, err);
}

static struct numa_request make_request(const struct numa_job *job)
{
    const struct numa_demand *demand = &job->demand;
    int node = demand->mem_pnode;
    struct numa_request request = {
        .rule = job->policy.rule,
        .preferred = node >= 0 && node < NUMA_NODES_MAX ? NUMA_BIT(node) : 0,
        .pages = demand->pages,
        .vcpus = demand->vcpus,
        .extra_pages = number_minus(demand->max_pages, demand->pages),
    };

    if (request.extra_pages < NUMA_EXTRA_PAGES_MIN)
        request.extra_pages = NUMA_EXTRA_PAGES_MIN;
    if (request.extra_pages > NUMA_EXTRA_PAGES_MAX)
        request.extra_pages = NUMA_EXTRA_PAGES_MAX;
    return request;
}

int numa_job_read(const struct xg_ctx *ctx, unsigned int dirs,
                  const struct numa_demand *demand, struct numa_job *job,
                  struct xg_error *err)
{
    *job = (struct numa_job){ .ctx = ctx, .demand = *demand };
    if (numa_policy_read(ctx, dirs, demand->restore, &job->policy, err) < 0 ||
        weigh_pnode(job, err) < 0 || numa_policy_check(&job->policy, err) < 0)
        return -1;
    if (!numa_policy_acts(&job->policy))
        return 0;
    job->request = make_request(job);
    return numa_job_has_plan(job) ? read_host(job, err) : 0;
}

/* ---- affinities ---- */

/* Of a run of vCPUs that belong on these nodes. No guest is lost for a vCPU
 * that can't run there once it has memory: a stream may have held too little
 * for a node that was planned, and that a mask has the only pCPUs of. With
 * `ctx` Xen is told, else the job's own masks are made what they would become.
 */
static int pin_vcpus(struct numa_job *job, uint64_t nodes,
                     struct numa_vnode vnode, const struct xg_ctx *ctx,
                     struct xg_error *err)
{
    cleanup_free uint8_t *cpus = NULL;
    struct vcpu_pin pin = {
        .first_vcpu = vnode.first_vcpu,
        .nr_vcpus = vnode.nr_vcpus,
        .how = job->policy.affinity,
        .nr_cpus = job->host.nr_cpus,
        .strict = job->policy.rule == NUMA_STRICT &&
                  !mem_tally_pages(&job->gate.tally),
    };

    if (numa_host_cpu_map(&job->host, nodes, vnode.node, &cpus, err) < 0)
        return -1;
    pin.cpus = cpus;
    return ctx ? vcpu_affinity_pin(ctx, &job->masks, &pin, &job->nr_pinned, err)
               : vcpu_masks_pin(&job->masks, &pin, err);
}

static int pin(struct numa_job *job, uint64_t nodes, const struct xg_ctx *ctx,
               struct xg_error *err)
{
    const struct numa_vnode all = {
        .nr_vcpus = job->masks.nr_vcpus,
        .node = job->plan.home,
    };

    job->nr_pinned = 0;
    if (!job->vnodes.nr)
        return pin_vcpus(job, nodes, all, ctx, err);
    for (unsigned int i = 0; i < job->vnodes.nr; i++) {
        struct numa_vnode vnode = job->vnodes.vnode[i];

        if (pin_vcpus(job, NUMA_BIT(vnode.node), vnode, ctx, err) < 0)
            return -1;
    }
    return 0;
}

int numa_job_pin(struct numa_job *job, uint64_t nodes, struct xg_error *err)
{
    return pin(job, nodes, job->ctx, err);
}

int numa_job_preview_pin(struct numa_job *job, struct xg_error *err)
{
    return pin(job, job->plan.nodes, NULL, err);
}

/* ---- populating ---- */

static void fill_gate(struct numa_job *job)
{
    job->gate = (struct mem_gate){
        .ctx = job->ctx,
        .plan = &job->plan,
        .vnodes = job->vnodes.nr ? &job->vnodes : NULL,
        .keep_to_plan = numa_rule_keeps_to_plan(job->policy.rule),
        .reserve = &job->reserve,
    };
}

int numa_job_populate(struct numa_job *job, struct xc_dom_image *dom,
                      struct xg_error *err)
{
    fill_gate(job);
    if (mem_populate_image(&job->gate, dom, err) < 0 ||
        numa_job_hold_vnodes(job, err) < 0)
        return -1;
    mem_gate_open(&job->gate, mem_gate_place_home, NULL);
    return 0;
}

static int learn_vnodes(void *owner, uint64_t end_pfn, struct xg_error *err)
{
    return numa_job_learn_vnodes(owner, end_pfn, err);
}

int numa_job_open_stream(struct numa_job *job, bool translated,
                         struct xg_error *err)
{
    if (!numa_job_has_plan(job))
        return 0;
    fill_gate(job);
    if (numa_job_learns_vnodes(job)) {
        job->stream.learn = learn_vnodes;
        job->stream.owner = job;
    }
    return mem_stream_open(&job->stream, &job->gate, translated,
                           job->demand.max_pages, err);
}

int numa_job_end_stream(struct numa_job *job, struct xg_error *err)
{
    if (!job->stream.gate)
        return 0;
    if (mem_stream_end(&job->stream, err) < 0)
        return -1;
    return numa_job_hold_vnodes(job, err);
}

bool numa_job_has_plan(const struct numa_job *job)
{
    return job->policy.rule != NUMA_ANY;
}

bool numa_job_failure(const struct numa_job *job, struct xg_error *err)
{
    if (!xg_error_is_set(&job->gate.err))
        return false;
    *err = job->gate.err;
    return true;
}

/* ---- the end ---- */

/* Of a guest that came to nothing: its domain is only to be destroyed, and no
 * claim of ours is left, what was to stay claimed included, nor put back what
 * it took the place of. A claim of the toolstack's that is there stays its own.
 */
static void undo(const struct numa_job *job)
{
    bool is_ours =
        job->claim != MEM_CLAIM_NONE && job->claim != MEM_CLAIM_TOOLSTACK;
    struct xg_error ignored;

    if (is_ours || job->has_residual)
        (void)mem_claim_give_up(job->ctx, &ignored);
}

void numa_job_free(struct numa_job *job)
{
    mem_gate_close(&job->gate);
    mem_stream_free(&job->stream);
    if (!job->kept)
        undo(job);
    numa_reserve_free(&job->reserve);
    vcpu_masks_free(&job->masks);
    numa_host_free(&job->host);
    numa_policy_free(&job->policy);
    *job = (struct numa_job){ .ctx = NULL };
}
