/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * plan_json.c - a plan for programs: the form is in docs/plan.md. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "plan.h"

#include <errno.h>
#include <string.h>

#include <json.h>

#include "compat/json_compat.h"

/* What json-c has no memory for is a NULL, which it takes for `null`: a form
 * with one member missing. So each is looked at. */
struct writer {
    bool failed;
};

static struct json_object *made(struct writer *writer,
                                struct json_object *value)
{
    writer->failed |= !value;
    return value;
}

static struct json_object *object(struct writer *writer)
{
    return made(writer, json_object_new_object());
}

static struct json_object *array(struct writer *writer)
{
    return made(writer, json_object_new_array());
}

/* What others wrote to Xenstore may be no UTF-8, which JSON has to be. */
static struct json_object *text(struct writer *writer, const char *value)
{
    cleanup_free char *ascii = strdup(value);

    if (ascii)
        xg_ascii(ascii);
    return made(writer, ascii ? json_object_new_string(ascii) : NULL);
}

static struct json_object *number(struct writer *writer, uint64_t value)
{
    return made(writer, json_object_new_int64(value < INT64_MAX ? (int64_t)value
                                                                : INT64_MAX));
}

/* Hands `value`, which may be NULL for null, to its object or array. */
static void put(struct writer *writer, struct json_object *to, const char *key,
                struct json_object *value)
{
    if (!to || xg_json_object_add(to, key, value) < 0) {
        json_object_put(value);
        writer->failed = true;
    }
}

static void append(struct writer *writer, struct json_object *to,
                   struct json_object *value)
{
    if (!to || json_object_array_add(to, value) != 0) {
        json_object_put(value);
        writer->failed = true;
    }
}

static void put_text(struct writer *writer, struct json_object *to,
                     const char *key, const char *value)
{
    put(writer, to, key, text(writer, value));
}

/* PLAN_UNKNOWN is null. */
static void put_number(struct writer *writer, struct json_object *to,
                       const char *key, uint64_t value)
{
    put(writer, to, key, value == PLAN_UNKNOWN ? NULL : number(writer, value));
}

/* What is empty nobody has told: null. */
static void put_told(struct writer *writer, struct json_object *to,
                     const char *key, const char *value)
{
    put(writer, to, key, value[0] ? text(writer, value) : NULL);
}

static void put_bool(struct writer *writer, struct json_object *to,
                     const char *key, bool value)
{
    put(writer, to, key, made(writer, json_object_new_boolean(value)));
}

static void put_nodes(struct writer *writer, struct json_object *to,
                      const char *key, uint64_t nodes)
{
    struct json_object *list = array(writer);

    FOR_EACH_NODE (node, nodes)
        append(writer, list, number(writer, node));
    put(writer, to, key, list);
}

/* By node, those that have some. */
static void put_pages(struct writer *writer, struct json_object *to,
                      const uint64_t pages[NUMA_NODES_MAX])
{
    struct json_object *list = array(writer);

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        struct json_object *one;

        if (!pages[node])
            continue;
        one = object(writer);
        put_number(writer, one, "node", node);
        put_number(writer, one, "pages", pages[node]);
        append(writer, list, one);
    }
    put(writer, to, "pages", list);
}

/* ---- the host ---- */

static struct json_object *node_of(struct writer *writer,
                                   const struct plan_report *report,
                                   unsigned int node)
{
    const struct numa_host *host = &report->host;
    const struct numa_node *this = &host->node[node];
    struct json_object *one = object(writer), *distances = array(writer);

    put_number(writer, one, "node", node);
    put_number(writer, one, "cpus", this->threads);
    put_number(writer, one, "cores", this->cores);
    put(writer, one, "vcpus",
        made(writer,
             json_object_new_double((double)this->load / NUMA_LOAD_VCPU)));
    put_number(writer, one, "size_pages", this->size_pages);
    put_number(writer, one, "free_pages", this->free_pages);
    put_number(writer, one, "low_pages", this->low_pages);
    put_number(writer, one, "claimed_pages",
               host->knows_claims ? this->claimed_pages : PLAN_UNKNOWN);
    put_number(writer, one, "reserved_pages",
               xg_error_is_set(&report->unreserved) ? PLAN_UNKNOWN
                                                    : report->reserved[node]);
    FOR_EACH_NODE (other, host->nodes) {
        uint8_t distance = host->distance[node][other];

        append(writer, distances,
               distance == NUMA_DISTANCE_UNKNOWN ? NULL
                                                 : number(writer, distance));
    }
    put(writer, one, "distances", distances);
    return one;
}

static void put_host(struct writer *writer, const struct plan_report *report,
                     struct json_object *to)
{
    struct json_object *host = object(writer), *nodes = array(writer);

    put_number(writer, host, "cpupool", report->cpupool);
    put_number(writer, host, "claimed_pages", report->host_claimed_pages);
    FOR_EACH_NODE (node, report->host.nodes)
        append(writer, nodes, node_of(writer, report, node));
    put(writer, host, "nodes", nodes);
    put(writer, to, "host", host);
}

static struct json_object *result_of(struct writer *writer,
                                     const struct plan_result *result)
{
    struct json_object *one = object(writer);

    put_number(writer, one, "domid", result->domid);
    put_told(writer, one, "policy", result->policy);
    put_told(writer, one, "claim", result->claim);
    put_told(writer, one, "nodes", result->nodes);
    put_told(writer, one, "affinity", result->affinity);
    put_number(writer, one, "home", result->home);
    put_number(writer, one, "spilled", result->spilled);
    put_number(writer, one, "outside", result->outside);
    if (result->has_pages)
        put_pages(writer, one, result->pages);
    else
        put(writer, one, "pages", NULL);
    return one;
}

static void put_results(struct writer *writer, const struct plan_report *report,
                        struct json_object *to)
{
    struct json_object *list = array(writer);

    for (unsigned int i = 0; i < report->nr_results; i++)
        append(writer, list, result_of(writer, &report->results[i]));
    put(writer, to, "results", list);
}

/* ---- the domain ---- */

static void put_policy(struct writer *writer, const struct plan_report *report,
                       struct json_object *to)
{
    static const char *const origins[] = { "default", "host", "domain",
                                           "option" };
    struct json_object *list = NULL;

    for (enum numa_key key = 0; report->has_policy && key < NUMA_NR_KEYS;
         key++) {
        struct json_object *one = object(writer);
        char room[NUMA_LIST_BYTES];

        list = list ? list : array(writer);
        put_text(writer, one, "key", numa_key_name(key));
        put_text(writer, one, "value",
                 numa_policy_value(&report->build.numa.policy, key, room));
        put_text(writer, one, "origin",
                 origins[report->build.numa.policy.origin[key]]);
        append(writer, list, one);
    }
    put(writer, to, "policy", list);
}

static void put_domain(struct writer *writer, const struct plan_report *report,
                       struct json_object *to)
{
    const struct build *build = &report->build;
    struct json_object *domain = NULL;

    if (report->outcome != PLAN_OF_HOST) {
        domain = object(writer);
        put_number(writer, domain, "domid", report->ctx->domid);
        put_text(writer, domain, "kind", plan_kind_name(report));
        put_number(writer, domain, "vcpus", plan_vcpus(report));
        put_number(writer, domain, "mem_start_mib",
                   (uint64_t)report->as_build.mem_start_mib);
        put_bool(writer, domain, "mem_from_domain", report->mem_from_domain);
        put_number(writer, domain, "pages_now", build->info.tot_pages);
    }
    put(writer, to, "domain", domain);
}

static void put_masks(struct writer *writer, const struct plan_report *report,
                      struct json_object *to)
{
    const struct numa_job *job = &report->build.numa;
    struct json_object *list = array(writer);

    for (unsigned int vcpu = 0; vcpu < job->masks.nr_vcpus; vcpu++) {
        size_t at = vcpu * job->masks.bytes;
        struct json_object *one = object(writer);
        char cpus[PLAN_CPUS_BYTES];

        put_number(writer, one, "vcpu", vcpu);
        put_text(writer, one, "hard",
                 plan_cpus_format(&job->host, job->masks.hard + at, cpus));
        put_text(writer, one, "soft",
                 plan_cpus_format(&job->host, job->masks.soft + at, cpus));
        append(writer, list, one);
    }
    put(writer, to, "vcpu_masks", list);
}

static void put_vnodes(struct writer *writer, const struct numa_job *job,
                       struct json_object *to)
{
    struct json_object *list = array(writer);

    for (unsigned int i = 0; i < job->vnodes.nr; i++) {
        const struct numa_vnode *vnode = &job->vnodes.vnode[i];
        struct json_object *one = object(writer);

        put_number(writer, one, "vnode", i);
        put_number(writer, one, "node", vnode->node);
        put_number(writer, one, "pages", vnode->bytes >> XC_PAGE_SHIFT);
        put_number(writer, one, "first_vcpu", vnode->first_vcpu);
        put_number(writer, one, "vcpus", vnode->nr_vcpus);
        append(writer, list, one);
    }
    put(writer, to, "vnodes", list);
    put(writer, to, "vnodes_off",
        xg_error_is_set(&job->vnodes_off) ? text(writer, job->vnodes_off.text)
                                          : NULL);
    if (job->nodes_without_vnodes)
        put_nodes(writer, to, "nodes_without_vnodes",
                  job->nodes_without_vnodes);
    else
        put(writer, to, "nodes_without_vnodes", NULL);
}

static void put_extents(struct writer *writer, const struct plan_report *report,
                        struct json_object *to)
{
    struct json_object *list = array(writer);

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++) {
        const struct mem_extents *extents = &report->extents[node];
        struct json_object *one;

        if (!report->build.numa.plan.pages[node])
            continue;
        one = object(writer);
        put_number(writer, one, "node", node);
        put_number(writer, one, "of_1g", extents->of_1g);
        put_number(writer, one, "of_2m", extents->of_2m);
        put_number(writer, one, "of_4k", extents->of_4k);
        append(writer, list, one);
    }
    put(writer, to, "extents", list);
}

static struct json_object *plan_of(struct writer *writer,
                                   const struct plan_report *report)
{
    const struct numa_job *job = &report->build.numa;
    struct json_object *plan = object(writer);

    put_nodes(writer, plan, "nodes", job->plan.nodes);
    put_number(writer, plan, "home", job->plan.home);
    put_number(writer, plan, "stripe_pages", job->plan.stripe_pages);
    put_bool(writer, plan, "by_cores", job->plan.by_cores);
    put_bool(writer, plan, "spills", job->plan.spills);
    put_bool(writer, plan, "heedless", report->heedless);
    put_nodes(writer, plan, "candidates", job->request.candidates);
    put_bool(writer, plan, "by_masks", job->by_masks);
    put_number(writer, plan, "extra_pages", job->request.extra_pages);
    put_number(writer, plan, "hap_pages",
               job->knows_hap ? job->hap_pages : PLAN_UNKNOWN);
    put_text(writer, plan, "affinity",
             numa_affinity_name(job->policy.affinity));
    put_pages(writer, plan, job->plan.pages);
    put_extents(writer, report, plan);
    put_vnodes(writer, job, plan);
    put_masks(writer, report, plan);
    return plan;
}

static struct json_object *problem_of(struct writer *writer,
                                      const struct plan_report *report)
{
    struct json_object *problem = object(writer), *list = array(writer);

    put_text(writer, problem, "call", report->why.what);
    put_number(writer, problem, "code", (uint64_t)report->why.code);
    put_text(writer, problem, "text", report->why.text);
    put_number(writer, problem, "missing_pages", report->missing_pages);
    put_nodes(writer, problem, "short_nodes", report->short_nodes);
    for (unsigned int i = 0; i < report->nr_advice; i++) {
        const struct plan_advice *advice = &report->advice[i];
        struct json_object *one = object(writer);

        put_text(writer, one, "key", numa_key_name(advice->key));
        put_text(writer, one, "value", advice->value);
        put_pages(writer, one, advice->plan.pages);
        append(writer, list, one);
    }
    put(writer, problem, "advice", list);
    return problem;
}

int plan_write_json(const struct plan_report *report, FILE *out,
                    struct xg_error *err)
{
    static const char *const outcomes[] = { "host", "planned", "left-to-xen",
                                            "built", "refused" };
    bool would_build =
        report->outcome == PLAN_MADE || report->outcome == PLAN_LEFT_TO_XEN;
    struct writer writer = { .failed = false };
    struct json_object *top = object(&writer);
    const char *all = NULL;
    int rc = 0;

    put_number(&writer, top, "version", PLAN_JSON_VERSION);
    put_text(&writer, top, "outcome", outcomes[report->outcome]);
    put_host(&writer, report, top);
    put_results(&writer, report, top);
    put_domain(&writer, report, top);
    put_policy(&writer, report, top);
    put(&writer, top, "claim",
        would_build ? text(&writer, mem_claim_name(report->claim)) : NULL);
    put(&writer, top, "plan",
        report->outcome == PLAN_MADE ? plan_of(&writer, report) : NULL);
    put(&writer, top, "problem",
        xg_error_is_set(&report->why) ? problem_of(&writer, report) : NULL);

    if (!writer.failed)
        all = json_object_to_json_string_ext(
            top, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (!all)
        rc = xg_fail(err, __func__, ENOMEM, "JSON");
    else if (fprintf(out, "%s\n", all) < 0 || fflush(out) != 0)
        rc = xg_fail_errno(err, "write", "%s", strerror(errno));
    json_object_put(top);
    return rc;
}
