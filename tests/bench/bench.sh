# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# bench.sh - what the parts of scripts/bench that run in dom0 share: builds of each
# guest in /tests/bench-table under each policy, by the installed xenguest and, where
# it is there, by the other one.
# shellcheck disable=SC2034,SC2154
. numa.sh
# shellcheck disable=SC1091 # what scripts/bench writes
. bench-table

ours=/usr/libexec/xen/bin/xenguest other=/tests/other
programs=ours
[ ! -e $other ] || programs='other ours'

# quiet: freed memory has been scrubbed, which Xen does when it has nothing else to
# do, before it is taken again.
quiet() { sleep 4; }

# make_guest TYPE MIB POLICY [OPTION]...: an empty one, in $dom. Policy "-" is none.
make_guest() {
    bench_type=$1 bench_mib=$2 bench_policy=$3
    shift 3
    [ "$bench_type" != hvm ] || set -- "$@" --bios none
    [ "$bench_policy" = - ] || set -- "$@" -p "numa/policy=$bench_policy"
    [ -z "$bench_vcpus" ] || set -- "$@" --vcpus "$bench_vcpus"
    guest "$bench_type" "$bench_mib" "$@"
}

# program_of ours|other
program_of() {
    if [ "$1" = other ]; then
        echo $other
    else
        echo $ours
    fi
}

# build PROGRAM TYPE MIB POLICY [COMMAND...]: with the command in front. The guest is
# in $dom.
build() {
    builder=$1
    make_guest "$2" "$3" "$4"
    shift 4
    "$@" vmctl build --xenguest "$(program_of "$builder")" "$dom" >/tmp/said 2>&1 ||
        fail "$bench_type $bench_mib $bench_policy" "$(cat /tmp/said)"
}

# done_with: what it took, with $dom gone.
done_with() {
    get seconds
    destroy "$dom"
    quiet
}

# counted COMMAND...: with what count.c counts of it in $counts.
counted() {
    rm -f /tmp/counts
    "$@" env LD_PRELOAD=/tests/count.so XG_BENCH_COUNTS=/tmp/counts
    counts=$(tail -n 1 /tmp/counts)
}

# each COMMAND: with TYPE MIB POLICY of each.
each() {
    for guest_words in $bench_guests; do
        for policy in $bench_policies; do
            "$1" "${guest_words%:*}" "${guest_words#*:}" "$policy"
        done
    done
}
