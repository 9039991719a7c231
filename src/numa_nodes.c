/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * numa_nodes.c - lists of nodes such as 0,2-3, as people write them. */
#include "numa_nodes.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

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
    /* The same in values of platform/numa. */
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
            return xg_fail(err, __func__, EINVAL,
                           "'%s': there is no node %d: the host has the nodes "
                           "%s",
                           text, rc - 1, NODES_TEXT(existing));
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

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "a set's bits are a bitmap's");

const char *numa_nodes_format(uint64_t nodes, char text[NUMA_LIST_BYTES])
{
    return bytes_list_bits((const uint8_t *)&nodes, NUMA_NODES_MAX, text,
                           NUMA_LIST_BYTES);
}
