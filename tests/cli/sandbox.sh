#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# What the program has given up when it looks into what others wrote: by the
# kernel's own account of it, and by system calls that a library would make which
# a hostile image or stream has got the better of.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# ---- the kernel's account, of the program while it waits

mkfifo "$dir/answer"
astray='' # the calls of a library that is no longer its own master

# saves [OPTION]...: a save that waits for the guest to be suspended; what the kernel
# says then of it, and of the fd of its debug log, goes to $dir/kernel.
saves() {
    new_world hvm
    host library/system_calls "$astray"
    rm -f "$dir/log"
    : >"$dir/calls"
    : >"$dir/control"
    XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store XG_FAKE_LOG=$dir/calls \
        "$XENGUEST" -mode hvm_save -domid 7 -fd 6 -controloutfd 8 \
        -controlinfd 9 -debuglog "$dir/log" "$@" </dev/null >"$dir/stdout" \
        2>"$dir/stderr" 8>"$dir/control" 9<>"$dir/answer" 6>"$dir/stream" &
    pid=$!
    eventually grep -q suspend "$dir/control"
    cat "/proc/$pid/status" "/proc/$pid/limits" >"$dir/kernel"
    for fd in "/proc/$pid/fd"/*; do
        [ "$(readlink "$fd")" != "$dir/log" ] ||
            cat "/proc/$pid/fdinfo/${fd##*/}" >>"$dir/kernel"
    done
    echo 'done' >"$dir/answer"
    wait $pid
    status=$?
}

# is KEY PATTERN: a line of it.
is() { grep -qE "^$1[: 	]+$2\$" "$dir/kernel"; }

if grep -qx '#define SANDBOX 0' "$CONFIG_H"; then
    saves
    holds 'built without one: a save works' \
        [ "$status:$(tail -n 1 "$dir/control")" = '0:result:0 0' ]
    holds '... with all privileges' is NoNewPrivs 0
    holds '... and says so' has log 'sandbox: none$'
    finish
    exit
fi

saves
holds 'a save with a sandbox works' \
    [ "$status:$(tail -n 1 "$dir/control")" = '0:result:0 0' ]
holds '... has no new privileges' is NoNewPrivs 1
# Memory can be locked by a limit or by a capability, CAP_IPC_LOCK: where the limit
# may not be lifted, that one stays.
for set in CapEff CapPrm; do
    holds "... no capabilities: $set" is $set '000000000000[04]000'
done
holds '... nor any to hand on' is CapInh 0000000000000000
holds '... no core dumps' is 'Max core file size' '0 +0 +bytes *'
if defined HAVE_SECCOMP; then
    holds '... two filters of system calls' is Seccomp_filters 2
fi
holds '... and no word of it but in the log' [ ! -s "$dir/stderr" ]
holds '... which has it sealed once' [ "$(grep -c 'sandbox: sealed' "$dir/log")" = 1 ]
holds '... and nothing that could not be had' \
    [ "$(grep 'sandbox: no ' "$dir/log" | grep -cv Landlock)" = 0 ]

saves -no-sandbox
holds 'without one it works as well' \
    [ "$status:$(tail -n 1 "$dir/control")" = '0:result:0 0' ]
holds '... with all privileges' is NoNewPrivs 0
holds '... all system calls' is Seccomp 0
# O_CLOEXEC is 02000000.
holds '... but a program that it could start would not get the debug log' \
    is flags '0[2367][0-7]{6}'
holds '... and says so' has log 'sandbox: none$'

# ---- system calls that no mode needs. Their numbers are x86-64's.

if ! defined HAVE_SECCOMP; then
    skip 'built without seccomp'
    finish
    exit
fi

# What each is good for is in docs/security.md; -1 as fd, PID or address is as far
# as they get where they are allowed.
forbidden='execve 59 0 0 0
execveat 322 -1 0 0
fork 57 0 0 0
clone 56 17 0 0
ptrace 101 16 -1 0
process_vm_writev 311 -1 0 0
kill 62 -1 0 0
tgkill 234 1 1 0
socket 41 2 1 0
mount 165 0 0 0
pivot_root 155 0 0 0
init_module 175 0 0 0
finit_module 313 -1 0 0
bpf 321 -1 0 0
keyctl 250 -1 0 0
perf_event_open 298 0 0 0
userfaultfd 323 -1 0 0
io_uring_setup 425 0 0 0
kexec_load 246 0 0 0
setuid 105 -1 0 0
unshare 272 0 0 0
setns 308 -1 0 0
chmod 90 0 0 0
chown 92 0 0 0
rename 82 0 0 0
link 86 0 0 0
truncate 76 0 0 0
mknod 133 0 0 0
mprotect 10 0 0 4
mmap 9 0 0 4
ioctl 16 0 21522 0
prlimit64 302 0 7 1
prctl 157 4 1 0
open 2 0 0 0
openat 257 -1 0 0
creat 85 0 0 0
mkdir 83 0 0 0'

# numbers: the list as the doubles want it.
numbers() {
    echo "$forbidden" | sed 's/^[^ ]* //' | tr '\n' ',' | sed 's/,$//'
}

# refused_all TEXT: each was logged by its name, and failed as one that is not there.
refused_all() {
    echo "$forbidden" | cut -d ' ' -f 1 >"$dir/wanted"
    sed -n 's/.*sandbox: refused the system call \([a-z_0-9]*\) .*/\1/p' \
        "$dir/log" >"$dir/refused"
    holds "$1: each call that is forbidden is logged by its name" \
        cmp "$dir/wanted" "$dir/refused"
    holds "$1: ... and fails" \
        [ "$(number_of 'fake_parse [0-9]* ENOSYS')" = \
        "$(wc -l <"$dir/wanted")" ]
}

for kind in pv hvm pvh; do
    new_world $kind
    host library/system_calls "$(numbers)"
    rm -f "$dir/log"
    accepts 'a library that goes astray stops no guest' -debuglog "$dir/log"
    refused_all $kind
done

# restore, and all that is needed of a stream for that (tests/fake/fake_migrate.c).
stream() {
    printf 'xg-fake-stream\nE'
    head -c 1024 /dev/zero
}
stream >"$dir/stream"
for what in restore hvm_restore; do
    hvm
    [ $what != restore ] || pv
    host library/system_calls "$(numbers)"
    rm -f "$dir/log"
    xenguest -controloutfd 8 -mode $what -domid 7 -fd 6 -store_port 3 \
        -console_port 4 -debuglog "$dir/log" 6<"$dir/stream"
    holds "$what works" succeeded '1111 2222'
    refused_all $what
done

hvm
host domain/suspended 1
host library/system_calls "$(numbers)"
rm -f "$dir/log"
xenguest -controloutfd 8 -mode resume_slow -domid 7 -debuglog "$dir/log"
holds 'resume_slow works' succeeded '0 0'
refused_all resume_slow

astray=$(numbers)
saves
holds 'a save works' [ "$status:$(tail -n 1 "$dir/control")" = '0:result:0 0' ]
refused_all hvm_save

# ---- what a reservation needs is still allowed: it is gone

hvm
store platform/numa/policy best-effort
rm -f "$dir/log"
XENGUEST_RUN_DIR=$dir/run accepts 'a policy and its reservation' \
    -debuglog "$dir/log"
holds '... which is removed' [ "$(ls "$dir/run")" = lock ]
holds '... nothing was refused' has_not log refused
finish
