# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# together.sh - scripts/bench --together: eight guests, built one after the other and
# all at once, on four nodes and four processors of dom0's. The host's clock counts the
# instructions of all its processors: what they do at the same time is not less by it,
# what they do for each other's sake (locks, flushes, plans made anew) is more.
# host: smp=4 xen=dom0_max_vcpus=4 limit=3600 takes=300
# shellcheck disable=SC2154
# shellcheck source=tests/bench/bench.sh
. bench.sh

guests_at_once=8 syslog_file=/tmp/syslog
syslogd -n -O $syslog_file &
daemon=$!

centiseconds() { sed 's/\.//; s/ .*//' /proc/uptime; }

make_guests() {
    domains=''
    for _ in $(seq $guests_at_once); do
        make_guest "$@"
        domains="$dom $domains"
    done
}

build_one() {
    vmctl build "$dom" >"/tmp/said.$dom" 2>&1 ||
        fail "$bench_type $bench_mib $bench_policy" "$(cat "/tmp/said.$dom")"
}

destroy_all() {
    for dom in $domains; do
        destroy "$dom"
    done
    quiet
}

# apart: how long that takes, into $took; together the same.
apart() {
    from=$(centiseconds)
    for dom in $domains; do
        build_one
    done
    took=$(($(centiseconds) - from))
}

together() {
    from=$(centiseconds) builds=''
    for dom in $domains; do
        build_one &
        builds="$builds $!"
    done
    # shellcheck disable=SC2086 # pids
    wait $builds
    took=$(($(centiseconds) - from))
}

# row TYPE MIB POLICY
row() {
    make_guests "$@"
    apart
    one_by_one=$took
    destroy_all
    waits=$(grep -c 'waiting for /run/xenguest' "$syslog_file")
    make_guests "$@"
    together
    waits=$(($(grep -c 'waiting for /run/xenguest' "$syslog_file") - waits))
    spilled=0
    for dom in $domains; do
        [ "$3" = - ] || spilled=$((spilled + $(result spilled)))
    done
    destroy_all
    [ "$3" != - ] || plain=$took
    echo "$one_by_one $took $plain $waits $spilled" |
        awk -v guest="$1 $2" -v policy="$3" '
        { printf "%-10s %-16s %8.2f %8.2f %7.2f %7.2f %6d %8d\n", guest, policy,
              $1 / 100, $2 / 100, $2 / $1, $2 / $3, $4, $5 }'
}

echo 'Eight guests: seconds one after the other, and at once, toolstack included; as a'
echo 'part of the first; of the same without a policy; waits for the planning lock that'
echo 'were long enough to be told, pages that spilled:'
printf '%-10s %-16s %8s %8s %7s %7s %6s %8s\n' guest policy apart at-once ratio \
    plain waits spilled
each row
kill $daemon
[ "$failed" -eq 0 ]
