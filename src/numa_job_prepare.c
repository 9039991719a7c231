/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_job_prepare.c - plan where a guest's memory goes, and keep others from
 * it.
 */
#include "numa_job.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "mem_hap.h"
#include "numa_affinity.h"
#include "numa_load.h"
#include "numa_where.h"

#define RUN_DIR "/run/xenguest"

/* How often a plan is made anew: for each node that turns out short, and if
 * claims come and go while we look. */
#define MOST_PLANS NUMA_NODES_MAX

static const char *run_dir(void)
{
    const char *dir = secure_getenv("XENGUEST_RUN_DIR"); /* for tests */

    return dir ? dir : RUN_DIR;
}

static bool is_strict(const struct numa_job *job)
{
    return job->policy.rule == NUMA_STRICT;
}

/* ---- plan ---- */

/* What a plan was made on, and how it went: for the log, which others would
 * wait for while we hold the lock. */
struct planning {
    /* Pages of a node that can be claimed, as far as claims that were refused
     * have told; else UINT64_MAX. */
    uint64_t claimable[NUMA_NODES_MAX];
    uint64_t free_pages[NUMA_NODES_MAX]; /* as read */
    uint64_t reserved[NUMA_NODES_MAX];   /* by other builders */
    long long took_us;
    bool planned;
    bool heedless; /* others' reservations and claims leave no room */
    struct xg_error unreserved; /* why there is no reservation; or no text */
};

static long long now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void log_node(const struct numa_job *job, unsigned int node,
                     const struct planning *planning)
{
    const struct numa_node *this = &job->host.node[node];
    const struct {
        uint64_t pages;
        const char *text;
    } parts[] = {
        { this->claimed_pages, "more are claimed by others" },
        { this->low_pages, "are low memory" },
        { planning->reserved[node], "are other builders'" },
    };

    xg_info(job->ctx->log, "node %u: %" PRIu64 " pages free", node,
            planning->free_pages[node]);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (parts[i].pages)
            xg_info(job->ctx->log, "node %u: %" PRIu64 " pages %s", node,
                    parts[i].pages, parts[i].text);
    if (planning->claimable[node] != UINT64_MAX)
        xg_info(job->ctx->log, "node %u: %" PRIu64 " pages can be claimed",
                node, planning->claimable[node]);
}

static void log_planning(const struct numa_job *job,
                         const struct planning *planning)
{
    const struct numa_plan *plan = &job->plan;
    char list[NUMA_LIST_BYTES];

    if (planning->unreserved.text[0])
        xg_log_at(job->ctx->log, LOG_WARNING, "no memory is reserved: %s",
                  planning->unreserved.text);
    FOR_EACH_NODE (node, job->host.nodes)
        log_node(job, node, planning);
    if (!planning->planned)
        return;
    xg_info(job->ctx->log,
            "planned in %lld us: nodes %s, home %u, stripes of %" PRIu64
            " pages%s",
            planning->took_us, numa_nodes_format(plan->nodes, list), plan->home,
            plan->stripe_pages,
            plan->spills ? ", for want of nodes that hold it" : "");
    FOR_EACH_NODE (node, plan->nodes)
        xg_info(job->ctx->log, "planned on node %u: %" PRIu64 " pages", node,
                plan->pages[node]);
}

/* A stream may hold less than the domain may have: unless it is strict, a
 * restore takes what there is, with -mem_pnode on that node. */
static void limit_to_host(const struct numa_job *job,
                          struct numa_request *request)
{
    uint64_t nodes =
        request->rule == NUMA_PNODE ? request->candidates : job->host.nodes;
    uint64_t free_pages = 0;

    if (!job->demand.restore || is_strict(job))
        return;
    FOR_EACH_NODE (node, nodes)
        free_pages += job->host.node[node].free_pages;
    if (free_pages && free_pages < request->pages)
        request->pages = free_pages;
}

static int place(struct numa_job *job, struct xg_error *err)
{
    struct numa_request request = job->request;

    if (job->on_pnode)
        request.candidates = request.preferred;
    limit_to_host(job, &request);
    return numa_place(&job->host, &request, &job->plan, err);
}

static int make_plan(struct numa_job *job, struct planning *planning,
                     struct xg_error *err)
{
    uint64_t held_back[NUMA_NODES_MAX] = { 0 };

    FOR_EACH_NODE (node, job->host.nodes) {
        uint64_t *have = &job->host.node[node].free_pages, use = *have;
        uint64_t others = planning->reserved[node];

        use = use > others ? use - others : 0;
        use = use < planning->claimable[node] ? use : planning->claimable[node];
        held_back[node] = *have - use;
        *have = use;
        if (job->host.node[node].low_pages > use)
            job->host.node[node].low_pages = use;
    }
    if (place(job, err) == 0)
        return 0;
    if (is_strict(job) || err->code != ENOMEM)
        return -1;

    /* Placement is no reason for best effort to fail. Whether there is memory
     * for everybody is for the claim to say, if there is one: with -mem_pnode
     * the toolstack's. */
    planning->heedless = true;
    FOR_EACH_NODE (node, job->host.nodes)
        job->host.node[node].free_pages += held_back[node];
    return place(job, err);
}

/* ---- reserve ---- */

/* What the plan takes, by node, with so many pages besides as far as the home
 * node has them. */
static void list_taken(const struct numa_job *job, uint64_t extra_pages,
                       uint64_t pages[NUMA_NODES_MAX])
{
    const struct numa_plan *plan = &job->plan;
    uint64_t free_pages = job->host.node[plan->home].free_pages;
    uint64_t room = free_pages > plan->pages[plan->home]
                        ? free_pages - plan->pages[plan->home]
                        : 0;

    memcpy(pages, plan->pages, NUMA_NODES_MAX * sizeof(*pages));
    pages[plan->home] += room < extra_pages ? room : extra_pages;
}

/* Reservations protect a plan, which -mem_pnode does not make; only strict
 * can't do without. `err` is why they can't be had. */
static bool may_go_without(const struct numa_job *job,
                           struct planning *planning,
                           const struct xg_error *err)
{
    if (is_strict(job))
        return false;
    planning->unreserved = *err;
    return true;
}

static int reserve(struct numa_job *job, struct xg_error *err)
{
    const struct numa_plan *plan = &job->plan;
    struct numa_reservation taken = { .nr_order = 0 };
    uint64_t besides;

    list_taken(job, job->request.extra_pages, taken.pages);
    /* Of what comes besides the HAP pool is renewed first. */
    besides = taken.pages[plan->home] - plan->pages[plan->home];
    taken.last_pages = besides > job->hap_pages ? besides - job->hap_pages : 0;
    if (!plan->stripe_pages)
        for (unsigned int i = 0; i < plan->nr_order; i++)
            taken.order[taken.nr_order++] = (uint8_t)plan->order[i];
    return numa_reserve_set(run_dir(), job->ctx->domid, &taken, &job->reserve,
                            err);
}

/* Under one lock: others see our reservation before they look for memory. Their
 * reservations are read before the free memory is: what a builder takes in
 * between is then counted twice, rather than not at all. The claim that the
 * domain may have is the toolstack's; where it passes -mem_pnode it claims on
 * that node. */
static int plan_and_reserve(struct numa_job *job, struct planning *planning,
                            struct xg_error *err)
{
    const struct numa_patience patience = numa_where_patience();
    cleanup_close int lock_fd = -1;
    long long from_us;

    /* Who has waited in vain does not wait again. */
    if (!planning->unreserved.text[0] &&
        (numa_reserve_lock(job->ctx, run_dir(), &patience, &lock_fd, err) < 0 ||
         numa_reserve_sum(job->ctx, run_dir(), &job->reserve,
                          planning->reserved, err) < 0) &&
        !may_go_without(job, planning, err))
        return -1;
    if (numa_host_read_free(job->ctx, job->demand.mem_pnode, &job->host, err) <
        0)
        return -1;
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        planning->free_pages[node] = job->host.node[node].free_pages;

    from_us = now_us();
    planning->planned = make_plan(job, planning, err) == 0;
    planning->took_us = now_us() - from_us;
    if (!planning->planned)
        return -1;
    if (!planning->unreserved.text[0] && reserve(job, err) < 0 &&
        !may_go_without(job, planning, err))
        return -1;
    return 0;
}

static int plan(struct numa_job *job, struct planning *planning,
                struct xg_error *err)
{
    int rc;

    memset(planning->free_pages, 0, sizeof(planning->free_pages));
    memset(planning->reserved, 0, sizeof(planning->reserved));
    planning->planned = planning->heedless = false;
    rc = plan_and_reserve(job, planning, err);
    log_planning(job, planning);
    return rc;
}

/* ---- claim ---- */

/* One try to claim what is planned. */
struct attempt {
    xc_domaininfo_t info; /* the domain before it */
    struct mem_claim_request request;
    enum mem_claim_kind kind; /* what was claimed, or what could not be */
};

static int stake_with(struct numa_job *job, uint64_t extra_pages,
                      struct attempt *attempt, struct xg_error *err)
{
    int pnode = job->demand.mem_pnode;

    attempt->request = (struct mem_claim_request){
        .how = job->claim_how,
        .home = job->plan.home,
        .toolstack_node = pnode >= 0 ? NUMA_BIT(pnode) : 0,
    };
    list_taken(job, extra_pages, attempt->request.pages);
    if (job->policy.rule == NUMA_ANY)
        attempt->request.pages[0] = job->demand.pages + extra_pages;

    if (xg_ctx_domain_info(job->ctx, &attempt->info, err) < 0 ||
        mem_claim_stake(job->ctx, &attempt->info, &attempt->request,
                        &attempt->kind, err) < 0)
        return -1;
    job->claim = attempt->kind;
    return 0;
}

/* What comes besides is no reason to fail: it is left out if the host has not
 * got it, and planned for as far as the home node has it. The HAP pool is no
 * memory of the domain's that could be claimed for it. */
static int stake(struct numa_job *job, struct attempt *attempt,
                 struct xg_error *err)
{
    uint64_t extra_pages = job->request.extra_pages - job->hap_pages;
    int rc = stake_with(job, extra_pages, attempt, err);

    if (rc < 0 && err->code == ENOMEM && attempt->kind == MEM_CLAIM_HOST)
        rc = stake_with(job, 0, attempt, err);
    return rc;
}

/* Builders that see what is claimed of each node would count it twice. */
static void leave_to_claim(struct numa_job *job)
{
    if (job->host.knows_claims &&
        (job->claim == MEM_CLAIM_NODE || job->claim == MEM_CLAIM_SET))
        numa_reserve_free(&job->reserve);
}

/* Others may have claimed memory of the nodes, which free memory does not show:
 * then what they left is found out, and the plan made anew with that. It is
 * made anew as well if nothing was found: what was claimed has been given up,
 * or another builder was faster. On failure, *kind is the claim that could not
 * be had. */
static int plan_and_claim(struct numa_job *job, enum numa_claim how,
                          struct planning *planning, enum mem_claim_kind *kind,
                          struct xg_error *err)
{
    struct attempt attempt = { .kind = MEM_CLAIM_NONE };

    job->claim_how = how;
    memset(planning->claimable, 0xff, sizeof(planning->claimable));
    for (unsigned int plans = 1; plan(job, planning, err) == 0; plans++) {
        if (stake(job, &attempt, err) == 0) {
            leave_to_claim(job);
            return 0;
        }
        if (err->code != ENOMEM || attempt.kind == MEM_CLAIM_HOST ||
            planning->heedless || plans == MOST_PLANS ||
            mem_claim_measure(job->ctx, &attempt.info, &attempt.request,
                              attempt.kind, planning->claimable) < 0)
            break;
    }
    *kind = attempt.kind;
    return -1;
}

int numa_job_claim(struct numa_job *job, struct xg_error *err)
{
    struct attempt attempt;

    return stake(job, &attempt, err);
}

/* What the toolstack has claimed is there for us, if on its node. */
static int plan_on_pnode(struct numa_job *job, struct planning *planning,
                         struct xg_error *err)
{
    enum mem_claim_kind kind;

    xg_info(job->ctx->log, "%s: -mem_pnode %d is used, with the claim there",
            err->text, job->demand.mem_pnode);
    job->on_pnode = true;
    return plan_and_claim(job, NUMA_CLAIM_OFF, planning, &kind, err);
}

static int plan_with_claim(struct numa_job *job, bool toolstack_claimed,
                           struct xg_error *err)
{
    struct planning planning = { .unreserved = { .code = 0 } };
    enum mem_claim_kind kind;
    int rc = plan_and_claim(job, job->policy.claim, &planning, &kind, err);

    if (rc == 0 || err->code != ENOMEM ||
        numa_rule_is_strict(job->policy.rule) ||
        job->policy.claim == NUMA_CLAIM_NODE)
        return rc;
    if (toolstack_claimed && job->demand.mem_pnode >= 0)
        return plan_on_pnode(job, &planning, err);
    if (job->policy.claim != NUMA_CLAIM_AUTO)
        return rc;

    /* Best effort can do without claims by node; */
    if (kind == MEM_CLAIM_SET || kind == MEM_CLAIM_NODE)
        rc = plan_and_claim(job, NUMA_CLAIM_HOST, &planning, &kind, err);
    /* and a stream may hold less than the domain may have. */
    if (rc < 0 && err->code == ENOMEM && job->demand.restore)
        rc = plan_and_claim(job, NUMA_CLAIM_OFF, &planning, &kind, err);
    return rc;
}

/* Twice its size must fit for a moment. */
static void bring_hap_home(struct numa_job *job)
{
    const struct numa_plan *plan = &job->plan;

    if (job->host.node[plan->home].free_pages <
        plan->pages[plan->home] + job->hap_pages) {
        xg_info(job->ctx->log,
                "the HAP pool stays where it is: node %u has no room for it",
                plan->home);
        return;
    }
    mem_hap_renew(job->ctx, job->hap_pages);
    numa_reserve_take(&job->reserve, plan->home, job->hap_pages);
}

int numa_job_prepare(struct numa_job *job, struct xg_error *err)
{
    xc_domaininfo_t info;

    job->claim_how = job->policy.claim;
    if (job->policy.rule == NUMA_ANY) {
        /* What builds without a policy do unless they are told not to. */
        if (job->policy.origin[NUMA_KEY_CLAIM] == NUMA_FROM_DEFAULT &&
            !job->demand.restore)
            job->claim_how = NUMA_CLAIM_HOST;
        return numa_job_claim(job, err);
    }

    if (xg_ctx_domain_info(job->ctx, &info, err) < 0 ||
        vcpu_masks_read(job->ctx, job->demand.vcpus, &job->masks, err) < 0 ||
        mem_hap_size(job->ctx, &info, &job->hap_pages, err) < 0)
        return -1;
    job->request.extra_pages += job->hap_pages;
    if (numa_job_find_candidates(job, err) < 0 ||
        numa_load_read(job->ctx, &job->host, err) < 0)
        return -1;
    if (plan_with_claim(job, info.outstanding_pages, err) < 0 ||
        numa_job_pin(job, job->plan.nodes, err) < 0 ||
        numa_affinity_set_nodes(job->ctx, NUMA_BIT(job->plan.home), err) < 0)
        return -1;
    bring_hap_home(job);
    return 0;
}
