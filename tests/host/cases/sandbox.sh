# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# sandbox.sh - what xenguest has given up on a real dom0 when it looks into images and
# streams, and that none of its modes makes a system call that it has not left.
. numa.sh
. counter.sh
. migrate.sh

log=/tmp/debuglog file=/tmp/saved

# only_left TEXT LOG: that run was sealed, and did without all that it gave up.
only_left() {
    is "$(grep -o 'sandbox: .*' "$2")" 'sandbox: sealed' \
        "$1: sealed, nothing refused"
    rm -f "$2"
}

# account TEXT PID: the kernel's of a xenguest's threads.
account() {
    is "$(sed -n 's/^\(CapEff\|CapPrm\|NoNewPrivs\|Seccomp\):	//p' \
        "/proc/$2"/task/*/status | sort | uniq | paste -sd ' ')" \
        '0000000000000000 1 2' "$1: no capabilities, no new ones, seccomp"
    like "$(grep 'core file' "/proc/$2/limits")" '*size *0 *0 *bytes*' \
        "$1: no core dumps"
}

# restores_by_hand TEXT TYPE: from a pipe, which it waits for meanwhile.
restores_by_hand() {
    mkfifo /tmp/pipe
    xenguest -mode hvm_restore -domid "$dom" -fd 6 -debuglog $log \
        >/tmp/out 2>&1 6<>/tmp/pipe &
    pid=$!
    await 60 grep -qs sealed $log
    account "$1" $pid
    cat $file >/tmp/pipe
    wait $pid
    is "$? $(wc -l </tmp/out)" '0 1' "$1: restores"
    rm /tmp/pipe
    only_left "$1" $log
}

# -- builds, with and without a reservation of nodes
for type in hvm pvh; do
    set -- --type $type --mem 64 --image "/guest/counter-$type" --cmdline ''
    create "$@"
    run "$type: builds" vmctl build "$dom" -- -debuglog $log
    only_left "$type" $log
    destroy "$dom"
    create "$@" -p numa/policy=strict -p numa/nodes=1
    run "$type, strict: builds" vmctl build "$dom" -- -debuglog $log
    only_left "$type, strict" $log
    vmctl start "$dom"
    counts_from 0 "$type: runs"
    vmctl freeze "$dom"
    run "$type: saves" vmctl save "$dom" $file -- -debuglog $log
    only_left "$type, saved" $log
    destroy "$dom"
    create "$@" -p numa/policy=strict -p numa/nodes=2
    restores_by_hand "$type, restored"
    is "$(ls /run/xenguest)" lock "$type: no reservation is left"
    destroy "$dom"
done
create --type pv --mem 128 --image /guest/vmlinux --ramdisk /guest/initramfs \
    --cmdline "$linux_words"
run 'pv: builds' vmctl build "$dom" -- -debuglog $log
only_left pv $log
destroy "$dom"

# -- a server has given its part up before it hears of anybody. migrate.sh looks at
# what it does then.
create --type pvh --mem 64 --image /guest/counter-pvh --cmdline ''
listen "$dom"
account 'listen' "$(pidof xenguest)"
kill "$(pidof xenguest)"
await 60 [ -s "/tmp/emp.$dom.status" ]
destroy "$dom"

# -- what plan.sh looks at after each case
[ "$(grep -c 'sandbox: sealed' /var/log/xen/sandbox.syslog)" -ge 8 ]
is $? 0 'syslog has heard of them'

done_testing
