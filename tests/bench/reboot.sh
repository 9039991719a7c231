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

# twice PROGRAM TYPE MIB POLICY: the seconds of the one and of the other.
twice() {
    build "$@"
    first=$(get seconds)
    destroy "$dom"
    build "$@"
    echo "$first $(get seconds)"
    destroy "$dom"
    quiet
}

# row TYPE MIB POLICY
row() {
    took=$(twice ours "$@") against='- -'
    [ "$programs" = ours ] || against=$(twice other "$@")
    echo "$took $against" | awk -v guest="$1 $2" -v policy="$3" '
        { printf "%-10s %-16s %7.3f  %7.3f  %7.2f  %7s  %7s\n", guest, policy, $1,
              $2, $2 / $1, $4, $4 + 0 ? sprintf("%.2f", $2 / $4) : "-" }'
}

echo 'Seconds from exec to the result line; right after such a guest was destroyed; as a'
echo "part of the first; the other program's right after it; as a part of these:"
printf '%-10s %-16s %7s  %7s  %7s  %7s  %7s\n' guest policy clean freed ratio \
    other ratio
each row
[ "$failed" -eq 0 ]
