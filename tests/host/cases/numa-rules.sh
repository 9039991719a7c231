# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-rules.sh - which policy counts: the domain's own, the host's default or the
# toolstack's node; and that strict, which ends when a guest starts, has left it
# room for what comes then.
# host: dm=yes
. numa.sh

# ---- the host's defaults

xenstore-write /mh/numa/policy strict
xenstore-write /mh/numa/nodes 2
guest pv 256
run "the host's default: builds" vmctl build "$dom"
is "$(result policy) $(pages_elsewhere 2)" 'strict 0' \
    "the host's default: counts ($(get node-pages))"
destroy "$dom"

guest pv 256 -p numa/nodes=1
run 'a key of its own besides: builds' vmctl build "$dom"
is "$(result policy) $(pages_elsewhere 1)" 'strict 0' \
    "a key of its own wins ($(get node-pages))"
destroy "$dom"

guest pv 256 -p numa/policy=any
run 'any against a default: builds' vmctl build "$dom"
[ "$(node_pages 0)" -gt 0 ] && [ "$(node_pages 3)" -gt 0 ]
is $? 0 "any against a default: pages on all nodes ($(get node-pages))"
destroy "$dom"

guest pv 256 --mem-pnode 1
run '-mem_pnode against a default: builds' vmctl build "$dom"
is "$(result policy) $(pages_elsewhere 1)" 'mem_pnode 0' \
    "-mem_pnode against a default: wins ($(get node-pages))"
destroy "$dom"

xenstore-write /mh/numa/policy strickt
guest pv 256
refuse 'a default that is none is told' 'error:*/mh/numa/policy: *strickt*' \
    vmctl build "$dom"
destroy "$dom"
xenstore-rm /mh/numa

# ---- -mem_pnode against a policy of the domain's own

guest pv 512 --mem-pnode 2 -p numa/policy=strict -p numa/nodes=0
run '-mem_pnode against a policy: builds' vmctl build "$dom"
is "$(result policy) $(pages_elsewhere 0)" 'strict 0' \
    "-mem_pnode against a policy: the policy wins ($(get node-pages))"
destroy "$dom"

for node in 1 2 3; do
    guest pv 128 --mem-pnode $node -p numa/policy=best-effort \
        -p numa/nodes=1-3
    run "-mem_pnode $node, best-effort: builds" vmctl build "$dom"
    is "$(pages_elsewhere $node)" 0 \
        "-mem_pnode $node, best-effort: of equal nodes that one ($(all_free))"
    destroy "$dom"
done

# ---- strict, once the guest runs

# Node 1 has room for the guest, but not for its device model's video memory, and
# so does not come first though it is preferred.
guest pv $(($(node_free 1) - 264)) -p numa/policy=strict -p numa/nodes=1
run 'a guest that leaves 264 MiB of node 1: builds' vmctl build "$dom"
full=$dom
echo "# node 1 has $(node_free 1) MiB, node 2 $(node_free 2) MiB free"
guest hvm 256 --dm --mem-pnode 1 -p numa/policy=strict -p numa/nodes=1-2
run 'strict, with a device model: builds' vmctl build "$dom"
is "$(result nodes) $(pages_elsewhere 2)" '2 0' \
    'strict, with a device model: where there is room for it'
before=$(get pages)
run 'strict, with a device model: starts' vmctl start "$dom"
[ "$(get pages)" -gt $((before + 4096)) ]
is $? 0 "strict, with a device model: it takes memory ($before, $(get pages))"
is "$(pages_elsewhere 2)" 0 \
    "strict, with a device model: 0 pages elsewhere ($(get node-pages))"
destroy "$dom"

# No reason to refuse where there is nothing else.
guest hvm 256 --dm -p numa/policy=strict -p numa/nodes=1
run 'strict, without room for a device model: builds' vmctl build "$dom"
is "$(pages_elsewhere 1)" 0 'strict, without room: 0 pages elsewhere till then'
destroy "$dom"
destroy "$full"

done_testing
