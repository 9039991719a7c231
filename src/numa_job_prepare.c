/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_job_prepare.c - claim where a guest's memory goes and tie it there, with
 * what gives way if others were faster. */
#include "numa_job_plan.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "mem_hap.h"
#include "node_affinity.h"
#include "numa_load.h"
#include "numbers.h"

/* How often a plan is made anew: for each node that turns out short, and if
 * claims come and go while we look. */
#define MOST_PLANS NUMA_NODES_MAX

/* How often, and how long after the last time, the host is looked at for a plan
 * that what others hold leaves no memory for: they may hold it for a moment
 * only, see may_pass. */
#define MOST_LOOKS 4
#define LOOK_STEP_MS 20

/* One try to claim what is planned. */
struct attempt {
    struct mem_claim_request request;
    enum mem_claim_kind kind; /* what was claimed, or what could not be */
};

static struct mem_claim_request make_request(const struct numa_job *job,
                                             uint64_t extra_pages)
{
    int pnode = job->demand.mem_pnode;
    struct mem_claim_request request = {
        .how = job->claim_how,
        .dir = numa_policy_dir(&job->policy, NUMA_KEY_CLAIM),
        .home = job->plan.home,
        .toolstack_node = pnode >= 0 ? NUMA_BIT(pnode) : 0,
    };

    numa_job_list_taken(job, extra_pages, request.pages);
    if (!numa_policy_acts(&job->policy))
        request.pages[0] = job->demand.claim_pages;
    else if (!numa_job_has_plan(job))
        request.pages[0] = job->demand.pages + extra_pages;
    return request;
}

static int stake_with(struct numa_job *job, uint64_t extra_pages,
                      struct attempt *attempt, struct xg_error *err)
{
    struct xg_error why;

    attempt->request = make_request(job, extra_pages);
    attempt->kind = MEM_CLAIM_NONE;
    if (mem_claim_stake(job->ctx, &job->info, &attempt->request, &attempt->kind,
                        &why) == 0) {
        job->claim = attempt->kind;
        return 0;
    }
    /* The claim that was there may have gone with it. */
    if (xg_ctx_domain_info(job->ctx, &job->info, err) == 0)
        *err = why;
    return -1;
}

/* What comes besides is no reason to fail: it is left out if the host has not
 * got it, and planned for as far as the home node has it. The HAP pool is no
 * memory of the domain's that could be claimed for it. */
static int stake(struct numa_job *job, struct attempt *attempt,
                 struct xg_error *err)
{
    uint64_t extra_pages = job->request.extra_pages - job->hap_pages;
    int rc = stake_with(job, extra_pages, attempt, err);

    if (rc < 0 && err->code == ENOMEM && attempt->kind == MEM_CLAIM_HOST &&
        extra_pages)
        rc = stake_with(job, 0, attempt, err);
    return rc;
}

/* Where no reservation counts beside it. */
static int stake_alone(struct numa_job *job, struct attempt *attempt,
                       struct xg_error *err)
{
    if (stake(job, attempt, err) < 0)
        return -1;
    mem_claim_log(job->ctx, job->claim);
    return 0;
}

static bool is_by_node(enum mem_claim_kind kind)
{
    return kind == MEM_CLAIM_NODE || kind == MEM_CLAIM_SET;
}

/* Where the toolstack claims by node it says on which one, and that holds all
 * that is planned. */
static bool is_claimed_by_toolstack(const struct numa_job *job)
{
    return job->claim == MEM_CLAIM_TOOLSTACK &&
           job->plan.nodes == job->request.preferred &&
           job->info.outstanding_pages >= job->plan.pages[job->plan.home];
}

/* Other builders that see what is claimed of each node would count a
 * reservation beside our claim twice. What is left of it is the HAP pool's,
 * which is no part of the claim. */
static void leave_to_claim(struct numa_job *job)
{
    uint64_t claimed[NUMA_NODES_MAX];

    if (!job->host.knows_claims ||
        !(is_by_node(job->claim) || is_claimed_by_toolstack(job)))
        return;
    numa_job_list_taken(job, job->request.extra_pages - job->hap_pages,
                        claimed);
    FOR_EACH_NODE (node, job->host.nodes)
        numa_reserve_drop(&job->reserve, node, claimed[node]);
}

/* Whether a claim of ours was refused, and others' were found. */
static bool is_measured(const struct numa_planning *planning)
{
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        if (planning->claimable[node] != UINT64_MAX)
            return true;
    return false;
}

/* Another builder's memory counts twice while it goes from reserved to claimed
 * or taken, and as good as all of a node is claimed by one that measures it:
 * what is missing may be there in a moment. */
static bool may_pass(const struct numa_job *job,
                     const struct numa_planning *planning)
{
    FOR_EACH_NODE (node, job->host.nodes)
        if (planning->reserved[node])
            return true;
    return is_measured(planning);
}

/* Whether this plan leaves to others what they have reserved, whatever the
 * policy: a guest that is split for a moment's sake stays so. Not where no wait
 * could make the choice better, as with -mem_pnode, and not with what is known
 * to be claimed: that is for as long as somebody builds. */
static bool is_patient(const struct numa_job *job,
                       const struct numa_planning *planning)
{
    return job->policy.rule != NUMA_PNODE && !is_measured(planning);
}

/* What can be claimed of any node is not known, or is not any more. */
static void forget_claimable(struct numa_planning *planning)
{
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        planning->claimable[node] = UINT64_MAX;
}

/* A plan with what others leave by now, or, for want of memory, in a moment;
 * *looks counts the looks that were in vain. */
static int plan(struct numa_job *job, struct numa_planning *planning,
                unsigned int *looks, struct xg_error *err)
{
    const struct timespec step = { .tv_nsec = LOOK_STEP_MS * 1000000L };

    for (;; ++*looks) {
        bool is_last = *looks == MOST_LOOKS - 1;

        planning->patient = !is_last && is_patient(job, planning);
        if (numa_job_plan(job, planning, err) == 0)
            return 0;
        if (planning->planned || err->code != ENOMEM || is_last ||
            !may_pass(job, planning))
            return -1;
        forget_claimable(planning);
        if (nanosleep(&step, NULL) < 0)
            return xg_fail_errno(err, "nanosleep", "waiting for memory: %s",
                                 strerror(errno));
    }
}

/* Others may have claimed memory of the nodes, which free memory does not show:
 * then what they left is found out, and the plan made anew with that. It is
 * made anew as well if nothing was found: what was claimed has been given up,
 * or another builder was faster. On failure, *kind is the claim that could not
 * be had. */
static int plan_and_claim(struct numa_job *job, enum numa_claim how,
                          struct numa_planning *planning,
                          enum mem_claim_kind *kind, struct xg_error *err)
{
    struct attempt attempt = { .kind = MEM_CLAIM_NONE };
    unsigned int looks = 0;

    job->claim_how = how;
    forget_claimable(planning);
    for (unsigned int plans = 1; plan(job, planning, &looks, err) == 0;
         plans++) {
        if (stake(job, &attempt, err) == 0) {
            leave_to_claim(job);
            mem_claim_log(job->ctx, job->claim);
            return 0;
        }
        if (err->code != ENOMEM || !is_by_node(attempt.kind) ||
            planning->heedless || plans == MOST_PLANS ||
            mem_claim_measure(job->ctx, &job->info, &attempt.request,
                              attempt.kind, planning->claimable) < 0)
            break;
    }
    *kind = attempt.kind;
    return -1;
}

/* Whether best effort goes on without claims by node, of which this kind
 * failed. */
static bool can_do_without_nodes(const struct numa_job *job,
                                 enum mem_claim_kind kind,
                                 const struct xg_error *why)
{
    return why->code == ENOMEM && !numa_rule_keeps_to_plan(job->policy.rule) &&
           job->policy.claim == NUMA_CLAIM_AUTO && is_by_node(kind);
}

/* The toolstack's, as the domain had it when it was last read. */
static int put_back(const struct numa_job *job, struct xg_error *err)
{
    const struct mem_claim_request request = make_request(job, 0);

    xg_forget_errors(job->ctx);
    if (mem_claim_put_back(job->ctx, &job->info, request.toolstack_node) < 0)
        return xg_fail_xc(job->ctx, err, "xc_domain_claim_pages",
                          "the toolstack's claim of %s",
                          MEMORY_TEXT(job->info.outstanding_pages));
    return 0;
}

int numa_job_claim_again(struct numa_job *job, struct xg_error *err)
{
    struct attempt attempt;

    if (job->claim == MEM_CLAIM_TOOLSTACK)
        return put_back(job, err);
    if (xg_ctx_domain_info(job->ctx, &job->info, err) < 0)
        return -1;
    if (stake_alone(job, &attempt, err) == 0)
        return 0;
    if (!can_do_without_nodes(job, attempt.kind, err))
        return -1;
    job->claim_how = NUMA_CLAIM_HOST;
    return stake_alone(job, &attempt, err);
}

/* What the toolstack has claimed is there for us, if on its node. */
static int plan_on_pnode(struct numa_job *job, struct numa_planning *planning,
                         struct xg_error *err)
{
    enum mem_claim_kind kind;

    xg_info(job->ctx->log, "%s: -mem_pnode %d is used, with the claim there",
            err->text, job->demand.mem_pnode);
    job->on_pnode = true;
    return plan_and_claim(job, NUMA_CLAIM_OFF, planning, &kind, err);
}

/* A stream may hold less than the domain may have, which is what was asked for:
 * whether there is memory for it is seen as it comes. A claim by node is one
 * that was asked for "or fail". */
static bool can_do_without(const struct numa_job *job,
                           const struct xg_error *why)
{
    if (!job->demand.restore || why->code != ENOMEM ||
        job->policy.claim == NUMA_CLAIM_NODE)
        return false;
    xg_log_at(job->ctx->log, LOG_WARNING, "restored without a claim: %s",
              why->text);
    return true;
}

/* Whether what failed is our claim: the memory is missing, or claims by node
 * are, which were asked for. Without it there may be another plan. */
static bool lacks_claim(const struct numa_job *job, const struct xg_error *why)
{
    return why->code == ENOMEM ||
           (job->policy.claim == NUMA_CLAIM_NODE &&
            (why->code == ENOSYS || why->code == EPERM || why->code == EACCES));
}

/* Each virtual node is on one of its own: the toolstack's alone won't do. */
static bool needs_several_nodes(const struct numa_job *job)
{
    return numa_policy_needs_vnodes(&job->policy) && job->policy.vnodes > 1;
}

static int plan_with_claim(struct numa_job *job, bool toolstack_claimed,
                           struct xg_error *err)
{
    struct numa_planning planning = { .unreserved = { .code = 0 } };
    enum mem_claim_kind kind;
    int rc = plan_and_claim(job, job->policy.claim, &planning, &kind, err);

    if (rc == 0 || !lacks_claim(job, err) ||
        numa_rule_keeps_to_plan(job->policy.rule))
        return rc;
    if (toolstack_claimed && job->demand.mem_pnode >= 0 &&
        !needs_several_nodes(job))
        return plan_on_pnode(job, &planning, err);

    if (can_do_without_nodes(job, kind, err))
        rc = plan_and_claim(job, NUMA_CLAIM_HOST, &planning, &kind, err);
    if (rc < 0 && can_do_without(job, err))
        rc = plan_and_claim(job, NUMA_CLAIM_OFF, &planning, &kind, err);
    return rc;
}

static int claim_anywhere(struct numa_job *job, struct xg_error *err)
{
    struct attempt attempt;
    int rc = stake_alone(job, &attempt, err);

    if (rc < 0 && can_do_without(job, err)) {
        job->claim_how = NUMA_CLAIM_OFF;
        rc = stake_alone(job, &attempt, err);
    }
    return rc;
}

static void leave_hap(struct numa_job *job)
{
    uint64_t extra_pages = job->request.extra_pages;
    uint64_t with[NUMA_NODES_MAX], without[NUMA_NODES_MAX];
    unsigned int home = job->plan.home;

    xg_info(job->ctx->log,
            "the HAP pool stays where it is: node %u has no room for it", home);
    numa_job_list_taken(job, extra_pages, with);
    numa_job_list_taken(job, extra_pages - job->hap_pages, without);
    numa_reserve_drop(&job->reserve, home, with[home] - without[home]);
}

/* It must fit beside the guest. */
static int bring_hap_home(struct numa_job *job, struct xg_error *err)
{
    const struct numa_plan *plan = &job->plan;

    if (job->host.node[plan->home].free_pages <
        plan->pages[plan->home] + job->hap_pages) {
        leave_hap(job);
        return 0;
    }
    if (mem_hap_renew(job->ctx, job->hap_pages, err) < 0)
        return -1;
    numa_reserve_drop(&job->reserve, plan->home, job->hap_pages);
    return 0;
}

static int read_domain(struct numa_job *job, const xc_domaininfo_t *info,
                       struct xg_error *err)
{
    if (vcpu_masks_read(job->ctx, job->demand.vcpus, &job->masks, err) < 0)
        return -1;
    job->knows_hap = mem_hap_size(job->ctx, info, &job->hap_pages);
    job->request.extra_pages += job->hap_pages;
    return 0;
}

/* Without a policy, as libxenguest has always done it: on the host, if at all.
 */
static enum numa_claim first_claim(const struct numa_job *job)
{
    if (numa_policy_acts(&job->policy))
        return job->policy.claim;
    return job->demand.claim_pages ? NUMA_CLAIM_HOST : NUMA_CLAIM_OFF;
}

int numa_job_prepare(struct numa_job *job, const xc_domaininfo_t *info,
                     struct xg_error *err)
{
    job->info = *info;
    job->claim_how = first_claim(job);
    if (!numa_job_has_plan(job))
        return claim_anywhere(job, err);

    if (read_domain(job, info, err) < 0 ||
        numa_job_find_candidates(job, err) < 0 ||
        (numa_rule_weighs_load(job->policy.rule) &&
         numa_load_read(job->ctx, &job->host, err) < 0))
        return -1;
    if (plan_with_claim(job, info->outstanding_pages, err) < 0 ||
        numa_job_pin(job, job->plan.nodes, err) < 0 ||
        node_affinity_set(job->ctx, NUMA_BIT(job->plan.home), err) < 0)
        return -1;
    return bring_hap_home(job, err);
}

/* ---- to be known only ---- */

static int preview_plan(struct numa_job *job, struct numa_preview *preview,
                        struct xg_error *err)
{
    struct numa_planning planning = { .unreserved = { .code = 0 } };

    forget_claimable(&planning);
    memcpy(planning.reserved, preview->reserved, sizeof(planning.reserved));
    if (read_domain(job, preview->info, err) < 0 ||
        vcpu_masks_take_keys(&job->masks, preview->platform, err) < 0 ||
        numa_job_find_candidates(job, err) < 0 ||
        numa_job_plan_on(job, &planning, err) < 0)
        return -1;
    preview->heedless = planning.heedless;
    return numa_job_preview_pin(job, err);
}

int numa_job_preview(struct numa_job *job, struct numa_preview *preview,
                     struct xg_error *err)
{
    struct mem_claim_request request;

    job->claim_how = first_claim(job);
    if (numa_job_has_plan(job) && preview_plan(job, preview, err) < 0)
        return -1;
    request = make_request(job, job->request.extra_pages - job->hap_pages);
    return mem_claim_foresee(preview->info, &request, &preview->claim, err);
}
