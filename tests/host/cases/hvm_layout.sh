# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# hvm_layout.sh - the memory map that hvmloader gets from Xen and shows its
# guest, for holes of several sizes, virtual GPUs, and devices out of a real
# sysfs; and that a BIOS starts in the largest.
# host: nodes=2 size=5120 dm=yes
# host: qemu=-device qemu=edu,addr=0x10
# host: qemu=-device qemu=pci-testdev,addr=0x11,membar=512M
# host: takes=100
. layout.sh

xl dmesg -c >/dev/null
high='100000000'
map 'small' 256 '100000 10000000 RAM' --mem 256
is "$(get hvm-info)" 'low 0x10000 high 0x100000 vcpus 1' \
    'small: hvmloader is told that RAM above 4 GiB ends at 4 GiB'
destroy "$dom"
map 'up to the hole' 256 '100000 f0000000 RAM' --mem 3840
is "$(get hvm-info)" 'low 0xf0000 high 0x100000 vcpus 1' \
    'up to the hole: and so it is here'
destroy "$dom"
map '1 MiB more' 256 "100000 f0000000 RAM, $high 100100000 RAM" --mem 3841
is "$(get hvm-info)" 'low 0xf0000 high 0x100100 vcpus 1' \
    '1 MiB more: hvmloader is told of it'
destroy "$dom"
map '2 GiB of hole' 2048 "100000 80000000 RAM, $high 100100000 RAM" \
    --mem 2049 -p mmio_hole_size=2147483648
destroy "$dom"
map '3 GiB of hole' 3072 "100000 40000000 RAM, $high 1c0000000 RAM" \
    --mem 4096 -p mmio_hole_size=3221225472
destroy "$dom"
map 'vGPU' 512 "100000 e0000000 RAM, fb000000 fc000000 RESERVED, \
$high 120000000 RAM" --mem 4096 --vgpu
is "$(value vm-data/vram-reserved-addr)" fb000000 'vGPU: where its VRAM is'
is "$(value vm-data/vram-reserved-size)" 16777216 'vGPU: and how much'
destroy "$dom"

# 1 MiB and 512 MiB with Xen's own 256 do not fit into 512 MiB.
devices=/sys/bus/pci/devices
is "$(sed -n '1s/.* //p' $devices/0000:00:10.0/resource)" 0x0000000000040200 \
    'the emulated device has a BAR in sysfs'
map 'two devices' 1024 "100000 c0000000 RAM, $high 140000000 RAM" \
    --mem 4096 --pci 00:10.0,0000:00:11.0
destroy "$dom"
map 'one device' 512 "100000 e0000000 RAM, $high 120000000 RAM" \
    --mem 4096 --pci 00:10.0
destroy "$dom"

# The same device under the one name that needs a wide hole.
copy=/tmp/sys/bus/pci/devices/0000:00:10.0
mkdir -p $copy
cat $devices/0000:00:10.0/resource >$copy/resource
echo 0x1002 >$copy/vendor
echo 0x692f >$copy/device
export XENGUEST_SYSFS=/tmp/sys
map 'S7150x2' 2048 "100000 80000000 RAM, $high 180000000 RAM" \
    --mem 4096 --pci 00:10.0
unset XENGUEST_SYSFS
destroy "$dom"

create --type hvm --mem 128 --pci 00:1e.7
refuse 'a device that is not there' 'error:xenguest: *0000:00:1e.7*' \
    vmctl build "$dom"
destroy "$dom"
create --type hvm --mem 128 --mem-start 64 --pci 00:10.0
refuse 'populate on demand with a device' 'error:xenguest: *exclude*' \
    vmctl build "$dom"
run 'force: it builds' vmctl build "$dom" -- --force
destroy "$dom"

# With a device model, down to the boot disk.
create --type hvm --mem 6144 --bios seabios --disk /guest/bootdisk.img
run '6 GiB with a device model: builds' vmctl build "$dom"
vmctl start "$dom"
run '6 GiB with a device model: SeaBIOS boots the disk' \
    vmctl wait "$dom" 'bootdisk done' --timeout 60
said=$(console "$dom")
like "$said" '*e820 0000000100000000 0000000090000000 00000001*' \
    'the boot disk sees 2304 MiB above 4 GiB'
# hvmloader and SeaBIOS keep some of its end.
like "$said" '*e820 0000000000100000 00000000ef[ef]* 00000001*' \
    'and the rest below 0xf0000000'
is "$(echo "$said" | awk '$1 == "e820" && $2 >= "00000000f0000000" &&
    $2 < "00000000fc000000"')" '' 'with nothing between it and 0xfc000000'
destroy "$dom"

done_testing
