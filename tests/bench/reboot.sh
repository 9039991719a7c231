# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# reboot.sh - scripts/bench --reboot: a guest is built of memory that was never used,
# or has been scrubbed; then again at once when it has been destroyed, as a reboot of a
# VM is, when Xen has not scrubbed what it had.
# host: limit=3600 takes=300
# shellcheck disable=SC2154
# shellcheck source=tests/bench/bench.sh
. bench.sh

# again PROGRAM TYPE MIB POLICY: seconds of the first one; then at once, after a tenth of
# a second and after a whole one.
again() {
    build "$@"
    printf '%s' "$(get seconds)"
    for pause in 0 0.1 1; do
        destroy "$dom"
        sleep $pause
        build "$@"
        printf ' %s' "$(get seconds)"
        destroy "$dom"
        quiet
        [ $pause = 1 ] || build "$@"
    done
}

# row TYPE MIB POLICY
row() {
    for program in $programs; do
        again "$program" "$@" | awk -v guest="$1 $2" -v policy="$3" -v by="$program" '
            { printf "%-10s %-16s %-6s %7.3f  %7.3f  %7.2f  %7.2f  %7.2f\n", guest,
                  policy, by, $1, $2, $2 / $1, $3 / $1, $4 / $1 }'
    done
}

echo 'Seconds from exec to the result line; right after such a guest was destroyed; as a'
echo 'part of the first; the same 0.1 s and 1 s after that:'
printf '%-10s %-16s %-6s %7s  %7s  %7s  %7s  %7s\n' guest policy by clean freed ratio \
    0.1-s 1-s
each row
[ "$failed" -eq 0 ]
