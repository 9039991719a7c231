# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# hvm.sh - HVM guests: hvmloader, SeaBIOS and a boot disk that reports what it
# finds.
# host: dm=yes
# host: takes=35
. lib.sh

# boot NAME OPTION...: build, run, and what the boot disk said into $said.
boot() {
    name=$1
    shift
    create --type hvm --bios seabios --disk /guest/bootdisk.img "$@"
    run "$name: builds" vmctl build "$dom" || return
    vmctl start "$dom"
    run "$name: SeaBIOS boots the disk" \
        vmctl wait "$dom" 'bootdisk done' --timeout 60
    said=$(console "$dom")
}

# ram_mib FROM: MiB of RAM in the BIOS's map from that address on; hvmloader
# keeps a page for itself, and the first MiB is not all RAM.
ram_mib() {
    echo "$said" | awk '$1 == "e820" && $4 == "00000001" { print $2, $3 }' | (
        bytes=0
        while read -r base length; do
            [ $((0x$base)) -lt $(($1)) ] || bytes=$((bytes + 0x$length))
        done
        echo $(((bytes + 0x8ffff) / 0x100000))
    )
}

# clock_is_ahead SECONDS TEXT: the guest's clock, of ours, give or take the
# time that has passed since it was read.
clock_is_ahead() {
    stamp=$(echo "$said" | sed -n 's/^rtc /20/p')
    ahead=$(($(date -u -d "$stamp" +%s) - $(date +%s)))
    [ $ahead -le $(($1 + 1)) ] && [ $ahead -ge $(($1 - 10)) ]
    is $? 0 "$2 ($ahead s)"
}

xl dmesg -c >/dev/null
create --type hvm --mem 128 --bios seabios
run 'no device model: builds' vmctl build "$dom"
like "$output" 'result [0-9]* [0-9]*
seconds *' 'no device model: the result has two frames and no ABI'
vmctl start "$dom"
await 60 says "(d$dom) SeaBIOS (version"
like "$(vmctl dmesg)" "*(d$dom) HVM Loader*" 'hvmloader runs'
like "$(vmctl dmesg)" "*(d$dom) SeaBIOS (version*" 'and starts SeaBIOS'
destroy "$dom"

boot '2 of 4 vCPUs' --mem 256 --vcpus 4 --online 2 -p timeoffset=86400
like "$said" '*cpus enabled=00000002 present=00000004*' \
    'the BIOS sees 2 processors of 4'
is "$(ram_mib 0)" 256 'the BIOS map has the memory'
is "$(ram_mib 0x100000000)" 0 'and none of it above 4 GiB'
clock_is_ahead 86400 'timeoffset: its clock is a day ahead'
is "$(echo "$said" | grep -c '^cpuid 40000000 4000000[0-9] 566e6558')" 1 \
    'the hypervisor is Xen'
destroy "$dom"

boot 'MMIO hole of 3.5 GiB, Viridian' --mem 768 --vcpus 3 \
    -p mmio_hole_size=3758096384 -p viridian=true -p timeoffset=-7200
is "$(value vm-data/mmio-hole-size)" 3758096384 'the hole is in vm-data'
is "$(ram_mib 0)" 768 'the BIOS map has the memory'
is "$(ram_mib 0x100000000)" 256 'what the hole displaced is above 4 GiB'
like "$said" '*cpus enabled=00000003 present=00000003*' 'all vCPUs are enabled'
is "$(echo "$said" | grep -c '^cpuid 40000000 4000000[0-9] 7263694d')" 1 \
    'the hypervisor says that it is Viridian'
clock_is_ahead -7200 'timeoffset: its clock is two hours behind'
destroy "$dom"

boot 'no ACPI' --mem 128 -p acpi=false
is "$(echo "$said" | grep -c '^acpi')" 0 'acpi=false: there are no tables'
destroy "$dom"

boot 'populate on demand' --mem 512 --mem-start 256
is "$(ram_mib 0)" 512 'populate on demand: the BIOS map has the maximum'
is "$(get state | sed s/running/blocked/)" blocked 'and the guest runs with half of it'
destroy "$dom"

# ---- pages that we put in place of libxenguest's and Xen's own serve as well

node_2_alone='0 0 [1-9]* 0'
boot 'strict' --mem 256 -p numa/policy=strict -p numa/nodes=2
is "$(ram_mib 0)" 256 'strict: the BIOS map has the memory'
like "$(get node-pages)" "$node_2_alone" \
    "strict: a running guest is on its node alone ($(get node-pages))"
destroy "$dom"

boot 'strict, populate on demand' --mem 512 --mem-start 256 \
    -p numa/policy=strict -p numa/nodes=2
is "$(ram_mib 0)" 512 'strict, populate on demand: the BIOS map has the maximum'
is "$(get state | sed s/running/blocked/)" blocked \
    'strict, populate on demand: runs with half of it'
like "$(get node-pages)" "$node_2_alone" \
    "strict, populate on demand: on its node alone ($(get node-pages))"
destroy "$dom"

done_testing
