#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# xenstored does not answer for a while: that is told, once for a request, and when
# it has an end; and all goes on as if nothing had been.
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2119 # without options, run is the plain build
. "$(dirname "$0")/lib.sh"

# A request that is late takes 300 ms.
export XG_FAKE_STORE_WAIT=20

lines() { grep -c "$1" "$dir/debuglog"; }

# late CALL:NTH [TEXT]: ... of a build, which is then told of with that text. On a busy
# machine others may be, too.
late() {
    new_world pv
    rm -f "$dir/debuglog"
    host host/node_free_mib 256,512
    store platform/numa/policy best-effort
    failure=$1:LATE
    run -debuglog "$dir/debuglog"
    failure=''
    holds "$1 is late: builds" succeeded '1048642 1048643 x86_64-abi'
    holds "$1 is late: that it waits is told" has debuglog \
        "waiting for xenstored, which has not answered ${1%:*} for [0-9]* ms$2\$"
    holds "$1 is late: once" \
        [ "$(lines 'waiting for')" -eq "$(lines 'has answered after')" ]
    holds "$1 is late: that it goes on, too" has debuglog \
        'xenstored has answered after [0-9]* ms'
}

late xs_open:1 ''
late xs_directory:1 ': .*platform'
late xs_read:1 ': .*'
late xs_transaction_start:1 ': platform/numa/result'
late xs_rm:1 ': platform/numa/result'
late xs_write:1 ': .*'
late xs_transaction_end:1 ': platform/numa/result'

# The signal that tells of it may be blocked by whoever starts us.
if env --block-signal=RTMIN true 2>/dev/null; then
    XG_WRAPPER="env --block-signal=RTMIN ${XG_WRAPPER:-}"
    late xs_read:2 ': .*'
else
    skip 'env can not block signals'
fi

export XG_FAKE_STORE_WAIT=600000
new_world pv
rm -f "$dir/debuglog"
run -debuglog "$dir/debuglog"
holds 'nothing is late: builds' has debuglog 'result 1048642 1048643'
holds 'nothing is late: not a word' has_not debuglog 'xenstored'

finish
