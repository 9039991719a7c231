/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_policy.c - a domain's NUMA policy as data. */
#include "numa_policy.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "numbers.h"
#include "xs.h"

#define DIR "platform/numa"
#define HOST_DIR "/mh/numa"

/* Each list ends in NULL; a word's place is its value. */
static const char *const rules[] = {
    "any",        "best-effort", "best-effort-hard", "prio-mem-only", "strict",
    "interleave", NULL
};
static const char *const affinities[] = { "soft", "hard", "none", NULL };
static const char *const claims[] = { "auto", "node", "host", "off", NULL };
static const char *const devices[] = { "prefer", "ignore", NULL };

static const struct key {
    const char *name;
    const char *const *words; /* NULL: it takes something else */
} keys[NUMA_NR_KEYS] = {
    [NUMA_KEY_POLICY] = { "policy", rules },
    [NUMA_KEY_NODES] = { "nodes", NULL },
    [NUMA_KEY_AFFINITY] = { "affinity", affinities },
    [NUMA_KEY_CLAIM] = { "claim", claims },
    [NUMA_KEY_RESIDUAL_CLAIM] = { "residual-claim", NULL },
    [NUMA_KEY_DEVICES] = { "devices", devices },
    [NUMA_KEY_VNODES] = { "vnodes", NULL },
};

const char *numa_rule_name(enum numa_rule rule)
{
    return rule == NUMA_PNODE ? "mem_pnode" : rules[rule];
}

const char *numa_affinity_name(enum numa_affinity affinity)
{
    return affinities[affinity];
}

/* ---- one value ---- */

/* Who is being read. */
struct source {
    const struct xg_ctx *ctx;
    const char *dir;
    enum numa_origin origin;
    bool restore;
};

/* In values `-` and `_` are the same. */
static bool same_word(const char *word, const char *text)
{
    for (; *word && (*word == *text || (*word == '-' && *text == '_')); word++)
        text++;
    return !*word && !*text;
}

/* Returns the word's place in the list. */
static int find_word(const char *const *words, const char *path,
                     const char *text, struct xg_error *err)
{
    char known[96] = "";
    size_t used = 0;

    for (int i = 0; words[i]; i++) {
        if (same_word(words[i], text))
            return i;
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
                                 i ? ", " : "", words[i]);
    }
    return xg_fail(err, "numa_policy_read", EINVAL, "%s: '%s' is none of %s",
                   path, text, known);
}

/* Whether the host has so many is for the claim to find out. */
static int take_residual(const char *path, const char *text,
                         struct numa_policy *policy, struct xg_error *err)
{
    struct number pages = number_read(text);

    if (pages.doubt != NUMBER_WHOLE || pages.negative)
        return xg_fail(err, "numa_policy_read", EINVAL,
                       "%s: '%s' is not a number of pages", path, text);
    policy->residual_pages = pages.magnitude;
    return 0;
}

/* How many a guest can have is for numa_vnodes.c to say. */
static int take_vnodes(const char *path, const char *text,
                       struct numa_policy *policy, struct xg_error *err)
{
    struct number nodes = number_read(text);
    bool is_auto = !strcmp(text, "auto");

    if (!strcmp(text, "off"))
        return 0;
    if (!is_auto && (nodes.doubt != NUMBER_WHOLE || nodes.negative ||
                     !nodes.magnitude || nodes.magnitude >= NUMA_VNODES_AUTO))
        return xg_fail(err, "numa_policy_read", EINVAL,
                       "%s: '%s' is none of off, auto or a number", path, text);
    policy->vnodes = is_auto ? NUMA_VNODES_AUTO : (unsigned int)nodes.magnitude;
    return 0;
}

/* *text is left NULL if it was kept. */
static int take_value(enum numa_key key, const char *path, char **text,
                      struct numa_policy *policy, struct xg_error *err)
{
    int word = 0;

    if (keys[key].words) {
        word = find_word(keys[key].words, path, *text, err);
        if (word < 0)
            return -1;
    }
    switch (key) {
    case NUMA_KEY_POLICY:
        policy->rule = (enum numa_rule)word;
        return 0;
    case NUMA_KEY_NODES:
        policy->nodes = steal_pointer(text);
        return 0;
    case NUMA_KEY_AFFINITY:
        policy->affinity = (enum numa_affinity)word;
        return 0;
    case NUMA_KEY_CLAIM:
        policy->claim = (enum numa_claim)word;
        return 0;
    case NUMA_KEY_RESIDUAL_CLAIM:
        return take_residual(path, *text, policy, err);
    case NUMA_KEY_DEVICES:
        policy->prefer_devices = word == 0;
        return 0;
    default:
        return take_vnodes(path, *text, policy, err);
    }
}

/* ---- a directory ---- */

static const char *list_keys(char text[NUMA_LIST_BYTES])
{
    size_t used = 0;

    for (enum numa_key key = 0; key < NUMA_NR_KEYS; key++)
        used += (size_t)snprintf(text + used, NUMA_LIST_BYTES - used, "%s%s",
                                 key ? ", " : "", keys[key].name);
    return text;
}

static int read_key(const struct source *source, const char *name,
                    struct numa_policy *policy, struct xg_error *err)
{
    cleanup_free char *text = NULL;
    char path[XS_PATH_BYTES], known[NUMA_LIST_BYTES];
    enum numa_key key = 0;

    while (key < NUMA_NR_KEYS && strcmp(keys[key].name, name))
        key++;
    if (key < NUMA_NR_KEYS && policy->origin[key] != NUMA_FROM_DEFAULT)
        return 0;

    snprintf(path, sizeof(path), "%s/%s", source->dir, name);
    if (xs_get(source->ctx, path, &text, err) < 0)
        return -1;
    if (!text)
        return 0;
    if (key == NUMA_NR_KEYS) {
        xg_fail(err, "numa_policy_read", EINVAL,
                "%s: '%s': there is no such key: there are %s", path, text,
                list_keys(known));
    } else if (take_value(key, path, &text, policy, err) == 0) {
        policy->origin[key] = source->origin;
        return 0;
    }
    /* A guest may come from a host with a newer xenguest. */
    if (!source->restore)
        return -1;
    xg_log_at(source->ctx->log, LOG_WARNING, "%s: it counts for nothing",
              err->text);
    return 0;
}

/* Reads those of its keys that the policy does not have yet. */
static int read_dir(const struct source *source, struct numa_policy *policy,
                    struct xg_error *err)
{
    cleanup_free char **names = NULL;
    unsigned int nr_names;

    if (xs_list(source->ctx, source->dir, &names, &nr_names, err) < 0)
        return -1;
    for (unsigned int i = 0; i < nr_names; i++)
        if (strcmp(names[i], "result") && /* our own, of an earlier try */
            read_key(source, names[i], policy, err) < 0)
            return -1;
    return 0;
}

/* ---- the policy ---- */

/* With the policy any, whether a key counts for nothing rather than be an
 * error. The host's defaults do; so do `nodes` of the domain's own, as its
 * host's policy may just be switched off, and all keys of a guest that is
 * restored, as the host where it was built may have had a policy for them. */
static bool is_void(const struct numa_policy *policy, enum numa_key key)
{
    return policy->origin[key] == NUMA_FROM_HOST ||
           (policy->origin[key] == NUMA_FROM_DOMAIN &&
            (policy->restore || key == NUMA_KEY_NODES));
}

static void drop(const struct xg_ctx *ctx, struct numa_policy *policy,
                 enum numa_key key)
{
    bool is_own = policy->origin[key] == NUMA_FROM_DOMAIN;
    char value[NUMA_LIST_BYTES];

    xg_log_at(ctx->log, is_own ? LOG_WARNING : LOG_INFO,
              "%s/%s: '%s' counts for nothing without a policy",
              numa_policy_dir(policy, key), keys[key].name,
              numa_policy_value(policy, key, value));
    policy->origin[key] = NUMA_FROM_DEFAULT;
}

/* Keys that would be an error with the policy any, or name nodes for nothing.
 */
static void drop_void(const struct xg_ctx *ctx, struct numa_policy *policy)
{
    if (policy->rule != NUMA_ANY)
        return;
    if (policy->nodes && is_void(policy, NUMA_KEY_NODES)) {
        drop(ctx, policy, NUMA_KEY_NODES);
        numa_policy_free(policy);
    }
    if (policy->claim == NUMA_CLAIM_NODE && is_void(policy, NUMA_KEY_CLAIM))
        drop(ctx, policy, NUMA_KEY_CLAIM);
    if (policy->vnodes && is_void(policy, NUMA_KEY_VNODES)) {
        drop(ctx, policy, NUMA_KEY_VNODES);
        policy->vnodes = 0;
    }
}

/* Defaults depend on the rule. With any there are no nodes to claim on: the
 * strongest claim is then one on the host, which builds without a policy make,
 * too. Restores without a policy claim nothing. */
static void fill_defaults(struct numa_policy *policy)
{
    bool any = policy->rule == NUMA_ANY;

    if (policy->origin[NUMA_KEY_AFFINITY] == NUMA_FROM_DEFAULT)
        policy->affinity = policy->rule == NUMA_BEST_EFFORT_HARD
                               ? NUMA_AFFINITY_HARD
                               : NUMA_AFFINITY_SOFT;
    if (policy->origin[NUMA_KEY_CLAIM] == NUMA_FROM_DEFAULT)
        policy->claim =
            any && policy->restore ? NUMA_CLAIM_OFF : NUMA_CLAIM_AUTO;
    if (any && policy->claim == NUMA_CLAIM_AUTO)
        policy->claim = NUMA_CLAIM_HOST;
}

int numa_policy_read(const struct xg_ctx *ctx, unsigned int dirs, bool restore,
                     struct numa_policy *policy, struct xg_error *err)
{
    const struct source domain = { ctx, DIR, NUMA_FROM_DOMAIN, restore };
    const struct source host = { ctx, HOST_DIR, NUMA_FROM_HOST, restore };
    const enum numa_origin *origin = &policy->origin[NUMA_KEY_POLICY];

    *policy = (struct numa_policy){
        .prefer_devices = true,
        .restore = restore,
    };
    if (dirs & NUMA_KEYS_OF_DOMAIN && read_dir(&domain, policy, err) < 0)
        return -1;
    if (dirs & NUMA_KEYS_OF_HOST &&
        !(*origin == NUMA_FROM_DOMAIN && policy->rule == NUMA_ANY) &&
        read_dir(&host, policy, err) < 0)
        return -1;
    drop_void(ctx, policy);
    fill_defaults(policy);
    return 0;
}

bool numa_policy_needs_vnodes(const struct numa_policy *policy)
{
    return policy->vnodes && policy->vnodes != NUMA_VNODES_AUTO &&
           !policy->restore &&
           policy->origin[NUMA_KEY_VNODES] == NUMA_FROM_DOMAIN;
}

int numa_policy_check(const struct numa_policy *policy, struct xg_error *err)
{
    if (numa_policy_needs_vnodes(policy) &&
        (policy->rule == NUMA_ANY || policy->rule == NUMA_INTERLEAVE))
        return xg_fail(err, __func__, EINVAL,
                       DIR "/vnodes: '%u' needs a policy other than any and "
                           "interleave",
                       policy->vnodes);
    if (policy->rule != NUMA_ANY)
        return 0;
    if (policy->claim == NUMA_CLAIM_NODE)
        return xg_fail(err, __func__, EINVAL,
                       DIR "/claim: 'node' needs a policy other than any");
    return 0;
}

void numa_policy_free(struct numa_policy *policy)
{
    free(policy->nodes);
    policy->nodes = NULL;
}

bool numa_policy_acts(const struct numa_policy *policy)
{
    return policy->rule != NUMA_ANY ||
           policy->origin[NUMA_KEY_CLAIM] != NUMA_FROM_DEFAULT ||
           policy->residual_pages;
}

bool numa_policy_is_own(const struct numa_policy *policy)
{
    return policy->rule != NUMA_ANY &&
           policy->origin[NUMA_KEY_POLICY] == NUMA_FROM_DOMAIN;
}

int numa_policy_make_pnode(struct numa_policy *policy, int node,
                           struct xg_error *err)
{
    numa_policy_free(policy);
    *policy = (struct numa_policy){
        .rule = NUMA_PNODE,
        .affinity = NUMA_AFFINITY_NONE,
        .claim = NUMA_CLAIM_OFF,
    };
    for (unsigned int key = 0; key < NUMA_NR_KEYS; key++)
        policy->origin[key] = NUMA_FROM_OPTION;
    if (asprintf(&policy->nodes, "%d", node) < 0) {
        policy->nodes = NULL;
        return xg_fail_errno(err, "asprintf", "-mem_pnode");
    }
    return 0;
}

enum numa_key numa_policy_first_key(const struct numa_policy *policy)
{
    for (enum numa_key key = 0; key < NUMA_NR_KEYS; key++)
        if (policy->origin[key] != NUMA_FROM_DEFAULT)
            return key;
    return NUMA_KEY_POLICY;
}

const char *numa_policy_dir(const struct numa_policy *policy, enum numa_key key)
{
    return policy->origin[key] == NUMA_FROM_HOST ? HOST_DIR : DIR;
}

const char *numa_origin_name(enum numa_origin origin)
{
    static const char *const names[] = { "default", "host default", "domain",
                                         "-mem_pnode" };

    return names[origin];
}

const char *numa_key_name(enum numa_key key)
{
    return keys[key].name;
}

const char *numa_policy_value(const struct numa_policy *policy,
                              enum numa_key key, char text[NUMA_LIST_BYTES])
{
    switch (key) {
    case NUMA_KEY_POLICY:
        return numa_rule_name(policy->rule);
    case NUMA_KEY_NODES:
        return policy->nodes ? policy->nodes : "all";
    case NUMA_KEY_AFFINITY:
        return numa_affinity_name(policy->affinity);
    case NUMA_KEY_CLAIM:
        return claims[policy->claim];
    case NUMA_KEY_RESIDUAL_CLAIM:
        snprintf(text, NUMA_LIST_BYTES, "%" PRIu64, policy->residual_pages);
        return text;
    case NUMA_KEY_DEVICES:
        return devices[!policy->prefer_devices];
    default:
        if (!policy->vnodes || policy->vnodes == NUMA_VNODES_AUTO)
            return policy->vnodes ? "auto" : "off";
        snprintf(text, NUMA_LIST_BYTES, "%u", policy->vnodes);
        return text;
    }
}

void numa_policy_log(struct xg_log *log, const struct numa_policy *policy)
{
    char line[1024] = "", text[NUMA_LIST_BYTES];
    size_t used = 0;

    for (enum numa_key key = 0; key < NUMA_NR_KEYS; key++)
        if (used < sizeof(line))
            used += (size_t)snprintf(line + used, sizeof(line) - used,
                                     "%s%s %s (%s)", key ? ", " : "",
                                     keys[key].name,
                                     numa_policy_value(policy, key, text),
                                     numa_origin_name(policy->origin[key]));
    xg_info(log, "settings, NUMA: %s", line);
}
