/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * migrate_restore.c - fill an empty domain from a saved guest's stream. */
#include "migrate_restore.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <xenguest.h>

#include "compat/xc_compat.h"
#include "cpuid_policy.h"
#include "domain.h"
#include "generation_id.h"
#include "hvm_params.h"
#include "mem_claim.h"
#include "migrate_stream.h"
#include "numbers.h"
#include "settings_log.h"
#include "vcpu_sched.h"

static bool is_hvm(const struct migrate_restore *restore)
{
    return restore->info.flags & XEN_DOMINF_hvm_guest;
}

/* How much memory the stream holds shows only when it is read: what a toolstack
 * that knows has claimed for it, or all that the domain may have. */
static uint64_t most_pages(const xc_domaininfo_t *info)
{
    uint64_t claimed = info->tot_pages + info->outstanding_pages;

    return info->outstanding_pages && claimed < info->max_pages
               ? claimed
               : info->max_pages;
}

/* Why a guest can have no virtual nodes. */
static const char *no_vnodes(const struct migrate_restore *restore)
{
    if (!is_hvm(restore))
        return "a PV guest can't be shown nodes";
    if (restore->platform.vcpu_number.value != domain_max_vcpus(&restore->info))
        return "the domain may have more vCPUs than platform/vcpu/number";
    return NULL;
}

/* Virtual nodes are planned for as much as there may be. What they were is
 * known once the first of the guest's memory has come. */
static int read_numa(struct migrate_restore *restore, struct xg_error *err)
{
    struct numa_demand demand = {
        .pages = most_pages(&restore->info),
        .max_pages = restore->info.max_pages,
        .vcpus = (unsigned int)restore->platform.vcpu_number.value,
        .cpupool = restore->info.cpupool,
        .mem_pnode = restore->mem_pnode,
        .no_vnodes = no_vnodes(restore),
        .restore = true,
    };

    demand.shape.nr_vcpus = demand.vcpus;
    demand.shape.vcpus_per_socket =
        (unsigned int)restore->platform.cores_per_socket.value;
    demand.shape.nr_ram =
        mem_layout_pvh_ram(demand.pages << XC_PAGE_SHIFT, demand.shape.ram);
    return numa_job_read(restore->ctx, restore->platform.numa_dirs, &demand,
                         &restore->numa, err);
}

static int check_pages(const struct migrate_restore *restore,
                       struct xg_error *err)
{
    const struct xg_ctx *ctx = restore->ctx;

    if (!restore->may_hold_pages)
        return domain_check_empty(&restore->info, err);
    if (!domain_is_empty(&restore->info))
        xg_log_at(ctx->log, LOG_WARNING,
                  "domain %u holds %s already: taken for a device's",
                  ctx->domid, MEMORY_TEXT(restore->info.tot_pages));
    return domain_check_paused(&restore->info, err);
}

/* Reads and checks all but CPU features, which only an old stream needs, before
 * anything is changed. */
static int restore_begin(struct migrate_restore *restore, struct xg_error *err)
{
    const struct xg_ctx *ctx = restore->ctx;

    if (xg_ctx_domain_info(ctx, &restore->info, err) < 0 ||
        check_pages(restore, err) < 0 ||
        domain_check_ports(ctx, restore->store_port, restore->console_port,
                           err) < 0)
        return -1;

    if (xs_platform_read(ctx, &restore->info, &restore->platform, err) < 0)
        return -1;
    if (read_numa(restore, err) < 0)
        return -1;
    settings_log(ctx->log, NULL, &restore->platform, &restore->numa.policy,
                 is_hvm(restore));
    return 0;
}

/* Affinities come before the first page: libxenguest's pages follow the node
 * affinity of the domain, which Xen derives from its vCPUs. The TSC mode is in
 * the stream. */
static int apply_settings(struct migrate_restore *restore, struct xg_error *err)
{
    const struct xg_ctx *ctx = restore->ctx;
    const struct xs_platform *platform = &restore->platform;

    if (is_hvm(restore) && hvm_unsaved_apply(ctx, platform, err) < 0)
        return -1;
    if (vcpu_affinity_apply(ctx, platform, err) < 0 ||
        numa_job_prepare(&restore->numa, &restore->info, err) < 0)
        return -1;
    return vcpu_sched_apply(ctx, &restore->info, platform, err);
}

/* A stream from before Xen 4.14 has no CPU policy: then it is ours to set. */
static int on_static_data_done(unsigned int missing, void *data)
{
    struct migrate_restore *restore = data;
    struct xg_error *err = &restore->callback_err;
    struct featureset features;

    if (!(missing & XGR_SDD_MISSING_CPUID))
        return 0;

    xg_info(restore->ctx->log, "the stream has no CPU policy");
    if (cpuid_policy_plan(restore->ctx, &restore->platform, is_hvm(restore),
                          &features, err) < 0)
        return -1;
    return cpuid_policy_apply(restore->ctx, &restore->platform, &features, true,
                              err);
}

/* libxenguest sets no errno at the stream's end, and says what it was reading:
 * "Failed to read Record Header from stream (0 = Success)". Only a file or
 * block device knows how far it was read. */
static int fail_at_end(const struct migrate_restore *restore,
                       struct xg_error *err)
{
    const char *complaint = xg_first_complaint(restore->ctx);
    const char *code = strstr(complaint, " (0 = ");
    off_t bytes = lseek(restore->fd, 0, SEEK_CUR);
    char where[40] = "";

    if (bytes >= 0)
        snprintf(where, sizeof(where), " after %lld bytes", (long long)bytes);
    return xg_fail(
        err, "xc_domain_restore", ENODATA,
        "domain %u: the stream ended early%s: %.*s", restore->ctx->domid, where,
        (int)(code ? code - complaint : (long)strlen(complaint)), complaint);
}

static int read_stream(struct migrate_restore *restore, unsigned long *store,
                       unsigned long *console, struct xg_error *err)
{
    const struct xg_ctx *ctx = restore->ctx;
    struct restore_callbacks callbacks = {
        .static_data_done = on_static_data_done,
        .data = restore,
    };
    const struct xg_restore_args args = {
        .fd = restore->fd,
        .domid = ctx->domid,
        .store_port = (unsigned int)restore->store_port,
        .store_domid = (uint32_t)restore->store_domid,
        .console_port = (unsigned int)restore->console_port,
        .console_domid = (uint32_t)restore->console_domid,
        .callbacks = &callbacks,
    };
    int rc;

    if (numa_job_open_stream(&restore->numa, is_hvm(restore), err) < 0)
        return -1;
    progress_expect(ctx->progress, most_pages(&restore->info), true);
    mem_gate_watch(ctx->progress);
    sandbox_seal(ctx->sandbox);
    xg_forget_errors(ctx);
    rc = xg_xc_domain_restore(ctx->xch, &args, store, console);
    mem_gate_watch(NULL);
    if (rc == 0)
        return numa_job_end_stream(&restore->numa, err);

    /* libxenguest says no more than that the callback failed, or that there
     * is no memory. */
    if (xg_error_is_set(&restore->callback_err)) {
        *err = restore->callback_err;
        return -1;
    }
    if (numa_job_failure(&restore->numa, err))
        return -1;
    if (errno == 0 && migrate_stream_has_ended(restore->fd))
        return fail_at_end(restore, err);
    return xg_fail_migration(ctx, err, "xc_domain_restore");
}

int migrate_restore(struct migrate_restore *restore, struct xg_error *err)
{
    const struct xg_ctx *ctx = restore->ctx;
    unsigned long store = 0, console = 0;

    if (restore_begin(restore, err) < 0 || apply_settings(restore, err) < 0)
        return -1;

    xg_info(ctx->log, "restoring domain %u", ctx->domid);
    if (read_stream(restore, &store, &console, err) < 0)
        return -1;
    if (is_hvm(restore) &&
        generation_id_apply(ctx, restore->platform.generation_id, err) < 0)
        return -1;
    if (numa_job_finish(&restore->numa, err) < 0)
        return -1;

    restore->rings = (struct guest_rings){ .store = store, .console = console };
    return 0;
}

void migrate_restore_tell_others(struct migrate_restore *restore)
{
    xs_platform_put_acpi(restore->ctx);
    numa_job_keep(&restore->numa);
}

void migrate_restore_free(struct migrate_restore *restore)
{
    numa_job_free(&restore->numa);
    xs_platform_free(&restore->platform);
}
