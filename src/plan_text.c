/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * plan_text.c - a plan for people: plain ASCII, the same on any terminal. */
#include "plan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "numbers.h"

/* What is short of a MiB is less than what it is needed for. */
static uint64_t mib(uint64_t pages)
{
    return pages / MIB_PAGES;
}

/* What others wrote, as a terminal may have it: one line of ASCII. */
static const char *plain(const char *words, char room[XG_ERROR_LINE_BYTES])
{
    snprintf(room, XG_ERROR_LINE_BYTES, "%s", words);
    xg_one_line(room);
    xg_ascii(room);
    return room;
}

/* ---- the host ---- */

/* A node's memory as a bar: # used, c claimed, r reserved, + planned, . free.
 */
#define BAR_CELLS 14

static void draw_bar(const struct plan_report *report, unsigned int node,
                     char bar[BAR_CELLS + 1])
{
    const struct numa_node *this = &report->host.node[node];
    uint64_t planned =
        report->outcome == PLAN_MADE ? report->build.numa.plan.pages[node] : 0;
    uint64_t all = this->free_pages + this->claimed_pages;
    uint64_t used = number_minus(this->size_pages, all);
    const struct {
        char sign;
        uint64_t pages;
    } parts[] = {
        { '#', used },
        { 'c', this->claimed_pages },
        { 'r', report->reserved[node] },
        { '+', planned },
    };
    uint64_t sum = 0;
    size_t cell = 0;

    memset(bar, '.', BAR_CELLS);
    bar[BAR_CELLS] = '\0';
    all += used;
    for (size_t i = 0; i < ARRAY_SIZE(parts) && all; i++) {
        uint64_t end;

        sum = parts[i].pages < all - sum ? sum + parts[i].pages : all;
        /* The nearest cell; what is there at all is not rounded to nothing. */
        end = (uint64_t)((unsigned __int128)sum * BAR_CELLS / all);
        if (parts[i].pages && end <= cell && cell < BAR_CELLS)
            end = cell + 1;
        while (cell < end && cell < BAR_CELLS)
            bar[cell++] = parts[i].sign;
    }
}

static const char *number_or_unknown(uint64_t number, char text[24])
{
    snprintf(text, 24, number == PLAN_UNKNOWN ? "?" : "%" PRIu64, number);
    return text;
}

static void write_nodes(const struct plan_report *report, FILE *out)
{
    const struct numa_host *host = &report->host;
    char why[XG_ERROR_LINE_BYTES];

    fprintf(out,
            "node  CPUs cores  vCPUs     size     free    low claimed reserved"
            "\n");
    FOR_EACH_NODE (node, host->nodes) {
        const struct numa_node *this = &host->node[node];
        unsigned int tenths = this->load * 10 / NUMA_LOAD_VCPU;
        char bar[BAR_CELLS + 1], claimed[24], reserved[24];

        draw_bar(report, node, bar);
        fprintf(out,
                "%4u %5u %5u %4u.%u %8" PRIu64 " %8" PRIu64 " %6" PRIu64
                " %7s %8s %s\n",
                node, this->threads, this->cores, tenths / 10, tenths % 10,
                mib(this->size_pages), mib(this->free_pages),
                mib(this->low_pages),
                number_or_unknown(host->knows_claims ? mib(this->claimed_pages)
                                                     : PLAN_UNKNOWN,
                                  claimed),
                number_or_unknown(xg_error_is_set(&report->unreserved)
                                      ? PLAN_UNKNOWN
                                      : mib(report->reserved[node]),
                                  reserved),
                bar);
    }
    fprintf(out,
            "MiB; # used, c claimed by others, r reserved by builders, "
            "%s. free\n",
            report->outcome == PLAN_MADE ? "+ planned, " : "");
    if (xg_error_is_set(&report->unreserved))
        fprintf(out, "What builders have reserved is not known: %s\n",
                plain(report->unreserved.text, why));
    if (report->host_claimed_pages && !host->knows_claims)
        fprintf(out,
                "Others have claimed %" PRIu64
                " MiB; of which nodes is not known.\n",
                number_mib_up(report->host_claimed_pages));
}

static void write_distances(const struct numa_host *host, FILE *out)
{
    fprintf(out, "\nDistances\nnode");
    FOR_EACH_NODE (to, host->nodes)
        fprintf(out, " %3u", to);
    fputc('\n', out);
    FOR_EACH_NODE (from, host->nodes) {
        fprintf(out, "%4u", from);
        FOR_EACH_NODE (to, host->nodes) {
            uint8_t distance = host->distance[from][to];

            if (distance == NUMA_DISTANCE_UNKNOWN)
                fprintf(out, "   ?");
            else
                fprintf(out, " %3u", distance);
        }
        fputc('\n', out);
    }
}

static void write_extents(const struct mem_extents *extents, FILE *out)
{
    const struct {
        uint64_t nr;
        const char *size;
    } kinds[] = {
        { extents->of_1g, "1G" },
        { extents->of_2m, "2M" },
        { extents->of_4k, "4K" },
    };
    const char *before = ": ";

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (kinds[i].nr) {
            fprintf(out, "%s%" PRIu64 " of %s", before, kinds[i].nr,
                    kinds[i].size);
            before = ", ";
        }
}

/* One line for each node that has pages; `extents` is NULL, or how they are
 * asked for. */
static void write_pages(const uint64_t pages[NUMA_NODES_MAX],
                        const struct mem_extents *extents, FILE *out)
{
    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        if (!pages[node])
            continue;
        if (pages[node] == PLAN_UNKNOWN) {
            fprintf(out, "  node %-3u %10s MiB\n", node, "?");
            continue;
        }
        fprintf(out, "  node %-3u %10" PRIu64 " MiB  (%" PRIu64 " pages)", node,
                mib(pages[node] + MIB_PAGES / 2), pages[node]);
        if (extents)
            write_extents(&extents[node], out);
        fputc('\n', out);
    }
}

/* What has not been told is left out. */
static void write_told_text(const char *name, const char *words, FILE *out)
{
    char room[XG_ERROR_LINE_BYTES];

    if (words[0])
        fprintf(out, ", %s %s", name, plain(words, room));
}

static void write_told_number(const char *name, uint64_t number, FILE *out)
{
    if (number != PLAN_UNKNOWN)
        fprintf(out, ", %s %" PRIu64, name, number);
}

static void write_results(const struct plan_report *report, FILE *out)
{
    if (report->nr_results)
        fprintf(out, "\nPlaced domains\n");
    for (unsigned int i = 0; i < report->nr_results; i++) {
        const struct plan_result *result = &report->results[i];
        char policy[XG_ERROR_LINE_BYTES];

        fprintf(out, "domain %u: policy %s", result->domid,
                result->policy[0] ? plain(result->policy, policy) : "?");
        write_told_number("home", result->home, out);
        write_told_text("affinity", result->affinity, out);
        write_told_number("spilled", result->spilled, out);
        write_told_number("outside", result->outside, out);
        fputc('\n', out);
        write_pages(result->pages, NULL, out);
    }
}

/* ---- the domain ---- */

/* Where a key's value comes from, as a path that can be written. */
static void name_origin(const struct numa_policy *policy, enum numa_key key,
                        char text[64])
{
    switch (policy->origin[key]) {
    case NUMA_FROM_HOST:
    case NUMA_FROM_DOMAIN:
        snprintf(text, 64, "%s/%s", numa_policy_dir(policy, key),
                 numa_key_name(key));
        break;
    default:
        snprintf(text, 64, "%s", numa_origin_name(policy->origin[key]));
    }
}

static void write_policy(const struct plan_report *report, FILE *out)
{
    if (!report->has_policy)
        return;
    if (report->outcome == PLAN_OF_HOST)
        fprintf(out, "\nPolicy of domains with no keys of their own\n");
    else
        fprintf(out, "\nPolicy of domain %u\n", report->ctx->domid);
    for (enum numa_key key = 0; key < NUMA_NR_KEYS; key++) {
        char room[NUMA_LIST_BYTES], value[XG_ERROR_LINE_BYTES], from[64];

        name_origin(&report->build.numa.policy, key, from);
        fprintf(out, "  %-15s %-17s %s\n", numa_key_name(key),
                plain(numa_policy_value(&report->build.numa.policy, key, room),
                      value),
                from);
    }
}

static bool same_masks(const struct vcpu_masks *masks, unsigned int a,
                       unsigned int b)
{
    return !memcmp(masks->hard + a * masks->bytes,
                   masks->hard + b * masks->bytes, masks->bytes) &&
           !memcmp(masks->soft + a * masks->bytes,
                   masks->soft + b * masks->bytes, masks->bytes);
}

/* vCPUs with the same masks share a line. */
static void write_masks(const struct numa_job *job, FILE *out)
{
    const struct vcpu_masks *masks = &job->masks;
    unsigned int to;

    for (unsigned int from = 0; from < masks->nr_vcpus; from = to + 1) {
        char hard[PLAN_CPUS_BYTES], soft[PLAN_CPUS_BYTES];

        to = from;
        while (to + 1 < masks->nr_vcpus && same_masks(masks, from, to + 1))
            to++;
        plan_cpus_format(&job->host, masks->hard + from * masks->bytes, hard);
        plan_cpus_format(&job->host, masks->soft + from * masks->bytes, soft);
        if (to > from)
            fprintf(out, "  vCPU %u-%u: hard %s, soft %s\n", from, to, hard,
                    soft);
        else
            fprintf(out, "  vCPU %u: hard %s, soft %s\n", from, hard, soft);
    }
}

static void write_vnodes(const struct numa_job *job, FILE *out)
{
    char why[XG_ERROR_LINE_BYTES];

    for (unsigned int i = 0; i < job->vnodes.nr; i++) {
        const struct numa_vnode *vnode = &job->vnodes.vnode[i];

        fprintf(out, "  virtual node %u on node %u: %" PRIu64 " MiB, vCPU %u",
                i, vnode->node, vnode->bytes >> 20, vnode->first_vcpu);
        if (vnode->nr_vcpus > 1)
            fprintf(out, "-%u", vnode->first_vcpu + vnode->nr_vcpus - 1);
        fputc('\n', out);
    }
    if (job->nodes_without_vnodes)
        fprintf(out, "  Without virtual nodes it would be on nodes %s.\n",
                NODES_TEXT(job->nodes_without_vnodes));
    if (xg_error_is_set(&job->vnodes_off))
        fprintf(out, "  no virtual nodes: %s\n",
                plain(job->vnodes_off.text, why));
}

/* Those that are others than the keys say. */
static void write_candidates(const struct numa_job *job, FILE *out)
{
    if (job->by_masks)
        fprintf(out, "  By the vCPUs' masks the candidates are nodes %s.\n",
                NODES_TEXT(job->request.candidates));
}

static void write_plan(const struct plan_report *report, FILE *out)
{
    const struct numa_job *job = &report->build.numa;
    const struct numa_plan *plan = &job->plan;

    fprintf(out, "  nodes %s, home %u, ", NODES_TEXT(plan->nodes), plan->home);
    if (plan->stripe_pages)
        fprintf(out, "in stripes of %" PRIu64 " MiB\n",
                mib(plan->stripe_pages));
    else if (job->vnodes.nr)
        fprintf(out, "one for each virtual node\n");
    else if (plan->by_cores)
        fprintf(out, "in proportion to their cores\n");
    else
        fprintf(out, "filled one after the other\n");
    write_pages(plan->pages, report->extents, out);
    fprintf(out,
            "  besides, %" PRIu64
            " MiB are kept free on the home node if it has them\n",
            number_mib_up(job->request.extra_pages));
    if (!job->knows_hap)
        fprintf(out, "  The size of its HAP pool is not known: the pool stays "
                     "where it is.\n");
    else if (job->hap_pages)
        fprintf(out, "  of these, %" PRIu64 " MiB are the HAP pool's\n",
                number_mib_up(job->hap_pages));
    fprintf(out, "  claim tried first: %s\n", mem_claim_name(report->claim));
    write_vnodes(job, out);
    write_candidates(job, out);
    write_masks(job, out);
    if (plan->spills)
        fprintf(out, "  No set of the candidates, nodes %s, holds it.\n",
                NODES_TEXT(job->request.candidates));
    if (report->heedless)
        fprintf(out, "  What other builders have reserved leaves no room: it "
                     "is planned with as far as needed.\n");
}

static void write_refusal(const struct plan_report *report, FILE *out)
{
    char why[XG_ERROR_LINE_BYTES];

    fprintf(out, "  A build would fail: %s\n", plain(report->why.text, why));
    write_candidates(&report->build.numa, out);
    if (report->missing_pages)
        fprintf(out, "  %" PRIu64 " MiB are missing on nodes %s\n",
                number_mib_up(report->missing_pages),
                NODES_TEXT(report->short_nodes));
    for (unsigned int i = 0; i < report->nr_advice; i++) {
        const struct plan_advice *advice = &report->advice[i];

        fprintf(out, "  With platform/numa/%s = %s it would be on nodes %s\n",
                numa_key_name(advice->key), advice->value,
                NODES_TEXT(advice->plan.nodes));
    }
}

static void write_result(const struct plan_report *report, FILE *out)
{
    const struct plan_result *result = plan_own_result(report);
    char why[XG_ERROR_LINE_BYTES];

    fprintf(out, "  No plan: %s\n", plain(report->why.text, why));
    fprintf(out, result ? "  Its result is above; the policy counts from its "
                          "next start on.\n"
                        : "  It has published no result.\n");
}

static void write_domain(const struct plan_report *report, FILE *out)
{
    char vcpus[24];

    fprintf(out, "\nPlan for domain %u: %s, %d MiB (%s), %s vCPUs\n",
            report->ctx->domid, plan_kind_name(report),
            report->as_build.mem_start_mib,
            report->mem_from_domain ? "all that it may have" : "by option",
            number_or_unknown(plan_vcpus(report), vcpus));
    switch (report->outcome) {
    case PLAN_MADE:
        write_plan(report, out);
        break;
    case PLAN_LEFT_TO_XEN:
        fprintf(out,
                "  Xen decides: there is no policy.\n"
                "  claim tried first: %s\n",
                mem_claim_name(report->claim));
        break;
    case PLAN_BUILT:
        write_result(report, out);
        break;
    default:
        write_refusal(report, out);
    }
}

int plan_write_text(const struct plan_report *report, FILE *out,
                    struct xg_error *err)
{
    char why[XG_ERROR_LINE_BYTES];

    fprintf(out, "Host, cpupool %u\n", report->cpupool);
    write_nodes(report, out);
    write_distances(&report->host, out);
    write_results(report, out);
    write_policy(report, out);
    if (report->outcome != PLAN_OF_HOST)
        write_domain(report, out);
    else if (xg_error_is_set(&report->why))
        fprintf(out, "\nA build would fail: %s\n",
                plain(report->why.text, why));
    if (fflush(out) != 0 || ferror(out))
        return xg_fail_errno(err, "write", "%s", strerror(errno));
    return 0;
}
