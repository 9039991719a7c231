# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa_hvm_linux.sh - Linux as an HVM guest makes of hvmloader's tables what PVH Linux
# makes of ours: two virtual nodes, one of them around the hole below 4 GiB.
# host: hvm-linux=yes long=yes takes=60
. numa.sh
. vnodes.sh

name='HVM Linux' count=2
guest hvm 340 --vcpus 4 --bios ovmf -p ovmf-override=linux.fd -p acpi=1 \
    -p mmio_hole_size=$(((4096 - 256) << 20)) -p tsc_mode=2 \
    -p numa/policy=best-effort -p numa/vnodes=$count
# Of the rest hvmloader takes memory for the image.
run "$name: builds" vmctl build "$dom" -- -mem_max_mib 320 -mem_start_mib 320
on_nodes $((160 * 256 - 32)) $((160 * 256))
starts
is "$(ranges 0),$(ranges 1)" '0-160,160-256 4096-4160' "$name: ranges"
is "$(guest_says 'node 0')|$(guest_says 'node 1')" \
    'cpus 0-1 distances 10 20|cpus 2-3 distances 20 10' \
    "$name: processors and distances"
is "$(packages)" '0 0 1 1' "$name: each is a socket"
bound_between 160 4160
destroy "$dom"

xl sched-credit -s -t 30
done_testing
