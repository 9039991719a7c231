/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * plan_read.c - the host's nodes, and where a build's memory would lie. */
#include "plan.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "domain.h"
#include "numa_job_vnodes.h"
#include "numa_load.h"
#include "numa_where.h"
#include "numbers.h"

/* ---- the host ---- */

/* What builders will take before what is free, as a build does: what one takes
 * in between counts twice rather than not at all. */
static int read_free(struct plan_report *report, struct xg_error *err)
{
    const struct numa_patience patience = numa_where_patience();
    const char *dir = numa_reserve_dir();
    cleanup_close int lock_fd = -1;

    /* While there is no lock file we don't look: our shared lock on a builder's
     * reservation, taken to test it, could make that builder's own lock fail.
     */
    if (numa_lock_share(report->ctx, dir, &patience, &lock_fd,
                        &report->unreserved) == 0 &&
        (lock_fd < 0 || numa_reserve_look(report->ctx, dir, report->reserved,
                                          &report->unreserved) == 0))
        xg_error_clear(&report->unreserved);
    return numa_host_read_free(
        report->ctx, report->opts->domid < 0 ? -1 : report->opts->mem_pnode,
        &report->host, err);
}

/* All that is there, domains included, in one reading. */
static int read_host(struct plan_report *report, struct xg_error *err)
{
    cleanup_free xc_domaininfo_t *list = NULL;
    unsigned int nr_domains;
    struct xg_ctx *ctx = report->ctx;
    uint64_t own = report->build.info.outstanding_pages;
    xc_physinfo_t info = { 0 };

    if (numa_host_read(ctx, report->cpupool, &report->host, err) < 0 ||
        xg_ctx_list_domains(ctx, &list, &nr_domains, err) < 0 ||
        numa_load_count(ctx, list, nr_domains, &report->host, err) < 0 ||
        read_free(report, err) < 0)
        return -1;

    xg_forget_errors(ctx);
    if (xc_physinfo(ctx->xch, &info) < 0)
        return xg_fail_xc(ctx, err, "xc_physinfo", "host memory");
    report->host_claimed_pages = number_minus(info.outstanding_pages, own);
    return plan_results_read(report, list, nr_domains, err);
}

/* ---- no plan ---- */

/* What a library's call could not tell or give may be there for a build. */
static int refuse(struct plan_report *report, const struct xg_error *why,
                  struct xg_error *err)
{
    if (why->of_library) {
        *err = *why;
        return -1;
    }
    report->outcome = PLAN_REFUSED;
    report->why = *why;
    return 0;
}

/* Whether there would be a plan with a key's other value, virtual nodes and
 * vCPU affinities included, whose masks are nobody's any more. */
static void advise(struct plan_report *report, enum numa_key key,
                   const char *value, const struct numa_request *request)
{
    struct plan_advice *advice = &report->advice[report->nr_advice];
    struct numa_job other = report->build.numa;
    struct xg_error ignored;

    other.policy.rule = request->rule;
    if (numa_job_plan_vnodes(&other, request, &ignored) < 0 ||
        numa_job_preview_pin(&other, &ignored) < 0)
        return;
    *advice = (struct plan_advice){
        .key = key,
        .value = value,
        .plan = other.plan,
    };
    report->nr_advice++;
}

/* The nodes' free memory is by now what the plan could have used. */
static void explain_shortage(struct plan_report *report)
{
    const struct numa_job *job = &report->build.numa;
    struct numa_request request = job->request;
    uint64_t nodes = job->host.nodes, have = 0;

    if (numa_rule_keeps_to_plan(request.rule))
        nodes = request.candidates;
    FOR_EACH_NODE (node, nodes)
        have += job->host.node[node].free_pages;
    if (have >= request.pages)
        return;
    report->missing_pages = request.pages - have;
    report->short_nodes = nodes;

    if (request.rule == NUMA_STRICT && request.candidates != job->host.nodes) {
        request.candidates = job->host.nodes;
        request.excluded = 0;
        advise(report, NUMA_KEY_NODES, "all", &request);
        request = job->request;
    }
    if (numa_rule_keeps_to_plan(request.rule)) {
        request.rule = NUMA_BEST_EFFORT;
        if (job->policy.rule == NUMA_PNODE)
            request.candidates = job->host.nodes;
        advise(report, NUMA_KEY_POLICY, "best-effort", &request);
    }
}

/* ---- the domain ---- */

/* Only a guest with a device model has a VGA emulated. */
static enum xg_mode mode_of(const xc_domaininfo_t *info)
{
    if (!(info->flags & XEN_DOMINF_hvm_guest))
        return MODE_LINUX_BUILD;
    return info->arch_config.emulation_flags & XEN_X86_EMU_VGA ? MODE_HVM_BUILD
                                                               : MODE_PVH_BUILD;
}

const char *plan_kind_name(const struct plan_report *report)
{
    switch (report->as_build.mode) {
    case MODE_LINUX_BUILD:
        return "PV";
    case MODE_PVH_BUILD:
        return "PVH";
    default:
        return "HVM";
    }
}

/* A number of 0 counts as none. */
uint64_t plan_vcpus(const struct plan_report *report)
{
    const struct opt_int *number = &report->build.platform.vcpu_number;

    return number->set ? (uint64_t)number->value : PLAN_UNKNOWN;
}

/* The options that a build of this domain would get, as far as they count here.
 * Without a size, all that the domain may have, but for what comes besides. */
static void make_options(struct plan_report *report)
{
    struct xg_options *opts = &report->as_build;

    *opts = *report->opts;
    opts->mode = mode_of(&report->build.info);
    if (opts->mem_start_mib < 0)
        opts->mem_start_mib = opts->mem_max_mib;
    report->mem_from_domain = opts->mem_start_mib < 0;
    if (report->mem_from_domain)
        opts->mem_start_mib = domain_fitting_mib(&report->build.info);
}

/* What a build would refuse is why there is no plan. */
static int check(struct plan_report *report, struct xg_error *err)
{
    struct build *build = &report->build;
    uint64_t pages = build_surely_taken_pages(build->opts);

    if (domain_check_limit(&build->info, pages, err) < 0 ||
        build_check(build, err) < 0)
        return -1;
    return plan_layout(report, err);
}

static int preview(struct plan_report *report, struct xg_error *err)
{
    struct numa_job *job = &report->build.numa;
    struct numa_preview preview = {
        .info = &report->build.info,
        .platform = &report->build.platform,
    };

    memcpy(preview.reserved, report->reserved, sizeof(preview.reserved));
    if (numa_job_preview(job, &preview, err) < 0)
        return -1;
    report->claim = preview.claim;
    report->heedless = preview.heedless;
    return numa_job_has_plan(job) ? plan_extents(report, err) : 0;
}

static int read_keys(struct plan_report *report, struct xg_error *err)
{
    struct build *build = &report->build;

    if (xs_platform_read(build->ctx, &build->info, &build->platform, err) < 0 ||
        build_read_numa(build, &report->host, err) < 0)
        return -1;
    report->has_policy = true;
    return build_shape_vnodes(build, err);
}

/* A domain that is not empty has its result, whatever its keys have become, if
 * they can be read. */
static int plan_domain(struct plan_report *report, struct xg_error *err)
{
    struct build *build = &report->build;
    bool is_empty = domain_check_empty(&build->info, &report->why) == 0;
    bool has_plan;
    struct xg_error why;

    report->outcome = PLAN_BUILT;
    if (read_keys(report, &why) < 0)
        return is_empty || why.of_library ? refuse(report, &why, err) : 0;
    if (!is_empty)
        return 0;
    if (check(report, &why) < 0)
        return refuse(report, &why, err);

    has_plan = numa_job_has_plan(&build->numa);
    report->outcome = has_plan ? PLAN_MADE : PLAN_LEFT_TO_XEN;
    if (preview(report, &why) == 0)
        return 0;
    if (has_plan && why.code == ENOMEM)
        explain_shortage(report);
    return refuse(report, &why, err);
}

/* Without a domain: what one gets that has no keys of its own. */
static int plan_host(struct plan_report *report, struct xg_error *err)
{
    report->outcome = PLAN_OF_HOST;
    report->has_policy =
        numa_policy_read(report->ctx, NUMA_KEYS_OF_HOST, false,
                         &report->build.numa.policy, &report->why) == 0;
    if (report->has_policy || !report->why.of_library)
        return 0;
    *err = report->why;
    return -1;
}

int plan_read(struct plan_report *report, struct xg_error *err)
{
    struct xg_ctx *ctx = report->ctx;
    struct build *build = &report->build;
    bool has_domain = report->opts->domid >= 0;

    *build = (struct build){ .ctx = ctx, .opts = &report->as_build };
    if (has_domain && xg_ctx_domain_info(ctx, &build->info, err) < 0)
        return -1;
    report->cpupool = build->info.cpupool;
    if (read_host(report, err) < 0)
        return -1;

    if (has_domain) {
        make_options(report);
        return plan_domain(report, err);
    }
    return plan_host(report, err);
}

void plan_free(struct plan_report *report)
{
    build_free(&report->build);
    numa_host_free(&report->host);
    free(report->results);
    report->results = NULL;
}

/* ---- pCPUs as text ---- */

const char *plan_cpus_format(const struct numa_host *host, const uint8_t *cpus,
                             char text[PLAN_CPUS_BYTES])
{
    bool all = true, any = false;

    for (unsigned int cpu = 0; cpu < host->nr_cpus; cpu++) {
        bool has = bytes_has_bit(cpus, cpu);

        any |= has;
        all &= has || !host->cpu[cpu].usable;
    }
    if (all && any) {
        snprintf(text, PLAN_CPUS_BYTES, "all");
        return text;
    }
    return bytes_list_bits(cpus, host->nr_cpus, text, PLAN_CPUS_BYTES);
}
