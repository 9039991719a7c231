#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Each Xenstore key alone, set to values that VM records have or might have: what
# comes of it, and whether the log warns of it. The table at the end is the test.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# The values, in the order of the table's columns; the last one is 2^64.
take_value() {
    case $1 in
    1) value='' ;;
    2) value=0 ;;
    3) value=1 ;;
    4) value=true ;;
    5) value=abc ;;
    6) value=7x ;;
    7) value=18446744073709551616 ;;
    esac
}

# guests_of WORD...: the kinds of guest that they stand for.
guests_of() {
    for word; do
        case $word in
        @builds) echo pv hvm pvh ;;
        @hvm) echo hvm pvh ;;
        @restores) echo pv-restore hvm-restore ;;
        *) echo "$word" ;;
        esac
    done
}

# act WHAT: a build of pv, hvm or pvh, the restore of pv-restore or hvm-restore,
# or a save; $wanted is then the whole of the control channel if all goes well.
act() {
    case $1 in
    pv) run -debuglog "$dir/log" ;;
    hvm | pvh) run -debuglog "$dir/log" ;;
    *) echo 'done' >"$dir/answer" && : >"$dir/control" ;;
    esac
    case $1 in
    pv) wanted='result:1048642 1048643 x86_64-abi' ;;
    hvm | pvh) wanted='result:66 67' ;;
    *-restore)
        wanted='result:1111 2222'
        raw -controloutfd 8 -controlinfd 9 -domid 7 -fd 7 -store_port 3 \
            -console_port 4 -mode restore -debuglog "$dir/log" \
            7<"$dir/stream" 8>"$dir/control" 9</dev/null
        ;;
    save)
        wanted='suspend: result:0 0'
        raw -controloutfd 8 -controlinfd 9 -domid 7 -fd 7 -mode save \
            -debuglog "$dir/log" 7>"$dir/stream" 8>"$dir/control" \
            9<"$dir/answer"
        ;;
    esac
}

# as_wanted KEY CALL OUTCOME: what was done is what the table says.
as_wanted() {
    case $3 in
    E*) failed "*${3#E }*" && touched_nothing ;;
    *!) done_so "$2" "${3%!}" && warned "$1" && has_call ;;
    *) done_so "$2" "$3" && ! warned "$1" && has_call ;;
    esac
}

# touched_nothing: the guest's memory was not begun with.
touched_nothing() {
    case $guest in
    *-restore) has_not calls '^xc_domain_restore' ;;
    save) has_not calls '^xc_domain_save' ;;
    *) took_no_page ;;
    esac
}

# done_so CALL OUTCOME: it went well; leaves in $sought what has to be among the
# calls, or not to be there.
done_so() {
    said='' && while read -r line; do
        said=${said:+$said }$line
    done <"$dir/control"
    case $2 in
    ok) sought='' absent='' ;;
    -) sought=${1%%@*} absent=yes ;;
    *) sought=${1%%@*}$2${1#*@} absent='' ;;
    esac
    [ "$status" = 0 ] && [ "$said" = "$wanted" ]
}

# warned KEY: the log names it with its value, as only a warning does. One grep looks
# for that and for the call: it costs as much as the run.
warned() {
    warning="${1#/local/domain/7/}: '"
    found=$(grep -F -o -e "$warning" -e "$sought" "$dir/log" "$dir/calls")
    case $found in
    *"$dir/log:$warning"*) ;;
    *) return 1 ;;
    esac
}

has_call() {
    case $found in
    *"$dir/calls:$sought"*) [ -z "$absent" ] ;;
    *) [ -n "$absent" ] || [ -z "$sought" ] ;;
    esac
}

# row WITH KEY GUESTS CALL OUTCOME...: one test for each kind of guest.
row() {
    with=$1 key=$2 guests=$3 call=$4
    shift 4
    for guest in $guests; do
        wrong='' column=0
        for outcome; do
            column=$((column + 1))
            new_world "${guest%-*}"
            case $with in
            *=*) store "${with%%=*}" "${with#*=}" ;;
            *:*) host "${with%%:*}" "${with#*:}" ;;
            esac
            take_value $column
            store "$key" "$value"
            act "$guest"
            as_wanted "$key" "$call" "$outcome" ||
                wrong="$wrong
# '$value': wanted $outcome, got $(cat "$dir/control"), $(
                    grep -F -e "${call%%@*}" "$dir/calls" | head -n 1), $(
                    grep -F -e "$key: '" "$dir/log")"
        done
        if [ -z "$wrong" ]; then
            pass "$guest: $key${with:+ with $with}"
        else
            nr_tests=$((nr_tests + 1))
            echo "not ok $nr_tests - $guest: $key${with:+ with $with}$wrong"
        fi
    done
}

new_world hvm
act save # what the restores read

# An outcome is what stands for @ in the call that is made, - for no such call, ok
# for a guest that is built all the same; ! behind it is a warning; E is the error
# with that text.
while IFS='|' read -r with key guests call empty zero one true abc tail long; do
    case $with in
    '#'* | '') continue ;;
    none) with= ;;
    esac
    # shellcheck disable=SC2086 # they are several words
    row "$with" "$key" "$(guests_of $guests)" "$call" "$empty" "$zero" \
        "$one" "$true" "$abc" "$tail" "$long"
done <<'END'
# with|key|guests|call|(empty)|0|1|true|abc|7x|2^64

# ---- CPU features
none|platform/nx|@builds|nested=0 40-0-@-0-0-0-|100000|0|100000|100000|0!|100000!|0!
none|platform/pae|@builds| pae=@ |1|0|1|1|0!|1!|0!
none|platform/nested-virt|@builds| nested=@ |0|0|1|1|0!|1!|0!
none|platform/exp-nested-hvm|@builds| nested=@ |0|0|1|1|0!|1!|0!
none|platform/nomigrate|@builds| itsc=@ |0|0|1|1|0!|1!|0!
none|platform/featureset|@builds|nested=0 @-0-0-0-|40-0-100000|0|1|E word 0 of 'true' is not a 32-bit hex|abc|E word 0 of '7x' is not a 32-bit hex|E is not a 32-bit hex
none|platform/cores-per-socket|@hvm|update_cpuid 1: 800f12 @|-|-|20800|-!|-!|E '7' does not divide the 3 vCPUs|-!
none|platform/cores-per-socket|pv|xc_cpu_policy@|-|-|-|-|-|-|-

# ---- what hvmloader and the device model are told
none|platform/acpi|@builds @restores|platform/acpi @|0|-|-|1|0!|1!|0!
none|platform/acpi_s3|@builds @restores|platform/acpi_s3 @|0|-|-|1|0!|1!|0!
none|platform/acpi_s4|@builds @restores|platform/acpi_s4 @|0|-|-|1|0!|1!|0!
none|platform/apic|hvm| apic=@ |1|0|1|1|0!|1!|0!
none|platform/apic|pv||ok|ok|ok|ok|ok|ok|ok
none|platform/mmio_hole_size|hvm|mmio-hole-size @|268435456|268435456|268435456|268435456!|268435456!|268435456!|268435456!
none|platform/mmio_hole_size|pv||ok|ok|ok|ok|ok|ok|ok
none|hvmloader/bios|hvm||ok|E '0' is neither ovmf nor seabios|E '1' is neither|E 'true' is neither|E 'abc' is neither|E '7x' is neither|E is neither
none|platform/ovmf-override|@hvm||ok|ok|ok|ok|ok|ok|ok

# ---- HVM parameters and clocks
none|platform/hpet|@hvm hvm-restore|HPET_ENABLED=@|0x1|0|0x1|0x1|0!|0x1!|0!
none|platform/hpet|pv pv-restore|HPET_ENABLED=@|-|-|-|-|-|-|-
none|platform/tsc_mode|@builds|xc_domain_set_tsc_info d7 mode=@ 0 0 0|0|0|1|0!|0!|0!|0!
none|platform/timeoffset|@hvm hvm-restore|xc_domain_set_time_offset d7 @|-|0|1|0!|0!|7!|2147483647!
none|platform/timeoffset|pv pv-restore|xc_domain_set_time_offset d7 @|-|-|-|-|-|-|-
none|platform/x87-fip-width|@hvm|xc_hvm_param_set d7 X87_FIP_WIDTH=@|-|-|-!|-!|-!|-!|-!
none|platform/x87-fip-width|pv|X87_FIP_WIDTH=@|-|-|-|-|-|-|-
none|platform/viridian|@hvm|VIRIDIAN=@|-|-|0x1001|0x1001|-!|0x1001!|-!
none|platform/viridian|pv|VIRIDIAN=@|-|-|-|-|-|-|-
platform/viridian=1|platform/viridian_time_ref_count|@hvm|VIRIDIAN=@|0x1001|0x1001|0x1005|0x1005|0x1001!|0x1005!|0x1001!
platform/viridian=1|platform/viridian_reference_tsc|@hvm|VIRIDIAN=@|0x1001|0x1001|0x1009|0x1009|0x1001!|0x1009!|0x1001!
platform/viridian=1|platform/viridian_hcall_remote_tlb_flush|@hvm|VIRIDIAN=@|0x1001|0x1001|0x1011|0x1011|0x1001!|0x1011!|0x1001!
platform/viridian=1|platform/viridian_apic_assist|@hvm|VIRIDIAN=@|0x1001|0x1001|0x1021|0x1021|0x1001!|0x1021!|0x1001!
platform/viridian=1|platform/viridian_crash_ctl|@hvm|VIRIDIAN=@|0x1001|0x1001|0x1041|0x1041|0x1001!|0x1041!|0x1001!
platform/viridian=1|platform/viridian_stimer|@hvm|VIRIDIAN=@|0x1001|0x1001|0x1181|0x1181|0x1001!|0x1181!|0x1001!
platform/viridian=1|platform/viridian_hcall_ipi|@hvm|VIRIDIAN=@|0x1001|0x1001|0x1201|0x1201|0x1001!|0x1201!|0x1001!

# ---- vCPUs: 2 of 3 are online, the domain may have 4
none|platform/vcpu/number|@builds @restores||E number is missing or 0|E number is missing or 0|E current: '2' is more than|E number is missing or 0|E number is missing or 0|E '7' is more than the 4 vCPUs|E number is missing or 0
none|platform/vcpu/current|hvm|vcpus=3 online=@ |E current is missing|1:0001!|1:0001|1:0001!|1:0001!|E '7' is more than|1:0001!
none|platform/vcpu/current|pv pvh @restores||E current is missing|ok!|ok|ok!|ok!|E '7' is more than|ok!
none|platform/vcpu/0/affinity|@builds @restores|vcpu=0 hard=@|-|E leaves none of|10000000|E leaves none of|E leaves none of|E leaves none of|10000000!
none|platform/vcpu/weight|@builds @restores|_set d7 weight=@ |-|-|1|-!|-!|7!|-!
none|platform/vcpu/cap|@builds @restores|_set d7 weight=256 cap=@|-|-|1|-!|-!|7!|-!

# ---- images: a kernel of 14 bytes, a ramdisk of 10
none|/mh/limits/pv-kernel-max_size|pv pvh|kernel_max_size @|1073741824|1073741824|E the limit is 1|1073741824!|1073741824!|E the limit is 7|1073741824!
none|/mh/limits/pv-ramdisk-max_size|pv pvh|module_max_size @|1073741824|1073741824|E the limit is 1|1073741824!|1073741824!|E the limit is 7|1073741824!

# ---- the generation id, where the guest has a place for one and where not
domain/generation_id_addr:0x7ff0|platform/generation-id|hvm-restore|xenforeignmemory_map d7 frame=0x7@|-|-!|-!|-!|-!|-!|-!
none|platform/generation-id|@builds @restores|xenforeignmemory_map d7 frame=0x7@|-|-|-|-|-|-|-

# ---- a save asks for nomigrate alone
none|platform/nomigrate|save||ok|ok|E platform/nomigrate is '1'|E platform/nomigrate is 'true'|ok!|E platform/nomigrate is '7x'|ok!
none|platform/nested-virt|save||ok|ok|ok|ok|ok|ok|ok

# ---- NUMA keys are ours: no toolstack writes odd ones
none|platform/numa/policy|@restores||ok|ok!|ok!|ok!|ok!|ok!|ok!
none|platform/numa/policy|@builds||ok|E '0' is none of any|E '1' is none of any|E 'true' is none of|E 'abc' is none of|E '7x' is none of|E is none of
none|platform/numa/residual-claim|@builds||ok|ok|ok|E 'true' is not a number of pages|E 'abc' is not a|E '7x' is not a|E is not a number of
none|platform/numa/nodes|@builds||ok|ok!|ok!|ok!|ok!|ok!|ok!
END

# ---- a mask of ones for all pCPUs is set, and keeps no node out

for mask in 11111111 01000000; do
    hvm
    host host/node_free_mib 512,512,512
    host host/pool 11000000
    store platform/numa/policy interleave
    for vcpu in 0 1 2; do
        store platform/vcpu/$vcpu/affinity $mask
    done
    accepts "a mask $mask on three nodes, one with the pool's two pCPUs"
    holds '... is set' called "xc_vcpu_setaffinity d7 vcpu=0 hard=$mask"
    case $mask in
    11*) nodes=0-2 ;;
    *) nodes=0 ;;
    esac
    holds "... and leaves the nodes $nodes" \
        called "xs_write $platform/numa/result/nodes $nodes"
done

finish
