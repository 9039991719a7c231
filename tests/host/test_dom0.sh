#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# dom0.sh and remains.sh tell what is other than it was, also with dom0's busybox.
# Functions and files stand in for the host.
set -u
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
PATH=$(dirname "$0"):$PATH # for what sources the others
# shellcheck source=tests/host/remains.sh
. remains.sh

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
noted=$dir/remains.noted state_file=$dir/state

# shellcheck disable=SC2317,SC2329
diff() { $diff "$@"; }
# shellcheck disable=SC2317,SC2329
vmctl() { cat "$dir/pages"; }
# shellcheck disable=SC2317,SC2329
remains() { cat "$dir/now"; }
# shellcheck disable=SC2317,SC2329
dom0_state() { cat "$dir/now"; }

# now LINE...: what there is.
now() { printf '%s\n' "$@" >"$dir/now"; }

for diff in 'command diff' 'busybox diff'; do
    [ "$diff" = 'command diff' ] || command -v busybox >/dev/null || continue
    echo '100 200' >"$dir/pages"
    now '/vmctl/1 = "a"' '1 xenconsoled'
    note_host
    same_host 8
    is "$?$changed" 0 "$diff: the same host"
    echo '92 200' >"$dir/pages"
    same_host 8
    is "$?$changed" 0 "$diff: a few pages less"
    now '/vmctl/1 = "a"' '/vmctl/2 = "b"' '1 xenconsoled'
    same_host 8
    is "$? $changed" '1 +/vmctl/2 = "b"' "$diff: one node of Xenstore's more"
    echo '91 200' >"$dir/pages"
    now '/vmctl/1 = "a"' '1 xenconsoled'
    same_host 8
    is "$? $(echo "$changed" | head -n 1)" \
        '1 pages by node: 100 200, now 91 200' "$diff: too many pages less"

    note_state
    is "$(state_changes)" '' "$diff: the same state"
    now '/vmctl/1 = "a"' '0 xenconsoled' '-rw-r--r-- other.fd'
    is "$(state_changes)" '-1 xenconsoled;+0 xenconsoled;+-rw-r--r-- other.fd' \
        "$diff: the state has changed"
    is "$(state_changes)" '' "$diff: which is told once"
done

end_tests
