#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# signs.sh finds the emulator's faults in guests' logs and the host's, and takes
# nothing else for one of them.
set -u
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/host/signs.sh
. "$(dirname "$0")/signs.sh"

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

# sign TEXT WANTED LINE...: of a guest's log with these lines.
sign() {
    text=$1 wanted=$2
    shift 2
    printf '%s\n' "$@" >"$dir/guest-vm3.log"
    is "$(emulator_sign "$dir")" "$wanted" "$text"
}

sign 'a guest that is well' '' 'Linux version 6.1.0' 'guest-done'
sign 'its FPU state is broken' 'Bad FPU state' 'guest-report' \
    '[    4.1] Bad FPU state detected at restore_fpregs_from_fpstate+0x41/0x80'
sign 'its entry stack overflows' 'the entry stack overflows' \
    '[   51.628722]  ? asm_sysvec_xen_hvm_callback+0xb/0x20' \
    '[   51.628916]  </ENTRY_TRAMPOLINE>' \
    '[   51.749216] RIP: 0010:error_entry+0xb/0x130'
sign 'it writes what it does not mean to' 'what is written is wrong at once' \
    'worker count=30 bad=0' 'worker: page 1240 is not as just written' \
    'worker count=40 bad=400'
sign 'its pages are wrong later than when they were written' '' \
    'worker count=30 bad=0' 'worker count=40 bad=400'
sign 'a guest that panics' '' \
    '[    2.0] Kernel panic - not syncing: VFS: Unable to mount root fs' \
    '[    2.0] RIP: 0010:panic+0x1/0x2'
sign 'one that is killed while in its entry code' '' \
    '[   51.628916]  </ENTRY_TRAMPOLINE>' '[    2.0] RIP: 0010:do_exit+0x1/0x2'
rm -f "$dir"/*
is "$(emulator_sign "$dir")" '' 'no guest at all'

# host TEXT WANTED LINE...: of a host's log with these lines.
host() {
    text=$1 wanted=$2
    shift 2
    printf '%s\n' "$@" >"$dir/console.log"
    is "$(host_sign "$dir/console.log")" "$wanted" "$text"
}

host 'a host whose flags no processor has' 'flags that no processor has' \
    '[ 2528.075594] BUG: kernel NULL pointer dereference, address: 0000000000000008' \
    '[ 2528.080476] RSP: e02b:ffffc900427afae8 EFLAGS: 0650026e'
host 'a host with a fault of its own' '' \
    '[ 2528.075594] BUG: kernel NULL pointer dereference, address: 0000000000000008' \
    '[ 2528.080476] RSP: e02b:ffffc900427afae8 EFLAGS: 00010246' \
    '[ 2528.080476] RSP: 002b:00007fffffffc108 EFLAGS: 003f0fff ORIG_RAX: 0000000000000038'
host 'a host that hangs' '' 'vm1: started'
rm -f "$dir"/*
is "$(host_sign "$dir/console.log")" '' 'no log at all'
end_tests
