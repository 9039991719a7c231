/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * plan_results.c - where the host's domains say that they are. */
#include "plan.h"

#include <string.h>

#include "numbers.h"
#include "xs.h"

/* A value of a domain, below its result. */
static int get_text(const struct xg_ctx *ctx, const char *key, char *text,
                    size_t bytes, struct xg_error *err)
{
    cleanup_free char *value = NULL;
    char path[128];

    snprintf(path, sizeof(path), NUMA_RESULT_DIR "/%s", key);
    if (xs_get(ctx, path, &value, err) < 0)
        return -1;
    if (value)
        snprintf(text, bytes, "%s", value);
    return 0;
}

/* What is no number is not known. */
static int get_number(const struct xg_ctx *ctx, const char *key,
                      uint64_t *number, struct xg_error *err)
{
    char text[32] = "";
    long long value = -1;

    if (get_text(ctx, key, text, sizeof(text), err) < 0)
        return -1;
    (void)number_parse_decimal(text, &value);
    *number = value >= 0 ? (uint64_t)value : PLAN_UNKNOWN;
    return 0;
}

static int read_pages(const struct xg_ctx *ctx, struct plan_result *result,
                      struct xg_error *err)
{
    cleanup_free char **names = NULL;
    unsigned int nr_names;

    if (xs_list(ctx, NUMA_RESULT_DIR "/pages", &names, &nr_names, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_names; i++) {
        long long node = -1;
        char key[64];

        if (number_parse_decimal(names[i], &node) < 0 || node < 0 ||
            node >= NUMA_NODES_MAX)
            continue;
        result->has_pages = true;
        snprintf(key, sizeof(key), "pages/%s", names[i]);
        if (get_number(ctx, key, &result->pages[node], err) < 0)
            return -1;
    }
    return 0;
}

static int read_key(const struct xg_ctx *ctx, const char *key,
                    struct plan_result *result, struct xg_error *err)
{
    const struct {
        const char *key;
        char *text;
        size_t bytes;
        uint64_t *number; /* instead */
    } fields[] = {
        { "policy", result->policy, sizeof(result->policy), NULL },
        { "nodes", result->nodes, sizeof(result->nodes), NULL },
        { "claim", result->claim, sizeof(result->claim), NULL },
        { "affinity", result->affinity, sizeof(result->affinity), NULL },
        { "home", .number = &result->home },
        { "spilled", .number = &result->spilled },
        { "outside", .number = &result->outside },
    };

    if (!strcmp(key, "pages"))
        return read_pages(ctx, result, err);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (strcmp(key, fields[i].key))
            continue;
        return fields[i].number
                   ? get_number(ctx, key, fields[i].number, err)
                   : get_text(ctx, key, fields[i].text, fields[i].bytes, err);
    }
    return 0;
}

/* 1 if the domain has published a result, 0 if it hasn't. On a host with many
 * domains this is what takes a plan's time: one request for each key that is
 * there. */
static int read_result(const struct xg_ctx *ctx, struct plan_result *result,
                       struct xg_error *err)
{
    cleanup_free char **names = NULL;
    unsigned int nr_names;

    *result = (struct plan_result){
        .domid = ctx->domid,
        .home = PLAN_UNKNOWN,
        .spilled = PLAN_UNKNOWN,
        .outside = PLAN_UNKNOWN,
    };
    if (xs_list(ctx, NUMA_RESULT_DIR, &names, &nr_names, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_names; i++)
        if (read_key(ctx, names[i], result, err) < 0)
            return -1;
    return nr_names > 0;
}

int plan_results_read(struct plan_report *report, const xc_domaininfo_t *list,
                      unsigned int nr_domains, struct xg_error *err)
{
    struct xg_ctx theirs = *report->ctx;

    report->results = calloc(nr_domains + 1, sizeof(*report->results));
    if (!report->results)
        return xg_fail_errno(err, "calloc", "%u domains", nr_domains);
    for (unsigned int i = 0; i < nr_domains; i++) {
        int found;

        theirs.domid = list[i].domain;
        found = read_result(&theirs, &report->results[report->nr_results], err);
        if (found < 0)
            return -1;
        report->nr_results += (unsigned int)found;
    }
    return 0;
}

const struct plan_result *plan_own_result(const struct plan_report *report)
{
    for (unsigned int i = 0; i < report->nr_results; i++)
        if (report->results[i].domid == report->ctx->domid)
            return &report->results[i];
    return NULL;
}
