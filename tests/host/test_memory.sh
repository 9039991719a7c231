#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# memory.sh lets a host start beside others if all can come to have what they
# need. Sleeping processes play QEMU, which have so many MiB each.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
cache=$(mktemp -d) || exit 99
# shellcheck source=tests/host/memory.sh
. "$(dirname "$0")/memory.sh"

others=()
trap 'kill "${others[@]}" 2>/dev/null; rm -rf "$cache"' EXIT
# shellcheck disable=SC2317 # memory.sh calls it
say() { echo "$*" >>"$cache/said"; }
# shellcheck disable=SC2317
qemu_mib() { kill -0 "$1" 2>/dev/null && echo "$mib_each"; }

other_host() {
    exec sleep 1000 &
    others+=($!)
    lock_cache
    note_host $! "$1"
}

# A machine of 10000 MiB.
free_mib=10000 mib_each=0
# shellcheck disable=SC2317
awk() { echo $free_mib; }

await_memory 999999
is "$hosts_up" 0 'a host that is alone starts, whatever it needs'
true &
wait $!
note_host $! 999999
await_memory 1
is "$left_mib $hosts_up" '10000 0' 'one that has ended takes nothing'
unlock_cache

other_host 6000
await_memory 4000
is "$left_mib $hosts_up" '4000 1' 'what another may come to need is not left'
unlock_cache
mib_each=5000
await_memory 9000
is "$left_mib" 9000 'but what it has is not subtracted twice'
unlock_cache
mib_each=7000
await_memory 10000
is "$left_mib" 10000 'nor is what it has beyond that given back'
unlock_cache

mib_each=0
(
    # Stands for time, in which the other one ends.
    # shellcheck disable=SC2317
    sleep() {
        flock -n "$cache" true && echo unlocked >>"$cache/said"
        kill "${others[0]}"
        command sleep 0.1
    }
    await_memory 4001
    echo "$left_mib $hosts_up" >>"$cache/said"
)
is "$(sort -u "$cache/said" | paste -sd,)" \
    '10000 0,a host that needs 4001 MiB waits for memory,unlocked' \
    'a host that does not fit waits, and holds up nobody'

end_tests
