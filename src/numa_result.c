/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_result.c - tell the toolstack what came of a NUMA policy. */
#include "numa.h"

#include <inttypes.h>
#include <string.h>

#include "xs.h"

#define MOST_PAIRS (16 + NUMA_NODES_MAX)

struct result {
    struct xs_pair pair[MOST_PAIRS];
    unsigned int nr;
};

static void put_text(struct result *result, const char *key, const char *value)
{
    struct xs_pair *pair = &result->pair[result->nr++];

    snprintf(pair->key, sizeof(pair->key), "%s", key);
    snprintf(pair->value, sizeof(pair->value), "%s", value);
}

static void put_number(struct result *result, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    put_text(result, key, text);
}

/* What the domain has beyond what we populated came from libxenguest and Xen,
 * while the home node was the domain's only affinity. */
static void put_pages(const struct numa_job *job, uint64_t tot_pages,
                      struct result *result)
{
    const struct mem_tally *tally = &job->populate.tally;
    uint64_t sum = 0;

    /* Over more than one node Xen spreads them, and does not tell. */
    if (job->demand.library_populates &&
        job->plan.nodes != NUMA_BIT(job->plan.home))
        return;

    for (unsigned int node = 0; node < NUMA_NODES_MAX; node++)
        sum += tally->pages[node];
    FOR_EACH_NODE (node, job->host.nodes) {
        uint64_t pages = tally->pages[node];
        char key[16];

        if (node == job->plan.home && tot_pages > sum)
            pages += tot_pages - sum;
        if (!pages)
            continue;
        snprintf(key, sizeof(key), "pages/%u", node);
        put_number(result, key, pages);
    }
    put_number(result, "spilled", tally->spilled);
    put_number(result, "extents/1g", tally->extents_1g);
    put_number(result, "extents/2m", tally->extents_2m);
    put_number(result, "extents/4k", tally->extents_4k);
}

int numa_result_publish(const struct numa_job *job, uint64_t nodes,
                        struct xg_error *err)
{
    struct result result = { .nr = 0 };
    bool pnode = job->demand.mem_pnode >= 0;
    char list[NUMA_LIST_BYTES];
    xc_domaininfo_t info;

    put_text(&result, "policy",
             pnode ? "mem_pnode" : numa_rule_name(job->policy.rule));
    put_text(&result, "claim", mem_claim_name(job->claim));
    if (job->request.rule != NUMA_ANY) {
        if (xg_ctx_domain_info(job->ctx, &info, err) < 0)
            return -1;
        put_text(&result, "nodes", numa_nodes_format(nodes, list));
        put_number(&result, "home", job->plan.home);
        put_text(&result, "affinity", numa_affinity_name(job->policy.affinity));
        put_pages(job, info.tot_pages, &result);
    }
    return xs_put_dir(job->ctx, "platform/numa/result", result.pair, result.nr,
                      err);
}
