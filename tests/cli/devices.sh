#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Passed-through devices and virtual GPUs: what Xen and the device model are
# told of the memory map, and every way in which devices can be wrong.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

mib_64='0x00000000e0000000 0x00000000e3ffffff 0x0000000000040200'
gib_1='0x0000000100000000 0x000000013fffffff 0x000000000014220c'

device 0000:03:00.0 10de 1eb8 "$mib_64"
device 0000:03:00.1 10de 10f8 "$mib_64" "$gib_1"
device 0001:04:1f.7 1002 692f "$mib_64"

# Enough for guests that reach above 4 GiB.
hvm() {
    new_world hvm
    host host/free_mib 16384
    host domain/max_pages 4194304
}

six_gib() { run -mem_max_mib 6144 -mem_start_mib 6144 "$@"; }

# lays_out TEXT LOWMEM-END HIGHMEM-END HOLE MAP: the last run told so.
lays_out() {
    holds "$1: builds" succeeded '66 67'
    holds "$1: the map is the one for Xen" \
        called "xc_domain_set_memory_map d7 $5"
    holds "$1: libxenguest populates just that" \
        has calls "lowmem_end=$2 highmem_end=$3 .*mmio=.*+$4 "
    holds "$1: the device model knows the hole" called \
        "xs_write /local/domain/7/vm-data/mmio-hole-size $(($4))"
}

# ---- what is laid out

hvm
six_gib
lays_out 'no device' 0xf0000000 0x190000000 0x10000000 \
    'ram:0x100000-0xf0000000 ram:0x100000000-0x190000000'
holds 'no device: nothing is said of VRAM' has_not calls vram
holds 'no device: Xen is not asked for reserved memory' \
    has_not calls xc_reserved_device_memory_map

hvm
six_gib -vgpu
lays_out vGPU 0xe0000000 0x1a0000000 0x20000000 'ram:0x100000-0xe0000000 '\
'reserved:0xfb000000-0xfc000000 ram:0x100000000-0x1a0000000'
holds 'vGPU: where its VRAM is' \
    called 'xs_write /local/domain/7/vm-data/vram-reserved-addr fb000000'
holds 'vGPU: and how large' \
    called 'xs_write /local/domain/7/vm-data/vram-reserved-size 16777216'

# Viridian's stimer, with synic, comes with a vGPU and a reference clock.
hvm
store platform/viridian true
store platform/viridian_time_ref_count true
run -vgpu
holds 'vGPU: stimer is on by itself' \
    called 'xc_hvm_param_set d7 VIRIDIAN=0x1185'
run
holds 'no vGPU: it is not' called 'xc_hvm_param_set d7 VIRIDIAN=0x1005'
store platform/viridian_stimer false
run -vgpu
holds 'vGPU: nor against the key' called 'xc_hvm_param_set d7 VIRIDIAN=0x1005'

pvh
store platform/viridian true
store platform/viridian_time_ref_count true
run -vgpu
holds 'vGPU, PVH: stimer is on by itself' \
    called 'xc_hvm_param_set d7 VIRIDIAN=0x1185'
run
holds 'no vGPU, PVH: it is not' called 'xc_hvm_param_set d7 VIRIDIAN=0x1005'

hvm
six_gib -pci_passthrough 03:00.0
lays_out 'one device' 0xe0000000 0x1a0000000 0x20000000 \
    'ram:0x100000-0xe0000000 ram:0x100000000-0x1a0000000'
holds 'one device: Xen is asked for it' \
    called 'xc_reserved_device_memory_map 0 0000:03:00.0 room=0'

hvm
host host/reserved \
    '0:3:0.0 c0000 10,0:3:0.0 f8000 100,0:3:0.1 b0000 1,0:9:0.0 10000 1'
six_gib -pci_passthrough 0000:03:00.0, -pci_passthrough '' \
    -pci_passthrough 0000:03:00.1
lays_out 'two devices: BARs of 1152 MiB' 0x80000000 0x200000000 0x80000000 \
    'ram:0x100000-0x80000000 reserved:0xb0000000-0xb0001000 '\
'reserved:0xc0000000-0xc0010000 reserved:0xf8000000-0xf8100000 '\
'ram:0x100000000-0x200000000'

# A preference is no reason to fail.
hvm
export XENGUEST_RUN_DIR="$dir/run"
host host/node_free_mib 8192,8192
store platform/numa/policy best-effort
failure=xc_pcitopoinfo:1:EPERM
six_gib -pci_passthrough 03:00.0 -debuglog "$dir/log"
holds "the device's node is not told: builds" succeeded '66 67'
holds '... with a warning' has log \
    'no node is near to devices: .*Operation not permitted'

hvm
host host/reserved '0:3:0.0 c0000 10,0:3:0.0 f8000 100'
six_gib -pci_passthrough 0000:03:00.0
lays_out 'a reserved region inside RAM' 0xc0000000 0x1c0000000 0x40000000 \
    'ram:0x100000-0xc0000000 reserved:0xc0000000-0xc0010000 '\
'reserved:0xf8000000-0xf8100000 ram:0x100000000-0x1c0000000'

hvm
host host/reserved '0:3:0.0 7b800 800'
run -mem_max_mib 4096 -mem_start_mib 4096 -pci_passthrough 0000:03:00.0
lays_out 'a reserved region that cuts low RAM' 0x7b800000 0x184800000 \
    0x84800000 'ram:0x100000-0x7b800000 reserved:0x7b800000-0x7c000000 '\
'ram:0x100000000-0x184800000'

# Where RAM can't give way, the region does: 4 GiB, and 1 MiB less a page.
for region in '100000 10' 'ff 2'; do
    hvm
    host host/reserved "0:3:0.0 $region"
    six_gib -pci_passthrough 0000:03:00.0 -debuglog "$dir/log"
    map='ram:0x100000-0xe0000000 ram:0x100000000-0x1a0000000'
    [ "$region" = '100000 10' ] || map="reserved:0xff000-0x100000 $map"
    lays_out "a reserved region that is RAM: $region" 0xe0000000 0x1a0000000 \
        0x20000000 "$map"
    holds '... is told of' has log "RAM in 0x${region% *}000 to "
done

hvm
six_gib -pci_passthrough 1:4:1f.7
lays_out 'a S7150x2' 0x80000000 0x200000000 0x80000000 \
    'ram:0x100000-0x80000000 ram:0x100000000-0x200000000'

hvm
store platform/mmio_hole_size 3221225472
six_gib
lays_out 'a hole of 3 GiB' 0x40000000 0x240000000 0xc0000000 \
    'ram:0x100000-0x40000000 ram:0x100000000-0x240000000'

# ---- safety

hvm
refuses '*: *22* -pci_passthrough and populate-on-demand exclude *' \
    -pci_passthrough 03:00.0 -mem_start_mib 32
accepts 'no device at all' -pci_passthrough , -mem_start_mib 32
accepts '-force takes the risk' -pci_passthrough 03:00.0 -mem_start_mib 32 \
    --force

# ---- what is wrong

hvm
for list in 03:00 03:00.8 03:20.0 100:00.0 10000:03:00.0 \
    0:0:0:0.0 ' 03:00.0' 03:00.0@1 xx:yy.z ../../../etc; do
    refuses '*pci_parse_list: *22* -pci_passthrough: *' -pci_passthrough "$list"
done
refuses "*open: *2* '*/0000:05:00.0/resource': No such file*" \
    -pci_passthrough 03:00.0,05:00.0

device 0000:06:00.0 8086 1 "$none"
: >"$at/resource"
refuses "*: *22* '*/resource': line 1 does not describe a BAR" \
    -pci_passthrough 06:00.0
head -c 8000000 /dev/zero | tr '\0' x >"$at/resource"
refuses "*: *22* '*/resource': line 1 does not *" -pci_passthrough 06:00.0
head -c 100000 /dev/urandom >"$at/resource"
refuses "*: *22* '*/resource': line 1 does not *" -pci_passthrough 06:00.0
printf '%s\n' "$none" "$none" '0x0 0x0' >"$at/resource"
refuses "*: *22* '*/resource': line 3 does not *" -pci_passthrough 06:00.0
rm "$at/resource"
mkdir "$at/resource"
refuses "*read: *21* '*/resource': *" -pci_passthrough 06:00.0
rmdir "$at/resource"
mkfifo "$at/resource"
refuses "*: *22* '*/resource': line 1 does not *" -pci_passthrough 06:00.0
device 0000:07:00.0 nonsense 1 "$none"
refuses "*: *22* '*/vendor' holds no PCI id" -pci_passthrough 07:00.0

hvm
many=$(awk 'BEGIN { for (i = 0; i < 200; i++)
    printf "%s0:3:0.0 %x 1", i ? "," : "", 1015808 + 2 * i }')
host host/reserved "$many"
refuses '*: *7* the memory map needs more than the 128 entries *' \
    -pci_passthrough 03:00.0
hvm
host host/reserved '0:3:0.0 ffffffffffffff 1'
refuses '*: *34* Xen reserves *' -pci_passthrough 03:00.0
hvm
failure=xc_reserved_device_memory_map:1:EPERM
refuses '*xc_reserved_device_memory_map: *1* 0000:03:00.0: *' \
    -pci_passthrough 03:00.0

finish
