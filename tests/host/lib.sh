# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# lib.sh - for the cases, which run in dom0: TAP, and the host's state.

# shellcheck disable=SC2034 # the cases look at output and dom
taps=0 failed=0 output='' dom=''

ok() {
    taps=$((taps + 1))
    echo "ok $taps - $*"
}

# fail TEXT [DETAILS]: details are lines of any number.
fail() {
    taps=$((taps + 1))
    failed=$((failed + 1))
    echo "not ok $taps - $1"
    [ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/  /'
}

# is GOT WANTED TEXT
is() {
    if [ "$1" = "$2" ]; then
        ok "$3"
    else
        fail "$3" "got: $1
wanted: $2"
    fi
}

# like GOT PATTERN TEXT: a shell pattern.
like() {
    # shellcheck disable=SC2254 # a pattern it is
    case $1 in
    $2) ok "$3" ;;
    *) fail "$3" "got: $1
wanted: $2" ;;
    esac
}

# run TEXT COMMAND...: it succeeds; its output is in $output either way.
run() {
    text=$1
    shift
    if output=$("$@" 2>&1); then
        ok "$text"
    else
        fail "$text" "status $? of: $*
$output"
        return 1
    fi
}

skip() {
    taps=$((taps + 1))
    echo "ok $taps - $1 # SKIP $2"
}

# refuse TEXT PATTERN COMMAND...: the command ends with status 1, and the one
# line on its stderr matches. vmctl build does so for a well-formed error:.
refuse() {
    text=$1 pattern=$2
    shift 2
    output=$("$@" 2>&1 >/dev/null)
    status=$?
    if [ $status -ne 1 ] || [ "$(echo "$output" | wc -l)" -ne 1 ]; then
        fail "$text" "status $status, not 1 and one line: $output"
        return
    fi
    like "$output" "$pattern" "$text"
}

# The long round: XG_LONG=1 where run-host was started.
is_long() { [ -e /tests/long ]; }

# create OPTION...: vmctl create, the new domain in $dom.
create() {
    dom=$(vmctl create "$@") || fail "vmctl create $*"
}

# await SECONDS COMMAND...: until it succeeds; fails after so many seconds of the
# host's clock, which counts the host's work (see qemu.sh): 60 is plenty for all
# that does not wait for a time of its own.
await() {
    end_await=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -le $end_await ] || return 1
        usleep 50000
    done
}

# says PATTERN: Xen's console has it.
says() { vmctl dmesg | grep -q "$1"; }

# bring_up TEXT SECONDS COMMAND...: COMMAND makes $dom; it is built and started,
# and its console says TEXT within SECONDS of the host's clock. xenguest's log is
# /tmp/debuglog; in $output is what went wrong.
bring_up() {
    awaited=$1 timeout=$2
    shift 2
    rm -f /tmp/debuglog
    "$@"
    output=$(vmctl build "$dom" -- -debuglog /tmp/debuglog 2>&1) || return
    output=$(vmctl start "$dom" 2>&1) || return
    output=$(vmctl wait "$dom" "$awaited" --timeout "$timeout" 2>&1) && return
    output="$output
$(console "$dom" | tail -n 5)
$(vmctl dmesg | grep "d${dom}v" | tail -n 3)"
    return 1
}

# reaches_user_space NAME SECONDS OPTION...: a guest with these options of vmctl
# create does so; its console is then in $said.
reaches_user_space() {
    name=$1 limit=$2
    shift 2
    if bring_up guest-done "$limit" create "$@"; then
        ok "$name: builds, and reaches user space"
    else
        fail "$name: builds, and reaches user space" "$output"
    fi
    said=$(console "$dom")
}

# What every Linux is told. Without the last two words, half of its boot goes into tests
# of its cryptography and a walk through its page tables.
linux_words='console=hvc0 cryptomgr.notests rodata=off'
# And every PVH Linux. noxsave: under QEMU's emulation, AVX instructions fault in such
# guests now and then.
pvh_cmdline="$linux_words noxsave"

# boot_linux NAME WORDS OPTION...: so does a PVH Linux with these words on its
# command line.
boot_linux() {
    name=$1 words=$2
    shift 2
    reaches_user_space "$name" 300 --type pvh --image /guest/vmlinux \
        --cmdline "$pvh_cmdline $words" --module /guest/initramfs "$@"
}

# nests: whether this Xen makes domains with nested virtualisation; newer ones do so
# on fewer processors.
nests() {
    if nested=$(vmctl create --type hvm --mem 64 -p nested-virt=true 2>/dev/null); then
        destroy "$nested"
    else
        echo '# this Xen has no nested virtualisation'
        return 1
    fi
}

get() { vmctl get "$dom" "$@"; }

# value KEY in the domain's Xenstore folder
value() { vmctl get "$dom" key "$1" 2>&1; }

# A domain's console without the carriage returns.
console() { vmctl console "$1" | tr -d '\r'; }

destroy() {
    vmctl destroy "$1" || fail "domain $1 can be destroyed"
}

# Free pages of the host.
free_pages() { vmctl get 0 host-free-pages; }

pages_are_back() {
    free_now=$(free_pages)
    [ $(($1 - free_now)) -le 32 ]
}

# all_pages_back BEFORE TEXT: nothing is left of domains that are gone. Their own
# structures Xen frees within a second or so, and its pools keep a page now and then: 19
# were missing after some thirty domains, on a host that had had a thousand before. The
# smallest guest has thousands of pages. Sets $free_now.
all_pages_back() {
    await 10 pages_are_back "$1"
    is $? 0 "$2: no page is left over ($1, $free_now)"
}

done_testing() {
    echo "1..$taps"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}
