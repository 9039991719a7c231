# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-kill.sh - a toolstack cancels a build with SIGKILL, which waits for the end
# of a hypercall. It gets through soon while a guest is populated page by page,
# which is the slowest that populating can be; nothing of the build is left then.
. numa.sh

# now_ms: by the host's clock, which counts instructions.
now_ms() { awk '{ print int($1 * 1000) }' /proc/uptime; }

# dom0 has one vCPU, which the builder keeps for hypercalls at a time: it goes on in
# small steps, and stands still while it is looked at.
# shellcheck disable=SC2317 # by await
is_populating() {
    pid=$(pidof xenguest) || return
    kill -CONT "$pid"
    usleep 1000
    kill -STOP "$pid"
    [ "$(get pages)" -gt 0 ]
}

# large_guest: most of what is left of the nodes 1 and 2.
large_guest() {
    guest hvm 900 --bios none -p numa/policy=strict -p numa/nodes=1,2
}

# Two nodes whose memory lies in pieces of a page each.
fillers=''
for node in 1 2; do
    guest hvm 896 --bios none -p numa/policy=strict -p numa/nodes=$node
    run "node $node is filled" vmctl build "$dom"
    run '... and every second page given back' \
        vmctl punch "$dom" 512 $((896 * 256))
    fillers="$fillers $dom"
done

large_guest
run 'a guest of small pages: builds' vmctl build "$dom"
is "$(pages_elsewhere 1 2)" 0 'a guest of small pages: 0 pages elsewhere'
[ "$(result extents/4k)" -gt 131072 ]
is $? 0 "a guest of small pages: has $(result extents/4k) of them, after \
$(get seconds) s"
destroy "$dom"

before=$(free_pages)
nodes_before="$(node_free 1) $(node_free 2)"
large_guest
killed=$dom
vmctl build "$dom" >/tmp/killed 2>&1 &
await 60 is_populating
# There are three hypercalls for small pages in all.
kill -CONT "$pid"
usleep 20000
kill -KILL "$pid"
from=$(now_ms)
# shellcheck disable=SC2317 # by await
is_gone() { ! kill -0 "$pid" 2>/dev/null; }
await 60 is_gone
took=$(($(now_ms) - from))
[ $took -le 2000 ]
is $? 0 "SIGKILL: the builder is gone after $took ms"
wait
[ "$(get pages)" -gt 0 ] && [ "$(get pages)" -lt $((900 * 256 - 4096)) ]
is $? 0 "SIGKILL: half-way ($(get pages) pages)"
is "$(find /run/xenguest -name '*.numa' | wc -l)" 1 \
    'SIGKILL: what it had reserved is still noted'

guest hvm 64 --bios none -p numa/policy=strict -p numa/nodes=1
run 'the next one: builds' vmctl build "$dom" -- -debuglog /tmp/log
is "$(grep -c "other builders'" /tmp/log)" 0 \
    'the next one: nothing is reserved any more'
is "$(find /run/xenguest -name '*.numa' | wc -l)" 0 'the next one: has removed it'
destroy "$dom"

destroy "$killed"
is "$(xl claims | awk 'NR > 1 && $NF != 0')" '' 'the claim is gone with its domain'
all_pages_back "$before" 'the memory'
is "$(node_free 1) $(node_free 2)" "$nodes_before" \
    'and the nodes have as much as before'
for dom in $fillers; do
    destroy "$dom"
done

done_testing
