/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_job_vnodes.c - the virtual nodes of a job's guest: asked for, planned,
 * held, and made known to Xen. */
#include "numa_job_vnodes.h"

#include <errno.h>
#include <inttypes.h>

#include "acpi_pvh.h"
#include "guest_memory.h"
#include "hvm_params.h"
#include "numa_note.h"
#include "numbers.h"

/* ---- before the plan ---- */

static int make(const struct numa_job *job, unsigned int nr,
                struct numa_vnodes *vnodes, struct xg_error *err)
{
    if (job->demand.no_vnodes)
        return xg_fail(err, "numa_job_read", EINVAL, "%s",
                       job->demand.no_vnodes);
    return numa_vnodes_make(&job->demand.shape, nr, vnodes, err);
}

int numa_job_check_vnodes(const struct numa_job *job, struct xg_error *err)
{
    struct numa_vnodes vnodes;

    if (!numa_policy_needs_vnodes(&job->policy) ||
        make(job, job->policy.vnodes, &vnodes, err) == 0)
        return 0;
    return xg_error_context(err, "%s/vnodes: '%u'",
                            numa_policy_dir(&job->policy, NUMA_KEY_VNODES),
                            job->policy.vnodes);
}

/* ---- the plan ---- */

static int place_apart(struct numa_job *job, const struct numa_request *request,
                       unsigned int nr, struct xg_error *err)
{
    struct numa_vnodes vnodes;
    struct numa_plan plan;

    if (make(job, nr, &vnodes, err) < 0 ||
        numa_place_vnodes(&job->host, request, &vnodes, &plan, err) < 0)
        return -1;
    job->vnodes = vnodes;
    job->plan = plan;
    return 0;
}

/* There is a plan without any. */
static int place_apart_if_it_can_be(struct numa_job *job,
                                    const struct numa_request *request,
                                    struct xg_error *err)
{
    unsigned int nr = job->policy.vnodes;

    if (nr == NUMA_VNODES_AUTO) {
        nr = 0;
        FOR_EACH_NODE (node, job->plan.nodes)
            nr += job->plan.pages[node] > 0;
        if (nr <= 1)
            return xg_fail(err, __func__, ENOENT, "the plan has one node");
    }
    if (request->rule == NUMA_INTERLEAVE)
        return xg_fail(err, __func__, EINVAL, "memory is interleaved");
    return place_apart(job, request, nr, err);
}

int numa_job_plan_vnodes(struct numa_job *job,
                         const struct numa_request *request,
                         struct xg_error *err)
{
    uint64_t nodes;

    job->vnodes = (struct numa_vnodes){ .nr = 0 };
    job->nodes_without_vnodes = 0;
    xg_error_clear(&job->vnodes_off);
    if (numa_policy_needs_vnodes(&job->policy))
        return place_apart(job, request, job->policy.vnodes, err);
    if (numa_place(&job->host, request, &job->plan, err) < 0)
        return -1;
    nodes = job->plan.nodes;
    if (job->policy.vnodes)
        (void)place_apart_if_it_can_be(job, request, &job->vnodes_off);
    if (job->plan.nodes != nodes)
        job->nodes_without_vnodes = nodes;
    return 0;
}

/* ---- with the memory there ---- */

/* A restored guest has been told of nodes by whoever built it. */
static int give_up(struct numa_job *job, const struct xg_error *why,
                   struct xg_error *err)
{
    job->vnodes.nr = 0;
    job->gate.vnodes = NULL;
    xg_log_at(job->ctx->log, LOG_WARNING, "%s: %s",
              job->demand.restore ? "virtual nodes are not kept apart"
                                  : "the guest is shown no virtual nodes",
              why->text);
    return numa_job_pin(job, job->plan.nodes, err);
}

int numa_job_hold_vnodes(struct numa_job *job, struct xg_error *err)
{
    struct xg_error why;
    uint64_t spilled = job->gate.tally.spilled;

    if (!job->vnodes.nr || !spilled)
        return 0;
    if (numa_policy_needs_vnodes(&job->policy))
        return xg_fail(err, __func__, ENOMEM,
                       "%u virtual nodes: %s are not to be had on the nodes of "
                       "theirs",
                       job->vnodes.nr, MEMORY_TEXT(spilled));
    (void)xg_fail(&why, __func__, ENOMEM,
                  "%s were not to be had on the nodes of theirs",
                  MEMORY_TEXT(spilled));
    return give_up(job, &why, err);
}

/* ---- the guest's note ---- */

_Static_assert(NUMA_NOTE_BYTES <= ACPI_PVH_ROOM_BYTES, "it has room there");

int numa_job_leave_note(const struct numa_job *job, bool is_pvh,
                        struct xg_error *err)
{
    const struct numa_vnodes_request *shape = &job->demand.shape;
    struct numa_note note = {
        .nr_ram = shape->nr_ram,
        .nr_vnodes = job->vnodes.nr,
    };
    uint8_t bytes[NUMA_NOTE_BYTES];

    if (!numa_job_has_plan(job) || !job->policy.vnodes)
        return 0;
    for (unsigned int i = 0; i < shape->nr_ram; i++)
        note.ram[i] = shape->ram[i];
    numa_note_make(&note, bytes);
    return guest_memory_write(job->ctx, "note of virtual nodes",
                              is_pvh ? ACPI_PVH_ROOM_ADDRESS
                                     : HVM_INFO_ROOM_ADDRESS,
                              bytes, sizeof(bytes), err);
}

/* A domain does not tell whether its guest is PVH or HVM. */
static int read_note(const struct numa_job *job, struct numa_note *note,
                     struct xg_error *err)
{
    static const uint64_t places[] = { ACPI_PVH_ROOM_ADDRESS,
                                       HVM_INFO_ROOM_ADDRESS };
    uint8_t bytes[NUMA_NOTE_BYTES];

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        if (guest_memory_read(job->ctx, "note of virtual nodes", places[i],
                              bytes, sizeof(bytes), err) < 0)
            return -1;
        if (numa_note_read(bytes, note))
            return 0;
    }
    return xg_fail(err, __func__, ENOENT,
                   "the guest has no note of its own virtual nodes");
}

/* ---- a restored guest's ---- */

bool numa_job_learns_vnodes(const struct numa_job *job)
{
    return job->demand.restore && job->policy.vnodes &&
           !job->demand.no_vnodes && numa_job_has_plan(job) &&
           job->policy.rule != NUMA_INTERLEAVE;
}

/* Those that the guest has been shown, on the RAM that it was built with. */
static int make_from_note(const struct numa_job *job,
                          const struct numa_note *note,
                          struct numa_vnodes *vnodes, struct xg_error *err)
{
    struct numa_vnodes_request shape = job->demand.shape;
    uint64_t pages = 0;

    shape.nr_ram = note->nr_ram;
    for (unsigned int i = 0; i < note->nr_ram; i++) {
        shape.ram[i] = note->ram[i];
        pages += (note->ram[i].end - note->ram[i].start) >> XC_PAGE_SHIFT;
    }
    /* An HVM guest's first megabyte is not all RAM. */
    if (pages > job->demand.max_pages + MEM_STREAM_FIRST_PAGES)
        return xg_fail(err, __func__, EINVAL,
                       "by its note the guest has %" PRIu64
                       " pages, and may have %" PRIu64,
                       pages, job->demand.max_pages);
    return numa_vnodes_make(&shape, note->nr_vnodes, vnodes, err);
}

/* In the plan's order: one on each of its nodes if there are enough of them,
 * else, in a row, several on one. The first is on the home node, where the
 * first frames are already. */
static int put_on_plan(const struct numa_job *job, struct numa_vnodes *vnodes,
                       struct xg_error *err)
{
    const struct numa_plan *plan = &job->plan;
    unsigned int on[NUMA_VNODES_MAX], nr_nodes = 0;
    unsigned int nodes[NUMA_NODES_MAX] = { plan->home };
    uint64_t pages[NUMA_NODES_MAX] = { 0 };

    for (unsigned int i = 0; i < plan->nr_order; i++)
        if (plan->pages[plan->order[i]] && nr_nodes < vnodes->nr)
            nodes[nr_nodes++] = plan->order[i];
    for (unsigned int i = 0; i < vnodes->nr; i++) {
        unsigned int node = nodes[i * nr_nodes / vnodes->nr];
        uint64_t free_pages = job->host.node[node].free_pages;

        on[i] = node;
        pages[node] += vnodes->vnode[i].bytes >> XC_PAGE_SHIFT;
        if (pages[node] > free_pages && pages[node] > plan->pages[node])
            return xg_fail(
                err, __func__, ENOMEM,
                "node %u has no room for a virtual node of %s", node,
                MEMORY_TEXT(vnodes->vnode[i].bytes >> XC_PAGE_SHIFT));
    }
    numa_vnodes_place(vnodes, &job->host, on);
    return 0;
}

/* What has come so far was taken from the home node, for the first of as many
 * virtual nodes as were planned. */
static int check_end(const struct numa_vnodes *vnodes, uint64_t end_pfn,
                     struct xg_error *err)
{
    if (!vnodes->nr || end_pfn <= vnodes->range[0].ram.end >> XC_PAGE_SHIFT)
        return 0;
    return xg_fail(err, __func__, ERANGE,
                   "the first %" PRIu64 " frames lie in more than one",
                   end_pfn);
}

static void compare_with_key(const struct numa_job *job, uint32_t nr_vnodes)
{
    char value[NUMA_LIST_BYTES];

    if (job->policy.vnodes == nr_vnodes)
        return;
    xg_log_at(
        job->ctx->log,
        job->policy.vnodes == NUMA_VNODES_AUTO ? LOG_INFO : LOG_WARNING,
        "%s/vnodes: '%s': the guest has been shown %" PRIu32 ", which counts",
        numa_policy_dir(&job->policy, NUMA_KEY_VNODES),
        numa_policy_value(&job->policy, NUMA_KEY_VNODES, value), nr_vnodes);
}

int numa_job_learn_vnodes(struct numa_job *job, uint64_t end_pfn,
                          struct xg_error *err)
{
    struct numa_vnodes vnodes = { .nr = 0 };
    struct numa_note note;
    struct xg_error why;

    if (read_note(job, &note, &why) < 0)
        return give_up(job, &why, err);
    compare_with_key(job, note.nr_vnodes);
    if (note.nr_vnodes && (make_from_note(job, &note, &vnodes, &why) < 0 ||
                           check_end(&job->vnodes, end_pfn, &why) < 0 ||
                           check_end(&vnodes, end_pfn, &why) < 0 ||
                           put_on_plan(job, &vnodes, &why) < 0))
        return give_up(job, &why, err);
    job->vnodes = vnodes;
    job->gate.vnodes = vnodes.nr ? &job->vnodes : NULL;
    return numa_job_pin(job, job->plan.nodes, err);
}

/* ---- Xen ---- */

/* Xen's form; of the vCPUs it wants each that the domain may have. */
struct vnuma {
    xen_vmemrange_t range[NUMA_VNODE_RANGES_MAX];
    unsigned int distance[NUMA_VNODES_MAX * NUMA_VNODES_MAX];
    unsigned int pnode[NUMA_VNODES_MAX];
};

static void fill_vnuma(const struct numa_vnodes *vnodes, struct vnuma *vnuma)
{
    for (unsigned int i = 0; i < vnodes->nr_ranges; i++)
        vnuma->range[i] = (xen_vmemrange_t){
            .start = vnodes->range[i].ram.start,
            .end = vnodes->range[i].ram.end,
            .nid = vnodes->range[i].vnode,
        };
    for (unsigned int i = 0; i < vnodes->nr; i++) {
        vnuma->pnode[i] = vnodes->vnode[i].node;
        for (unsigned int j = 0; j < vnodes->nr; j++)
            vnuma->distance[i * vnodes->nr + j] = vnodes->distance[i][j];
    }
}

int numa_job_tell_vnodes(const struct numa_job *job, struct xg_error *err)
{
    const struct numa_vnodes *vnodes = &job->vnodes;
    const struct xg_ctx *ctx = job->ctx;
    unsigned int nr_vcpus = job->demand.vcpus;
    cleanup_free unsigned int *vcpu_to_vnode = NULL;
    struct vnuma vnuma;

    if (!vnodes->nr)
        return 0;
    vcpu_to_vnode = calloc(nr_vcpus, sizeof(*vcpu_to_vnode));
    if (!vcpu_to_vnode)
        return xg_fail_errno(err, "calloc", "%u vCPUs", nr_vcpus);
    for (unsigned int vcpu = 0; vcpu < nr_vcpus; vcpu++)
        vcpu_to_vnode[vcpu] = numa_vnodes_of_vcpu(vnodes, vcpu);
    fill_vnuma(vnodes, &vnuma);

    xg_forget_errors(ctx);
    if (xc_domain_setvnuma(ctx->xch, ctx->domid, vnodes->nr, vnodes->nr_ranges,
                           nr_vcpus, vnuma.range, vnuma.distance, vcpu_to_vnode,
                           vnuma.pnode) < 0)
        return xg_fail_xc(ctx, err, "xc_domain_setvnuma", "%u virtual nodes",
                          vnodes->nr);
    for (unsigned int i = 0; i < vnodes->nr; i++)
        xg_info(ctx->log,
                "virtual node %u: %" PRIu64 " bytes on node %u, vCPUs %u to %u",
                i, vnodes->vnode[i].bytes, vnodes->vnode[i].node,
                vnodes->vnode[i].first_vcpu,
                vnodes->vnode[i].first_vcpu + vnodes->vnode[i].nr_vcpus - 1);
    return 0;
}
