# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# shellcheck shell=sh
# lib.sh - runs xenguest-fake as xenopsd runs xenguest, and judges what it did.
#
# A test describes a world and then says what must come of it:
#
#   hvm                               a fresh world: an empty HVM domain 7
#   store platform/vcpu/number 3      ... with another value in Xenstore
#   refuses '*: [34] platform/vcpu/current: *' -force
#
# $XENGUEST is the program. XG_WRAPPER='valgrind -q ...' runs it under another.

set -u

: "${XENGUEST:?the xenguest-fake to test}" "${CONFIG_H:?its config.h}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

nr_tests=0
# shellcheck disable=SC2034 # for the tests
platform=/local/domain/7/platform

# ---- TAP ----

pass() {
    nr_tests=$((nr_tests + 1))
    echo "ok $nr_tests - $1"
}

# fail TEXT: with all that the run left.
fail() {
    nr_tests=$((nr_tests + 1))
    echo "not ok $nr_tests - $1"
    echo "# exit status $status"
    for file in wanted control stdout stderr calls; do
        [ -f "$dir/$file" ] && sed "s/^/# $file: /" "$dir/$file"
    done
}

# eventually COMMAND...: until it succeeds; fails after ten minutes, when it would
# never on any machine.
eventually() {
    looks=12000
    until "$@"; do
        looks=$((looks - 1))
        [ $looks -gt 0 ] || return 1
        sleep 0.05
    done
}

# holds TEXT COMMAND...: a test that is one command.
holds() {
    text=$1
    shift
    if "$@"; then pass "$text"; else fail "$text"; fi
}

# skip TEXT: for what this machine can't do.
skip() {
    nr_tests=$((nr_tests + 1))
    if [ "${XG_MUST_RUN:-0}" = 1 ]; then
        echo "not ok $nr_tests - must run, but: $1"
    else
        echo "ok $nr_tests - # SKIP $1"
    fi
}

finish() {
    echo "1..$nr_tests"
}

# ---- the world ----

# A kernel, as far as the double looks.
image=$dir/image
ramdisk=$dir/ramdisk
printf '\177ELF and so on' >"$image"
echo 'a ramdisk' >"$ramdisk"

new_world() {
    mode=$1 drop=none failure='' status=none
    for file in wanted log host store; do
        # A test may have left a pipe.
        [ -f "$dir/$file" ] || rm -f "$dir/$file"
        : >"$dir/$file"
    done
    case $1 in
    pv) host domain/type pv ;;
    *) host domain/type hvm ;;
    esac
    [ "$1" != pvh ] || host domain/vga 0
    store platform/vcpu/number 3
    store platform/vcpu/current 2
}

pv() { new_world pv; }
hvm() { new_world hvm; }
pvh() { new_world pvh; }

# four_nodes KIND: a fresh world of four nodes, two of them near to each other, and
# nobody else's reservations.
four_nodes() {
    rm -rf "$dir/run"
    new_world "$1"
    host host/node_free_mib 256,512,256,256
}

# host KEY VALUE: see tests/fake/fake_model.c.
host() { printf '%s = %s\n' "$1" "$2" >>"$dir/host"; }

# store PATH VALUE: below the domain's path unless absolute; a later one counts.
store() {
    case $1 in
    /*) printf '%s = %s\n' "$1" "$2" ;;
    *) printf '/local/domain/7/%s = %s\n' "$1" "$2" ;;
    esac >>"$dir/store"
}

# The domain's vCPUs, tied to nodes 2 and 3 of four with four pCPUs each.
tie_vcpus() {
    for vcpu in 0 1 2 3; do
        store platform/vcpu/$vcpu/affinity 0000000011111111
    done
}

# device SBDF VENDOR DEVICE BAR [BAR]: in a sysfs of ours, with 7 lines in all; its
# folder there is $at.
none='0x0000000000000000 0x0000000000000000 0x0000000000000000'
device() {
    export XENGUEST_SYSFS="$dir/sys"
    at=$dir/sys/bus/pci/devices/$1
    mkdir -p "$at"
    echo "0x$2" >"$at/vendor"
    echo "0x$3" >"$at/device"
    printf '%s\n' "$4" "${5:-$none}" "$none" "$none" "$none" "$none" \
        "$none" >"$at/resource"
}

# A domain that has every key that makes a build do more.
store_everything() {
    store platform/vcpu/0/affinity 1100
    store platform/vcpu/2/affinity 00000001
    store platform/vcpu/weight 512
    store platform/vcpu/cap 50
    store platform/tsc_mode 2
    store platform/timeoffset -3600
    store platform/viridian true
    store platform/viridian_reference_tsc 1
    store platform/x87-fip-width 4
    store platform/acpi true
    store platform/acpi_s3 1
    store platform/cores-per-socket 3
    store platform/hpet false
    store platform/nx true
    store platform/featureset 40-0-100000
    store platform/device-model qemu-upstream-compat
}

# ---- running ----

# run OPTION...: xenopsd's own command line, in its order; $drop names an option
# to leave out; further ones come last. $failure is what the doubles are to do
# (XG_FAKE_FAIL). Leaves $status and the files control, stdout, stderr and calls.
run() {
    set -- -domid 7 -store_port 3 -store_domid 0 -console_port 4 \
        -console_domid 0 -mem_max_mib 64 -mem_start_mib 64 "$@"
    case $mode in
    pv) set -- -mode linux_build -image "$image" -cmdline 'root=/dev/xvda ro' \
        -ramdisk "$ramdisk" -features '' -flags 0 "$@" ;;
    hvm) set -- -mode hvm_build -image "$image" "$@" ;;
    pvh) set -- -mode pvh_build -image "$image" -cmdline 'console=hvc0' \
        -features '' -flags 0 -module "$ramdisk" -cmdline 'of the module' \
        "$@" ;;
    esac
    without_drop "$@"
}

without_drop() {
    left=$#
    while [ "$left" -gt 0 ]; do
        if [ "$1" = "$drop" ]; then
            shift 2
            left=$((left - 2))
        else
            set -- "$@" "$1"
            shift
            left=$((left - 1))
        fi
    done
    xenguest -controloutfd 8 -controlinfd 9 "$@"
}

# xenguest OPTION...: with fd 8 and 9 as control fds, if it is told of them.
xenguest() {
    : >"$dir/control"
    raw "$@" 8>"$dir/control" 9</dev/null
}

# raw OPTION...: whatever fds there are.
raw() {
    : >"$dir/calls"
    # shellcheck disable=SC2086 # the wrapper is several words
    XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store XG_FAKE_LOG=$dir/calls \
        XG_FAKE_FAIL=$failure ${XG_WRAPPER:-} "$XENGUEST" "$@" \
        </dev/null >"$dir/stdout" 2>"$dir/stderr"
    status=$?
}

# ---- judging: in the shell itself where that is possible, since some tests look
# at hundreds of runs, and a process costs more than a run of ours ----

# only_line FILE: into $only; fails when the file has none, or more than one.
only_line() {
    only='' more=''
    { IFS= read -r only && ! IFS= read -r more; } <"$dir/$1" && [ -z "$more" ]
}

# same FILE: its bytes are those of the standard input.
same() {
    cat >"$dir/wanted"
    cmp -s "$dir/wanted" "$dir/$1"
}

has() { grep -q -e "$2" "$dir/$1"; }

# has_not FILE PATTERN: the file is there, and has none.
has_not() {
    has "$@"
    [ $? = 1 ]
}

# number_of PATTERN: calls that begin so.
number_of() { grep -c "^\\($1\\) *" "$dir/calls"; }

# succeeded RESULT: said just that on the control channel, and nothing else.
succeeded() {
    [ "$status" = 0 ] && only_line control && [ "$only" = "result:$1" ] &&
        [ ! -s "$dir/stdout" ] && [ ! -s "$dir/stderr" ]
}

# failed PATTERN: exactly one error line in the contract's form that matches, the
# same on stderr, status 1, and nothing else anywhere.
failed() {
    [ "$status" = 1 ] && [ ! -s "$dir/stdout" ] && only_line stderr || return
    error=$only
    only_line control && [ "$only" = "error:$error" ] || return

    # Its form: xenguest: CALL: [CODE] TEXT
    told_call=${error#xenguest: }
    told_call=${told_call%%: *} told_code=${error#*: [}
    told_code=${told_code%%] *}
    case $told_call in '' | *[!a-z_0-9]*) return 1 ;; esac
    case $told_code in '' | *[!0-9]*) return 1 ;; esac
    # shellcheck disable=SC2254 # $1 is a pattern
    case $error in
    "xenguest: $told_call: [$told_code] "?*) case $error in $1) return ;; esac ;;
    esac
    return 1
}

took_no_page() { ! grep -q '^xc_dom_boot_mem_init' "$dir/calls"; }

# refuses PATTERN [OPTION]...: runs, and fails with that before a page is taken.
refuses() {
    pattern=$1
    shift
    run "$@"
    if failed "$pattern" && took_no_page; then
        pass "$mode: $(cat "$dir/stderr")"
    else
        fail "$mode: refuses with $pattern"
    fi
}

# accepts TEXT [OPTION]...: runs, and builds.
accepts() {
    text="$mode: $1"
    shift
    run "$@"
    case $mode in
    pv) holds "$text" succeeded '1048642 1048643 x86_64-abi' ;;
    *) holds "$text" succeeded '66 67' ;;
    esac
}

# called TEXT: a call was made exactly so.
called() { grep -qxF -e "$1" "$dir/calls"; }

# last_hard VCPU: the hard mask that it is left with.
last_hard() {
    grep "xc_vcpu_setaffinity d7 vcpu=$1 hard" "$dir/calls" | tail -n 1 | grep -o 'hard=[01]*'
}

# before PATTERN PATTERN: the last call like the first one comes before the
# first call like the other.
before() {
    awk -v a="^$1" -v b="^$2" '
        $0 ~ a { last = NR }
        $0 ~ b && !first { first = NR }
        END { exit !(last && first && last < first) }' "$dir/calls"
}

# own KEY: what the kernel says of this shell, which the program inherits: in a container
# it may have no new privileges, and filters of system calls.
own() { sed -n "s/^$1:[[:space:]]*//p" /proc/$$/status; }

# defined NAME: configure found that the libraries have it.
defined() { grep -qx "#define $1 1" "$CONFIG_H"; }

# configured NAME: which of the places that configure knows, such as IPXE_PATHS, is
# there; the first if none is.
configured() {
    places=$(sed -n "s/^#define $1 //p" "$CONFIG_H" | tr -d '",')
    for place in $places; do
        [ ! -r "$place" ] || { echo "$place" && return; }
    done
    echo "${places%% *}"
}
