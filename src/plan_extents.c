/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * plan_extents.c - the guest's frames, and the extents that a build would ask
 * each node for. */
#include "plan.h"

int plan_layout(struct plan_report *report, struct xg_error *err)
{
    const struct xg_options *opts = &report->as_build;
    uint64_t bytes = (uint64_t)options_layout_mib(opts) << 20;

    switch (opts->mode) {
    case MODE_HVM_BUILD:
        return build_hvm_layout(&report->build, err);
    case MODE_PVH_BUILD:
        return mem_layout_pvh(bytes, NULL, 0, &report->build.layout, err);
    default:
        return 0;
    }
}

/* A PV guest's frames begin at 0; so do those of a cache for populating on
 * demand, for which Xen takes nothing larger than 2 MiB. */
static int list_memory(const struct plan_report *report,
                       struct mem_runs *memory, unsigned int *largest,
                       struct xg_error *err)
{
    const struct xg_options *opts = &report->as_build;
    const struct numa_plan *plan = &report->build.numa.plan;
    const struct mem_layout *layout = &report->build.layout;
    struct mem_run all = { .pfn = 0 };

    *largest = options_has_pod(opts) ? ORDER_2M : ORDER_1G;
    if (options_has_hvm_container(opts) && !options_has_pod(opts))
        return mem_runs_add_ram(
            memory, layout->lowmem_end, layout->highmem_end,
            opts->mode == MODE_HVM_BUILD ? VGA_HOLE_PAGES : 0, err);
    FOR_EACH_NODE (node, plan->nodes)
        all.pages += plan->pages[node];
    return mem_runs_add(memory, all, err);
}

int plan_extents(struct plan_report *report, struct xg_error *err)
{
    const struct numa_job *job = &report->build.numa;
    cleanup_mem_runs struct mem_runs memory = { 0 }, dealt = { 0 };
    unsigned int largest;

    if (list_memory(report, &memory, &largest, err) < 0 ||
        mem_runs_deal(&memory, &job->plan, &job->vnodes, &dealt, err) < 0)
        return -1;
    mem_runs_sort(&dealt);
    mem_runs_extents(&dealt, largest, report->extents);
    return 0;
}
