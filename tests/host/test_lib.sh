#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# lib.sh's bring_up has one try, and says what went wrong; await takes as long as
# the clock allows. Functions stand in for dom0's programs and its clock.
# shellcheck disable=SC2317,SC2329 # lib.sh calls them
# shellcheck source=tests/host/lib.sh
. "$(dirname "$0")/lib.sh"

calls='' now=1000 fails=''
date() { echo $now; }
usleep() { now=$((now + 1)); }
console() { echo "console of $1"; }
create() { dom=$((${dom:-0} + 1)); }

# vmctl_calls are in a file: lib.sh calls vmctl in subshells.
seen=$(mktemp) || exit 99
trap 'rm -f "$seen"' EXIT
vmctl() {
    [ "$1" != dmesg ] || { echo "(XEN) d${dom}v0 Triple fault" && return; }
    echo "$1" >>"$seen"
    [ "$1" != "$fails" ] || { echo "no $1" && return 1; }
}

# tries STEP: bring_up where that step of vmctl's fails. Leaves $status, $calls.
tries() {
    fails=$1 dom=''
    : >"$seen"
    bring_up 'some text' 90 create
    status=$?
    calls=$(tr '\n' ' ' <"$seen")
}

tries nothing
is "$status $calls" '0 build start wait ' 'bring_up: build, start and wait'
steps=''
for step in build start wait; do
    tries $step
    steps="$steps$step "
    is "$status d$dom $calls" "1 d1 $steps" \
        "bring_up: a failed $step fails it, and is tried once"
    like "$output" "no $step*" "bring_up: $step's words are kept"
done
like "$output" '*console of 1*Triple fault*' \
    'bring_up: with what the guest and Xen have said'

# shellcheck disable=SC2317
at() { [ "$now" -ge "$1" ]; }
await 60 at 1050
is $? 0 'await: what comes within its time'
await 60 at 1200
is "$?, $((now - 1050))" '1, 61' 'await: and not what comes later'
await 0 at $now
is $? 0 'await: what is there already'

done_testing
