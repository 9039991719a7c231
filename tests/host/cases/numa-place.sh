# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-place.sh - each policy places memory and vCPUs as planned, to the page.
# host: takes=75
. numa.sh

# Hard and soft affinity of the first vCPU, as an admin sees them.
xl_affinity() { xl vcpu-list "$dom" | awk 'NR == 2 { print $(NF - 2), $NF }'; }

# ---- without a policy: Xen spreads a guest over all nodes

guest pv 256
run 'no policy: builds' vmctl build "$dom"
[ "$(node_pages 0)" -gt 0 ] && [ "$(node_pages 3)" -gt 0 ]
is $? 0 "no policy: pages on all nodes ($(get node-pages))"
is "$(get soft-affinity 0)" all 'no policy: no soft affinity'
destroy "$dom"

# ---- best-effort: on one node, what libxenguest adds included

for type in pv hvm pvh; do
    what="$type, best-effort"
    guest $type 512 --vcpus 1 -p numa/policy=best-effort
    run "$what: builds" vmctl build "$dom"
    home=$(result home)
    is "$(pages_elsewhere "$home")" 0 \
        "$what: 0 pages elsewhere ($(get node-pages))"
    published_is_true "$what"
    is "$(result nodes) $(result affinity) $(result spilled)" "$home soft 0" \
        "$what: published"
    is "$(get soft-affinity 0) $(get affinity 0)" "$home all" \
        "$what: soft affinity to the node's CPU"
    is "$(xl_affinity)" "all $home" "$what: xl vcpu-list says so too"
    is "$(get node-affinity)" "$home" "$what: node affinity is the node"
    is "$(get claim)" 0 "$what: no claim is left"
    destroy "$dom"
done

# ---- the guest runs there

guest pv 256 --cmdline "$linux_words" -p numa/policy=best-effort
run 'best-effort: builds' vmctl build "$dom"
vmctl start "$dom"
run 'best-effort: reaches user space' vmctl wait "$dom" guest-done --timeout 60
is "$(pages_elsewhere "$(result home)")" 0 'best-effort: still 0 pages elsewhere'
destroy "$dom"

# ---- larger than any node: home full, the rest on the nearest

for type in pv hvm pvh; do
    what="$type, larger than a node"
    guest $type 1300 -p numa/policy=best-effort
    run "$what: builds" vmctl build "$dom"
    home=$(result home) near=$((home ^ 1))
    is "$(pages_elsewhere "$home" $near)" 0 \
        "$what: nothing but on node $home and its near one ($(get node-pages))"
    [ "$(node_pages "$home")" -gt "$(node_pages $near)" ]
    is $? 0 "$what: the home node has the most"
    # ... but for what the domain may still have.
    kept=$(((($(get max-pages) - $(get pages)) >> 8) + 4))
    [ "$kept" -le 12 ] && [ "$(node_free "$home")" -le $kept ]
    is $? 0 "$what: the home node is full ($(node_free "$home") of $kept MiB free)"
    published_is_true "$what"
    is "$(get node-affinity)" "$(result nodes)" "$what: node affinity is both"
    destroy "$dom"
done

# ---- populate on demand: the cache is on the home node

guest hvm 512 --mem-start 256 -p numa/policy=best-effort
for node in 0 1 2 3; do node_free $node; done >/tmp/free
run 'PoD: builds' vmctl build "$dom"
home=$(result home)
for node in 0 1 2 3; do
    taken=$(($(sed -n "$((node + 1))p" /tmp/free) - $(node_free $node)))
    [ $node = "$home" ] && wanted=256 || wanted=0
    [ $taken -ge $((wanted - 1)) ] && [ $taken -le $((wanted + 2)) ]
    is $? 0 "PoD: $wanted MiB on node $node ($taken)"
done
destroy "$dom"

# ---- strict

before=$(free_pages)
guest pv 512 -p numa/policy=strict -p numa/nodes=2
run 'strict: builds' vmctl build "$dom"
is "$(pages_elsewhere 2)" 0 "strict: 0 pages elsewhere ($(get node-pages))"
destroy "$dom"

for type in pv hvm pvh; do
    what="$type, strict and too large"
    guest $type 1300 -p numa/policy=strict -p numa/nodes=2
    refuse "$what: one line with need and free per node" \
        'error:*[[]12[]]*needs * pages), free MiB (pages) per node are 2: *' \
        vmctl build "$dom"
    is "$(get pages) $(get claim)" '0 0' "$what: no page, no claim"
    destroy "$dom"
done
all_pages_back "$before" 'strict and too large'

# ---- interleave

for type in pv hvm; do
    what="$type, interleave over 3 of 4"
    guest $type 768 -p numa/policy=interleave -p numa/nodes=all,^1
    run "$what: builds" vmctl build "$dom"
    is "$(node_pages 1)" 0 "$what: none on node 1 ($(get node-pages))"
    spread=$(get node-pages | awk '{ min = max = $1
        for (i = 3; i <= 4; i++) {
            if ($i < min) min = $i
            if ($i > max) max = $i
        }
        print max - min }')
    [ "$spread" -le 512 ]
    is $? 0 "$what: shares within one stripe ($spread pages)"
    published_is_true "$what"
    is "$(get node-affinity)" 0,2-3 "$what: node affinity"
    is "$(get soft-affinity 0)" 0,2-3 "$what: soft affinity"
    destroy "$dom"
done

# ---- how the vCPUs are tied

guest pv 128 --vcpus 2 -p numa/policy=strict -p numa/nodes=1-2 \
    -p numa/affinity=hard
run 'hard affinity: builds' vmctl build "$dom"
is "$(get affinity 0) $(get soft-affinity 1)" '1-2 all' 'hard affinity: hard'
is "$(xl_affinity)" '1-2 all' 'hard affinity: xl vcpu-list says so too'
destroy "$dom"

guest pv 128 -p numa/policy=best-effort-hard -p numa/nodes=3
run 'best-effort-hard: builds' vmctl build "$dom"
is "$(get affinity 0) $(xl_affinity)" '3 3 all' \
    'best-effort-hard: hard, for xl vcpu-list too'
destroy "$dom"

guest pv 128 -p numa/policy=strict -p numa/nodes=3 -p numa/affinity=none
run 'no affinity: builds' vmctl build "$dom"
is "$(get affinity 0) $(get soft-affinity 0) $(get node-affinity)" 'all all 3' \
    'no affinity: vCPUs free, memory not'
is "$(xl_affinity)" 'all all' 'no affinity: xl vcpu-list says so too'
is "$(pages_elsewhere 3)" 0 'no affinity: 0 pages elsewhere'
destroy "$dom"

# ---- hard masks together with a policy

guest pv 128 --vcpus 2 -p numa/policy=best-effort -p vcpu/0/affinity=0011 \
    -p vcpu/1/affinity=0001
run 'masks: builds' vmctl build "$dom"
home=$(result home)
[ "$home" -ge 2 ]
is $? 0 "masks: the memory is where the vCPUs may run (node $home)"
is "$(pages_elsewhere 2 3)" 0 'masks: 0 pages elsewhere'
is "$(get affinity 0) $(get affinity 1)" '2-3 3' 'masks: they stay'
destroy "$dom"

guest pv 128 -p numa/policy=strict -p numa/nodes=0 -p numa/affinity=hard \
    -p vcpu/0/affinity=0001
refuse 'masks and a strict list that exclude each other' \
    'error:*hard affinity of vCPU 0*' vmctl build "$dom"
destroy "$dom"

# ---- a cpupool of one node's CPUs

xl cpupool-cpu-remove Pool-0 3 >/dev/null
xl cpupool-create 'name="node3"' 'sched="credit"' 'cpus=["3"]' >/dev/null
guest pv 128 -p numa/policy=best-effort
xl cpupool-migrate "$dom" node3
run 'cpupool: builds' vmctl build "$dom"
is "$(pages_elsewhere 3)" 0 \
    "cpupool: 0 pages off the pool's node ($(get node-pages))"
is "$(get soft-affinity 0)" 3 "cpupool: soft affinity to the pool's CPU"
destroy "$dom"
xl cpupool-destroy node3 >/dev/null
xl cpupool-cpu-add Pool-0 3 >/dev/null

# ---- -mem_pnode

for type in pv hvm pvh; do
    what="$type, -mem_pnode"
    guest $type 512 --mem-pnode 1
    run "$what: builds" vmctl build "$dom"
    is "$(pages_elsewhere 1)" 0 "$what: 0 pages elsewhere ($(get node-pages))"
    is "$(get soft-affinity 0)" all "$what: the vCPUs are the toolstack's"
    destroy "$dom"
done
guest pv 1300 --mem-pnode 1
refuse '-mem_pnode that is too small' \
    'error:*-mem_pnode: needs 1300 MiB (332800 pages), free MiB (pages) per node are 1: *' \
    vmctl build "$dom"
is "$(get pages)" 0 '-mem_pnode that is too small: no page'
destroy "$dom"
guest pv 128 --mem-pnode 4
refuse '-mem_pnode that does not exist' 'error:*-mem_pnode: *4*' \
    vmctl build "$dom"
destroy "$dom"

# ---- a libxenguest whose calls don't come to us, as if it were bound to
# libxenctrl: the name of our function is not found, for it is written wrongly

name=xc_domain_populate_physmap_exact
cp "$(command -v xenguest)" /tmp/unbound
offset=$(strings -t d /tmp/unbound |
    awk -v name=$name '$2 == name { print $1; exit }')
printf X | dd of=/tmp/unbound bs=1 seek="$offset" conv=notrunc 2>/dev/null
for type in hvm pvh; do
    what="$type, a libxenguest that is bound"
    guest $type 128 -p numa/policy=strict -p numa/nodes=2
    run "$what: builds" vmctl build "$dom" --xenguest /tmp/unbound -- \
        -debuglog /tmp/log
    like "$(cat /tmp/log)" "*the domain has * MiB ($(get pages) pages), of which we\
 placed * MiB ($(result pages/2) pages): the others follow its node affinity*" \
        "$what: that is told"
    [ "$(result pages/2)" -lt "$(get pages)" ]
    is $? 0 "$what: only what was counted is published"
    is "$(pages_elsewhere 2)" 0 "$what: 0 pages elsewhere ($(get node-pages))"
    destroy "$dom"
    rm /tmp/log
done

# ---- what can't be

for setting in policy=best nodes=4 nodes=0,^0 affinity=x claim=x \
    residual-claim=x devices=x colour=red; do
    guest pv 128 -p numa/policy=strict -p "numa/$setting"
    refuse "$setting is refused" "error:*platform/numa/${setting%%=*}*" \
        vmctl build "$dom"
    is "$(get pages)" 0 "$setting: nothing has been touched"
    destroy "$dom"
done

done_testing
