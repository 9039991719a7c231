/* SPDX-License-Identifier: LGPL-2.1-or-later
 * numa_policy.c - the domain's platform/numa keys as data. */
#include "numa_policy.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "numbers.h"
#include "xs.h"

#define DIR "platform/numa"

/* Each list ends in NULL; a word's place is its value. */
static const char *const rules[] = {
    "any",        "best-effort", "best-effort-hard", "prio-mem-only", "strict",
    "interleave", NULL
};
static const char *const affinities[] = { "soft", "hard", "none", NULL };
static const char *const claims[] = { "auto", "node", "host", "off", NULL };
static const char *const devices[] = { "prefer", "ignore", NULL };

const char *numa_rule_name(enum numa_rule rule)
{
    return rules[rule];
}

const char *numa_affinity_name(enum numa_affinity affinity)
{
    return affinities[affinity];
}

/* What the keys say, before their defaults depend on each other. */
struct raw_policy {
    int rule, affinity, claim, devices; /* -1: not set */
    uint64_t residual_pages;
    char **nodes;
};

static bool same_word(const char *word, const char *text)
{
    for (; *word && (*word == *text || (*word == '-' && *text == '_')); word++)
        text++;
    return !*word && !*text;
}

static int parse_word(const char *const *words, const char *key,
                      const char *text, int *out, struct xg_error *err)
{
    char known[96] = "";
    size_t used = 0;

    for (int i = 0; words[i]; i++) {
        if (same_word(words[i], text)) {
            *out = i;
            return 0;
        }
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
                                 i ? ", " : "", words[i]);
    }
    return xg_fail(err, "numa_policy_read", EINVAL,
                   DIR "/%s: '%s' is none of %s", key, text, known);
}

static int take_key(const char *key, char **text, struct raw_policy *raw,
                    struct xg_error *err)
{
    if (!strcmp(key, "policy"))
        return parse_word(rules, key, *text, &raw->rule, err);
    if (!strcmp(key, "affinity"))
        return parse_word(affinities, key, *text, &raw->affinity, err);
    if (!strcmp(key, "claim"))
        return parse_word(claims, key, *text, &raw->claim, err);
    if (!strcmp(key, "devices"))
        return parse_word(devices, key, *text, &raw->devices, err);

    if (!strcmp(key, "nodes")) {
        free(*raw->nodes);
        *raw->nodes = steal_pointer(text);
        return 0;
    }
    /* Whether the host has so many is for the claim to find out. */
    if (!strcmp(key, "residual-claim")) {
        struct number pages = number_read(*text);

        raw->residual_pages = pages.magnitude;
        if (pages.doubt == NUMBER_WHOLE && !pages.negative)
            return 0;
        return xg_fail(err, "numa_policy_read", EINVAL,
                       DIR "/%s: '%s' is not a number of pages", key, *text);
    }
    return xg_fail(err, "numa_policy_read", EINVAL,
                   DIR "/%s: '%s': there is no such key", key, *text);
}

/* The policy any has no nodes to claim on: the host is the strongest there. */
static enum numa_claim settle_claim(enum numa_rule rule, int claim)
{
    if (claim < 0)
        return rule == NUMA_ANY ? NUMA_CLAIM_OFF : NUMA_CLAIM_AUTO;
    if (rule == NUMA_ANY && claim == NUMA_CLAIM_AUTO)
        return NUMA_CLAIM_HOST;
    return (enum numa_claim)claim;
}

static void settle_defaults(const struct raw_policy *raw,
                            struct numa_policy *policy)
{
    policy->rule = raw->rule < 0 ? NUMA_ANY : (enum numa_rule)raw->rule;
    policy->affinity = policy->rule == NUMA_BEST_EFFORT_HARD
                           ? NUMA_AFFINITY_HARD
                           : NUMA_AFFINITY_SOFT;
    if (raw->affinity >= 0)
        policy->affinity = (enum numa_affinity)raw->affinity;

    policy->claim = settle_claim(policy->rule, raw->claim);
    policy->residual_pages = raw->residual_pages;
    policy->prefer_devices = raw->devices != 1;
}

int numa_policy_read(const struct xg_ctx *ctx, struct numa_policy *policy,
                     struct xg_error *err)
{
    cleanup_free char **names = NULL;
    unsigned int nr_names;
    struct raw_policy raw = {
        .rule = -1,
        .affinity = -1,
        .claim = -1,
        .devices = -1,
        .nodes = &policy->nodes,
    };

    *policy = (struct numa_policy){ 0 };
    if (xs_list(ctx, DIR, &names, &nr_names, err) < 0)
        return -1;

    for (unsigned int i = 0; i < nr_names; i++) {
        cleanup_free char *text = NULL;
        char path[XS_PATH_BYTES];

        if (!strcmp(names[i], "result")) /* our own, of an earlier try */
            continue;
        snprintf(path, sizeof(path), DIR "/%s", names[i]);
        if (xs_get(ctx, path, &text, err) < 0)
            return -1;
        if (text && take_key(names[i], &text, &raw, err) < 0)
            return -1;
    }
    settle_defaults(&raw, policy);
    return 0;
}

int numa_policy_check(const struct numa_policy *policy, struct xg_error *err)
{
    if (policy->rule != NUMA_ANY)
        return 0;
    if (policy->claim == NUMA_CLAIM_NODE)
        return xg_fail(err, __func__, EINVAL,
                       DIR "/claim: 'node' needs a policy other than any");
    if (policy->nodes)
        return xg_fail(err, __func__, EINVAL,
                       DIR "/nodes: '%s' needs a policy other than any",
                       policy->nodes);
    return 0;
}

void numa_policy_free(struct numa_policy *policy)
{
    free(policy->nodes);
    policy->nodes = NULL;
}

bool numa_policy_acts(const struct numa_policy *policy)
{
    return policy->rule != NUMA_ANY || policy->claim != NUMA_CLAIM_OFF ||
           policy->residual_pages;
}

/* A number of a node, at *text, which is moved behind it. */
static int parse_node(const char **text, unsigned int *node)
{
    char *end;
    unsigned long value;

    if (!isdigit((unsigned char)**text))
        return -1;
    value = strtoul(*text, &end, 10);
    *text = end;
    *node = value < NUMA_NODES_MAX ? (unsigned int)value : NUMA_NODES_MAX;
    return 0;
}

/* One part of a list, between commas: `all`, `2`, `2-3`. */
static int parse_part(const char **text, uint64_t existing, uint64_t *part)
{
    unsigned int from, to;

    if (!strncmp(*text, "all", 3)) {
        *text += 3;
        *part = existing;
        return 0;
    }
    if (parse_node(text, &from) < 0)
        return -1;
    to = from;
    if (**text == '-' || **text == '_') {
        ++*text;
        if (parse_node(text, &to) < 0 || to < from)
            return -1;
    }

    *part = 0;
    for (unsigned int node = from; node <= to; node++) {
        if (node >= NUMA_NODES_MAX || !(existing & NUMA_BIT(node)))
            return (int)node + 1;
        *part |= NUMA_BIT(node);
    }
    return 0;
}

int numa_nodes_parse(const char *text, uint64_t existing, uint64_t *nodes,
                     uint64_t *excluded, struct xg_error *err)
{
    const char *at = text;
    uint64_t sum = 0, taken_out = 0;

    for (;;) {
        uint64_t part;
        bool without = *at == '^';
        int rc;

        at += without;
        rc = parse_part(&at, existing, &part);
        if (rc > 0)
            return xg_fail(err, __func__, EINVAL, "'%s': there is no node %d",
                           text, rc - 1);
        if (rc < 0 || (*at && *at != ','))
            return xg_fail(err, __func__, EINVAL,
                           "'%s' is not a node list such as 0,2-3 or all,^1",
                           text);
        sum = without ? sum & ~part : sum | part;
        taken_out |= without ? part : 0;
        if (!*at)
            break;
        at++;
    }
    if (!sum)
        return xg_fail(err, __func__, EINVAL, "'%s' leaves no node", text);

    *nodes = sum;
    *excluded = taken_out & ~sum;
    return 0;
}

const char *numa_nodes_format(uint64_t nodes, char text[NUMA_LIST_BYTES])
{
    size_t used = 0;

    snprintf(text, NUMA_LIST_BYTES, "none");
    for (unsigned int from = 0; from < NUMA_NODES_MAX; from++) {
        unsigned int to = from;

        if (!(nodes & NUMA_BIT(from)))
            continue;
        while (to + 1 < NUMA_NODES_MAX && nodes & NUMA_BIT(to + 1))
            to++;
        used += (size_t)snprintf(text + used, NUMA_LIST_BYTES - used, "%s%u",
                                 used ? "," : "", from);
        if (to > from)
            used += (size_t)snprintf(text + used, NUMA_LIST_BYTES - used, "-%u",
                                     to);
        from = to;
    }
    return text;
}
