# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# vnodes.sh - what the cases of virtual nodes share: a Linux guest that is shown some,
# and what it, and Xen, say of them. Sourced after numa.sh.
# shellcheck disable=SC2154

# Several vCPUs share the one pCPU of their node: one that waits for another's lock
# spins for what is left of its slice, of which credit makes 30 ms.
xl sched-credit -s -t 1

# soft_masks: of each vCPU, as an admin sees them.
soft_masks() { xl vcpu-list "$dom" | awk 'NR > 1 { print $NF }' | paste -sd ' '; }

# guest_says FIRST-WORDS: what follows these in the guest's report.
guest_says() { echo "$said" | sed -n "s/^$1 //p"; }

# What Xen has of the domain's virtual nodes, which only a debug key tells: for
# each, the node, the vCPUs and the ranges of frames.
xen_vnodes() {
    xl dmesg -c >/dev/null
    xl debug-keys u
    await 60 says "\(Domain \|d\)$dom (total: "
    # Newer releases have "d3" for "Domain 3".
    vmctl dmesg | sed 's/^(XEN) *//; s/^Domain /d/' | awk -v dom="d$dom" '
        $2 == "(total:" { on = $1 == dom }
        on && $2 == "pnode" { gsub(",", ""); print $3, $5 }
        on && $2 == "-" { print $1, $3 }' | paste -sd ','
}

# vnodes NAME MIB VCPUS COUNT OPTION...: such a guest is built: what is published
# and where Xen has its pages agree.
vnodes() {
    name=$1 mib=$2 vcpus=$3 count=$4
    shift 4
    guest pvh "$mib" --vcpus "$vcpus" -p numa/policy=best-effort \
        -p "numa/vnodes=$count" -p tsc_mode=2 --cmdline \
        "$pvh_cmdline report=nodes,topology,bound lpj=5200000 tsc=reliable" "$@"
    run "$name: builds" vmctl build "$dom"
    is "$(result vnodes) $(result spilled)" "$count 0" \
        "$name: $count are published, and none spilled"
    published_is_true "$name"
}

# starts: it, and says what it has.
starts() {
    vmctl start "$dom"
    run "$name: reaches user space" vmctl wait "$dom" guest-done --timeout 300
    said=$(console "$dom")
    is "$(guest_says 'node' | wc -l)" "$count" "$name: it has $count nodes"
    is "$(echo "$said" | grep -iE 'srat|slit|numa|node|sched: |topology_' |
        grep -iE 'error|warn|bug|fail|invalid|mismatch|bogus|ignor')" '' \
        "$name: no complaint about nodes"
}

# packages: the guest's socket of each vCPU.
packages() { guest_says cpu | cut -d ' ' -f 3 | paste -sd ' '; }

# bound_between START END: the last vCPU's thread has its memory there, in MiB.
bound_between() {
    # shellcheck disable=SC2046 # words
    set -- "$1" "$2" $(guest_says bound | tr '-' ' ')
    [ "${6:--1}" -ge "$1" ] && [ "${7:-$2}" -lt "$2" ]
    is $? 0 "$name: a thread on processor $4 has frames of its node ($6-$7)"
}

# ranges NODE: that the guest's kernel has for it, in MiB.
ranges() {
    echo "$said" |
        sed -n "s/.*SRAT: Node $1 PXM $1 \[mem 0x\([0-9a-f]*\)-0x\([0-9a-f]*\)\].*/\1 \2/p" |
        while read -r start end; do
            echo "$((0x$start >> 20))-$(((0x$end + 1) >> 20))"
        done | paste -sd ' '
}
