# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# bench.sh - the part of scripts/bench that runs in dom0: builds of each guest in
# /tests/bench-table under each policy, by the installed xenguest and, where it is
# there, by the other one; the first round for time, the second for counts.
# host: takes=300
# shellcheck disable=SC2154
. numa.sh
# shellcheck disable=SC1091 # what scripts/bench writes
. bench-table

ours=/usr/libexec/xen/bin/xenguest other=/tests/other
programs=ours
[ ! -e $other ] || programs='other ours'
rm -f /tmp/counts

# quiet: freed memory has been scrubbed, which Xen does when it has nothing else to
# do, before it is taken again.
quiet() { sleep 4; }

# build PROGRAM TYPE MIB POLICY [COMMAND...]: with the command in front. Policy "-"
# is none. The guest is in $dom.
build() {
    program=$other bench_type=$2 bench_mib=$3 bench_policy=$4
    [ "$1" = other ] || program=$ours
    shift 4
    make_guest
    "$@" vmctl build --xenguest $program "$dom" >/tmp/said 2>&1 ||
        fail "$bench_type $bench_mib $bench_policy" "$(cat /tmp/said)"
}

make_guest() {
    set --
    [ "$bench_type" != hvm ] || set -- "$@" --bios none
    [ "$bench_policy" = - ] || set -- "$@" -p "numa/policy=$bench_policy"
    [ -z "$bench_vcpus" ] || set -- "$@" --vcpus "$bench_vcpus"
    guest "$bench_type" "$bench_mib" "$@"
}

# seconds PROGRAM TYPE MIB POLICY: from exec to the result line.
seconds() {
    build "$@"
    get seconds
    destroy "$dom"
    quiet
}

# count PROGRAM TYPE MIB POLICY: a row of count.c's.
count() {
    rm -f /tmp/counts
    build "$@" env LD_PRELOAD=/tests/count.so XG_BENCH_COUNTS=/tmp/counts
    tail -n 1 /tmp/counts
    destroy "$dom"
    quiet
}

each() {
    for guest_words in $bench_guests; do
        for policy in - $bench_policies; do
            "$1" "${guest_words%:*}" "${guest_words#*:}" "$policy"
        done
    done
}

# time_row TYPE MIB POLICY: what it took as seconds, as a part of what no policy
# takes, and of what the other program took.
time_row() {
    took=$(seconds ours "$@")
    against=-
    [ "$programs" = ours ] || against=$(seconds other "$@")
    [ "$3" != - ] || plain=$took
    echo "$took $plain $against" | awk -v guest="$1 $2" -v policy="$3" '
        { printf "%-10s %-16s %7.3f  %7.2f  %7s  %7s\n", guest, policy, $1,
              $1 / $2, $3, $3 + 0 ? sprintf("%.2f", $1 / $3) : "-" }'
}

count_row() {
    for program in $programs; do
        printf '%-10s %-16s %-6s' "$1 $2" "$3" "$program"
        # shellcheck disable=SC2046 # a row
        printf ' %8s' $(count "$program" "$@")
        echo
    done
}

# Files that nobody has read yet, memory that nobody has used.
for program in $programs; do
    for guest_words in $bench_guests; do
        seconds "$program" "${guest_words%:*}" "${guest_words#*:}" - >/dev/null
    done
done

echo 'Seconds from exec to the result line; as a part of those without a policy;'
echo "the other program's; as a part of these:"
printf '%-10s %-16s %7s  %7s  %7s  %7s\n' guest policy seconds plain other ratio
each time_row
echo
echo 'Up to the result line: requests to Xenstore; calls of privcmd, of these'
echo 'memory, domctl, sysctl and hvm_op; populate calls, extents; peak KiB:'
printf '%-10s %-16s %-6s' guest policy by
printf ' %8s' xenstore privcmd memory domctl sysctl hvm_op populate extents KiB
echo
each count_row
[ "$failed" -eq 0 ]
