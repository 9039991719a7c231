# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate.sh - scripts/bench --migrate: guests that rewrite so many pages ten times a
# second move, live, from one domain into another, between two listening xenguests.
# host: limit=3600 takes=300
# shellcheck disable=SC2154
# shellcheck source=tests/bench/bench.sh
. bench.sh
# shellcheck source=tests/host/migrate.sh
. migrate.sh

# move_at RATE TYPE MIB POLICY
move_at() {
    text="$2 $3, $1 pages, $4" rate=$1
    bring_up 'worker count=' 300 create_like "$2" "$rate" "$3" ||
        fail "$text: is at work" "$output"
    source=$dom
    if [ "$4" = - ]; then
        create_like "$2" "$rate" "$3"
    else
        create_like "$2" "$rate" "$3" -p "numa/policy=$4"
    fi
    output=$(migrate "$source" "$dom" --style xenserver 2>&1) ||
        fail "$text: migrates" "$output"
    printf '%-10s %6s %-12s %8s %8s %8s %8s %8s\n' "$2 $3" "$rate" "$4" \
        "$(said total_ms)" "$(said save_ms)" "$(said down_ms)" "$(said sent)" \
        "$(said iterations)"
    destroy "$dom"
    destroy "$source"
    quiet
}

row() {
    for rate in 0 40 400; do
        move_at "$rate" "$@"
    done
}

echo 'Live migrations: pages that the guest rewrites ten times a second; milliseconds in'
echo 'all, of the save, and from the suspend to the end; frames that were gone through, passes:'
printf '%-10s %6s %-12s %8s %8s %8s %8s %8s\n' guest pages policy total save down \
    frames passes
each row
[ "$failed" -eq 0 ]
