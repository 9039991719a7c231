# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate.sh - what the cases of save, restore and migration share. Sourced
# after lib.sh.
# shellcheck disable=SC2154

# A guest that counts and keeps 32 MiB whose every page tells whether it is the
# newest (see guest/worker.c). new_guest TYPE [PAGES-PER-TICK]: into $dom.
new_guest() {
    bring_up 'worker count=' 90 create_like "$1" "${2:-40}" ||
        fail "a $1 guest is at work" "$output"
}

# An empty domain for such a guest.
# create_like TYPE [PAGES-PER-TICK [MIB [OPTION]...]]
create_like() {
    type_like=$1 mib=${3:-128} work="work=32,${2:-40}"
    shift $(($# > 3 ? 3 : $#))
    case $type_like in
    pv) create --type pv --mem "$mib" --vcpus 2 --image /guest/vmlinux \
        --ramdisk /guest/initramfs --cmdline "$linux_words $work" "$@" ;;
    pvh) create --type pvh --mem "$mib" --vcpus 2 --image /guest/vmlinux \
        --cmdline "$pvh_cmdline $work" --module /guest/initramfs "$@" ;;
    esac
}

# long WORD...: the words, in the long run only.
long() { ! is_long || echo "$@"; }

# rounds N: N, or 20 in the long run.
rounds() {
    ! is_long || set -- 20
    seq "$1"
}

# The worker's last words in a domain: "count=N bad=N".
work_of() {
    console "$1" | grep -o 'worker count=[0-9]* bad=[0-9]*$' | tail -n 1 |
        cut -d' ' -f2-
}

count_of() { work_of "$1" | sed 's/count=\([0-9]*\) .*/\1/'; }

# counts_past DOMID COUNT: leaves $now.
counts_past() {
    now=$(count_of "$1")
    [ "${now:-0}" -gt "$2" ]
}

# goes_on DOMID COUNT TEXT: the worker there counts on from COUNT with all its
# memory.
goes_on() {
    await 60 counts_past "$1" $(($2 + 10))
    if [ "${now:-0}" -gt "$2" ] && [ "$now" -lt $(($2 + 1200)) ] &&
        ! console "$1" | grep 'worker count=' | grep -qv 'bad=0'; then
        ok "$3: counts on from $2, no page is wrong"
    else
        fail "$3: counts on from $2, no page is wrong" "$(work_of "$1")
$(vmctl console "$1" | tail -n 25)"
    fi
}

# Nothing of xenguest's is left in dom0: no process, socket file or claim.
# left_nothing TEXT
left_nothing() {
    left=$(pidof xenguest
        find /var/xen/xenguest /run/xen/xenguest* ! -type d 2>/dev/null
        xl claims | awk 'NR > 1 && $NF != 0')
    is "$left" '' "$1: no process, socket or claim is left"
}

# listen DOMID: a xenguest in listen mode, as emu-manager starts it. Its control
# channel is in /tmp/emp.DOMID, its log in /tmp/emp.DOMID.log, its exit status
# (once it has ended) in /tmp/emp.DOMID.status.
listen() {
    rm -f "/tmp/emp.$1".*
    # shellcheck disable=SC2016 # for the inner shell
    setsid sh -c 'xenguest -debuglog "/tmp/emp.$1.log" -domid "$1" \
        -controloutfd 2 -controlinfd 0 -mode listen \
        </dev/null >"/tmp/emp.$1.out" 2>"/tmp/emp.$1"
        echo $? >"/tmp/emp.$1.status"' listen "$1" &
    await 60 is_ready "$1" && return
    fail "xenguest listens for domain $1" "$(cat "/tmp/emp.$1")"
}

is_ready() { [ "$(cat "/tmp/emp.$1.out" 2>/dev/null)" = Ready ]; }

# As XenServer's emu-manager looks for it, and as XCP-ng's does.
socket_of() { echo "/var/xen/xenguest/$1/control"; }
second_name_of() { echo "/run/xen/xenguest-control-$1"; }

# ended DOMID [SECONDS]: the status of its xenguest, once it has ended.
ended() {
    await "${2:-60}" [ -s "/tmp/emp.$1.status" ]
    cat "/tmp/emp.$1.status" 2>/dev/null || echo running
}

# logs_of DOMID...: the ends of what its xenguest said and logged.
logs_of() {
    for listener; do
        tail -n 8 "/tmp/emp.$listener" "/tmp/emp.$listener.log"
    done
}

ports_of() {
    echo "$(vmctl get "$1" key "/vmctl/$1/store-port"),$(
        vmctl get "$1" key "/vmctl/$1/console-port")"
}

# move_over TYPE STYLE RATE OPTION...: the guest $dom moves into a new domain,
# made with these options of vmctl create, which is $dom afterwards and has not
# been started; leaves $before.
move_over() {
    text="$1, $2, $3 pages a tick" moved=$1 style=$2 rate=$3
    source=$dom
    shift 3
    create_like "$moved" "$rate" 128 "$@"
    output=$(migrate "$source" "$dom" --style "$style" 2>&1) || {
        fail "$text: migrates" "$output
$(cat "/tmp/emp.$source" "/tmp/emp.$dom")"
        destroy "$dom"
        dom=$source
        return 1
    }
    ok "$text: migrates"
    echo "$output" | sed "s/^/# $text: /"
    before=$(count_of "$source")
    is "$(ended "$source") $(ended "$dom")" '0 0' "$text: both end with 0"
    is "$(cat "/tmp/emp.$source.log" "/tmp/emp.$dom.log" |
        grep -o 'sandbox: .*' | paste -sd ' ')" \
        'sandbox: sealed sandbox: sealed' "$text: system calls as expected"
    destroy "$source"
}

# The new domain goes on.
start_moved() {
    # shellcheck disable=SC2046 # two frames
    vmctl rings "$dom" $(echo "$output" | sed -n 's/^result //p') &&
        vmctl start "$dom"
    goes_on "$dom" "$before" "$text"
}

# move TYPE STYLE RATE: $dom is the target afterwards.
move() { move_over "$@" && start_moved; }

# migrate SOURCE TARGET OPTION...: emumigrate's between two listening xenguests.
migrate() {
    from=$1 to=$2
    shift 2
    listen "$from" && listen "$to" || return
    emumigrate --source "$(socket_of "$from")" --target "$(second_name_of "$to")" \
        --ports "$(ports_of "$to")" \
        --suspend "vmctl suspend $from --timeout 60" "$@"
}

# said KEY: a number in $output, which is emumigrate's.
said() { echo "$output" | sed -n "s/^.*\<$1 \([0-9]*\).*/\1/p"; }

# lives TEXT: the source counts on, by itself or, if it was suspended, resumed.
lives() {
    before=$(count_of "$source")
    if [ "$(vmctl get "$source" state)" = suspended ]; then
        vmctl resume "$source" >/dev/null
    fi
    goes_on "$source" "$before" "$1"
}

# aborted_at PHASE: a migration of $source; emumigrate then says quit, to the source
# alone.
aborted_at() {
    create_like pvh
    output=$(migrate "$source" "$dom" --at "$1" --do abort 2>&1)
    is "$output" aborted "abort, $1"
    case $1 in
    init) is "$(ended "$source")" 0 "abort, $1: nothing had begun" ;;
    *)
        is "$(ended "$source")" 1 "abort, $1: the source ends with 1"
        like "$(cat "/tmp/emp.$source")" 'error:xenguest: *: ?125? aborted*' \
            "abort, $1: and says why"
        ;;
    esac
    is "$(ended "$dom")" 1 "abort, $1: the target sees the stream end"
    destroy "$dom"
    lives "abort, $1"
}
