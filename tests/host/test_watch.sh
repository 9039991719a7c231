#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# watch.sh tells a host that hangs from a slow one. Shell loops play QEMU.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/host/watch.sh
. "$(dirname "$0")/watch.sh"

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
beats=$dir/beats

# watch TEXT WANTED SECONDS COMMAND: the lines that a host's results bring and
# why it is over; SECONDS are those it is granted, '' for no end.
watch() {
    local text=$1 wanted=$2 seconds=$3 got='' host fd

    rm -f "$beats"
    # One that is left over, where this test is killed, ends by that limit.
    exec {fd}< <(ulimit -t 100; beats=$beats exec bash -c "$4")
    host=$!
    watch_begin "$host" "$fd" "$beats"
    [ -z "$seconds" ] || grant "$seconds"
    while read_result; do
        # shellcheck disable=SC2154 # read_result sets it
        got+="$line; "
    done
    kill "$host" 2>/dev/null
    exec {fd}<&-

    is "$got$why_over" "$wanted" "$text"
}

# shellcheck disable=SC2034 # limits of watch.sh's
look_s=1 silent_cpu_s=1 still_s=300
busy='for ((i = 0; i < 100000; i++)); do :; done'

# A folder of run-host's, which sources watch.sh.
work=/work
watch 'a host that ends by itself' 'one; two; ' '' 'echo one; echo two; printf cut'
watch 'one that works and says nothing' \
    "no sign of life in $silent_cpu_s s of processor time" '' \
    'while :; do :; done'
watch 'one that works as long, and shows its clock, is just slow' 'through; ' \
    1000 "for n in {1..20}; do $busy; printf . >>\$beats; done; echo through"
watch 'so is one that says a line at times' 'a; a; a; a; a; a; a; a; through; ' \
    '' "for n in {1..8}; do $busy; $busy; echo a; done; echo through"
# An hour on the accounts between two looks, as of a machine that was suspended.
# shellcheck disable=SC2317 # by watch.sh
take_cpu_s() {
    looks=$((looks + 1))
    cpu_s=$((looks * looks_s))
    kill -0 "$watched_pid" 2>/dev/null
}
looks=0 looks_s=3600 silent_cpu_s=100
watch 'one whose machine stood still is as alive as before' 'through; ' '' \
    'sleep 4; echo through'
looks=0 looks_s=60 silent_cpu_s=3
watch 'but one that does that for long' \
    "no sign of life in $silent_cpu_s s of processor time" '' 'exec sleep 1000'
# shellcheck source=tests/host/watch.sh
. "$(dirname "$0")/watch.sh"
look_s=1 silent_cpu_s=1

watch 'one that goes on and on, by its clock' \
    'its time is over by its own clock' 30 \
    "while :; do $busy; printf . >>\$beats; done"
work_per_s=0
watch 'one whose clock goes, but takes too much work for it' \
    'its time is over by its work: the clock is slow' 1000 \
    "while :; do $busy; printf . >>\$beats; done"
work_per_s=3
watch 'a line that comes in pieces is one line' 'piece by piece; ' '' \
    'printf "piece "; sleep 2; printf "by "; sleep 2; echo piece'
still_s=2
watch 'one that stands still' \
    "started; QEMU has done nothing for $still_s s" '' \
    'echo started; exec sleep 1000'
is "$work" /work "what is run-host's is left alone"

# ---- a run-host's logs

# locks FOLDER: another run-host does, and ends.
locks() { (lock_logs "$1" && echo its || echo no); }

logs=$dir/logs
is "$(locks "$logs/here")" its 'a folder of logs is made'
lock_logs "$logs/here"
is "$(locks "$logs/here")" no "one that a run-host has is no other's"
is "$(locks "$logs/there")" its '... who can have another'
exec {logs_fd}<&-
is "$(locks "$logs/here")" its "... or that one, when the first has ended"

end_tests
