# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# watch.sh - reads a host's results, and tells a host that hangs from one that
# is slow, by what it does and not by how long it takes.
#
# A host's clock counts instructions (see qemu.sh), so a limit that its dom0
# keeps is one of work. dom0 shows its clock: a byte in the host's file "beats"
# every $beat_s of its seconds. A host that is past its limit by that clock is
# over; so is one that sends neither line nor byte while QEMU works for
# $silent_cpu_s or does nothing at all for $still_s, and one whose clock shows
# life, but takes more than $work_per_s of work for a second of what it is granted.
# All are added up look by look: where the machine itself stood still meanwhile,
# that was no work of QEMU's, whatever the kernel's accounts then say, and no time
# in which it could have done any.
#
# A boot takes some 20 s of processor time, a busy second of the host's clock
# between one half and two; a guest that does nothing but fault takes hundreds.
# shellcheck disable=SC2034 # run-host looks at why_over

beat_s=10 silent_cpu_s=300 still_s=300 look_s=2 work_per_s=3
clock_ticks=$(getconf CLK_TCK)

# lock_logs FOLDER: the hosts' files there, such as beats, are this run-host's alone until
# the last of its hosts has ended. Fails when they are another's.
lock_logs() {
    mkdir -p "$1"
    exec {logs_fd}<"$1" && flock -n "$logs_fd"
}

# watch_begin PID FD FILE: of QEMU, its results and the host's beats.
watch_begin() {
    watched_pid=$1 watched_fd=$2 beats_file=$3
    granted_beats='' granted_work='' why_over=''
    last_beats=0 last_cpu_s=0 work_s=0 silent_for=0 still_for=0
    : >>"$beats_file"
    take_cpu_s
}

# grant SECONDS: of the host's clock, from now on; before that, there is no end.
grant() {
    granted_beats=$(($(stat -c %s "$beats_file") + $1 / beat_s + 2))
    granted_work=$((work_s + $1 * work_per_s))
}

# What all QEMU's threads have used, into $cpu_s; fails when it has ended.
take_cpu_s() {
    local stat

    { read -r stat <"/proc/$watched_pid/stat"; } 2>/dev/null || return
    # shellcheck disable=SC2086 # words; its name, in brackets, is its own
    set -- ${stat##*) }
    cpu_s=$(((${12} + ${13}) / clock_ticks))
}

# The work of one look, for which QEMU has a little more than one processor.
add_look() {
    local worked=$((cpu_s - last_cpu_s)) most=$((2 * look_s))

    still_for=$((worked ? 0 : still_for + look_s))
    worked=$((worked < most ? worked : most))
    silent_for=$((silent_for + worked)) work_s=$((work_s + worked))
    last_cpu_s=$cpu_s
}

# Sets $why_over when it fails.
is_at_work() {
    local beats

    # The end of its results tells that it has ended.
    take_cpu_s || return 0
    add_look
    beats=$(stat -c %s "$beats_file")
    [ "$beats" = "$last_beats" ] || silent_for=0
    last_beats=$beats

    if [ "$beats" -gt "${granted_beats:-$beats}" ]; then
        why_over='its time is over by its own clock'
    elif [ "$work_s" -gt "${granted_work:-$work_s}" ]; then
        why_over='its time is over by its work: the clock is slow'
    elif [ "$silent_for" -gt "$silent_cpu_s" ]; then
        why_over="no sign of life in $silent_cpu_s s of processor time"
    elif [ "$still_for" -gt "$still_s" ]; then
        why_over="QEMU has done nothing for $still_s s"
    fi
    [ -z "$why_over" ]
}

# read_result: one line into $line; fails at the end of a host's results, and
# once the host counts as hanging.
read_result() {
    local part

    line=''
    until IFS= read -r -t "$look_s" -u "$watched_fd" part; do
        [ $? -gt 128 ] || return 1
        line+=$part
        is_at_work || return 1
    done
    line+=$part
    take_cpu_s && add_look
    silent_for=0 still_for=0
    return 0
}
