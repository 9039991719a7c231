#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Two servers in listen mode, the source's and the target's, and emumigrate
# between them: in each order that the known clients have, with the stream cut
# or corrupted all over, aborted and left in each phase.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

emumigrate=$(dirname "$XENGUEST")/tests/host/emumigrate
new_world hvm
host domain/max_pages 16384 # -mem_pnode wants them all

# It has said Ready, or ended.
is_up() { [ -s "$dir/$1.stdout" ] || [ -s "$dir/$1.status" ]; }

# serve NAME [SECONDS[,SECONDS]]: a server, and how long it waits for a client (see
# fake_where.c); its control channel is $dir/NAME.control, its exit status, once it
# has ended, $dir/NAME.status.
serve() {
    rm -rf "$dir/$1".*
    (
        # shellcheck disable=SC2086 # the wrapper is several words
        XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store \
            XG_FAKE_LOG=$dir/$1.calls XG_FAKE_SOCKET=$dir/$1.run/socket \
            XG_FAKE_WAIT=${2:-600} ${XG_WRAPPER:-} "$XENGUEST" -debug \
            -domid 7 -controloutfd 2 -controlinfd 0 -mode listen \
            </dev/null >"$dir/$1.stdout" 2>"$dir/$1.control"
        echo $? >"$dir/$1.status"
    ) &
    eventually is_up "$1"
}

# migrate OPTION...: emumigrate's $status, its output in $dir/said, and how both
# servers have ended in $ends.
migrate() {
    serve source ${patience:+"$patience"}
    serve target
    "$emumigrate" --source "$dir/source.run/socket" \
        --target "$dir/target.run/socket" --ports 3,4 --suspend true "$@" \
        >"$dir/said" 2>&1
    status=$?
    wait
    ends="$(cat "$dir/source.status") $(cat "$dir/target.status")"
}

tidy() {
    [ ! -e "$dir/source.run" ] && [ ! -e "$dir/target.run" ] &&
        [ ! -s "$dir/source.control" ] && [ ! -s "$dir/target.control" ]
}

one_error() {
    [ "$(wc -l <"$dir/$1.control")" = 1 ] &&
        grep -qE '^error:xenguest: [a-z_0-9]+: \[[0-9]+\] .+$' \
            "$dir/$1.control"
}

# ---- each client's order

for style in xenserver xcpng suspend-first nonlive; do
    case $style in
    xcpng) migrate --style $style --mem-pnode 0 ;;
    *) migrate --style $style ;;
    esac
    holds "$style: migrates" [ "$status" = 0 ]
    holds "$style: the target's frames" has said '^result 1111 2222$'
    holds "$style: both end with 0, and leave nothing" \
        [ "$ends" = '0 0' ]
    holds "$style: nothing on the control channels" tidy
done

# A guest that never comes to rest, and one that does to either rule's limit.
for style in xenserver xcpng; do
    host save/dirty '4096 2000'
    migrate --style $style
    holds "$style: a busy guest is stopped after four passes" has said \
        '^passes 4 '
    host save/dirty '4096 300 50 49'
    migrate --style $style
    case $style in
    xenserver) wanted=3 ;;
    xcpng) wanted=2 ;;
    esac
    holds "$style: one that comes to rest after $wanted" has said \
        "^passes $wanted "
done
host save/dirty '4096 300 20'

# ---- streams that break. One has some 73000 bytes.

broken() {
    what=$1
    shift
    migrate "$@"
    holds "$what: fails" [ "$status" = 1 ]
    case $ends in
    '0 1' | '1 1') pass "$what: the target ends with 1" ;;
    *) fail "$what: ends with $ends" ;;
    esac
    holds "$what: and says so in one line" one_error target
}

places=$(awk 'BEGIN {
    srand(5)
    for (i = 0; i < 50; i++)
        printf "%d ", rand() * 72000
}')
for cut in $places; do
    broken "cut at $cut" --cut "$cut"
done
broken 'cut at 0' --cut 0
broken 'a byte of the first line' --flip 3
broken 'a byte further on' --flip 15

# ---- aborts, and clients that go away

for phase in init live dirty pause suspended; do
    migrate --at $phase --do abort
    holds "abort, $phase" has said '^aborted$'
    case $phase in
    init) wanted='0 1' ;;
    *) wanted='1 1' ;;
    esac
    holds "abort, $phase: both end as they should" [ "$ends" = "$wanted" ]
    holds "abort, $phase: the target has one line" one_error target
done

# The source alone loses its patience: were it the target too, either might be first,
# and the other one's stream would break.
patience=600,1
for phase in init live dirty pause suspended; do
    migrate --at $phase --do leave
    holds "gone, $phase: both end with 1" [ "$ends" = '1 1' ]
    holds "gone, $phase: the source says why" has source.control \
        '\[110\] no client for 1 s'
    holds "gone, $phase: the target has one line" one_error target
done

finish
