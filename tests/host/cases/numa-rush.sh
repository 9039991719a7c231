# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-rush.sh - builders that all want memory at the same time don't plan on
# the same; those that are killed leave nothing behind. Each of the six nodes
# holds one guest. XG_LONG=1: 20 rounds.
# host: nodes=6 size=640 smp=6 dom0-mem=640
# host: takes=45
. numa.sh

rounds=1 kills=0
! is_long || rounds=20

# Newest first: vmctl destroy waits for the memory that was free when a domain
# was made.
make_guests() {
    domains=
    for _ in 1 2 3 4 5 6; do
        guest hvm "$mib" --bios none -p numa/policy=best-effort
        domains="$dom $domains"
    done
}

destroy_all() {
    for dom in $domains; do
        destroy "$dom"
    done
}

# least_and_most: free MiB of the fullest and of the emptiest node.
least_and_most() {
    least=99999 most=0
    for node in 0 1 2 3 4 5; do
        free=$(node_free $node)
        [ "$free" -ge "$least" ] || least=$free
        [ "$free" -le "$most" ] || most=$free
    done
}

# Where dom0 and Xen leave the least sets the size, which needs not be large;
# other guests fill the nodes up to that.
fillers=''
least_and_most
[ "$least" -le 160 ] || least=160
for node in 0 1 2 3 4 5; do
    mib=$(($(node_free $node) - least - 4))
    [ $mib -ge 16 ] || continue
    guest hvm $mib --bios none -p numa/policy=strict -p numa/nodes=$node
    fillers="$dom $fillers"
    vmctl build "$dom" >/dev/null || fail "filling node $node"
done

# Two MiB besides on each node, once all domains with their own needs are there.
mib=16
make_guests
least_and_most
destroy_all
mib=$((least - 8))
[ $((2 * mib)) -gt "$most" ]
is $? 0 "a node holds one guest of $mib MiB, and no two"

build_all() {
    builds=
    for dom in $domains; do
        vmctl build "$dom" >"/tmp/build.$dom" 2>&1 &
        builds="$builds $!"
    done
}

# all_apart TEXT: each on a node of its own, nothing elsewhere.
all_apart() {
    homes='' elsewhere=0
    for dom in $domains; do
        home=$(result home)
        homes="$homes $home"
        elsewhere=$((elsewhere + $(pages_elsewhere "$home")))
    done
    # shellcheck disable=SC2086 # words
    is "$(printf '%s\n' $homes | sort -u | wc -l)" 6 "$1: six nodes ($homes)"
    is "$elsewhere" 0 "$1: 0 pages off plan"
}

# at_work N: stops the builders if there are so many; fewer go on. Their pids are in
# $builders. dom0 has one vCPU, on which they would end while they are looked at.
at_work() {
    # shellcheck disable=SC2046 # words
    set -- "$1" $(pidof xenguest)
    least_builders=$1
    shift
    builders=$*
    [ $# -gt 0 ] && kill -STOP "$@"
    [ $# -ge "$least_builders" ] && return
    [ $# -gt 0 ] && kill -CONT "$@"
    return 1
}

for round in $(seq $rounds); do
    make_guests
    build_all
    failures=0
    for build in $builds; do
        wait "$build" || failures=$((failures + 1))
    done
    is "$failures" 0 "round $round: six builds at once succeed"
    [ "$failures" = 0 ] || cat /tmp/build.*
    all_apart "round $round"
    destroy_all

    # Two of six are killed somewhere on their way, and tried again.
    make_guests
    build_all
    await 60 at_work 4
    # shellcheck disable=SC2086 # words
    for _ in $(seq $(((round - 1) * 3 % 8))); do
        kill -CONT $builders
        usleep 5000
        at_work 4 || break
    done
    # shellcheck disable=SC2086
    set -- $builders
    for pid in "${1:-}" "${2:-}"; do
        [ -n "$pid" ] && kill -KILL "$pid" && kills=$((kills + 1))
    done
    # shellcheck disable=SC2086
    kill -CONT $builders 2>/dev/null
    killed=''
    for dom in $domains; do
        # shellcheck disable=SC2086
        set -- $builds
        wait "$1" || killed="$killed $dom"
        shift
        builds=$*
    done
    for dom in $killed; do
        destroy "$dom"
        domains=$(echo " $domains " | sed "s/ $dom / /")
        guest hvm "$mib" --bios none -p numa/policy=best-effort
        domains="$dom $domains"
        run "round $round: one more after one was killed" vmctl build "$dom"
    done
    all_apart "round $round, with kills"
    is "$(find /run/xenguest -name '*.numa' | wc -l)" 0 \
        "round $round: no reservation stays"
    destroy_all
done
# In later rounds some may have ended first.
[ "$kills" -ge 2 ]
is $? 0 "builders were killed ($kills)"

for dom in $fillers; do
    destroy "$dom"
done
done_testing
