# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# dom0.sh - dom0's daemons, and what there is of dom0 that a case could leave changed.
# Sourced by dom0-init, and by remains.sh.

xen_daemons='xenstored xenconsoled' state_file=/run/state

# start_daemons: as they begin with the host.
start_daemons() {
    xenstored --pid-file /run/xenstored.pid
    xen-init-dom0 >/dev/null
    xenconsoled --log=all --pid-file=/run/xenconsoled.pid
}

# shellcheck disable=SC2317,SC2329 # by await
daemons_are_gone() {
    # shellcheck disable=SC2086 # words
    ! pidof $xen_daemons >/dev/null
}

# restart_daemons: xenstored dies, and others take its place. xenconsoled ends with it,
# without which a guest stands still as soon as its console's ring is full. For a second
# there is neither.
restart_daemons() {
    kill -9 "$(cat /run/xenstored.pid)"
    sleep 1
    kill "$(cat /run/xenconsoled.pid)" 2>/dev/null
    await 60 daemons_are_gone
    start_daemons
}

# dom0_state: all of it, in lines. Of Xenstore, what has a value: folders stay, as the
# lock for planning does. What Linux can do, and what memory it has, it notes there.
# Of files, those that others use: programs, firmware, cases.
dom0_state() {
    for each in $xen_daemons syslogd; do
        echo "$(pidof "$each" | wc -w) $each"
    done
    cat /proc/mounts
    xenstore-ls -f | grep -v ' = ""$\|^/local/domain/0/\(control/feature-\|memory/meminfo\)'
    xl cpupool-list -c
    xl sched-credit -s 2>/dev/null
    find /etc /run/xenguest /tests /usr/bin /usr/sbin /usr/libexec /usr/lib/xen* \
        /usr/share/ovmf /usr/share/qemu /usr/share/seabios ! -type d ! -name lock \
        -exec ls -ld {} + 2>/dev/null
}

# differences FILE FILE: the lines that only one of them has, with - or + before them.
differences() { diff -U 0 "$1" "$2" | sed '1,2d; /^@/d'; }

# note_state: what state_changes compares with.
note_state() { dom0_state >"$state_file"; }

# state_changes: in a line; it is noted then.
state_changes() {
    mv "$state_file" "$state_file.before"
    note_state
    differences "$state_file.before" "$state_file" | paste -sd ';'
}
