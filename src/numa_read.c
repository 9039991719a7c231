/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_read.c - a NUMA policy and the host, read and checked. */
#include "numa.h"

#include <errno.h>
#include <string.h>

#include "numa_affinity.h"
#include "pci.h"

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
        return xg_fail(err, "calloc", errno, "%u devices", nr_devices);
    for (unsigned int i = 0; i < nr_devices; i++)
        list[i] = (physdev_pci_device_t){
            .seg = devices[i].segment,
            .bus = devices[i].bus,
            .devfn = devices[i].devfn,
        };
    return numa_host_read_devices(job->ctx, list, nr_devices, &job->host, err);
}

int numa_job_read_host(struct numa_job *job, struct xg_error *err)
{
    cleanup_free uint8_t *reach = NULL;
    uint64_t reached;

    numa_host_free(&job->host);
    /* The claim that the domain may have is the toolstack's, ours comes later;
     * where it passes -mem_pnode it claims on that node. */
    if (numa_host_read(job->ctx, job->demand.cpupool, &job->host, err) < 0 ||
        numa_host_deduct_claims(job->ctx, job->demand.mem_pnode, &job->host,
                                err) < 0 ||
        read_devices(job, err) < 0 ||
        numa_affinity_reach(&job->host, job->platform->vcpu_affinity,
                            job->demand.vcpus, &reach, err) < 0)
        return -1;

    reached = numa_host_count_cpus(&job->host, reach);
    job->request.candidates = job->host.nodes;
    if (job->policy.nodes) {
        if (numa_nodes_parse(job->policy.nodes, job->host.nodes,
                             &job->request.candidates, err) < 0)
            return xg_error_context(err, "platform/numa/nodes");
        return 0;
    }
    if (reach && reached)
        job->request.candidates = reached;
    return 0;
}

static int check_pnode(struct numa_job *job, struct xg_error *err)
{
    const struct numa_policy *policy = &job->policy;
    int node = job->demand.mem_pnode;
    char list[NUMA_LIST_BYTES];

    if (policy->rule != NUMA_ANY || policy->nodes ||
        policy->claim != NUMA_CLAIM_OFF)
        xg_info(job->ctx->log,
                "platform/numa (policy %s) is overridden by -mem_pnode %d",
                numa_rule_name(policy->rule), node);

    /* What the toolstack has chosen is all there is to it. */
    numa_policy_free(&job->policy);
    job->policy = (struct numa_policy){
        .rule = NUMA_STRICT,
        .affinity = NUMA_AFFINITY_NONE,
        .claim = NUMA_CLAIM_OFF,
    };
    if (numa_job_read_host(job, err) < 0)
        return -1;
    if (node >= NUMA_NODES_MAX || !(job->host.nodes & NUMA_BIT(node)))
        return xg_fail(err, "numa_job_read", EINVAL,
                       "-mem_pnode: '%d': the host has the nodes %s", node,
                       numa_nodes_format(job->host.nodes, list));
    return 0;
}

int numa_job_read(const struct xg_ctx *ctx, const struct xs_platform *platform,
                  const struct numa_demand *demand, struct numa_job **job,
                  struct xg_error *err)
{
    struct numa_job *new;

    *job = NULL;
    if (!platform->numa && demand->mem_pnode < 0)
        return 0;

    new = *job = calloc(1, sizeof(*new));
    if (!new)
        return xg_fail(err, "calloc", errno, "NUMA policy");
    *new = (struct numa_job){
        .ctx = ctx,
        .platform = platform,
        .demand = *demand,
        .policy = { .claim = NUMA_CLAIM_OFF },
    };
    if (platform->numa && numa_policy_read(ctx, &new->policy, err) < 0)
        return -1;
    if (demand->mem_pnode >= 0) {
        if (check_pnode(new, err) < 0)
            return -1;
    } else {
        if (numa_policy_check(&new->policy, err) < 0)
            return -1;
        if (!numa_policy_acts(&new->policy)) {
            numa_job_free(job);
            return 0;
        }
        if (new->policy.rule != NUMA_ANY && numa_job_read_host(new, err) < 0)
            return -1;
    }

    new->request.rule = new->policy.rule;
    new->request.pages = demand->pages;
    new->request.extra_pages = NUMA_EXTRA_PAGES;
    new->request.vcpus = demand->vcpus;
    return 0;
}
