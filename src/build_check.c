/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build_check.c - what a build refuses before anything is changed. */
#include "build.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <xen/hvm/hvm_info_table.h>

#include "domain.h"

int build_check_domain(const struct build *build, struct xg_error *err)
{
    const xc_domaininfo_t *info = &build->info;
    bool hvm = options_has_hvm_container(build->opts);

    if (!(info->flags & XEN_DOMINF_hvm_guest) != !hvm)
        return xg_fail(err, __func__, EINVAL,
                       "domain %u has %s container, -mode %s needs the other: "
                       "use %s, or make another domain",
                       build->ctx->domid, hvm ? "a PV" : "an HVM",
                       options_mode_name(build->opts->mode),
                       hvm ? "linux_build" : "hvm_build or pvh_build");

    if (domain_check_empty(info, err) < 0 ||
        domain_check_limit(info, build_surely_taken_pages(build->opts), err) <
            0)
        return -1;
    return domain_check_ports(build->ctx, build->opts->store_port,
                              build->opts->console_port, err);
}

static int check_vcpus(const struct xs_platform *platform, struct xg_error *err)
{
    int64_t vcpus = platform->vcpu_number.value;

    /* What the online bitmap of the hvm_info page holds, and the DSDT of a PVH
     * guest. */
    if (vcpus > HVM_MAX_VCPUS)
        return xg_fail(err, __func__, ERANGE,
                       "platform/vcpu/number: '%" PRId64
                       "' is more than the %d vCPUs of an HVM or PVH guest",
                       vcpus, HVM_MAX_VCPUS);
    return 0;
}

const char *build_hazard(const struct build *build)
{
    bool nested = build->platform.nested_virt;
    bool pod = options_has_pod(build->opts);

    if (build->opts->force)
        return NULL;
    if (build->opts->pci_passthrough[0] && pod)
        return "-pci_passthrough and populate-on-demand exclude each other";
    if (nested && pod)
        return "platform/nested-virt and populate-on-demand exclude each other";
    if (nested && !(build->info.flags & XEN_DOMINF_hap))
        return "platform/nested-virt needs hardware assisted paging";
    return NULL;
}

static int check_safety(const struct build *build, struct xg_error *err)
{
    const char *hazard = build_hazard(build);

    return hazard ? xg_fail(err, __func__, EINVAL, "%s (use -force to try)",
                            hazard)
                  : 0;
}

/* What libxenguest keeps for the command line of each module: it stops the
 * program at one that is longer. */
#define MODULE_CMDLINE_BYTES MAX_GUEST_CMDLINE

static int check_pvh_options(const struct xg_options *opts,
                             struct xg_error *err)
{
    if (opts->pci_passthrough[0])
        return xg_fail(err, __func__, EINVAL,
                       "-pci_passthrough: '%s': a PVH guest can't have devices "
                       "passed through",
                       opts->pci_passthrough);

    for (unsigned int i = 0; i < opts->nr_modules; i++) {
        const struct xg_module *module = &opts->modules[i];

        if (module->cmdline && strlen(module->cmdline) >= MODULE_CMDLINE_BYTES)
            return xg_fail(err, __func__, E2BIG,
                           "-cmdline: that of module '%s' has %zu characters, "
                           "libxenguest holds %d",
                           module->path, strlen(module->cmdline),
                           MODULE_CMDLINE_BYTES - 1);
    }
    return 0;
}

int build_check(struct build *build, struct xg_error *err)
{
    enum xg_mode mode = build->opts->mode;
    bool hvm = options_has_hvm_container(build->opts);

    if (mem_claim_check(build->ctx, &build->info,
                        build_surely_taken_pages(build->opts), err) < 0 ||
        cpuid_policy_plan(build->ctx, &build->platform, hvm, &build->features,
                          err) < 0 ||
        (hvm && check_vcpus(&build->platform, err) < 0))
        return -1;
    if (mode == MODE_PVH_BUILD)
        return check_pvh_options(build->opts, err);
    return mode == MODE_HVM_BUILD ? check_safety(build, err) : 0;
}
