#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# The ways to be called: control fds that are closed or whose reader went away,
# by hand without any, questions, and the debug log.
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2119 # without options, run is the plain build
. "$(dirname "$0")/lib.sh"

by_hand() {
    : >"$dir/control"
    raw -mode hvm_build -domid 7 -image "$image" -store_port 3 \
        -console_port 4 -mem_max_mib 64 -mem_start_mib 64 "$@"
}

# stderr is one line in the contract's form that matches; nothing elsewhere.
failed_by_hand() {
    [ "$status" = 1 ] && [ "$(wc -l <"$dir/stderr")" = 1 ] &&
        [ ! -s "$dir/stdout" ] && [ ! -s "$dir/control" ] &&
        has stderr "^xenguest: [a-z_0-9]*: \\[[0-9]*\\] .*$1"
}

# ---- by hand

hvm
by_hand
holds 'by hand: the result goes to stdout' [ "$status" = 0 ]
holds 'by hand: bare' same stdout <<END
66 67
END
holds 'by hand: nothing on stderr' [ ! -s "$dir/stderr" ]

by_hand -domid x
holds 'by hand: an error goes to stderr' failed_by_hand "-domid: 'x' is not"

raw -mode hvm_build -domid 7 -image "$image" -store_port 3 -console_port 4 \
    -mem_max_mib 64 -mem_start_mib 64 -controlinfd 9 9</dev/null
holds 'by hand: an input alone changes nothing' same stdout <<END
66 67
END

# ---- control fds that are of no use

hvm
run -controloutfd 77
holds 'an output that is not open: error on stderr' \
    failed_by_hand '-controloutfd 77: Bad file descriptor'
holds '... and no domain was touched' [ ! -s "$dir/calls" ]

run -controlinfd 77
holds 'an input that is not open: error on the output' \
    failed 'xenguest: fcntl: \[9\] -controlinfd 77: Bad file descriptor'

hvm
host domain/suspended 1
: >"$dir/calls"
# shellcheck disable=SC2086 # the wrapper is several words
XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store XG_FAKE_LOG=$dir/calls \
    ${XG_WRAPPER:-} "$XENGUEST" -mode resume_slow -domid 7 -controloutfd 0 \
    0>"$dir/control" >"$dir/stdout" 2>"$dir/stderr"
status=$?
holds 'fd 0 is a control output as any' succeeded '0 0'
hvm

by_hand -controloutfd x
holds 'an output that is no number: error on stderr' \
    failed_by_hand "-controloutfd: 'x' is not a decimal integer"

# The last line of defence: also where the error comes before the fd.
hvm
xenguest -bogus -mode nothing -domid x -controloutfd 8
holds 'an error before -controloutfd is heard there' \
    failed "xenguest: options_parse: \[22\] unknown option '-bogus': *"

# ... and where it hides the fd.
for hidden in '-domid -controloutfd 8' '-controloutfd 8x' '--controloutfd=8x' \
    '-controlinfd -controlo 8' '-controloutfd 8x -controlinfd 99'; do
    # shellcheck disable=SC2086 # several words
    xenguest $hidden -mode hvm_build
    holds "'$hidden': the error is heard all the same" \
        failed 'xenguest: [a-z_]*: \[*\] -*'
done
# A build, but for its image.
xenguest -image -controloutfd 8 -mode hvm_build -domid 7 -store_port 3 \
    -console_port 4 -mem_max_mib 64 -mem_start_mib 64
holds "an image named -controloutfd: the error is heard all the same" \
    failed "xenguest: open: \[2\] image '-controloutfd': *"
cp "$image" "$dir/-controloutfd"
: >"$dir/control"
here=$PWD
cd "$dir" || exit 99
raw -image -controloutfd 8 -mode hvm_build -domid 7 -store_port 3 \
    -console_port 4 -mem_max_mib 64 -mem_start_mib 64 8>"$dir/control"
cd "$here" || exit 99
holds '... and only the error: it is built as if by hand' \
    [ "$status:$(cat "$dir/stdout"):$(cat "$dir/control")" = '0:66 67:' ]

# ---- words that are no options

# The original ignored them, wherever they stood.
hvm
xenguest start -mode hvm_build -live true -controloutfd 8 - -domid 7 \
    -image "$image" -store_port 3 -console_port 4 -mem_max_mib 64 '' \
    -mem_start_mib 64 -debuglog "$dir/log" -- -domid 9 -bogus
holds 'stray words: builds' succeeded '66 67'
holds '... with a warning that names them' has log \
    "\\]: ignored, no options: 'start' 'true' '-' '' '-domid' '9' '-bogus'\$"
accepts 'without stray words' -debuglog "$dir/log.2"
holds '... no warning' [ "$(grep -c 'no options' "$dir/log.2")" = 0 ]

pv
rm -f "$dir/log"
accepts 'a second -cmdline' -cmdline two -debuglog "$dir/log"
holds '... is ignored' has log ", cmdline 'root=/dev/xvda ro'\$"
holds '... with a warning' has log ": -cmdline: 'two' is ignored: "

# ---- started with some of 0, 1 and 2 closed

# without FDS OPTION...: a build with a debug log, which would be one of them.
without() {
    closed=$1
    shift
    rm -f "$dir/log" "$dir/calls"
    : >"$dir/control"
    (
        for fd in $closed; do
            eval "exec $fd>&-"
        done
        XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store \
            XG_FAKE_LOG=$dir/calls XG_FAKE_FAIL='' \
            exec "$XENGUEST" -mode hvm_build -domid 7 -image "$image" \
            -store_port 3 -console_port 4 -mem_max_mib 64 -mem_start_mib 64 \
            -debuglog "$dir/log" "$@"
    ) 8>"$dir/control" 2>"$dir/stderr"
    status=$?
}

only_log_lines() {
    [ -s "$dir/log" ] &&
        [ "$(grep -cv '^[0-9T:+-]* xenguest[^:]*: ' "$dir/log")" = 0 ]
}

hvm
for fds in 0 1 2 '0 1 2'; do
    without "$fds" -controloutfd 8
    holds "without $fds: the result" \
        [ "$status:$(cat "$dir/control")" = '0:result:66 67' ]
    holds '... only log lines in the log' only_log_lines
    without "$fds" -controloutfd 8 -mem_start_mib 65
    holds "without $fds: the error" [ "$status" = 1 ]
    holds '... is heard' has control '^error:.*-mem_start_mib'
    holds '... only log lines in the log' only_log_lines
done
without 1
holds 'by hand without a stdout: only log lines in the log' only_log_lines
without 2 -mem_start_mib 65
holds 'by hand without a stderr: only log lines in the log' only_log_lines
without 1 -controloutfd 1
holds 'a closed output that is 1 is still closed' \
    [ "$status:$(cat "$dir/calls" 2>/dev/null)" = 1: ]
without 3 -controloutfd 3
holds 'an output that would be a handle of ours is closed' \
    has log 'controloutfd 3: Bad file descriptor'

# ---- a reader that goes away

# to_nobody TEXT OPTION...: fd 8 is a pipe whose reader has ended.
to_nobody() {
    mkfifo "$dir/fifo" && : >"$dir/control"
    cat "$dir/fifo" >/dev/null &
    reader=$!
    exec 8>"$dir/fifo"
    kill "$reader"
    wait "$reader" 2>/dev/null
    raw -controloutfd 8 "$@"
    exec 8>&-
    rm "$dir/fifo"
}

hvm
to_nobody -mode hvm_build -domid 7 -image "$image" -store_port 3 \
    -console_port 4 -mem_max_mib 64 -mem_start_mib 64
holds 'a reader that was gone from the start' \
    failed_by_hand '-controloutfd 8: its reader has gone'
holds '... no domain was touched' [ ! -s "$dir/calls" ]

# A reader that goes while we are at work: the double reads its model when
# Xenstore is opened, and waits for us if that is a FIFO. Should the program not
# get there, the worker frees us itself.
hvm
mkfifo "$dir/fifo"
cat "$dir/fifo" >/dev/null &
reader=$!
exec 8>"$dir/fifo"
rm "$dir/host" && mkfifo "$dir/host"
{
    by_hand -controloutfd 8 -debuglog "$dir/log"
    : <>"$dir/host"
} &
worker=$!
exec 7>"$dir/host"
kill "$reader"
wait "$reader" 2>/dev/null
exec 7>&- 8>&-
wait "$worker"
holds 'a reader that goes while we work: no SIGPIPE, an error' \
    has stderr "^xenguest: write: \\[32\\] result '66 67': Broken pipe\$"
holds '... at the end of the work' has calls '^xc_dom_gnttab_init'
holds '... and all is released' has calls '^xc_interface_close'
holds '... and logged' has log ': xenguest: write: \[32\] '

# ---- when the result is written

# The caller goes on while the image is unmapped.
hvm
failure=xc_dom_release:1:DIE
run
holds 'the result is out before the image is released' [ "$status" = 98 ]
holds '... whole' same control <<END
result:66 67
END

for call in xc_dom_boot_mem_init xc_dom_gnttab_init xc_cpuid_apply_policy; do
    hvm
    failure=$call:1:DIE
    run
    holds "nothing is said before the work is done ($call)" \
        [ "$status:$(cat "$dir/control")" = 98: ]
done

# ---- questions

# Answered at once, without Xen.
asks() {
    raw "$@"
    [ "$status" = 0 ] && [ ! -s "$dir/stderr" ] && [ ! -s "$dir/calls" ]
}

hvm
holds '-supports migration-v2' asks -supports migration-v2
holds '... true' same stdout <<END
true
END
holds '-supports anything else' asks -supports teleport
holds '... false' same stdout <<END
false
END
holds '-supports beside a fd that is closed' \
    asks -supports migration-v2 -controloutfd 77
holds '... or another mistake' asks -mode bogus -domid x -supports migration-v2
holds '... true' same stdout <<END
true
END
holds '--version' asks --version
holds '... name and number' has stdout '^xenguest [0-9][0-9.]*$'
holds '--help' asks --help
for option in mode controlinfd controloutfd debuglog fd image cmdline ramdisk \
    module domid store_port store_domid console_port console_domid features \
    flags mem_max_mib mem_start_mib mem_pnode pci_passthrough live debug force \
    vgpu supports fake fork compress no_incr_generationid help version; do
    holds "--help has -$option" has stdout "^  -$option "
done
for name in linux_build hvm_build pvh_build save hvm_save restore hvm_restore \
    resume_slow listen test; do
    holds "--help has the mode $name" has stdout "^  $name "
done
holds '... with what it needs below' has stdout '^      -fd -domid$'
holds '--help fits a terminal' \
    [ "$(awk 'length > 80' "$dir/stdout" | wc -l)" = 0 ]

# ---- the debug log

hvm
echo 'what was there' >"$dir/log"
accepts 'with a debug log' -debuglog "$dir/log"
holds 'debuglog: what was there stays' \
    [ "$(head -n 1 "$dir/log")" = 'what was there' ]
holds 'debuglog: the command line' \
    has log "xenguest-7-build\\[[0-9]*\\]: xenguest .* '-mode' 'hvm_build'"
holds 'debuglog: a parameter' has log ': platform/vcpu/number = 3$'
holds 'debuglog: an absent one' has log ': hvmloader/bios = (absent)$'
for group in memory image channels vCPUs 'CPU policy' HVM firmware Viridian \
    NUMA; do
    holds "debuglog: settings once: $group" \
        [ "$(grep -c "\\]: settings, $group: " "$dir/log")" = 1 ]
done
holds 'debuglog: settings with their defaults' has log "\
: settings, vCPUs: 3, online 2, with a mask 0, weight default, cap default, "
holds 'debuglog: the result' has log ': result 66 67$'
run -debuglog "$dir/log" -image /nowhere/x
holds 'debuglog: the error' \
    has log ": xenguest: open: \\[2\\] image '/nowhere/x': No such file"
holds 'debuglog: two runs follow each other' \
    [ "$(grep -c 'command line' "$dir/log")" = 2 ]
for wrong in '-domid x' '-bogus' '-controlinfd 99'; do
    rm "$dir/log"
    # shellcheck disable=SC2086 # several words
    run $wrong -debuglog "$dir/log"
    holds "debuglog: $wrong: the command line" \
        has log "xenguest-7-build\\[[0-9]*\\]: .* '${wrong%% *}'"
    holds "debuglog: $wrong: the error" has log ': xenguest: [a-z_]*: \[[0-9]*\] '
done
rm "$dir/log"
raw -debuglog "$dir/log" -bogus -domid 7
holds 'debuglog: no domain was read: the command line' \
    has log "xenguest\\[[0-9]*\\]: .* '-domid' '7'"
# It is of use to nobody, but stops no guest.
no_debug_log() {
    [ "$status:$(cat "$dir/control")" = '0:result:66 67' ] &&
        [ "$(wc -l <"$dir/stderr")" = 1 ] &&
        has stderr "^xenguest: no debug log: -debuglog '$1'"
}

hvm
mkfifo "$dir/unread"
for path in /nowhere/log "$dir" "$dir/unread"; do
    run -debuglog "$path"
    holds "debuglog: $path: a build and a warning" no_debug_log "$path"
done
raw -mode test -controloutfd 2 -debuglog /nowhere/log
holds 'debuglog: no warning where the error is to be' same stderr <<END
error:xenguest: run_test: [38] test mode not supported
END
(umask 0 && rm -f "$dir/log" && run -debuglog "$dir/log")
holds 'debuglog: made for root alone' \
    [ "$(stat -c %a "$dir/log")" = 600 ]
by_hand -debuglog /dev/stderr
holds 'debuglog: on the terminal' has stderr ': result 66 67$'

long=$(head -c 4000 /dev/zero | tr '\0' x)
accepts 'a long command line' -debuglog "$dir/log" -cmdline "$long" -flags 5
holds 'debuglog: all of a long command line' has log "x' '-flags' '5'\$"

# ---- the log knows us by domain and mode

# known_as IDENT: each line of the log does.
known_as() {
    holds "the log's name for it: $1" [ "$(sed 's/^[^ ]* //; s/[[][0-9]*]: .*//' \
        "$dir/log" | sort -u)" = "$1" ]
    rm -f "$dir/log"
}
rm -f "$dir/log"
for kind in pv hvm pvh; do
    $kind
    run -debuglog "$dir/log"
    known_as xenguest-7-build
done
hvm
raw -mode plan -domid 7 -debuglog "$dir/log"
known_as xenguest-7-plan
for kind in '' hvm_; do
    hvm
    echo 'done' >"$dir/answer"
    raw -mode ${kind}save -controloutfd 8 -controlinfd 9 -domid 7 -fd 7 \
        -debuglog "$dir/log" 7>"$dir/stream" 8>"$dir/control" 9<"$dir/answer"
    known_as xenguest-7-save
    hvm
    raw -mode ${kind}restore -domid 7 -fd 7 -store_port 3 -console_port 4 \
        -debuglog "$dir/log" 7<"$dir/stream"
    known_as xenguest-7-restore
done
hvm
host domain/suspended 1
raw -mode resume_slow -domid 7 -debuglog "$dir/log"
known_as xenguest-7-resume
hvm
XG_FAKE_SOCKET=$dir/server/control XG_FAKE_WAIT=0 raw -mode listen -domid 7 \
    -debuglog "$dir/log"
known_as xenguest-7-emp

finish
