#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Another builder keeps the lock under which plans are made: that is told, and has
# an end. Best effort and -mem_pnode go on without a reservation, strict fails.
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2119 # without options, run is the plain build
. "$(dirname "$0")/lib.sh"

export XENGUEST_RUN_DIR="$dir/run"
mkdir -m 700 "$dir/run"

# numa POLICY: a world of two nodes.
numa() {
    new_world pv
    rm -f "$dir/debuglog"
    host host/node_free_mib 256,512
    store platform/numa/policy "$1"
}

waited() { has debuglog "waiting for $dir/run/lock, which another builder keeps"; }

# The lock is this shell's until the last process that has fd 7 lets it go.
exec 7>"$dir/run/lock"
flock 7

export XG_FAKE_LOCK_WAIT=20,60
numa best-effort
run -debuglog "$dir/debuglog"
holds 'best-effort goes on' succeeded '1048642 1048643 x86_64-abi'
holds 'best-effort: that it waited is told' waited
holds 'best-effort: that nothing is reserved, too' has debuglog \
    'no memory is reserved: .*another builder has kept it for 60 ms'
holds 'best-effort: placed all the same' has calls \
    "xs_write $platform/numa/result/pages/1 16384\$"

numa strict
run -debuglog "$dir/debuglog"
holds 'strict fails' failed '*: [[]110[]] *another builder has kept it for 60 ms'
holds 'strict: that it waited is told' waited
holds 'strict: nothing was taken' has_not calls '^xc_domain_\(claim\|populate\)'

numa any
run -mem_pnode 1
holds '-mem_pnode goes on' succeeded '1048642 1048643 x86_64-abi'

export XG_FAKE_LOCK_WAIT=20,600000
numa strict
# shellcheck disable=SC2094 # only read here
{
    eventually waited
    flock -u 7
} &
run -debuglog "$dir/debuglog"
wait $!
holds 'a lock that is let go: builds' succeeded '1048642 1048643 x86_64-abi'
holds 'a lock that is let go: with a reservation' has_not debuglog \
    'no memory is reserved'

# ---- a signal

reserved() { ls "$dir"/run/*.numa >/dev/null 2>&1; }
no_reservation() { ! reserved; }

# begin_restore: one that waits for its stream; its process is $pid. Whatever our caller
# has ignored, it has not SIGHUP and SIGTERM, and has SIGINT.
mkfifo "$dir/fifo"
exec 6<>"$dir/fifo"
begin_restore() {
    numa best-effort
    XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store XG_FAKE_LOG=$dir/calls \
        env --default-signal=HUP,TERM --ignore-signal=INT "$XENGUEST" -mode restore \
        -controloutfd 8 -domid 7 -fd 6 -store_port 3 -console_port 4 8>"$dir/control" 2>"$dir/stderr" &
    pid=$!
    eventually reserved
}

# SIGHUP and SIGTERM.
for number in 1 15; do
    begin_restore
    kill -$number $pid
    wait $pid
    holds "signal $number ends a restore, as it would" [ $? = $((128 + number)) ]
    holds "... which leaves no reservation" no_reservation
done
begin_restore
kill -INT $pid
# As far as the double looks at a stream.
{
    printf 'xg-fake-stream\nE'
    head -c 1024 /dev/zero
} >&6
wait $pid
status=$?
holds 'a signal that the caller has ignored does not' \
    [ "$status:$(cat "$dir/control")" = '0:result:1111 2222' ]
holds '... and the reservation is gone with the work' no_reservation
begin_restore
kill -KILL $pid
wait $pid
holds 'a killed one leaves it' reserved
numa best-effort
run
holds '... to the next builder' no_reservation

finish
