# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# demo.sh - the part of scripts/demo that runs in dom0.
# host: dm=yes
rows=/tmp/rows

xl info -n | sed -n '/^numa_info/,/^xen_major/p' | grep -v xen_major

row() { printf '%-6s %-5s %5s %6s   %-32s %8s  %s\n' "$@"; }

# vCPUs online at boot, and how many there can be.
vcpus() {
    echo "$(vmctl get "$1" key platform/vcpu/current) of $(
        vmctl get "$1" key platform/vcpu/number)"
}

# guest NAME MARK SAID CREATE-OPTION...: one guest, from nothing to a row of
# the table. MARK shows that it is through, SAID is what the row quotes.
guest() {
    name=$1 mark=$2 said=$3
    shift 3

    echo "-- $name: vmctl create --name $name $*"
    vmctl create --name "$name" "$@" >/dev/null || return
    echo "-- $name: xenguest builds it"
    vmctl build "$name" || return
    vmctl start "$name" || return
    echo "-- $name: running; waiting for \"$mark\""
    vmctl wait "$name" "$mark" --timeout 120 || return
    row "$name" "$(vmctl get "$name" type)" \
        "$(($(vmctl get "$name" pages) / 256))" \
        "$(vcpus "$name")" \
        "$(vmctl get "$name" node-pages)" \
        "$(vmctl get "$name" seconds)" \
        "$(vmctl console "$name" | tr -d '\r' | grep "$said" | tail -n 1)" \
        >>$rows
    vmctl destroy "$name"
}

status=0
guest linux guest-done '^guest-report' --type pv --mem 600 --vcpus 3 \
    --image /guest/vmlinux --ramdisk /guest/initramfs \
    --cmdline console=hvc0 || status=1
guest near guest-done '^guest-report' --type pv --mem 600 --vcpus 1 \
    --image /guest/vmlinux --ramdisk /guest/initramfs \
    --cmdline console=hvc0 -p numa/policy=best-effort || status=1
guest bios 'bootdisk done' '^cpus' --type hvm --mem 256 --vcpus 4 --online 2 \
    --bios seabios --disk /guest/bootdisk.img || status=1

echo
row guest mode MiB vCPUs 'pages on node 0, 1, 2, 3' seconds 'what it said'
cat $rows
exit $status
