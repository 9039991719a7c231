# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# by_hand.sh - xenguest without xenopsd: on a terminal, with control pipes that
# are broken, with fds that are closed, with a syslog that hangs, without
# Xenstore; options that are missing.
# host: takes=15
. lib.sh

# new_domain TYPE IMAGE; the options of a build as words without blanks, to be changed as a string.
new_domain() {
    create --type "$1" --mem 96 --image "$2"
    common="-domid $dom -mem_max_mib 96 -mem_start_mib 96 -store_port $(
        xenstore-read "/vmctl/$dom/store-port") -console_port $(
        xenstore-read "/vmctl/$dom/console-port")"
    pv_words="-mode linux_build -image $2 -ramdisk /guest/initramfs \
-cmdline quiet -features writable_page_tables -flags 0 $common"
    hvm_words="-mode hvm_build -image $2 $common"
}

# hand WORD...: run it; $status, /tmp/out, /tmp/err
hand() {
    xenguest "$@" >/tmp/out 2>/tmp/err
    status=$?
}

# one_error TEXT FILE PATTERN: the file has one line, which matches.
one_error() {
    is "$(wc -l <"$2")" 1 "$1: one line"
    like "$(cat "$2")" "$3" "$1: what it says"
}

hand --version
is "$status" 0 '--version succeeds'
like "$(cat /tmp/out)" 'xenguest [0-9]*' '--version names it'
hand --help
is "$status" 0 '--help succeeds'
for option in mode controlinfd controloutfd debuglog fd image cmdline ramdisk \
    module domid store_port store_domid console_port console_domid features \
    flags mem_max_mib mem_start_mib mem_pnode pci_passthrough live debug force \
    vgpu json supports fake fork compress no_incr_generationid help version; do
    is "$(grep -c -- "^  -$option\\b" /tmp/out)" 1 "--help has -$option"
done
hand -supports migration-v2
is "$(cat /tmp/out)" true '-supports migration-v2'
hand -supports nonsense
is "$(cat /tmp/out)" false '-supports anything else'

free=$(free_pages)

# -- the options that a build needs, one left out at a time

new_domain pv /guest/vmlinux
for option in mode domid mem_max_mib mem_start_mib image ramdisk cmdline \
    features flags store_port console_port; do
    words=$(echo " $pv_words" | sed "s, -$option [^ ]*,,")
    # shellcheck disable=SC2086 # words
    hand -controloutfd 3 $words 3>/tmp/control
    is $status 1 "pv without -$option: status"
    one_error "pv without -$option" /tmp/control \
        "error:xenguest: *missing*$option*"
    is "$(wc -c </tmp/out)" 0 "pv without -$option: nothing on stdout"
done
for option in domid mem_max_mib mem_start_mib image store_port console_port; do
    words=$(echo " $hvm_words" | sed "s, -$option [^ ]*,,")
    # shellcheck disable=SC2086
    hand -controloutfd 3 $words 3>/tmp/control
    is $status 1 "hvm without -$option: status"
    one_error "hvm without -$option" /tmp/control \
        "error:xenguest: *missing*$option*"
done

# An error before -controloutfd was seen must reach it all the same.
# shellcheck disable=SC2086
hand -nonsense $pv_words -controloutfd=3 3>/tmp/control
is $status 1 'an error before -controloutfd: status'
one_error 'an error before -controloutfd' /tmp/control 'error:*nonsense*'

# -- on a terminal

# shellcheck disable=SC2086
hand $pv_words -image /nonexistent
is $status 1 'by hand, a failure: status'
one_error 'by hand, a failure' /tmp/err 'xenguest: *nonexistent*'
is "$(wc -c </tmp/out)" 0 'by hand, a failure: nothing on stdout'

# shellcheck disable=SC2086
hand $pv_words
is $status 0 'by hand: succeeds'
one_error 'by hand' /tmp/out '*[0-9] [0-9]* x86_64-abi'
is "$(wc -c </tmp/err)" 0 'by hand: nothing on stderr'
destroy "$dom"

new_domain hvm /usr/lib/xen-*/boot/hvmloader
# shellcheck disable=SC2086
hand $hvm_words -debuglog /tmp/debug.log
is $status 0 'by hand, HVM: succeeds'
one_error 'by hand, HVM' /tmp/out '*[0-9] [0-9]*'
like "$(cat /tmp/debug.log)" '*hvm_build*' 'the debug log has the command line'
destroy "$dom"

# -- on a domain that xl made, with nothing but its id

xl_domain() {
    output=$(sh /tests/empty-domain "$@" 2>&1)
    is $? 0 "xl makes an empty $1 domain"
    dom=$output
}

# told_by_domain MODE OPTION...: builds, and names the ports for the next one.
told_by_domain() {
    hand -domid "$dom" -mode "$@"
    is "$status" 0 "$1 with an id alone: status $(cat /tmp/err)"
    one_error "$1 with an id alone" /tmp/out '*[0-9] [0-9]*'
    for ring in store console; do
        like "$(xenstore-read "/local/domain/$dom/$ring/port")" '[1-9]*' \
            "$1 with an id alone: its $ring port is noted"
    done
}

xl_domain hvm 96 2
told_by_domain hvm_build
# 96 MiB but for the VGA hole, rounded down.
is "$(xl list "$dom" | awk 'NR == 2 { print $3 }')" 95 \
    'hvm_build with an id alone: all that xl gave it'
hand -mode hvm_build -domid "$dom"
one_error 'the same again' /tmp/err 'xenguest: *is not empty*'
xl destroy "$dom"

xl_domain pv 96 1
told_by_domain linux_build -image /guest/vmlinux
xl destroy "$dom"

xl_domain pvh 96 1
told_by_domain pvh_build -image /guest/vmlinux
xl destroy "$dom"

# -- broken control pipes

new_domain pv /guest/vmlinux
# shellcheck disable=SC2086
hand -controloutfd 7 -controlinfd 7 $pv_words 7>&-
is $status 1 'control fds that are closed: status'
one_error 'control fds that are closed' /tmp/err 'xenguest: *7*'
destroy "$dom"

# The pipe's reader is gone before the result is written.
new_domain pv /guest/vmlinux
# shellcheck disable=SC2086
{
    sleep 1
    xenguest -controloutfd 1 $pv_words 2>/tmp/err
    echo $? >/tmp/status
} | true
is "$(cat /tmp/status)" 1 'a reader that is gone: status'
one_error 'a reader that is gone' /tmp/err 'xenguest: *-controloutfd 1: its reader has gone'
destroy "$dom"

# -- fds that are closed, and would be handles of our own

new_domain pv /guest/vmlinux
# shellcheck disable=SC2086
xenguest -controloutfd 8 -live true $pv_words -debuglog /tmp/debug.log.2 \
    8>/tmp/control 0<&- 1>&- 2>&-
is $? 0 'without 0, 1 and 2, and with a stray word: status'
one_error 'without 0, 1 and 2' /tmp/control \
    'result:[0-9]* [0-9]* x86_64-abi'
is "$(grep -cv '^[0-9T:+-]* xenguest' /tmp/debug.log.2)" 0 \
    'without 0, 1 and 2: nothing else gets into the debug log'
like "$(cat /tmp/debug.log.2)" "*ignored, no options: 'true'*" \
    'a stray word is told of'

for fd in 3 4 5 6; do
    hand -controloutfd 8 -mode save -domid "$dom" -fd $fd \
        -debuglog /tmp/debug.log.2 8>/tmp/control 3>&- 4>&- 5>&- 6>&-
    is $status 1 "a stream on fd $fd, which is closed: status"
    one_error "a stream on fd $fd, which is closed" /tmp/control \
        "error:xenguest: *stream fd $fd: Bad file descriptor"
done
destroy "$dom"

# -- a syslog that hangs

syslogd -n -O /tmp/syslog &
daemon=$!
until logger ready 2>/dev/null && grep -q ready /tmp/syslog 2>/dev/null; do
    usleep 50000
done
# logged OPTION: builds; then the lines of the build are in /tmp/lines.
logged() {
    new_domain pv /guest/vmlinux
    # shellcheck disable=SC2086
    hand $pv_words $1
    is $status 0 "with syslog $1: succeeds"
    until grep -q "result $(cat /tmp/out)" /tmp/syslog; do
        usleep 50000
    done
    grep "xenguest-$dom-build" /tmp/syslog >/tmp/lines
    destroy "$dom"
}

logged ''
like "$(grep 'result ' /tmp/lines)" \
    "*daemon.info xenguest-*-build\[[0-9]*\]: result *" \
    'what syslog makes of our lines'
is "$(grep -c 'daemon.debug' /tmp/lines)" 0 'no details'
logged -debug
like "$(grep 'daemon.debug' /tmp/lines)" '*xc_dom_*' \
    "with -debug, libxenguest's details"

kill -STOP $daemon
new_domain pv /guest/vmlinux
# Its queue is full at once.
while timeout 1 logger filler; do
    :
done
# shellcheck disable=SC2086
hand $pv_words
is $status 0 'with a syslog that hangs: succeeds'
destroy "$dom"
kill -CONT $daemon
kill $daemon
wait $daemon 2>/dev/null

# -- no Xenstore

new_domain pv /guest/vmlinux
# shellcheck disable=SC2086
XENSTORED_PATH=/nonexistent hand -controloutfd 3 $pv_words 3>/tmp/control
is $status 1 'without Xenstore: status'
one_error 'without Xenstore' /tmp/control \
    "error:xenguest: xs_open: *Xenstore can't be reached*"
is "$(get pages)" 0 'without Xenstore: no page is taken'
destroy "$dom"

all_pages_back "$free" 'in the end'
done_testing
