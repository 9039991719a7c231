# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-masks.sh - masks that a toolstack has set in Xen, with no key in Xenstore,
# hold: the guest's memory goes where its vCPUs may run. And what Xen keeps for a
# guest follows it: node affinity, and the pool for its page tables.
. numa.sh

# What xl shows of vCPU 0: its hard and soft mask; of the domain: its nodes.
hard_mask() { xl vcpu-list "$dom" | awk 'NR == 2 { print $(NF - 2) }'; }
node_affinity() { xl list -n "$dom" | awk 'NR == 2 { print $NF }'; }

# Node N has pCPU N alone. A guest that is free goes elsewhere.
guest pv 128 --vcpus 1 -p numa/policy=best-effort
run 'no masks: builds' vmctl build "$dom"
free=$(result home) pinned=$((free ^ 1))
is "$(pages_elsewhere "$free")" 0 "no masks: the guest goes to node $free"
destroy "$dom"

for policy in best-effort best-effort-hard strict; do
    guest pv 128 --vcpus 2 -p numa/policy=$policy
    run "$policy: pinned to pCPU $pinned in Xen" xl vcpu-pin "$dom" all $pinned
    run "$policy: builds" vmctl build "$dom"
    is "$(pages_elsewhere $pinned)" 0 \
        "$policy: 0 pages off node $pinned ($(get node-pages))"
    published_is_true "$policy"
    is "$(hard_mask)" $pinned "$policy: the pin is where it was"
    is "$(node_affinity)" $pinned "$policy: so is the node affinity"
    destroy "$dom"
done

guest pv 128 -p numa/policy=best-effort -p numa/nodes=1
run 'node 1: builds' vmctl build "$dom"
is "$(node_affinity)" 1 'the node affinity is the plan'
xl vcpu-pin "$dom" all 2 2
is "$(node_affinity)" 2 '... and follows the vCPUs later'
destroy "$dom"

# xl's size for so many vCPUs: 64 MiB of page tables, spread over all nodes when
# the domain is made.
before=$(all_free)
guest hvm 128 --bios none --vcpus 64 -p numa/policy=strict -p numa/nodes=2
pool=$(get hap-pool)
run 'a large HAP pool: builds' vmctl build "$dom"
is "$(pages_elsewhere 2)" 0 'a large HAP pool: 0 pages off node 2'
is "$(get hap-pool)" "$pool" "a large HAP pool: has its $pool MiB"
taken=$(echo "$before $(all_free)" |
    awk '{ print $3 - $7, $1 + $2 + $4 - $5 - $6 - $8 }')
near=${taken% *} elsewhere=${taken#* }
[ "$near" -ge $((128 + pool - 8)) ] && [ "$elsewhere" -le 12 ]
is $? 0 "a large HAP pool: on node 2 with the guest ($taken MiB)"
destroy "$dom"

done_testing
