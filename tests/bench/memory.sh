# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# memory.sh - scripts/bench --memory: large guests, and how their memory comes beside
# a program that does nothing but populate (populate.c), which is the policy "small".
# Xen scrubs what a guest had that is gone: on a host that has more memory than the
# machine below it, that would take all of it. So guests stay.
# host: nodes=8 size=65536 smp=8 used=7168 limit=3600 takes=300
# shellcheck disable=SC2154
# shellcheck source=tests/bench/bench.sh
. bench.sh

# populated TYPE MIB [COMMAND...]: by the small program.
populated() {
    make_guest "$1" "$2" -
    set -- "$@" /tests/populate "$dom" "$1" "$2"
    shift 2
    "$@" >/tmp/said 2>&1 || fail "populate $bench_mib" "$(cat /tmp/said)"
}

# row TYPE MIB POLICY
row() {
    if [ "$3" = small ]; then
        counted populated "$1" "$2"
        took=-
    else
        counted build ours "$@"
        took=$(get seconds)
    fi
    [ "$3" != small ] || small=${counts##* }
    echo "$counts" | awk -v guest="$1 $(($2 / 1024))" -v policy="$3" \
        -v gib=$(($2 / 1024)) -v took="$took" -v small="${small:-0}" '
        { printf "%-9s %-12s %8s %8s %9.4f %8.5f %7s %8d %8d %8d %8d\n", guest,
              policy, took, took + 0 ? sprintf("%.4f", took / gib) : "-", $10,
              $10 / gib, small + 0 ? sprintf("%.3f", $10 / small) : "-", $2, $7,
              $8, $9 }'
}

echo 'Guests of so many GiB: seconds from exec to the result line, and for each GiB;'
echo 'seconds from the first call that populates to the end of the last, for each GiB,'
echo 'as a part of what the small program takes; calls of privcmd, those that populate,'
echo 'extents, peak KiB:'
printf '%-9s %-12s %8s %8s %9s %8s %7s %8s %8s %8s %8s\n' guest policy seconds \
    a-GiB memory a-GiB ratio privcmd populate extents KiB
each row
[ "$failed" -eq 0 ]
