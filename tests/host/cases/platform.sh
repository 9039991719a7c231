# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# platform.sh - what Xenstore's platform keys set, read back from Xen and
# Xenstore; memory that is populated on demand; what becomes of a triple fault.
# Else no guest runs: hvm.sh shows timeoffset, which only a guest can see.
. lib.sh

hvm() { create --type hvm --mem 128 "$@" && run "builds: $*" vmctl build "$dom"; }
pvh() {
    create --type pvh --image /guest/counter-pvh --mem 32 "$@" &&
        run "PVH: builds: $*" vmctl build "$dom"
}

# The VGA hole is not populated.
vga_hole_pages=32

create --type hvm --mem 512 --mem-start 256
run 'builds with half of its memory' vmctl build "$dom"
short=$((256 * 256 - $(get pages)))
[ $short -ge 0 ] && [ $short -le $vga_hole_pages ]
is $? 0 "populate on demand: it has mem_start's pages (less $short)"
[ "$(get max-pages)" -ge $((512 * 256)) ]
is $? 0 'and may have all'
destroy "$dom"

hvm -p acpi=true -p acpi_s3=false -p acpi_s4 -p hpet
is "$(value platform/acpi)" 1 'acpi: true becomes 1'
is "$(value platform/acpi_s3)" 0 'acpi_s3: false becomes 0'
is "$(value platform/acpi_s4)" 0 'acpi_s4: absent becomes 0'
is "$(get hvm-param hpet-enabled)" 1 'hpet: on without the key'
is "$(get hvm-param viridian)" 0 'viridian: off without the key'
is "$(get hvm-param triple-fault-reason)" 3 'a triple fault is a crash'
is "$(get tsc-mode)" 0 'tsc_mode: 0 without the key'
is "$(value vm-data/mmio-hole-size)" 268435456 'the MMIO hole is 256 MiB'
destroy "$dom"

hvm -p acpi=0 -p acpi_s3=TRUE -p acpi_s4=0x10 -p hpet=false -p tsc_mode=2 \
    -p viridian=true -p viridian_time_ref_count=true -p viridian_apic_assist=1 \
    -p viridian_stimer=false
is "$(value platform/acpi)" 0 'acpi: 0 stays'
is "$(value platform/acpi_s3)" 1 'acpi_s3: TRUE becomes 1'
is "$(value platform/acpi_s4)" 1 'acpi_s4: 0x10 becomes 1'
is "$(get hvm-param hpet-enabled)" 0 'hpet: off'
is "$(get tsc-mode)" 2 'tsc_mode: 2'
# base_freq 1, time_ref_count 4, apic_assist 32, cpu_hotplug 4096; base is 1
is "$(get hvm-param viridian)" $((1 | 4 | 32 | 4096)) 'viridian: each bit'
destroy "$dom"

for width in 4 8; do
    hvm -p hpet= -p tsc_mode=1 -p x87-fip-width=$width
    is "$(get hvm-param x87-fip-width)" $width "FIP width: $width"
    is "$(get hvm-param hpet-enabled)" 1 'hpet: on when empty'
    is "$(get tsc-mode)" 1 'tsc_mode: 1'
        destroy "$dom"
done

# stimer brings synic with it
hvm -p viridian=1 -p viridian_stimer=true -p viridian_reference_tsc=true \
    -p viridian_hcall_remote_tlb_flush=true -p viridian_crash_ctl=true \
    -p viridian_hcall_ipi=true
is "$(get hvm-param viridian)" $((1 | 8 | 16 | 64 | 128 | 256 | 512 | 4096)) \
    'viridian: stimer with synic, reference_tsc, tlb_flush, crash_ctl, ipi'
destroy "$dom"

# What is no number, too large or empty counts as something that VMs can run with.
hvm -p timeoffset=2300000000 -p tsc_mode=7x -p x87-fip-width=7x -p viridian= \
    -p nx=yes -p vcpu/weight=70000 -p vcpu/cap=x -p mmio_hole_size=1M
is "$(get timeoffset)" 2147483647 'timeoffset: ends with 32 bits'
is "$(get tsc-mode)" 0 'tsc_mode: one that Xen does not know is 0'
is "$(get hvm-param x87-fip-width)" 0 'FIP width: neither 4 nor 8 is left to Xen'
is "$(get weight) $(get cap)" '256 0' "weight and cap: Xen's"
destroy "$dom"
hvm -p mmio_hole_size=4294967296
is "$(value vm-data/mmio-hole-size)" $((256 << 20)) 'a hole of 4 GiB is none'
destroy "$dom"

create --type pv --mem 96 --image /guest/vmlinux -p tsc_mode=1 -p acpi=true
run 'PV: builds' vmctl build "$dom"
is "$(get tsc-mode)" 1 'PV: tsc_mode 1'
is "$(value platform/acpi)$(value platform/acpi_s3)" 10 'PV: has acpi keys'
destroy "$dom"

pvh -p x87-fip-width=4 -p viridian=true -p timeoffset=-60
is "$(get hvm-param hpet-enabled)" 1 'PVH: hpet: on without the key'
is "$(get hvm-param triple-fault-reason)" 3 'PVH: a triple fault is a crash'
is "$(get hvm-param viridian)" $((0x1001)) 'PVH: viridian'
is "$(get hvm-param x87-fip-width)" 4 'PVH: FIP width'
is "$(get timeoffset)" -60 'PVH: timeoffset'
is "$(value platform/acpi_s3)" 0 'PVH: has acpi keys'
destroy "$dom"

pvh -p hpet=false
is "$(get hvm-param hpet-enabled)" 0 'PVH: hpet: off'
is "$(get hvm-param viridian)" 0 'PVH: viridian: off without the key'
destroy "$dom"

pvh --cmdline triple-fault
vmctl start "$dom"
# shellcheck disable=SC2317 # by await
has_crashed() { [ "$(get state)" = crashed ]; }
await 60 has_crashed
is "$(get state)" crashed 'PVH: a guest that triple-faults has crashed'
destroy "$dom"

done_testing
