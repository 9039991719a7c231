# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# reserved.sh - a passed-through device of which the host's firmware wants two ranges
# reserved: Xen reports them, and they are no RAM in the guest's map.
# host: nodes=2 size=1152 takes=10
# host: qemu=-device qemu=intel-iommu qemu=-device qemu=edu,addr=0x10
# host: xen=rmrr=20000-2000f=00:10.0;30000-30003=00:10.0
. layout.sh

xl dmesg -c >/dev/null
high=100000000
both='20000000 20010000 RESERVED, 30000000 30004000 RESERVED'

# Both in what would be RAM: it ends at the first.
map '1 GiB' 3584 "100000 20000000 RAM, $both, $high 120000000 RAM" \
    --mem 1024 --pci 00:10.0
destroy "$dom"
map '640 MiB' 3584 "100000 20000000 RAM, $both, $high 108000000 RAM" \
    --mem 640 --pci 00:10.0
destroy "$dom"
# Both above it: they are in the hole, which begins where the device's memory needs it.
map '512 MiB' 512 "100000 20000000 RAM, $both" --mem 512 --pci 00:10.0
destroy "$dom"
map 'without the device' 256 '100000 40000000 RAM' --mem 1024
destroy "$dom"

done_testing
