# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# remains.sh - whether guests that are gone have left anything on the host. Sourced
# after numa.sh.
# shellcheck disable=SC2154
. dom0.sh

noted=/tmp/remains.noted

# All that could stay but memory: claims, Xenstore's nodes, files, processes. xl itself
# leaves no trace; what dom0's memory is, Linux notes in Xenstore. The first domain makes
# folders there for all, such as /vmctl, and the first plan its lock: they stay.
remains() {
    xl claims | awk 'NR > 1 && $NF != 0'
    xenstore-ls -f | grep -v 'memory/meminfo\|^/[a-z]* = ""$'
    find /run/xenguest /run/xen/xenguest* /var/xen ! -type d ! -name lock 2>/dev/null
    pidof xenguest
}

note_host() {
    pages_noted=$(vmctl get 0 host-node-pages)
    remains >"$noted"
}

# same_host MOST: as it was noted, but for so many pages of a node; what differs is in
# $changed. Xen's own allocator (xmalloc) keeps a few now and then: ten guests with
# virtual nodes took 7, the eighty after them 6.
same_host() {
    changed=$(remains | differences "$noted" -)
    pages_now=$(vmctl get 0 host-node-pages)
    echo "$pages_noted $pages_now" | awk -v most="$1" '{
        for (i = 1; i <= NF / 2; i++)
            if ($i - $(i + NF / 2) > most)
                exit 1 }' ||
        changed="pages by node: $pages_noted, now $pages_now
$changed"
    [ -z "$changed" ]
}

# small_guest KIND OPTION...: an empty domain for a small one: pv, pvh or hvm, pod for
# one that is populated on demand, vnodes for one that has two, or counter for one that
# /tmp/saved.16 may be restored to; its domid in $dom.
small_guest() {
    kind=$1
    shift
    case $kind in
    pv) guest pv 100 "$@" ;;
    pvh) guest pvh 100 "$@" ;;
    vnodes) guest pvh 130 --vcpus 2 -p numa/vnodes=2 "$@" ;;
    hvm) guest hvm 64 --bios none "$@" ;;
    pod) guest hvm 64 --bios none --mem-start 32 "$@" ;;
    counter) create --type pvh --image /guest/counter-pvh --cmdline '' --mem 16 "$@" ;;
    esac
}

# saved_counter MIB: such a guest, frozen, in $dom, and what it was in /tmp/saved.MIB.
saved_counter() {
    small_guest counter --mem "$1"
    run 'a counter: builds' vmctl build "$dom"
    vmctl start "$dom"
    counts_from 0 'a counter: runs'
    vmctl freeze "$dom"
    run 'a counter: is saved' vmctl save "$dom" "/tmp/saved.$1"
}

# random_work N SEED: so many lines "KIND POLICY WORK MIB": builds mostly, and restores
# of the counters.
random_work() {
    awk -v n="$1" -v seed="$2" 'BEGIN {
        srand(seed)
        nr_kinds = split("pv pvh vnodes hvm pod counter", kinds)
        nr_policies = split("any best-effort best-effort-hard prio-mem-only " \
            "strict interleave", policies)
        for (i = 0; i < n; i++) {
            kind = kinds[1 + int(rand() * nr_kinds)]
            policy = policies[1 + int(rand() * nr_policies)]
            if (kind == "counter")
                print kind, policy, "restore", rand() < 0.5 ? 16 : 48
            else
                print kind, kind == "vnodes" ? "best-effort" : policy, "build",
                    100 + int(rand() * 160)
        }
    }'
}

# begin_work KIND POLICY WORK [MIB]: in the background; its output is in
# /tmp/out.DOMID.
begin_work() {
    small_guest "$1" -p numa/policy="$2" ${4:+--mem "$4"}
    case $3 in
    build) vmctl build "$dom" >"/tmp/out.$dom" 2>&1 & ;;
    restore) vmctl restore "$dom" "/tmp/saved.${4:-16}" >"/tmp/out.$dom" 2>&1 & ;;
    esac
}
