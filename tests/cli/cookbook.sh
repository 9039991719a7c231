#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# docs/cookbook.md: each plan in it is what -mode plan prints of the world that the
# remark above it describes. `tests/cli/cookbook.sh FILE` writes a copy that is.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
book=$(dirname "$0")/../../docs/cookbook.md
copy=${1:-$dir/copy}

device 0000:03:00.0 10de 1eb8 '0x00000000e0000000 0x00000000e3ffffff 0x0000000000040200'

# plan_of REMARK: plan KIND WORD... : OPTION...
plan_of() {
    # shellcheck disable=SC2086 # words
    set -- $1
    "$2"
    host host/free_mib 1000000
    shift 2
    while [ "$1" != : ]; do
        case $1 in
        @*) key=${1%%=*} && host "${key#@}" "${1#*=}" ;;
        *) store "${1%%=*}" "${1#*=}" ;;
        esac
        shift
    done
    shift
    raw -mode plan -domid 7 "$@"
    sed -n '/^Plan/,$p' "$dir/stdout"
}

nr_plans=0
inside=no
while IFS= read -r line; do
    case $line in
    '<!-- plan '*)
        remark=${line#'<!-- '}
        echo "$line"
        ;;
    '```')
        [ $inside = yes ] || { echo "$line" && plan_of "${remark% -->}"; }
        [ $inside = no ] || echo "$line"
        case $inside in yes) inside=no ;; *) inside=yes nr_plans=$((nr_plans + 1)) ;; esac
        ;;
    *) [ $inside = yes ] || printf '%s\n' "$line" ;;
    esac
done <"$book" >"$copy"

holds "$nr_plans plans" [ $nr_plans -ge 6 ]
diff "$book" "$copy" >"$dir/calls"
holds 'each is what the program prints' [ ! -s "$dir/calls" ]
finish
