# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa_vnodes.sh - PVH Linux and hvmloader are shown virtual nodes, and each of them
# is where the plan has it.
# host: takes=25
. numa.sh
. vnodes.sh

vnodes '2 nodes' 600 4 2
starts
is "$(ranges 0),$(ranges 1)" '0-300,300-600' '2 nodes: ranges'
is "$(guest_says 'node 0')|$(guest_says 'node 1')" \
    'cpus 0-1 distances 10 20|cpus 2-3 distances 20 10' \
    '2 nodes: processors and distances'
is "$(packages)" '0 0 1 1' '2 nodes: each is a socket'
bound_between 300 600
on_nodes $((300 * 256)) $((300 * 256))
first=$(result vnode/0) second=$(result vnode/1)
is "$second" "$((first ^ 1))" '2 nodes: on two near ones'
is "$(soft_masks)" "$first $first $second $second" '2 nodes: masks'
is "$(xen_vnodes)" "$first 0-1,0000000000000000 0000000012c00000,\
$second 2-3,0000000012c00000 0000000025800000" '2 nodes: Xen knows them'
destroy "$dom"

# Shares that are not equal; vCPUs that come later have their nodes already.
vnodes '4 nodes, 2 of 5 vCPUs' 603 5 4 --online 2
on_nodes $((150 * 256)) $((150 * 256)) $((150 * 256)) $((153 * 256))
is "$(soft_masks)" "$(for node in 0 1 2 3 3; do result vnode/$node; done |
    paste -sd ' ')" '4 nodes: masks'
if is_long; then
    starts
    is "$(ranges 0),$(ranges 1),$(ranges 2),$(ranges 3)" \
        '0-150,150-300,300-450,450-603' '4 nodes: ranges'
    is "$(guest_says 'node' | cut -d ' ' -f 3 | paste -sd '|')" '0|1||' \
        '4 nodes: the vCPUs that are online'
    is "$(packages)" '0 1' '4 nodes, unequal: no socket is in two'
fi
destroy "$dom"

# The other shapes of docs/numa.md's table.
if is_long; then
    for vcpus in 2 8; do
        vnodes "2 nodes, $vcpus vCPUs" 600 $vcpus 2
        starts
        is "$(packages)" "$(seq 0 $((vcpus - 1)) |
            awk -v half=$((vcpus / 2)) '{ print int($1 / half) }' |
            paste -sd ' ')" "$name: each is a socket"
        bound_between 300 600
        destroy "$dom"
    done
fi

# An HVM guest's tables are hvmloader's, made of what Xen knows. What Linux makes of
# them is numa_hvm_linux.sh's.
# table NAME: its bytes, as numbers in one line.
table() { vmctl get "$dom" acpi "$1" | hexdump -v -e '1/1 "%u "'; }

# SRAT: of each processor the APIC id, of RAM the MiB, and their nodes.
srat() {
    table SRAT | awk '
        function number(at, bytes,  n) {
            while (bytes--)
                n = n * 256 + $(at + bytes + 1)
            return n
        }
        {
            for (at = 48; at < NF; at += $(at + 2))
                if ($(at + 1) == 0 && number(at + 4, 4) == 1)
                    print $(at + 4) " on " $(at + 3)
                else if ($(at + 1) == 1 && number(at + 28, 4) == 1)
                    print number(at + 8, 8) / 1048576 "+" \
                        number(at + 16, 8) / 1048576 " on " number(at + 2, 4)
                else
                    print "what is " $(at + 1)
        }' | paste -sd ','
}

name='HVM, 2 nodes'
xl dmesg -c >/dev/null
guest hvm 768 --vcpus 4 --bios seabios -p acpi=1 -p mmio_hole_size=3758096384 \
    -p numa/policy=strict -p numa/vnodes=2
run "$name: builds" vmctl build "$dom"
on_nodes $((384 * 256 - 32)) $((384 * 256))
published_is_true "$name"
first=$(result vnode/0) second=$(result vnode/1)
is "$(soft_masks)" "$first $first $second $second" "$name: masks"
is "$(xen_vnodes)" "$first 0-1,0000000000000000 0000000018000000,\
$second 2-3,0000000018000000 0000000020000000,\
0000000100000000 0000000110000000" "$name: Xen knows them, around the hole"
is "$(vmctl get "$dom" cpuid 80000008 | cut -d ' ' -f 3)" 00002003 \
    "$name: sockets of 4 APIC ids, of which 2 are vCPUs"
vmctl start "$dom"
await 60 says "(d$dom) Invoking SeaBIOS"
is "$(srat)" '0 on 0,2 on 0,4 on 1,6 on 1,0+384 on 0,384+128 on 1,4096+256 on 1' \
    "$name: hvmloader's SRAT"
is "$(table SLIT | cut -d ' ' -f 37-)" '2 0 0 0 0 0 0 0 10 20 20 10 ' \
    "$name: hvmloader's SLIT"
for table in SRAT SLIT; do
    vmctl get "$dom" acpi $table >/var/log/xen/$table.aml
done
destroy "$dom"

# What can't be is an error before anything is touched.
for what in 'pv 2' 'hvm 2 -p acpi=0' 'pvh 5' 'pvh 3'; do
    # shellcheck disable=SC2086 # words
    set -- $what
    type=$1 count=$2
    shift 2
    guest "$type" 128 --vcpus 2 -p numa/policy=strict -p numa/vnodes="$count" "$@"
    refuse "$type, 2 vCPUs, $count virtual nodes" \
        "error:*platform/numa/vnodes: '$count': *" vmctl build "$dom"
    is "$(get pages) $(get claim)" '0 0' '... nothing has been touched'
    destroy "$dom"
done

# auto: for a guest that needs two nodes.
guest pvh 1300 --vcpus 2 -p numa/policy=best-effort -p numa/vnodes=auto
run 'auto, larger than a node: builds' vmctl build "$dom"
name=auto
is "$(result vnodes) $(result spilled)" '2 0' 'auto: 2 nodes'
on_nodes $((650 * 256)) $((650 * 256))
published_is_true auto
destroy "$dom"

xl sched-credit -s -t 30
done_testing
