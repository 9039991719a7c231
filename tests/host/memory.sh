# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# memory.sh - hosts of one run-host or of several are up at the same time as far
# as the machine's memory reaches. $cache/hosts has a line "PID MIB" of each: its
# QEMU, and what it may come to need. Who looks at that, or makes images, holds
# the lock of $cache.
# Sourced by run-host, after images.sh.
# shellcheck disable=SC2154

lock_cache() {
    mkdir -p "$cache"
    exec {cache_fd}<"$cache"
    flock "$cache_fd"
}

unlock_cache() { exec {cache_fd}<&-; }

# What a process has in memory, in MiB; fails when it is no QEMU (any more).
qemu_mib() {
    grep -qs '^qemu-system' "/proc/$1/comm" || return
    awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$1/status" 2>/dev/null
}

# Free memory, less what the hosts that are up have not taken yet, into
# $left_mib; their number into $hosts_up.
look_at_memory() {
    local pid mib has lines=()

    left_mib=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
    touch "$cache/hosts"
    while read -r pid mib; do
        has=$(qemu_mib "$pid") || continue
        lines+=("$pid $mib")
        left_mib=$((left_mib - (mib > has ? mib - has : 0)))
    done <"$cache/hosts"
    hosts_up=${#lines[@]}
    printf '%s' "${lines[@]/%/$'\n'}" >"$cache/hosts"
}

# await_memory MIB: returns, holding the lock, once there is so much. A host
# that is alone starts in any case.
await_memory() {
    local told=''

    while lock_cache && look_at_memory; do
        [ "$left_mib" -lt "$1" ] && [ "$hosts_up" -gt 0 ] || return 0
        unlock_cache
        [ -n "$told" ] || say "a host that needs $1 MiB waits for memory"
        told=yes
        sleep 2
    done
}

# note_host PID MIB: and lets go of the lock.
note_host() {
    echo "$1 $2" >>"$cache/hosts"
    unlock_cache
}
