# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# layout.sh - the memory map that hvmloader gets from Xen and shows its guest.
. lib.sh

# e820: hvmloader's table from 1 MiB on, "START END TYPE", but for what it
# keeps for itself from 0xfc000000 to 4 GiB.
e820() {
    vmctl dmesg | sed -n "s/^(XEN) *//; s/^(d$dom) *\[[0-9]*\]: //p" |
        tr -d ':,' | awk '
            { start = $1; end = $3; type = $4 }
            start < "0000000000100000" { next }
            start >= "00000000fc000000" && end <= "0000000100000000" { next }
            { sub(/^0+/, "", start); sub(/^0+/, "", end)
              print start, end, type }' | paste -sd '|' | sed 's/|/, /g'
}

# map NAME HOLE-MIB MAP OPTION...: builds, starts without a device model, and
# hvmloader shows that map.
map() {
    name=$1 hole_mib=$2 wanted=$3
    shift 3
    create --type hvm --bios seabios "$@"
    run "$name: builds" vmctl build "$dom"
    vmctl start "$dom"
    await 60 says "(d$dom) Invoking SeaBIOS"
    is "$(e820)" "$wanted" "$name: hvmloader shows the map computed"
    is "$(value vm-data/mmio-hole-size)" $((hole_mib << 20)) \
        "$name: the device model is told of $hole_mib MiB"
}
