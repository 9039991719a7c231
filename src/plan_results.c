/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * plan_results.c - where the host's domains say that they are. */
#include "plan.h"

#include <errno.h>
#include <string.h>

#include "xs.h"

static int get_text(const struct xg_ctx *ctx, const char *key, char *text,
                    size_t bytes, struct xg_error *err)
{
    cleanup_free char *value = NULL;
    char path[128];

    text[0] = '\0';
    snprintf(path, sizeof(path), NUMA_RESULT_DIR "/%s", key);
    if (xs_get(ctx, path, &value, err) < 0)
        return -1;
    if (value)
        snprintf(text, bytes, "%s", value);
    return 0;
}

static int get_number(const struct xg_ctx *ctx, const char *key,
                      uint64_t *number, struct xg_error *err)
{
    char text[32];

    if (get_text(ctx, key, text, sizeof(text), err) < 0)
        return -1;
    *number = strtoull(text, NULL, 10);
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
        unsigned long node = strtoul(names[i], NULL, 10);
        char key[64];

        snprintf(key, sizeof(key), "pages/%s", names[i]);
        if (node < NUMA_NODES_MAX &&
            get_number(ctx, key, &result->pages[node], err) < 0)
            return -1;
    }
    return 0;
}

/* 1 if the domain has published a result, 0 if it hasn't. */
static int read_result(const struct xg_ctx *ctx, struct plan_result *result,
                       struct xg_error *err)
{
    cleanup_free char **names = NULL;
    unsigned int nr_names;

    *result = (struct plan_result){ .domid = ctx->domid };
    if (xs_list(ctx, NUMA_RESULT_DIR, &names, &nr_names, err) < 0)
        return -1;
    if (!nr_names)
        return 0;
    if (get_text(ctx, "policy", result->policy, sizeof(result->policy), err) <
            0 ||
        get_text(ctx, "nodes", result->nodes, sizeof(result->nodes), err) < 0 ||
        get_text(ctx, "claim", result->claim, sizeof(result->claim), err) < 0 ||
        get_text(ctx, "affinity", result->affinity, sizeof(result->affinity),
                 err) < 0 ||
        get_number(ctx, "home", &result->home, err) < 0 ||
        get_number(ctx, "spilled", &result->spilled, err) < 0 ||
        get_number(ctx, "outside", &result->outside, err) < 0 ||
        read_pages(ctx, result, err) < 0)
        return -1;
    return 1;
}

int plan_results_read(struct plan_report *report, struct xg_error *err)
{
    cleanup_free xc_domaininfo_t *list = NULL;
    struct xg_ctx theirs = *report->ctx;
    unsigned int nr_domains;

    if (xg_ctx_list_domains(report->ctx, &list, &nr_domains, err) < 0)
        return -1;
    report->results = calloc(nr_domains + 1, sizeof(*report->results));
    if (!report->results)
        return xg_fail(err, "calloc", errno, "%u domains", nr_domains);
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
