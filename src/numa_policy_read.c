/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_policy_read.c - a domain's NUMA policy out of Xenstore. */
#include "numa_policy.h"

#include <errno.h>
#include <string.h>

#include "numbers.h"
#include "xs.h"

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
    const char *const *words = numa_key_words(key);
    int word = 0;

    if (words) {
        word = find_word(words, path, *text, err);
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
    case NUMA_KEY_VNODES:
        return take_vnodes(path, *text, policy, err);
    case NUMA_NR_KEYS:
        break;
    }
    return 0;
}

/* ---- a directory ---- */

static const char *list_keys(char text[NUMA_LIST_BYTES])
{
    size_t used = 0;

    for (enum numa_key key = 0; key < NUMA_NR_KEYS; key++)
        used += (size_t)snprintf(text + used, NUMA_LIST_BYTES - used, "%s%s",
                                 key ? ", " : "", numa_key_name(key));
    return text;
}

static int read_key(const struct source *source, const char *name,
                    struct numa_policy *policy, struct xg_error *err)
{
    cleanup_free char *text = NULL;
    char path[XS_PATH_BYTES], known[NUMA_LIST_BYTES];
    enum numa_key key = 0;

    while (key < NUMA_NR_KEYS && strcmp(numa_key_name(key), name))
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
              numa_policy_dir(policy, key), numa_key_name(key),
              numa_policy_value(policy, key, value));
    policy->origin[key] = NUMA_FROM_DEFAULT;
}

/* Keys that would be an error with the policy any, or ask for what there is
 * only with another one. */
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
    if (policy->vnodes == NUMA_VNODES_AUTO ||
        (policy->vnodes && is_void(policy, NUMA_KEY_VNODES))) {
        drop(ctx, policy, NUMA_KEY_VNODES);
        policy->vnodes = 0;
    }
    if (policy->affinity != NUMA_AFFINITY_NONE &&
        policy->origin[NUMA_KEY_AFFINITY] != NUMA_FROM_DEFAULT)
        drop(ctx, policy, NUMA_KEY_AFFINITY);
    if (policy->prefer_devices &&
        policy->origin[NUMA_KEY_DEVICES] != NUMA_FROM_DEFAULT)
        drop(ctx, policy, NUMA_KEY_DEVICES);
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
    const struct source domain = { ctx, NUMA_DIR, NUMA_FROM_DOMAIN, restore };
    const struct source host = { ctx, NUMA_HOST_DIR, NUMA_FROM_HOST, restore };
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
