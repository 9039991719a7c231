/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * fuzz_note.c - what a guest may have made of the note of its virtual nodes, in
 * a restore that has planned on four nodes: it gets no more than it may have,
 * and no other nodes. */
#include "acpi_pvh.h"
#include "fuzz_ctx.h"
#include "hvm_params.h"
#include "numa_job_vnodes.h"
#include "numa_note.h"

#define NODES 4
#define FOUR_GIB (UINT64_C(4) << 30)

/* The input's first byte. */
#define HAS_SIGNATURE 1
#define HAS_CHECKSUM 2
#define IS_HVM 4
#define IS_UNREADABLE 8
#define IS_AUTO 16

static uint8_t kind, bytes_of_note[NUMA_NOTE_BYTES];

/* In the place of the program's: the linker is told so. */
int __wrap_guest_memory_read(const struct xg_ctx *ctx, const char *what,
                             uint64_t address, void *bytes, size_t nr_bytes,
                             struct xg_error *err);

int __wrap_guest_memory_read(const struct xg_ctx *ctx, const char *what,
                             uint64_t address, void *bytes, size_t nr_bytes,
                             struct xg_error *err)
{
    uint64_t place =
        kind & IS_HVM ? HVM_INFO_ROOM_ADDRESS : ACPI_PVH_ROOM_ADDRESS;

    (void)ctx;
    assert(nr_bytes == NUMA_NOTE_BYTES);
    if (kind & IS_UNREADABLE)
        return xg_fail(err, what, 1, "a frame without a page");
    memset(bytes, 0, nr_bytes);
    if (address == place)
        memcpy(bytes, bytes_of_note, nr_bytes);
    return 0;
}

/* ---- the note by itself ---- */

static void take_note(struct fuzz_input *input)
{
    kind = (uint8_t)fuzz_take(input, 1);
    for (size_t i = 0; i < NUMA_NOTE_BYTES; i++)
        bytes_of_note[i] = (uint8_t)fuzz_take(input, 1);
    if (kind & HAS_SIGNATURE)
        memcpy(bytes_of_note, "XG VNODE", 8);
    if (!(kind & HAS_CHECKSUM))
        return;
    bytes_of_note[20] = 0;
    for (size_t i = 0; i < NUMA_NOTE_BYTES; i++)
        bytes_of_note[20] -= i == 20 ? 0 : bytes_of_note[i];
}

static bool check_note(struct numa_note *note)
{
    uint8_t bytes[NUMA_NOTE_BYTES];
    struct numa_note again;
    uint8_t sum = 0;

    if (!numa_note_read(bytes_of_note, note))
        return false;
    for (size_t i = 0; i < NUMA_NOTE_BYTES; i++)
        sum += bytes_of_note[i];
    assert(!sum && !memcmp(bytes_of_note, "XG VNODE", 8));
    assert(note->nr_ram == 1 || note->nr_ram == 2);
    assert(note->ram[0].start == 0 && note->ram[0].end > 0 &&
           note->ram[0].end <= FOUR_GIB);
    assert(note->nr_ram == 1 ||
           (note->ram[1].start == FOUR_GIB && note->ram[1].end > FOUR_GIB));
    numa_note_make(note, bytes);
    assert(numa_note_read(bytes, &again));
    assert(!memcmp(note, &again, sizeof(again)));
    return true;
}

/* ---- and in a restore ---- */

static void take_job(struct fuzz_input *input, struct numa_job *job)
{
    struct numa_vnodes_request *shape = &job->demand.shape;

    memset(job, 0, sizeof(*job));
    job->ctx = fuzz_ctx();
    for (unsigned int node = 0; node < NODES; node++) {
        job->host.nodes |= NUMA_BIT(node);
        job->host.node[node] = (struct numa_node){
            .free_pages = fuzz_take(input, 3),
            .cores = 4,
            .threads = 8,
        };
        for (unsigned int to = 0; to < NODES; to++)
            numa_host_set_distance(&job->host, node, to,
                                   (uint32_t)fuzz_take(input, 1));
    }
    job->policy = (struct numa_policy){
        .rule = NUMA_BEST_EFFORT,
        .affinity = NUMA_AFFINITY_NONE,
        .vnodes = kind & IS_AUTO ? NUMA_VNODES_AUTO
                                 : 1 + (unsigned int)fuzz_take(input, 1) % 40,
        .restore = true,
    };
    job->demand.restore = true;
    job->demand.pages = 1 + fuzz_take(input, 4) % (NODES << 24);
    job->demand.max_pages = job->demand.pages + fuzz_take(input, 2);
    job->demand.vcpus = 1 + (unsigned int)fuzz_take(input, 1);
    shape->nr_vcpus = job->demand.vcpus;
    shape->vcpus_per_socket = (unsigned int)fuzz_take(input, 1);
    shape->nr_ram =
        mem_layout_pvh_ram(job->demand.pages << XC_PAGE_SHIFT, shape->ram);
}

static bool plan(struct numa_job *job)
{
    const struct numa_request request = {
        .rule = job->policy.rule,
        .candidates = job->host.nodes,
        .pages = job->demand.pages,
        .vcpus = job->demand.vcpus,
    };
    struct xg_error err;

    if (numa_job_plan_vnodes(job, &request, &err) < 0)
        return false;
    job->gate.ctx = job->ctx;
    job->gate.plan = &job->plan;
    job->gate.vnodes = job->vnodes.nr ? &job->vnodes : NULL;
    return true;
}

static bool is_in_ram(const struct numa_note *note, const struct mem_range *ram)
{
    for (unsigned int i = 0; i < note->nr_ram; i++)
        if (ram->start >= note->ram[i].start && ram->end <= note->ram[i].end)
            return true;
    return false;
}

/* Each frame is in one virtual node at most, and these are in the order of
 * their frames. */
static void check_ranges(const struct numa_note *note,
                         const struct numa_job *job)
{
    const struct numa_vnodes *vnodes = &job->vnodes;
    uint64_t pages = 0, end = 0;

    for (unsigned int i = 0; i < vnodes->nr_ranges; i++) {
        const struct mem_range *ram = &vnodes->range[i].ram;

        assert(ram->start >= end && ram->end > ram->start);
        assert(is_in_ram(note, ram) && vnodes->range[i].vnode < vnodes->nr);
        end = ram->end;
        pages += (ram->end - ram->start) >> XC_PAGE_SHIFT;
    }
    assert(pages <= job->demand.max_pages + MEM_STREAM_FIRST_PAGES);
}

static void check_nodes(const struct numa_job *job)
{
    const struct numa_vnodes *vnodes = &job->vnodes;
    uint64_t pages[NUMA_NODES_MAX] = { 0 };
    unsigned int vcpu = 0;

    for (unsigned int i = 0; i < vnodes->nr; i++) {
        const struct numa_vnode *vnode = &vnodes->vnode[i];

        assert(job->plan.nodes & NUMA_BIT(vnode->node));
        assert(vnode->first_vcpu == vcpu && vnode->nr_vcpus);
        vcpu += vnode->nr_vcpus;
        pages[vnode->node] += vnode->bytes >> XC_PAGE_SHIFT;
    }
    assert(vcpu == job->demand.vcpus);
    for (unsigned int node = 0; node < NODES; node++)
        assert(pages[node] <= job->host.node[node].free_pages ||
               pages[node] <= job->plan.pages[node]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct numa_job job;
    struct fuzz_input input = { data, bytes };
    struct numa_note note;
    struct xg_error err;
    uint64_t end_pfn, planned_end;
    bool is_note;

    take_note(&input);
    is_note = check_note(&note);
    end_pfn = fuzz_take(&input, 3);
    take_job(&input, &job);
    if (!plan(&job))
        return 0;
    planned_end = job.vnodes.nr ? job.vnodes.range[0].ram.end : UINT64_MAX;
    assert(numa_job_learn_vnodes(&job, end_pfn, &err) == 0);
    assert(job.gate.vnodes == (job.vnodes.nr ? &job.vnodes : NULL));
    if (!job.vnodes.nr)
        return 0;
    assert(is_note && !(kind & IS_UNREADABLE));
    assert(job.vnodes.nr == note.nr_vnodes);
    assert(job.vnodes.vnode[0].node == job.plan.home);
    /* What has come already is on the home node. */
    assert(end_pfn <= job.vnodes.range[0].ram.end >> XC_PAGE_SHIFT);
    assert(end_pfn <= planned_end >> XC_PAGE_SHIFT);
    check_ranges(&note, &job);
    check_nodes(&job);
    return 0;
}
