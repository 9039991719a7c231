# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# pvh.sh - PVH guests: Linux finds its memory, and its vCPUs through ACPI, and
# has nothing to complain of; Xen's PV shim starts a PV kernel.
# host: nodes=2 size=5120 dm=yes
# host: qemu=-device qemu=edu,addr=0x10
# host: qemu=-device qemu=pci-testdev,addr=0x11,membar=512M
# host: takes=55
. lib.sh

# With locks that spin on many vCPUs and credit's 30 ms a slice, 4 emulated pCPUs
# take minutes. (As an option of Xen, 1 ms makes Xen itself crash at boot now and
# then.)
xl sched-credit -s -t 1

# With an emulated TSC (tsc_mode) Linux leaves for Xen whenever it looks at a
# clock: twice the time, and more chances for QEMU's emulation to lose it. lpj
# spares each vCPU the ticks to measure its speed, tsc=reliable the comparison
# of TSCs, for which two vCPUs have to run at the same time.
boot() {
    name=$1
    shift
    boot_linux "$name" 'report=acpi,topology lpj=5200000 tsc=reliable' \
        -p tsc_mode=2 "$@"
}

# The map that Linux was given. It takes 0xa0000 to 0xfffff for reserved, as on
# a PC, where nothing else claims it.
e820() {
    echo "$said" |
        sed -n 's/.*BIOS-e820: \[mem 0x0*\([0-9a-f]\)/\1/p' |
        sed 's/-0x0*\([0-9a-f]\)/-\1/; s/\]//'
}

# expect NAME MIB ONLINE VCPUS HIGH-MAP: what the guest has to have said.
expect() {
    low=$(($2 < 3840 ? $2 : 3840))
    is "$(e820)" "0-9ffff usable
a0000-fefff reserved
ff000-fffff ACPI data
100000-$(printf %x $(((low << 20) - 1))) usable
fc000000-fc001fff ACPI data
feff8000-feffffff reserved${5:+
$5}" "$1: its map is the one computed"
    # In Linux's words of 6.1, or of 6.9 and later.
    is "$(echo "$said" | sed -n 's/.*: Allowing \([0-9]*\) CPUs, \(.*\) hot.*/\1 \2/p
        s/.*: Allowing \([0-9]*\) present CPUs plus \(.*\) hot.*/\1+\2 \2/p' |
        while read -r cpus later; do echo $((cpus)) "$later"; done)" \
        "$4 $(($4 - $3))" "$1: ACPI shows $4 vCPUs, $3 enabled"
    like "$said" "*guest-report mem_kib=* cpus=$3 *" "$1: $3 are online"
    # The first page and the one of the RSDP are not RAM to Linux.
    kib=$(echo "$said" | sed -n 's/.*mem_kib=\([0-9]*\).*/\1/p')
    missing=$(($2 * 1024 - kib))
    [ "$missing" -ge 0 ] && [ "$missing" -le 1024 ]
    is $? 0 "$1: $2 MiB are RAM, less $missing KiB"

    is "$(echo "$said" | sed -n 's/^acpi //p' | tr '\n' ' ')" \
        'APIC DSDT FACP ' "$1: three tables, found from XSDT and RSDP"
    # Not the semicolon of: "windows from ACPI; if necessary, ... report a bug".
    is "$(echo "$said" | grep -iE \
        '(acpi|firmware)[^;]*(error|warn|bug|fail|invalid|mismatch)|AE_[A-Z]')" \
        '' \
        "$1: no complaint about them"
    destroy "$dom"
}

boot '1 vCPU, 6 GiB' --mem 6144 --vcpus 1
expect '1 vCPU, 6 GiB' 6144 1 1 '100000000-18fffffff usable'

boot '3 of 4 vCPUs, 3 GiB' --mem 3072 --vcpus 4 --online 3 -p cores-per-socket=2
is "$(echo "$said" | sed -n 's/^cpu \(.\) package/\1/p' | paste -sd ',')" \
    '0 0,1 0,2 1' '... 2 cores per socket'
expect '3 of 4 vCPUs, 3 GiB' 3072 3 4

boot '2 vCPUs, 256 MiB' --mem 256 --vcpus 2 -p timeoffset=7200
clock=$(echo "$said" | sed -n 's/.*clock=\([0-9]*\).*/\1/p')
ahead=$((clock - $(date +%s)))
[ $ahead -gt 7080 ] && [ $ahead -le 7200 ]
is $? 0 "timeoffset: its clock is two hours ahead ($ahead s)"
expect '2 vCPUs, 256 MiB' 256 2 2

# All of a host's processors share its clock: more vCPUs than these take long.
if is_long; then
    boot '16 vCPUs, 256 MiB' --mem 256 --vcpus 16
    expect '16 vCPUs, 256 MiB' 256 16 16
    boot '40 vCPUs' --mem 4096 --vcpus 40
    expect '40 vCPUs' 4096 40 40 '100000000-10fffffff usable'
    boot '16 of 128 vCPUs' --mem 1024 --vcpus 128 --online 16
    expect '16 of 128 vCPUs' 1024 16 128
fi

# Populate on demand: half of the memory, all of the map.
create --type pvh --image /guest/vmlinux --cmdline "$linux_words" \
    --module /guest/initramfs --mem 512 --mem-start 256
run 'populate on demand: builds' vmctl build "$dom"
pages=$(get pages)
[ "$pages" -ge $((256 * 256)) ] && [ "$pages" -le $((256 * 256 + 64)) ]
is $? 0 "populate on demand: it has mem_start's pages ($pages)"
[ "$(get max-pages)" -ge $((512 * 256)) ]
is $? 0 'and may have all'
destroy "$dom"

# The PV shim is a PVH kernel; its modules are a PV kernel with a command line
# and a ramdisk. xsave=0: QEMU lets a guest set XCR0 without an exit, so that Xen does
# not know of it and shows the guest a save area of no size; newer shims stop then.
shim=$(echo /usr/lib/xen-*/boot/xen-shim)
[ -e "$shim" ] || { skip 'PV shim' 'this Xen has none' && done_testing; }
reaches_user_space 'PV shim' 300 --type pvh --mem 640 --vcpus 2 --image "$shim" \
    --cmdline 'pv-shim console=xen,pv xsave=0' \
    --module /guest/vmlinux --cmdline "$linux_words to=the-module" \
    --module /guest/initramfs
like "$said" "*Command line: $linux_words to=the-module*" \
    'PV shim: the first module has its own command line'
like "$said" '*Hypervisor detected: Xen PV*' \
    'PV shim: Linux is a PV guest'
destroy "$dom"

xl sched-credit -s -t 30
done_testing
