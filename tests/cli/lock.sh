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
holds 'strict: nothing was taken' has_not calls 'claim\|populate'

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

finish
