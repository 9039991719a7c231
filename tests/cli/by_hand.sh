#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Without a control pipe the domain tells what no option does; with one, it is not
# asked: tests/cli/refusals.sh.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# noted KEY VALUE: as a toolstack notes what it had the domain built from.
noted() {
    store vm /vm/0001
    store "/vm/0001/image/$1" "$2"
}

# says TEXT OPTION...: on stdout, and nothing else.
says() {
    wanted=$1
    shift
    raw "$@"
    holds "$mode: $* says $wanted" \
        [ "$status:$(cat "$dir/stdout")$(cat "$dir/stderr")" = "0:$wanted" ]
}

# refuses_by_hand PATTERN OPTION...: one line on stderr; the domain stays as it was.
refuses_by_hand() {
    pattern=$1
    shift
    : >"$dir/control"
    raw "$@"
    only_line stderr
    # shellcheck disable=SC2254 # a pattern
    case $status:$only in
    1:xenguest:$pattern) holds "$mode: $only" has_not calls '^xs_write\|alloc_unb' ;;
    *) fail "$mode: $* is refused with $pattern" ;;
    esac
}

# ---- all of it

hvm
noted kernel "$image"
host domain/max_pages 16400 # 64 MiB, and what is special
says '66 67' -mode hvm_build -domid 7
holds '... with that image' called "xc_dom_kernel_mem $(wc -c <"$image")"
holds '... of that size' has calls '^xc_dom_mem_init 64$'
holds '... new ports are in Xenstore' called 'xs_write /local/domain/7/store/port 11'
holds '... both' called 'xs_write /local/domain/7/console/port 12'
holds '... for domain 0' called 'xc_evtchn_alloc_unbound d7 d0'
holds "... before the build goes on" before "xs_write .*port" xc_dom_allocate

pv
noted kernel "$image"
noted ramdisk "$ramdisk"
noted cmdline 'root=/dev/xvda ro'
host domain/max_pages 16384
says '1048642 1048643 x86_64-abi' -mode linux_build -domid 7
holds '... with that ramdisk' \
    called "xc_dom_module_mem $(wc -c <"$ramdisk") cmdline=(none)"
holds '... and that command line' \
    has calls '^xc_dom_allocate .*root=/dev/xvda ro'
holds '... and no more than it may have' has calls '^xc_dom_mem_init 64$'
says '1048642 1048643 x86_64-abi' -mode linux_build -domid 7 -mem_max_mib 1

pvh
noted kernel "$image"
says '66 67' -mode pvh_build -domid 7 -mem_max_mib 64

# ---- what was noted before, and what is given

hvm
noted kernel "$image"
store store/port 3
store console/port 4
says '66 67' -mode hvm_build -domid 7 -mem_start_mib 96
holds '... ports that are there are used' has_not calls alloc_unbound
holds '... and looked at' called 'xc_evtchn_status d7 3'
holds '... one size alone is both' has calls '^xc_dom_mem_init 96$'
store store/port 99
says '66 67' -mode hvm_build -domid 7 -store_port 5 -mem_max_mib 96
holds '... a given port wins' called 'xc_evtchn_status d7 5'
host domain/max_pages 16400
noted kernel /nowhere/x
says '66 67' -mode hvm_build -domid 7 -store_port 5 -image "$image"
host domain/max_pages 16400
store console/port x
says '66 67' -mode hvm_build -domid 7 -store_port 5 -image "$image" \
    -console_domid 2
holds '... one that is no number is replaced' \
    called 'xc_evtchn_alloc_unbound d7 d2'

# Nobody has noted an image: hvmloader is where a host has it.
hvm
host domain/max_pages 16400
loader=$(configured HVMLOADER_PATHS)
raw -mode hvm_build -domid 7
if [ -r "$loader" ]; then
    holds 'hvmloader' called "xc_dom_kernel_mem $(wc -c <"$loader")"
else
    holds 'hvmloader' has stderr "image '$loader': No such file"
fi

# Of a file that a save wrote.
hvm
echo 'done' >"$dir/answer"
raw -controloutfd 8 -controlinfd 9 -domid 7 -mode hvm_save -fd 7 \
    7>"$dir/saved" 8>"$dir/control" 9<"$dir/answer"
exec 4<"$dir/saved"
hvm
says '1111 2222' -mode hvm_restore -domid 7 -fd 4
holds 'a restore gets ports, too' has calls 'store=11,d0 console=12,d0'
exec 4<&-

# ---- what nobody tells, and domains that are left alone

pv
refuses_by_hand '*-image: Xenstore names no kernel for domain 7' \
    -mode linux_build -domid 7
hvm
host domain/max_pages 3
refuses_by_hand '*: *domain 7 may have no memory: *xl mem-max 7 *' \
    -mode hvm_build -domid 7 -image "$image"
host domain/max_pages 16400
host domain/pages 500
refuses_by_hand '*domain 7 is not empty*' -mode hvm_build -domid 7
refuses_by_hand '*domain 7 is not empty*' -mode hvm_restore -domid 7 -fd 4 \
    4<"$dir/saved"
host domain/paused 0
refuses_by_hand '*domain 7 is not paused*' -mode hvm_build -domid 7
refuses_by_hand '*domain 8 does not exist: *' -mode hvm_build -domid 8

finish
