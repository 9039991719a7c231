# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# counter.sh - the guests of one page that count (see guest/counter.S). Sourced
# after lib.sh.
# shellcheck disable=SC2154

# What domain $dom counted, a number a line.
counts() { vmctl dmesg | sed -n "s/.*(d$dom) count=/0x/p"; }

# count_is_past N: leaves $now.
# shellcheck disable=SC2317 # by await
count_is_past() {
    now=$(counts | tail -n 1)
    [ $((${now:-0})) -gt "$1" ]
}

# counts_from N TEXT: the guest counts beyond that, and not from the start. Of the
# line that it was at when it was frozen, nobody has seen the whole.
counts_from() {
    await 60 count_is_past $(($1 + 3))
    first=$(counts | head -n 1)
    if [ $((${now:-0})) -gt $(($1 + 3)) ] && [ $((first)) -gt "$1" ] &&
        [ $((first)) -le $(($1 + 2)) ] && ! vmctl dmesg | grep -q "(d$dom) wrong"; then
        ok "$2"
    else
        fail "$2" "from $1: first ${first:-none}, last ${now:-none}
$(vmctl dmesg | tail -n 5)"
    fi
}
