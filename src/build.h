/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * build.h - turn an empty domain into a guest. */
#ifndef XG_BUILD_H
#define XG_BUILD_H

#include <xenctrl.h>
#include <xenguest.h>

#include "cpuid_policy.h"
#include "ctx.h"
#include "guest_rings.h"
#include "hvm_multi.h"
#include "image_file.h"
#include "mem_hook.h"
#include "mem_layout.h"
#include "numa_job.h"
#include "options.h"
#include "xs_platform.h"

/* One build. Zeroed but for the two borrowed pointers at first. */
struct build {
    struct xg_ctx *ctx;            /* borrowed */
    const struct xg_options *opts; /* borrowed */
    struct xs_platform platform;
    struct featureset features; /* of the guest's CPUs */
    xc_domaininfo_t info;       /* the domain as it was when we began */
    struct mem_layout layout;   /* of an HVM or PVH guest; of no map: not yet */
    struct numa_job numa;       /* where the memory goes, and the claim */
    struct mem_hook hook;       /* where we populate */
    struct hvm_multi params;    /* of an HVM container, until the last is set */
    struct image_file image;    /* what ->dom is made of */
    struct image_file firmware; /* of an HVM guest; ->data NULL: none */
    struct image_file modules[XG_MAX_MODULES]; /* those of ->dom */
    struct xc_dom_image *dom;
    struct guest_rings rings; /* what the caller is told */
};

/* The builders, each for one kind of guest. On return 0 the domain is complete
 * and ->rings is filled. The caller owns what *build holds, also on failure,
 * and does well to report the result before it calls build_free, which takes a
 * while. A domain whose build failed is the toolstack's to destroy. */
int build_pv(struct build *build, struct xg_error *err);
int build_hvm(struct build *build, struct xg_error *err);
int build_pvh(struct build *build, struct xg_error *err);

/* Writes to Xenstore what nobody needs there before the guest starts: the acpi
 * keys as hvmloader reads them, what came of a NUMA policy. The toolstack has
 * its result, but goes on when we have ended. What can't be written is a
 * warning. */
void build_tell_others(struct build *build);

void build_free(struct build *build);

/* The pieces that all of them are made of, in the order of their use. */

/* Reads and checks the domain, its platform keys, CPU features and the host's
 * free memory, all before anything is changed, and allocates the image. Errors:
 * as of what it reads and checks: build_check_domain, xs_platform_read,
 * build_read_numa, build_shape_vnodes, build_check. */
int build_begin(struct build *build, struct xg_error *err);

/* Maps a PV or PVH kernel, and holds it and the modules that follow to the
 * host's limits on their size. *module_max_bytes is the limit on the latter.
 * Errors: Xenstore's; as of build_map_image. */
int build_map_kernel(struct build *build, uint64_t *module_max_bytes,
                     struct xg_error *err);

/* Maps the image's next module, of XG_MAX_MODULES; `what` names it in an error.
 * Its command line may be NULL. Errors: as of image_file_map; libxenguest's. */
int build_load_module(struct build *build, const char *what,
                      const struct xg_module *module, uint64_t max_bytes,
                      struct xg_error *err);

/* Maps the -image, which build_boot loads. Errors: as of image_file_map. */
int build_map_image(struct build *build, uint64_t max_bytes,
                    struct xg_error *err);

/* vCPU affinities; what a NUMA policy asks for then: plan, reservation, claim,
 * affinities of its own; without one, a claim on the host's memory, so that
 * others that build at the same time don't take a part of it. All before the
 * first page, since the domain's node affinity follows its vCPUs. Errors: as of
 * vcpu_affinity_apply and numa_job_prepare. */
int build_prepare_memory(struct build *build, struct xg_error *err);

/* Weight and cap, TSC mode. Errors: as of vcpu_sched_apply; libxenctrl's. */
int build_apply_sched(struct build *build, struct xg_error *err);

/* Takes libxenguest's steps from the image to a guest with mem_mib MiB. We
 * populate it under a NUMA policy and, since libxenguest would do so in calls
 * for 8 MiB or 1 GiB each, if it has all its memory at start. Errors:
 * libxenguest's; as of mem_populate_image and numa_job_claim_again. */
int build_boot(struct build *build, unsigned int mem_mib, struct xg_error *err);

/* What every guest gets once it has its memory: its HVM parameters, which have
 * been kept until now; CPU features, sockets; last, what came of its NUMA
 * policy is settled. Errors: as of hvm_multi_end, cpuid_policy_apply,
 * numa_job_leave_note and numa_job_finish. */
int build_finish(struct build *build, struct xg_error *err);

/* The rings of a guest in an HVM container, which are known by guest frame. */
void build_report_guest_frames(struct build *build);

/* build_check.c: what a build refuses before anything is changed. */

/* Whether ->info is a domain that can be built, by these options: paused,
 * empty, allowed that much memory, with the event channels. Errors: as of
 * domain.h; EINVAL for a container of the other type. */
int build_check_domain(const struct build *build, struct xg_error *err);

/* What of the domain is known to end badly in an HVM container, for people;
 * NULL: nothing, or -force is given. An HVM guest's build refuses it. */
const char *build_hazard(const struct build *build);

/* What a build refuses that has read ->info and ->platform: a host without the
 * memory, CPU features, and what guests of its mode can't have. Fills
 * ->features, and changes nothing. Errors: as of mem_claim_check and
 * cpuid_policy_plan; ERANGE for vCPUs; EINVAL for a hazard, or for devices of a
 * PVH guest; E2BIG for the command line of one of its modules. */
int build_check(struct build *build, struct xg_error *err);

/* build_demand.c: the memory and the nodes that a build asks for. */

/* The least that the build takes, in pages: more may not be asked for in
 * advance, or guests that just fit would be refused. */
uint64_t build_surely_taken_pages(const struct xg_options *opts);

/* Reads the NUMA policy, for what ->info, ->platform and the options ask for.
 * `host`: see numa_demand. Errors: as of numa_job_read. */
int build_read_numa(struct build *build, const struct numa_host *host,
                    struct xg_error *err);

/* Fills in the demand's shape for virtual nodes, and checks that a number of
 * them that the domain insists on can be had. Errors: as of the layout; EINVAL,
 * ERANGE. */
int build_shape_vnodes(struct build *build, struct xg_error *err);

/* build_layout.c: where in its address space a guest has RAM. */

/* The ->layout of an HVM guest, unless its virtual nodes have needed it before.
 * Errors: as of pci.h and mem_layout_hvm. */
int build_hvm_layout(struct build *build, struct xg_error *err);

/* Gives Xen, for the guest to ask, and the image the ->layout. Errors:
 * libxenctrl's. */
int build_set_layout(struct build *build, struct xg_error *err);

#define cleanup_build xg_cleanup(build_free)

#endif
