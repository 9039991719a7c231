# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa_intel.sh - on processors that call themselves Intel's, the leaf of caches that
# Xen gives a guest has a socket for each virtual node. They are the emulator's AMD ones
# by another name: Xen's machine check needs real ones, and so does Linux, as a guest.
# host: nodes=2 smp=4,sockets=1,cores=4,threads=1 xen=mce=0 long=yes
# host: cpu=vendor=GenuineIntel,family=6,model=85
. numa.sh

# caches: of each cache, the APIC ids that share it and those of the socket.
caches() {
    get cpuid 4 | while read -r a _; do
        [ $((0x$a & 31)) -eq 0 ] ||
            echo "$(((0x$a >> 14 & 4095) + 1))/$(((0x$a >> 26) + 1))"
    done | paste -sd ' '
}

guest pvh 128 --vcpus 4 -p numa/policy=best-effort
run 'no virtual nodes: builds' vmctl build "$dom"
is "$(caches)" '1/8 1/8 1/8 1/8' 'no virtual nodes: one socket of 8 APIC ids'
destroy "$dom"

guest pvh 128 --vcpus 4 -p numa/policy=best-effort -p numa/vnodes=2
run '2 virtual nodes of 2 vCPUs: builds' vmctl build "$dom"
is "$(caches)" '1/4 1/4 1/4 1/4' '2 virtual nodes: sockets of 4 APIC ids'
is "$(get cpuid 1 | cut -d ' ' -f 2 | cut -c 3-4)" 04 '... leaf 1 has as many'
is "$(get cpuid 80000008 | cut -d ' ' -f 3)" 00000000 '... nothing of AMD'"'s is said"
destroy "$dom"

done_testing
