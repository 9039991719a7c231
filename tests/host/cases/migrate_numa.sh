# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate_numa.sh - a restored or migrated guest's memory lies where
# platform/numa/* and -mem_pnode say, to the page by Xen's count, and in
# superpages. The claim is gone afterwards. A guest that has ballooned down gets
# the pages that it had.
# host: takes=110
. numa.sh
. migrate.sh

file=/tmp/saved

goes_on_there() {
    vmctl start "$dom"
    goes_on "$dom" "$before" "$what"
}

# saved TEXT: $dom into $file, and gone.
saved() {
    run "$1: saves" vmctl save "$dom" $file
    before=$(count_of "$dom") had=$(get pages)
    destroy "$dom"
}

# shellcheck disable=SC2317 # by await
has_shrunk() { [ "$(get pages)" -le $((full - 12 * 256)) ]; }

# ---- live

# moved_onto 'NODE...' POLICY NODES
moved_onto() {
    move_over pvh xenserver 40 -p "numa/policy=$2" -p "numa/nodes=$3" || return
    text="pvh, live, $2 on $3"
    # shellcheck disable=SC2086 # node numbers
    placed "$text" $1
    in_superpages "$text"
    start_moved
}

# In the long round: now and then the emulator breaks a guest whose writes are tracked
# (see signs.sh), and one more such case is one too many for each check.
if is_long; then
    new_guest pvh
    moved_onto '1 3' interleave 1,3
    moved_onto 2 strict 2
    destroy "$dom"

    bring_up 'worker count=' 90 create_like pvh 40 128 \
        -p numa/policy=best-effort -p numa/nodes=0-1 -p numa/vnodes=2 ||
        fail 'a pvh guest with virtual nodes is at work' "$output"
    for to in '2 2 3' 'auto 0 1'; do
        # shellcheck disable=SC2086 # words
        set -- $to
        move_over pvh xenserver 40 -p numa/policy=best-effort \
            -p "numa/nodes=$2,$3" -p "numa/vnodes=$1" || break
        name="pvh, live, 2 virtual nodes, by $1"
        placed "$name" "$2" "$3"
        on_nodes $((64 * 256)) $((64 * 256))
        start_moved
    done
    destroy "$dom"
fi

# ---- from a file

for type in pv pvh; do
    new_guest "$type"
    saved "$type"

    create_like "$type" 40 128 -p numa/policy=best-effort -p numa/nodes=2
    restored "$type, best-effort on node 2" $file 2
    [ "$type" = pv ] || in_superpages "$what"
    goes_on_there
    destroy "$dom"

    create_like "$type" 40 128 -p numa/policy=strict -p numa/nodes=1
    restored "$type, strict on node 1" $file 1
    [ "$type" = pv ] || in_superpages "$what"
    destroy "$dom"

    create_like "$type" 40 128
    restored "$type, -mem_pnode 3" $file 3 -mem_pnode 3
    destroy "$dom"

    create_like "$type" 40 128 -p numa/policy=strict -p numa/nodes=7
    refuse "$type, a node that is not there" 'error:*platform/numa/nodes*' \
        vmctl restore "$dom" $file
    destroy "$dom"

    create_like "$type" 40 128 -p numa/policy=interleave -p numa/nodes=1,3
    restored "$type, interleaved over two nodes" $file '1 3'
    [ "$type" = pv ] || in_superpages "$what"
    apart=$(get node-pages | awk '{ d = $2 - $4; print d < 0 ? -d : d }')
    [ "$apart" -le 1024 ]
    is $? 0 "$what: evenly ($apart pages apart)"
    goes_on_there

    if is_long; then
        for n in $(rounds 0); do
            saved "$type, round $n"
            random_plan "$n" 200
            create_like "$type" 40 128 -p "numa/policy=$policy" \
                -p "numa/nodes=$nodes"
            restored "$type, round $n, $policy on $nodes" $file \
                "$(echo "$nodes" | tr ',' ' ')"
            [ "$type" = pv ] || in_superpages "$what"
            goes_on_there
        done
    fi

    # A balloon driver of Linux gives back what it finds, a page here and there.
    full=$(get pages)
    xenstore-write "/local/domain/$dom/memory/target" $((116 * 1024))
    await 60 has_shrunk
    is $? 0 "$type: its balloon driver gives 12 MiB back"
    saved "$type, ballooned"
    create_like "$type" 40 128 -p numa/policy=strict -p numa/nodes=2
    restored "$type, ballooned, strict on node 2" $file 2
    is "$(get pages)" "$had" "$what: its own number of pages ($had of $full)"
    goes_on_there
    destroy "$dom"
    create_like "$type" 40 128
    run "$type, ballooned, no policy: restores" vmctl restore "$dom" $file
    is "$(get pages)" "$had" "$type, ballooned, no policy: its own number of pages"
    # libxenguest from 4.21 on asks for superpages by itself.
    if [ "$type" = pvh ] && [ "$(xl info xen_minor)" -lt 21 ]; then
        tables=$(get p2m-pages)
        [ "$tables" -gt "$(most_tables "$had")" ]
        is $? 0 "... all small: Xen's tables for them take $tables"
    fi
    destroy "$dom"
done

# In a cpupool of one node's CPUs, whose nodes a policy then has to choose from.
xl cpupool-cpu-remove Pool-0 3 >/dev/null
xl cpupool-create 'name="node3"' 'sched="credit"' 'cpus=["3"]' >/dev/null
for policy in best-effort strict; do
    create_like "$type" 40 128 -p numa/policy=$policy
    xl cpupool-migrate "$dom" node3
    restored "$type, $policy in a cpupool" $file 3
    is "$(get soft-affinity 0)" 3 "$what: soft affinity to the pool's CPU"
    goes_on_there
    destroy "$dom"
done
xl cpupool-destroy node3 >/dev/null
xl cpupool-cpu-add Pool-0 3 >/dev/null

# A restore that stands still half-way has reserved what it has not got yet.
mkfifo /tmp/half
create_like "$type" 40 128 -p numa/policy=strict -p numa/nodes=2
restored=$dom
vmctl restore "$restored" /tmp/half >/dev/null 2>&1 &
exec 5>/tmp/half
head -c 70000000 $file >&5
# shellcheck disable=SC2317 # by await
stands_still() {
    pages=$(get pages)
    usleep 500000
    [ "$pages" != 0 ] && [ "$pages" = "$(get pages)" ]
}
await 60 stands_still
planned=$(($(get max-pages) + 512))
[ "$pages" -gt 1000 ] && [ "$pages" -lt $((planned - 1000)) ]
is $? 0 "a restore stands still ($pages of $planned pages)"
guest pv 128 -p numa/policy=best-effort
run 'another guest meanwhile: builds' vmctl build "$dom" -- -debuglog /tmp/log
like "$(cat /tmp/log)" \
    "*: node 2: * MiB ($((planned - pages)) pages) are other builders'*" \
    'what the restore has got is not reserved any more'
destroy "$dom"
exec 5>&-
wait
destroy "$restored"

rm -f $file
# With virtual nodes, of 64 and 66 MiB: each is on a node of its own again.
with_vnodes() {
    create_like pvh 40 130 -p numa/policy=best-effort -p numa/vnodes=2 "$@"
}
bring_up 'worker count=' 90 with_vnodes -p numa/nodes=0-1 ||
    fail 'a pvh guest with virtual nodes is at work' "$output"
saved 'pvh, 2 virtual nodes'
with_vnodes -p numa/nodes=2-3
name='pvh, 2 virtual nodes'
restored "$name" $file '2 3'
on_nodes $((64 * 256)) $((66 * 256))
in_superpages "$name"
is "$(result vnodes),$(get soft-affinity 0),$(get soft-affinity 1)" \
    "2,$(result vnode/0),$(result vnode/1)" "$name: its vCPUs are on them"
goes_on_there
destroy "$dom"

left_nothing 'at the end'

done_testing
