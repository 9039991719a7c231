#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Builds that succeed: exactly what is said on the control channel, which calls
# are made in which order with which arguments, and what each setting adds.
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2119 # without options, run is the plain build
. "$(dirname "$0")/lib.sh"

ipxe=$(configured IPXE_PATHS)
seabios=$(configured SEABIOS_PATHS)
image_bytes=$(wc -c <"$image")
ramdisk_bytes=$(wc -c <"$ramdisk")

# ---- every call of the two standard builds, in order: a call more or less is
# a cost or a change that has to be meant

hvm
run
holds 'HVM: the result is the two guest frames, and nothing else is said' \
    succeeded '66 67'
{
    cat <<END
xc_interface_open
xs_open
xc_domain_getinfolist d7 1
xc_evtchn_status d7 3
xc_evtchn_status d7 4
xs_directory $platform
xs_directory $platform/vcpu
xs_read $platform/vcpu/number
xs_read $platform/vcpu/current
xs_directory /mh
xc_physinfo
xc_get_cpu_featureset 3
xc_dom_allocate cmdline=(none) features=(none)
xs_read /local/domain/7/hvmloader/bios
END
    [ -r "$ipxe" ] && echo "xc_dom_module_mem $(wc -c <"$ipxe") cmdline=ipxe"
    modules=$([ -r "$ipxe" ] && echo 1 || echo 0)
    cat <<END
xc_domain_claim_pages d7 16360
xc_domain_set_tsc_info d7 mode=0 0 0 0
xc_domain_set_memory_map d7 ram:0x100000-0x4000000
xs_write /local/domain/7/vm-data/mmio-hole-size 268435456
xc_dom_boot_xen_init d7
xc_dom_kernel_mem $image_bytes
xc_dom_parse_image hvm
xc_dom_mem_init 64
xc_dom_boot_mem_init pages=16384 total=16384 vcpus=3 lowmem_end=0x4000000 \
highmem_end=0 mmio=0xf0000000+0x10000000 vga_hole=0x20 device_model=1
xencall_alloc_buffer
xencall2 1 that populate
xc_domain_populate_physmap d7 31 of order 9, flags 0, first 0x200
xencall_alloc_buffer
xencall2 1 that populate
xc_domain_populate_physmap d7 480 of order 0, flags 0, first 0
xc_dom_build_image flags=0 store=3:d0 console=4:d0 modules=$modules firmware=0
xc_dom_boot_image
xc_dom_gnttab_init
xc_dom_pfn_to_ptr 0x9f
xc_dom_unmap_one 0x9f apic=1 vcpus=3 online=2:0003 high=0x100000 checksum=good
xencall_alloc_buffer
xencall2 4
xc_hvm_param_set d7 STORE_PFN=0x42
xc_hvm_param_set d7 STORE_EVTCHN=0x3
xc_hvm_param_set d7 HPET_ENABLED=0x1
xc_hvm_param_set d7 TRIPLE_FAULT_REASON=0x3
xc_cpuid_apply_policy d7 restore=0 pae=1 itsc=0 nested=0 \
40-0-100000-0-0-0-0-0-0-0-0-0-0-0-0-0-0-3
xc_domain_claim_pages d7 0
xs_read $platform/acpi
xs_write $platform/acpi 0
xs_read $platform/acpi_s3
xs_write $platform/acpi_s3 0
xs_read $platform/acpi_s4
xs_write $platform/acpi_s4 0
xc_dom_release
xs_close
xc_interface_close
END
} >"$dir/expected"
holds 'HVM: exactly these calls' same calls <"$dir/expected"
holds 'HVM: 13 requests to Xenstore' [ "$(number_of 'xs_[rwd].*')" = 13 ]

# What goes to Xen by our own hand, and what libxenguest populates through it; the
# HVM parameters, those of libxenguest too, are one call.
hypercalls='xc_\(domain\|physinfo\|evtchn\|get_cpu\|cpu\|vcpu\|sched\).*'
holds 'HVM: 12 calls to Xen besides libxenguest, two of which populate' \
    [ "$(number_of "$hypercalls")" = 12 ]

hvm
run -debuglog "$dir/log"
holds 'HVM: its parameters are in the log' has log ': HPET_ENABLED = 0x1$'

pv
run
holds 'PV: the result is the two machine frames and the ABI' \
    succeeded '1048642 1048643 x86_64-abi'
cat >"$dir/expected" <<END
xc_interface_open
xs_open
xc_domain_getinfolist d7 1
xc_evtchn_status d7 3
xc_evtchn_status d7 4
xs_directory $platform
xs_directory $platform/vcpu
xs_read $platform/vcpu/number
xs_read $platform/vcpu/current
xs_directory /mh
xc_physinfo
xc_get_cpu_featureset 2
xc_dom_allocate cmdline=root=/dev/xvda ro features=
xc_dom_kernel_max_size 1073741824
xc_dom_module_max_size 1073741824
xc_dom_module_mem $ramdisk_bytes cmdline=(none)
xc_domain_claim_pages d7 16384
xc_domain_set_tsc_info d7 mode=0 0 0 0
xc_dom_boot_xen_init d7
xc_dom_kernel_mem $image_bytes
xc_dom_parse_image pv
xc_dom_mem_init 64
xc_dom_boot_mem_init pages=16384 total=16384 vcpus=3 lowmem_end=0 \
highmem_end=0 mmio=0+0 vga_hole=0 device_model=0
xc_dom_malloc 131072
xencall_alloc_buffer
xencall2 1 that populate
xc_domain_populate_physmap d7 32 of order 9, flags 0, first 0
xc_dom_build_image flags=0 store=3:d0 console=4:d0 modules=1 firmware=0
xc_dom_boot_image
xc_dom_gnttab_init
xc_cpuid_apply_policy d7 restore=0 pae=1 itsc=0 nested=0 \
40-0-100000-0-0-0-0-0-0-0-0-0-0-0-0-0-0-2
xc_domain_claim_pages d7 0
xs_read $platform/acpi
xs_write $platform/acpi 0
xs_read $platform/acpi_s3
xs_write $platform/acpi_s3 0
xs_read $platform/acpi_s4
xs_write $platform/acpi_s4 0
xc_dom_release
xs_close
xc_interface_close
END
holds 'PV: exactly these calls' same calls <"$dir/expected"
holds 'PV: 11 requests to Xenstore' [ "$(number_of 'xs_[rwd].*')" = 11 ]
holds 'PV: 9 calls to Xen besides libxenguest, and one that populates' \
    [ "$(number_of "$hypercalls")" = 10 ]

# libxenguest tells Xen of it where it populates, and gives up the claim then.
pv
host image/bits 32
run
holds 'PV of 32 bits: the result has its ABI' succeeded '1048642 1048643 x86_32-abi'
sed -n '/^xc_domain_claim/p; /^meminit/p' "$dir/calls" >"$dir/claims"
holds 'PV of 32 bits: claimed again' same claims <<END
xc_domain_claim_pages d7 16384
meminit d7 32-bit
xc_domain_claim_pages d7 16384
xc_domain_claim_pages d7 0
END

pvh
run
holds 'PVH: the result is the two guest frames' succeeded '66 67'
cat >"$dir/expected" <<END
xc_interface_open
xs_open
xc_domain_getinfolist d7 1
xc_evtchn_status d7 3
xc_evtchn_status d7 4
xs_directory $platform
xs_directory $platform/vcpu
xs_read $platform/vcpu/number
xs_read $platform/vcpu/current
xs_directory /mh
xc_physinfo
xc_get_cpu_featureset 3
xc_dom_allocate cmdline=console=hvc0 features=
xc_dom_kernel_max_size 1073741824
xc_dom_module_max_size 1073741824
xc_dom_module_mem $ramdisk_bytes cmdline=of the module
END
sed '/^xc_domain_claim_pages/,$d' "$dir/calls" >"$dir/first_calls"
holds 'PVH: exactly these calls up to the claim' \
    same first_calls <"$dir/expected"
# Of what is in the ACPI tables' pages only the RSDP's signature: "RSD PTR ".
sed '1,/^xc_dom_gnttab_init/d
    /^guest_word/ { /504=0x2052545020445352/!d; }' "$dir/calls" >"$dir/last_calls"
holds 'PVH: exactly these calls once it has its memory' same last_calls <<END
xenforeignmemory_map d7 frame=0xff
guest_word 504=0x2052545020445352
xenforeignmemory_map d7 frame=0xfc000
xenforeignmemory_map d7 frame=0xfc001
xencall_alloc_buffer
xencall2 4
xc_hvm_param_set d7 STORE_PFN=0x42
xc_hvm_param_set d7 STORE_EVTCHN=0x3
xc_hvm_param_set d7 HPET_ENABLED=0x1
xc_hvm_param_set d7 TRIPLE_FAULT_REASON=0x3
xc_cpuid_apply_policy d7 restore=0 pae=1 itsc=0 nested=0 \
40-0-100000-0-0-0-0-0-0-0-0-0-0-0-0-0-0-3
xc_domain_claim_pages d7 0
xs_read $platform/acpi
xs_write $platform/acpi 0
xs_read $platform/acpi_s3
xs_write $platform/acpi_s3 0
xs_read $platform/acpi_s4
xs_write $platform/acpi_s4 0
xc_dom_release
xs_close
xc_interface_close
END
holds 'PVH: 11 requests to Xenstore' [ "$(number_of 'xs_[rwd].*')" = 11 ]
holds 'PVH: 11 calls to Xen besides libxenguest, one of which populates' \
    [ "$(number_of "$hypercalls")" = 11 ]
holds 'PVH: the claim is for its special pages too' \
    called 'xc_domain_claim_pages d7 16392'
holds 'PVH: the CPU policy is made from the HVM maximum' \
    has calls '^xc_cpuid_apply_policy .*-3$'

# ---- what must come before what

for kind in pv hvm pvh; do
    $kind
    store_everything
    rm -f "$dir/log"
    accepts 'a domain with every key' -debuglog "$dir/log"
    holds "$kind: the first page follows the last affinity" \
        before xc_vcpu_setaffinity xc_dom_boot_mem_init
    holds "$kind: ... and weight and cap" \
        before xc_sched_credit2_domain_set xc_dom_boot_mem_init
    holds "$kind: ... and the TSC mode" \
        before xc_domain_set_tsc_info xc_dom_boot_mem_init
    holds "$kind: ... and the look at the host's memory" \
        before xc_physinfo xc_dom_boot_mem_init
    holds "$kind: 2 affinities for the 2 vCPUs that have one" \
        [ "$(number_of xc_vcpu_setaffinity)" = 2 ]
    holds "$kind: vCPU 0's affinity" \
        called 'xc_vcpu_setaffinity d7 vcpu=0 hard=11000000'
    holds "$kind: vCPU 2's affinity" \
        called 'xc_vcpu_setaffinity d7 vcpu=2 hard=00000001'
    holds "$kind: weight and cap" \
        called 'xc_sched_credit2_domain_set d7 weight=512 cap=50'
    holds "$kind: TSC mode" called 'xc_domain_set_tsc_info d7 mode=2 0 0 0'
    holds "$kind: the featureset, as long as the host's" called \
        "xc_cpuid_apply_policy d7 restore=0 pae=1 itsc=0 nested=0 \
40-0-100000-0-0-0-0-0-0-0-0-0-0-0-0-0-0-0"
    holds "$kind: ... which the log has" has log \
        "featureset 00000040-00000000-00100000\(-00000000\)*\$"
    if defined HAVE_CPUID_APPLY_POLICY_CORES && [ "$kind" = hvm ]; then
        holds "$kind: the cores of a socket" called 'policy_cores 3'
    fi
done

hvm
store_everything
accepts 'a domain with every key, again'
holds 'HVM: 25 requests to Xenstore with every key' \
    [ "$(number_of 'xs_[rwd].*')" = 25 ]
for kind in hvm pvh; do
    $kind
    store_everything
    accepts 'a domain with every key, once more'
    holds "$kind: Viridian" called 'xc_hvm_param_set d7 VIRIDIAN=0x1009'
    holds "$kind: HPET off" called 'xc_hvm_param_set d7 HPET_ENABLED=0'
    holds "$kind: FIP width" called 'xc_hvm_param_set d7 X87_FIP_WIDTH=0x4'
    holds "$kind: time offset" called 'xc_domain_set_time_offset d7 -3600'
done
for kind in pv hvm pvh; do
    $kind
    store_everything
    accepts 'acpi keys'
    holds "$kind: acpi is rewritten" called "xs_write $platform/acpi 1"
    holds "$kind: acpi_s3 was fine" has_not calls "^xs_write $platform/acpi_s3 "
    holds "$kind: acpi_s4 was missing" called "xs_write $platform/acpi_s4 0"
done

# ---- one setting at a time

hvm
store platform/vcpu/weight 1000
host host/scheduler credit
accepts 'weight alone'
holds 'credit: weight alone keeps the cap' \
    called 'xc_sched_credit_domain_set d7 weight=1000 cap=0'

hvm
store platform/vcpu/cap 30
accepts 'cap alone'
holds 'credit2: cap alone keeps the weight' \
    called 'xc_sched_credit2_domain_set d7 weight=256 cap=30'

# Of 4 vCPUs. credit takes what cuts nothing, credit2 does not.
for kind in pv hvm pvh; do
    $kind
    store platform/vcpu/cap 400
    accepts "$kind: the largest cap"
    holds '... is set' called 'xc_sched_credit2_domain_set d7 weight=256 cap=400'
    $kind
    store platform/vcpu/weight 1000
    store platform/vcpu/cap 401
    rm -f "$dir/log"
    accepts "$kind: a cap that cuts nothing" -debuglog "$dir/log"
    holds '... is none' called 'xc_sched_credit2_domain_set d7 weight=1000 cap=0'
    holds '... and is told' has log "platform/vcpu/cap: '401' is more"
done
hvm
store platform/vcpu/cap 401
host host/scheduler credit
accepts 'credit: a cap that cuts nothing'
holds '... is as it was written' \
    called 'xc_sched_credit_domain_set d7 weight=256 cap=401'

hvm
store platform/vcpu/weight 1000
host host/scheduler 7
accepts 'a scheduler without weights'
holds '... is left alone' has_not calls '^xc_sched_'

hvm
store platform/x87-fip-width 4
host domain/fip_width 8
accepts 'a FIP width that Xen has already'
holds '... stays' has_not calls '^xc_hvm_param_set d7 X87_FIP_WIDTH'

hvm
store platform/vcpu/number 3
store platform/vcpu/current 3
store platform/apic false
accepts 'no APIC, all vCPUs online'
holds '... are in the hvm_info page' called \
    'xc_dom_unmap_one 0x9f apic=0 vcpus=3 online=3:0007 high=0x100000 '\
'checksum=good'

hvm
store platform/nx 0
store platform/pae false
accepts 'no NX and no PAE'
holds '... are not in the policy' called \
    "xc_cpuid_apply_policy d7 restore=0 pae=0 itsc=0 nested=0 \
0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-3"

hvm
store platform/x87-fip-width 8
accepts 'FIP of 8 bytes'
holds '... is set' called 'xc_hvm_param_set d7 X87_FIP_WIDTH=0x8'

hvm
store platform/nomigrate 1
host host/itsc 1
accepts 'nomigrate on a host with ITSC'
holds '... is in the policy' has calls '^xc_cpuid_apply_policy .* itsc=1 '

# 3 vCPUs of 4 APIC ids each, and of 8: a socket is a power of two of vCPUs.
shown() { called "xc_cpu_policy_update_cpuid 1: 800f12 $1 f6f83203 1789fbff, \
80000008: 3028 0 $2 0"; }
if ! defined HAVE_CPUID_APPLY_POLICY_CORES; then
    for kind in hvm pvh; do
        $kind
        store platform/cores-per-socket 3
        accepts '3 cores per socket'
        holds "$kind: ... are 8 APIC ids" shown 80800 3007
        holds "$kind: ... in the policy that it was given" before \
            xc_cpuid_apply_policy 'xc_cpu_policy_get_domain d7'
        holds "$kind: ... which it is given again" before \
            xc_cpu_policy_update_cpuid 'xc_cpu_policy_set_domain d7'

        $kind
        host domain/max_vcpus 6
        store platform/vcpu/number 6
        store platform/cores-per-socket 3
        run -debuglog "$dir/log"
        holds "$kind: 3 of 6 cores per socket: builds" succeeded '66 67'
        holds "$kind: ... are shown as 4" shown 80800 3007
        holds "$kind: ... with a warning" has log \
            "platform/cores-per-socket: '3' counts as 4: Xen's APIC ids"
    done

    for call in init get_size get_domain serialise update_cpuid set_domain; do
        hvm
        store platform/cores-per-socket 1
        failure=xc_cpu_policy_$call:1:ENOMEM
        run -debuglog "$dir/log"
        failure=
        holds "xc_cpu_policy_$call fails: builds" succeeded '66 67'
        holds '... with a warning' has log \
            "not shown its sockets of 1 vCPUs: xc_cpu_policy_$call: "
    done
fi
hvm
accepts 'no cores per socket'
holds '... nor a change for them' has_not calls xc_cpu_policy_

hvm
store platform/nested-virt true
accepts 'nested-virt with HAP'
holds '... is in the policy' has calls '^xc_cpuid_apply_policy .* nested=1 '

hvm
host domain/hap 0
store platform/nested-virt true
accepts 'nested-virt without HAP, forced' --force

hvm
store platform/nested-virt true
accepts 'nested-virt and PoD, forced' --force -mem_start_mib 32

# A PVH guest's build warns.
pvh
store platform/nested-virt true
accepts 'PVH: nested-virt and PoD' -mem_start_mib 32 -debuglog "$dir/log"
holds '... is told of' has log \
    ': platform/nested-virt and populate-on-demand exclude each other$'
pvh
host domain/hap 0
store platform/nested-virt true
accepts 'PVH: nested-virt without HAP' -debuglog "$dir/log"
holds '... is told of' has log \
    ': platform/nested-virt needs hardware assisted paging$'

# One that leaves nothing below it is none.
for bytes in 4278190081 4294967296 18446744073709551615 99999999999999999999; do
    hvm
    store platform/mmio_hole_size "$bytes"
    accepts "a hole of $bytes bytes" -debuglog "$dir/log"
    holds '... is as large as by default' called \
        'xs_write /local/domain/7/vm-data/mmio-hole-size 268435456'
    holds '... and told of' has log "platform/mmio_hole_size: '$bytes' "
done
hvm
store platform/mmio_hole_size 4278190080
accepts 'the largest hole'
holds '... is made' called \
    'xs_write /local/domain/7/vm-data/mmio-hole-size 4278190080'

hvm
store platform/mmio_hole_size 1073741824
host host/free_mib 8192
accepts 'a larger hole' -mem_max_mib 4096 -mem_start_mib 4096
holds '... moves RAM above 4 GiB' called "xc_domain_set_memory_map d7 \
ram:0x100000-0xc0000000 ram:0x100000000-0x140000000"
holds '... is told' called \
    'xs_write /local/domain/7/vm-data/mmio-hole-size 1073741824'
holds '... and the hvm_info page says where it ends there' \
    has calls '^xc_dom_unmap_one 0x9f .* high=0x140000 checksum=good'

hvm
accepts 'populate on demand' -mem_start_mib 32
holds '... takes mem_start of mem_max' \
    has calls '^xc_dom_boot_mem_init pages=8192 total=16384 '
holds '... and claims no more' called 'xc_domain_claim_pages d7 8168'

for kind in pv hvm pvh; do
    $kind
    accepts 'memory that is claimed'
    holds "$kind: ... before anything is changed" \
        before 'xc_domain_claim_pages d7 [1-9]' xc_dom_boot_xen_init
    holds "$kind: ... until the guest is complete" \
        before xc_cpuid_apply_policy 'xc_domain_claim_pages d7 0'
    for error in ENOSYS EINVAL; do
        $kind
        failure=xc_domain_claim_pages:1:$error
        accepts "a Xen without claims ($error)"
        holds "$kind: ... is not told to give one up" \
            [ "$(number_of xc_domain_claim_pages)" = 1 ]
    done
    $kind
    failure=xc_dom_build_image:1:EIO
    run
    holds "$kind: a build that fails claims no more" \
        called 'xc_domain_claim_pages d7 0'
done

# The toolstack gives a domain some MiB more than its guest has; a limit on the
# very page is as good: with 8 special pages, 8 more for a device model and without the
# VGA hole, or with 2 for ACPI tables.
for kind in pv:16384 hvm:16368 pvh:16394; do
    ${kind%:*}
    host domain/max_pages "${kind#*:}"
    accepts 'as many pages as the domain may have'
    host domain/max_pages $((${kind#*:} - 1))
    run
    holds "${kind%:*}: one page more than the domain may have: fails" failed '*'
done
pvh
host domain/max_pages 8202
accepts 'populate on demand up to more than the domain may have' \
    -mem_start_mib 32

pv
failure=xc_evtchn_status:1:EACCES,xc_evtchn_status:2:EACCES
accepts 'event channels that may not be looked at' -store_port 77

hvm
host domain/pages 3
accepts "a domain with some pages of Xen's own"

hvm
host host/free_mib 64
accepts 'the last free page of the host'

hvm
host host/free_mib 128
host host/claimed_pages 16384
accepts 'memory that others have claimed, and enough besides'

hvm
host host/free_mib 64
host host/claimed_pages 16384
host domain/claimed_pages 16384
accepts "memory that is the domain's own claim"
holds "... which is the toolstack's: no other takes its place" \
    has_not calls '^xc_domain_claim_pages d7 [1-9]'
holds '... and what is left of it is given up, as libxenguest would' \
    called 'xc_domain_claim_pages d7 0'

pv
accepts 'PV with mem_start below mem_max' -mem_start_mib 32
holds '... has mem_start' has calls '^xc_dom_boot_mem_init pages=8192 '

pv
accepts 'without a ramdisk' -ramdisk ''
holds '... loads none' has_not calls '^xc_dom_module_mem'

pv
accepts 'flags, ports and domids' -flags 3 -store_port 11 -store_domid 1 \
    -console_port 12 -console_domid 2
holds '... reach the image' called 'xc_dom_build_image flags=0x3 store=11:d1 '\
'console=12:d2 modules=1 firmware=0'

pv
store /mh/limits/pv-kernel-max_size 4096
store /mh/limits/pv-ramdisk-max_size 8192
accepts 'limits on the images'
holds '... hold for what is unpacked, too' called 'xc_dom_kernel_max_size 4096'
holds '... and for the ramdisk' called 'xc_dom_module_max_size 8192'

if [ -r "$seabios" ]; then
    hvm
    store hvmloader/bios seabios
    accepts 'seabios'
    holds '... is the firmware' \
        has calls "^xc_dom_build_image .* firmware=$(wc -c <"$seabios")\$"
else
    skip "no SeaBIOS at $seabios"
fi

# ---- a command line that is longer than a PV guest's page has room for

# cmdline TEXT: builds a PV guest with that.
cmdline() {
    pv
    mode=mine
    rm -f "$dir/log"
    run -mode linux_build -image "$image" -cmdline "$1" -ramdisk "$ramdisk" \
        -features '' -flags 0 -debuglog "$dir/log"
    holds "a command line of ${#1} bytes" succeeded '1048642 1048643 x86_64-abi'
}
line=$(head -c 1023 /dev/zero | tr '\0' x)
cmdline "$line"
holds '... no word of it' has_not log ': -cmdline: '
cmdline "${line}y"
holds '... the guest gets less, which is told' has log \
    ': -cmdline: the guest gets the first 1023 bytes$'

finish
