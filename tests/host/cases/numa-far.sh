# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-far.sh - a node without CPUs, and two nodes of which nobody tells how far
# apart they are.
# host: nodes=4 size=512 smp=3 memory-only=3 dom0-mem=640
# host: distances=10,20,30,255;20,10,30,30;30,30,10,20;255,30,20,10
. numa.sh

# ---- memory without CPUs serves the nearest ones

guest pv 96 -p numa/policy=strict -p numa/nodes=3
run 'node 3: builds' vmctl build "$dom"
is "$(pages_elsewhere 3)" 0 "node 3: all pages there ($(get node-pages))"
is "$(get soft-affinity 0)" 2 'node 3: vCPUs on the nearest node, 2'
is "$(get node-affinity)" 3 'node 3: node affinity'
destroy "$dom"

guest pv 96 -p numa/policy=best-effort
run 'any node: builds' vmctl build "$dom"
is "$(node_pages 3)" 0 'any node: one with CPUs first'
destroy "$dom"

# ---- more than two nodes: nodes 0 and 3 together only if there is no other way

free=$(free_pages)
for policy in best-effort prio-mem-only; do
    guest pv $((free * 6 / 2560)) -p numa/policy=$policy
    run "$policy: builds" vmctl build "$dom"
    [ "$(node_pages 0)" -eq 0 ] || [ "$(node_pages 3)" -eq 0 ]
    is $? 0 "$policy: not on both of 0 and 3 ($(get node-pages))"
    published_is_true "$policy"
    destroy "$dom"
done

for policy in best-effort interleave; do
    guest pv $((free * 9 / 2560)) -p numa/policy=$policy
    run "$policy, needs all nodes: builds" vmctl build "$dom"
    [ "$(node_pages 0)" -gt 0 ] && [ "$(node_pages 3)" -gt 0 ]
    is $? 0 "$policy, needs all nodes: has them ($(get node-pages))"
    published_is_true "$policy, needs all nodes"
    destroy "$dom"
done

done_testing
