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

# account: the kernel's of the process, and of the fd of its debug log, in
# $dir/kernel.
account() {
    cat "/proc/$pid/status" "/proc/$pid/limits" >"$dir/kernel"
    for fd in "/proc/$pid/fd"/*; do
        [ "$(readlink "$fd")" != "$dir/log" ] ||
            cat "/proc/$pid/fdinfo/${fd##*/}" >>"$dir/kernel"
    done
}

# begins OPTION...: a run that goes on meanwhile, as $pid.
begins() {
    rm -f "$dir/log"
    : >"$dir/calls"
    : >"$dir/control"
    XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store XG_FAKE_LOG=$dir/calls \
        "$XENGUEST" -domid 7 -debuglog "$dir/log" "$@" </dev/null \
        >"$dir/stdout" 2>"$dir/stderr" 8>"$dir/control" 9<>"$dir/answer" &
    pid=$!
}

# saves [OPTION]...: a save that waits for the guest to be suspended.
saves() {
    new_world hvm
    host library/system_calls "$astray"
    begins -mode hvm_save -fd 6 -controloutfd 8 -controlinfd 9 "$@" \
        6>"$dir/stream"
    eventually grep -q suspend "$dir/control"
    account
    echo 'done' >"$dir/answer"
    wait $pid
    status=$?
}

# What was so before it began.
no_new=$(own NoNewPrivs) seccomp=$(own Seccomp) filters=$(own Seccomp_filters)

# is KEY PATTERN: a line of it.
is() { grep -qE "^$1[: 	]+$2\$" "$dir/kernel"; }

# given_up FILTERS: by that account; so many lists of system calls hold, besides those
# that held before.
given_up() {
    holds '... has no new privileges' is NoNewPrivs 1
    # Memory can be locked by a limit or by a capability, CAP_IPC_LOCK: where the
    # limit may not be lifted, that one stays.
    for set in CapEff CapPrm; do
        holds "... no capabilities: $set" is $set '000000000000[04]000'
    done
    holds '... nor any to hand on' is CapInh 0000000000000000
    holds '... no core dumps' is 'Max core file size' '0 +0 +bytes *'
    ! defined HAVE_SECCOMP ||
        holds "... filters of system calls: $1" is Seccomp_filters $((filters + $1))
}

if grep -qx '#define SANDBOX 0' "$CONFIG_H"; then
    saves
    holds 'built without one: a save works' \
        [ "$status:$(tail -n 1 "$dir/control")" = '0:result:0 0' ]
    holds '... with all privileges' is NoNewPrivs "$no_new"
    holds '... and says so' has log 'sandbox: none$'
    finish
    exit
fi

# Whether there is Landlock the kernel is asked itself: for its version, in the place of
# a library without a sandbox.
new_world hvm
host library/system_calls '444 0 0 1' # landlock_create_ruleset
run -no-sandbox
landlock='' lacking=0
if defined HAVE_LINUX_LANDLOCK_H && has calls '^fake_parse 444 [1-9]'; then
    landlock=yes
else
    skip 'no Landlock: any file can be removed'
    lacking=1
fi
defined HAVE_SECCOMP || lacking=$((lacking + 2)) # both lists of system calls

saves
holds 'a save with a sandbox works' \
    [ "$status:$(tail -n 1 "$dir/control")" = '0:result:0 0' ]
given_up 2
holds '... and no word of it but in the log' [ ! -s "$dir/stderr" ]
holds '... which has it sealed once' [ "$(grep -c 'sandbox: sealed' "$dir/log")" = 1 ]
holds '... and no step of it that could not be had' \
    [ "$(grep -c 'sandbox: no ' "$dir/log")" = $lacking ]

saves -no-sandbox
holds 'without one it works as well' \
    [ "$status:$(tail -n 1 "$dir/control")" = '0:result:0 0' ]
holds '... with all privileges' is NoNewPrivs "$no_new"
holds '... all system calls' is Seccomp "$seccomp"
# O_CLOEXEC is 02000000.
holds '... but a program that it could start would not get the debug log' \
    is flags '0[2367][0-7]{6}'
holds '... and says so' has log 'sandbox: none$'

# ---- the account of other modes

# held TEXT CALL OPTION...: while libxenguest's call does not come back: pause, in its
# place, which ends with the process.
held() {
    text=$1 call=$2
    shift 2
    host library/system_calls '34 0 0 0'
    begins -controloutfd 8 "$@"
    holds "$text: is at its work" eventually has calls "^$call"
    account
    given_up 2
    kill $pid
    wait $pid 2>/dev/null
}

new_world hvm
held hvm_build xc_dom_kernel_mem -mode hvm_build -image "$image" -store_port 3 \
    -console_port 4 -mem_max_mib 64 -mem_start_mib 64
new_world hvm
held hvm_restore xc_domain_restore -mode hvm_restore -fd 6 -store_port 3 \
    -console_port 4 6<"$dir/stream"
new_world hvm
host domain/suspended 1
held resume_slow xc_domain_resume -mode resume_slow

# plan looks into nothing that others wrote but Xenstore, and stays without a seal;
# here it waits for another builder.
new_world hvm
store platform/numa/policy strict
mkdir -m 700 "$dir/run"
exec 7>"$dir/run/lock"
flock 7
XENGUEST_RUN_DIR=$dir/run XG_FAKE_LOCK_WAIT=20,600000 begins -mode plan
holds 'plan: is at its work' eventually has log 'waiting for'
account
given_up 1
flock -u 7
wait $pid
status=$?
holds 'plan: works' [ "$status" = 0 ]

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
clone 56 196608 0 0
ptrace 101 16 -1 0
process_vm_writev 311 -1 0 0
kill 62 -1 0 0
tgkill 234 1 1 0
socket 41 2 1 0
socket 41 1 1 0
socket 41 1 5 0
socket 41 1 524289 0
socket 41 1 526341 0
socketpair 53 2 99 0
setsockopt 54 -1 1 26
setsockopt 54 -1 6 31
without 1073741863 0 0 0
fcntl 72 -1 8 1
fcntl 72 -1 10 9
fcntl 72 -1 15 0
fcntl 72 -1 4 8192
fcntl 72 -1 4 10240
fcntl 72 -1 1024 0
fcntl 72 -1 1026 1
fcntl 72 -1 1033 0
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
ioctl 16 -1 21522 0
ioctl 16 -1 21586 0
ioctl 16 -1 35073 0
ioctl 16 -1 4727 0
ioctl 16 -1 4713 0
prlimit64 302 0 7 1
prctl 157 4 1 0
open 2 0 0 0
openat 257 -1 0 0
creat 85 0 0 0
mkdir 83 0 0 0
unlinkat 263 -1 0 0'

# As i386 makes them: getpid. Only some kernels have these.
hvm
host library/system_calls '-20 0 0 0'
run -no-sandbox
[ "$status" != 0 ] || forbidden="$forbidden
of -20 0 0 0"

# What the C library and Xen's libraries may need to the end, and what the kernel says
# of it: syslog is found again by a datagram socket.
allowed='socket 41 1 526338 0 [0-9]+
socketpair 53 1 99 0 EINVAL
clone 56 65536 0 0 EINVAL
fcntl 72 -1 0 0 EBADF
fcntl 72 -1 1 0 EBADF
fcntl 72 -1 2 1 EBADF
fcntl 72 -1 3 0 EBADF
fcntl 72 -1 4 0 EBADF
fcntl 72 -1 4 2048 EBADF
fcntl 72 -1 5 0 EBADF
fcntl 72 -1 6 0 EBADF
fcntl 72 -1 7 0 EBADF
fcntl 72 -1 36 0 EBADF
fcntl 72 -1 38 0 EBADF
fcntl 72 -1 1030 0 EBADF
fcntl 72 -1 1031 4096 EBADF
fcntl 72 -1 1032 0 EBADF
ioctl 16 -1 20480 0 EBADF
ioctl 16 -1 21505 0 EBADF
ioctl 16 -1 21523 0 EBADF
ioctl 16 -1 2148012658 0 EBADF'

# goes_astray [removes]: what the library of the next run does: all of these, says
# whether we are dumpable, and removes a file in the folder of reservations and one that
# isn't: refused as well where we have none to remove.
export XENGUEST_RUN_DIR="$dir/run"
goes_astray() {
    : >"$dir/run/file"
    : >"$dir/file"
    mkdir -p "$dir/folder"
    rm -f "$dir/log"
    removes=${1:-} last="157 3 0 0"
    if [ "$removes" ]; then
        refused=$forbidden
        last="$last,87 $dir/run/file 0 0,87 $dir/file 0 0"
    else
        refused="$forbidden
unlink 87 $dir/file 0 0
rmdir 84 $dir/folder 0 0"
    fi
    astray=$({
        echo "$refused"
        echo "$allowed" | sed 's/ [^ ]*$//'
    } | sed 's/^[^ ]* //' | tr '\n' ',')$last
    host library/system_calls "$astray"
}

# refused_all TEXT: each was logged by its name, and failed as one that is not there.
refused_all() {
    echo "$refused" | cut -d ' ' -f 1 >"$dir/wanted"
    sed -n 's/.*sandbox: refused the system call \([a-z_0-9]*\) .*/\1/p' \
        "$dir/log" >"$dir/refused"
    holds "$1: each call that is forbidden is logged by its name" \
        cmp "$dir/wanted" "$dir/refused"
    holds "$1: ... and fails" \
        [ "$(number_of 'fake_parse -*[0-9]* ENOSYS')" = \
        "$(wc -l <"$dir/wanted")" ]
    # After those that are forbidden.
    grep '^fake_parse ' "$dir/calls" | tail -n +$(($(wc -l <"$dir/wanted") + 1)) |
        cut -d ' ' -f 2- >"$dir/answers"
    echo "$allowed" | sed 's/^[^ ]* \([^ ]*\) .* /\1 /' |
        while read -r number answer; do
            IFS= read -r got <&3
            echo "$got" | grep -qxE "$number $answer" || echo "$number: $got"
        done 3<"$dir/answers" >"$dir/strange"
    holds "$1: what the libraries need the kernel is asked for" \
        [ ! -s "$dir/strange" ]
    holds "$1: is not dumpable" called 'fake_parse 157 0'
    if [ -z "$removes" ]; then
        holds "$1: no file can be removed" [ -e "$dir/file" ]
        holds "$1: ... nor a folder" [ -d "$dir/folder" ]
        return
    fi
    holds "$1: its reservation can be removed" called 'fake_parse 87 0'
    [ -z "$landlock" ] ||
        holds "$1: no other file can" called 'fake_parse 87 EACCES'
}

for kind in pv hvm pvh; do
    new_world $kind
    goes_astray
    accepts 'a library that goes astray stops no guest' -debuglog "$dir/log"
    refused_all $kind
    new_world $kind
    store platform/numa/policy best-effort
    goes_astray removes
    accepts '... nor one with a policy' -debuglog "$dir/log"
    refused_all "$kind, with a reservation"
    holds '... which is removed' [ "$(ls "$dir/run")" = lock ]
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
    goes_astray
    xenguest -controloutfd 8 -mode $what -domid 7 -fd 6 -store_port 3 \
        -console_port 4 -debuglog "$dir/log" 6<"$dir/stream"
    holds "$what works" succeeded '1111 2222'
    refused_all $what
done

hvm
host domain/suspended 1
goes_astray
xenguest -controloutfd 8 -mode resume_slow -domid 7 -debuglog "$dir/log"
holds 'resume_slow works' succeeded '0 0'
refused_all resume_slow

goes_astray
saves
holds 'a save works' [ "$status:$(tail -n 1 "$dir/control")" = '0:result:0 0' ]
refused_all hvm_save

# A server's work, in a thread of its own.
said() { echo "{\"execute\":\"$1\"${2:-}}"; }
ok='{"return":{}}'
hvm
goes_astray removes
stream >"$dir/stream"
XG_FAKE_SOCKET=$dir/server/control begins -mode listen
eventually grep -q Ready "$dir/stdout"
"$(dirname "$XENGUEST")/tests/host/emuclient" "$dir/server/control" \
    fds "r:$dir/stream" "$(said migrate_init)" hear "$ok" \
    say "$(said set_args ',"arguments":{"store_port":"3","console_port":"4"}')" \
    hear "$ok" say "$(said restore)" hear "$ok" until completed \
    say "$(said quit)" hear "$ok" end >"$dir/heard" || kill $pid
wait $pid
status=$?
holds 'listen works' [ "$status" = 0 ]
refused_all listen

# ---- what a reservation needs is still allowed: it is gone

hvm
store platform/numa/policy best-effort
rm -f "$dir/log"
accepts 'a policy and its reservation' -debuglog "$dir/log"
holds '... which is removed' [ "$(ls "$dir/run")" = lock ]
holds '... nothing was refused' has_not log refused
finish
