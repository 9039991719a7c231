# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# plan.sh - runs cases in dom0, one after the other, and tells run-host of it (see
# dom0-init, which sources this after signs.sh and dom0.sh).
# shellcheck disable=SC2154

cases=/tests/cases logs=/var/log/xen starts=0

uptime_seconds() { cut -d. -f1 /proc/uptime; }

# Nothing that one case leaves behind may reach the next; after a script that is run
# alone there is none.
clean_up() {
    [ "$1" != plain ] || return
    xl list 2>/dev/null | awk 'NR > 1 && $2 != 0 { print $2 }' |
        while read -r domid; do
            echo "# case $1 left domain $domid behind"
            xl destroy "$domid" 2>/dev/null
        done
    rm -rf /tmp/* /var/xen/xenguest /run/xen/xenguest*
}

# What xenguests tell syslog meanwhile is kept; not of a script that is run alone, which
# may measure.
begin_log() {
    [ "$1" != plain ] || return
    syslogd -n -O "$logs/$1.syslog" &
    daemon=$!
}

end_log() {
    [ "$1" != plain ] || return
    kill "$daemon" 2>/dev/null
    wait "$daemon" 2>/dev/null
    echo "@sandbox $(told_of_sandbox "$logs/$1.syslog")"
}

# What a case has changed of the host, those that follow would find.
tell_changes() {
    [ "$1" != plain ] || return
    changes=$(state_changes)
    echo "@changed${changes:+ $changes}"
}

# told_of_sandbox FILE: how many xenguests wrote to syslog that they were sealed; then
# what should not be: those that had a result and were not, and the system calls that
# any was refused. A plan is no guest, and looks into nothing that needs a seal.
told_of_sandbox() {
    awk '
        match($0, /xenguest[^ ]*: /) { who = substr($0, RSTART, RLENGTH - 2) }
        / sandbox: sealed/ { sealed++; is_sealed[who] = 1 }
        / (result [0-9]|completed: rings)/ && who !~ /-plan/ { has_result[who] = 1 }
        sub(/.* sandbox: refused the system call /, "") { wrong["refused:" $1] }
        END {
            for (who in has_result)
                if (!(who in is_sealed))
                    wrong["unsealed:" who]
            print sealed + 0
            for (what in wrong)
                print what
        }' "$1" 2>/dev/null | {
        read -r sealed
        echo "${sealed:-0} $(sort | paste -sd ' ')" | sed 's/ $//'
    }
}

# run_case NAME LIMIT: leaves $status, what $sign of the emulator its guests show,
# and their number in $starts.
run_case() {
    begin_log "$1"
    # A case of its own session: a stray child is ended with it.
    setsid timeout -s KILL "$2" sh "$cases/$1.sh"
    status=$?
    clean_up "$1"
    end_log "$1"
    tell_changes "$1"
    xl dmesg -c >>"$logs/$1.dmesg"
    sign=$(emulator_sign "$logs/console")
    mkdir -p "$logs/console/$1"
    # One for each guest that was started: a PV console's, or a device model's.
    for log in "$logs"/console/guest-*.log "$logs"/serial-*.log; do
        [ -e "$log" ] || continue
        starts=$((starts + 1))
        mv "$log" "$logs/console/$1"
    done
}

# run_plan: of lines "NAME LIMIT". What fails with a sign of the emulator runs a
# second time, and a third, and never a fourth.
run_plan() {
    note_state
    while read -r name limit; do
        echo "@case $name"
        began=$(uptime_seconds)
        run_case "$name" "$limit"
        for _ in 2 3; do
            if [ "$status" -ne 0 ] && [ -n "$sign" ]; then
                echo "@again $name $sign"
                run_case "$name" "$limit"
            fi
        done
        echo "@end $name $status $(($(uptime_seconds) - began))"
    done
    echo "@starts $starts"
}
