#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# NUMA policies, by their calls: what is asked of Xen in which order, what is
# published, and what each refusal of Xen leads to. That a build without policy
# makes none of these calls is shown by build.sh, call by call.
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2119 # without options, run is the plain build
. "$(dirname "$0")/lib.sh"

export XENGUEST_RUN_DIR="$dir/run"
result=$platform/numa/result

# numa KIND POLICY
numa() {
    four_nodes "$1"
    host host/pcpus 16
    host domain/max_pages 16896
    store platform/numa/policy "$2"
}

# The strongest claim that the library has, and its call for a node and so many
# pages.
if defined HAVE_CLAIM_MEMORY; then
    claim_kind=set claim_call=xc_domain_claim_memory
    claim_of() { echo "$claim_call d7 $1:$2\$"; }
elif defined HAVE_CLAIM_PAGES_NODE; then
    claim_kind=node claim_call=xc_domain_claim_pages_node
    claim_of() { echo "$claim_call d7 $1 $2\$"; }
else
    claim_kind=host claim_call=xc_domain_claim_pages
    claim_of() { echo "$claim_call d7 $2\$"; }
fi

# all_claims_fail ERROR: the first of each kind.
all_claims_fail() {
    failure=xc_domain_claim_memory:1:$1,xc_domain_claim_pages_node:1:$1
    failure=$failure,xc_domain_claim_pages:1:$1
}

no_reservation() { ! ls "$dir"/run/*.numa >/dev/null 2>&1; }

called_in_order() {
    grep -nE '^(xc_numainfo all|xc_domain_claim|xc_vcpu_set|xc_domain_node_set|xc_domain_populate|xc_dom_gnttab|xs_trans)' \
        "$dir/calls" | cut -d: -f2 | cut -d' ' -f1 | uniq | paste -sd' '
}

# ---- the order of work

numa pv best-effort
run
holds 'PV, best-effort: builds' succeeded '1048642 1048643 x86_64-abi'
holds 'the order of work' test "$(called_in_order)" = "xc_numainfo \
$claim_call xc_vcpu_setaffinity xc_domain_node_setaffinity \
xc_domain_populate_physmap xc_dom_gnttab_init xc_domain_node_setaffinity \
xc_domain_claim_pages xs_transaction_start xs_transaction_end"
holds 'the claim: the guest and 2 MiB' has calls "$(claim_of 1 16896)"
holds 'the claim is given up' has calls 'xc_domain_claim_pages d7 0$'
holds 'soft affinity: the CPUs of node 1' has calls \
    'xc_vcpu_setaffinity d7 vcpu=2 soft=0000111100000000$'
holds 'node affinity: node 1' has calls 'xc_domain_node_setaffinity d7 0x2$'
holds 'one call for all of it, from exactly node 1' has calls \
    'populate_physmap d7 32 of order 9, flags 0x20200, first 0$'
for pair in 'policy best-effort' 'nodes 1' 'home 1' 'affinity soft' \
    "claim $claim_kind" 'pages/1 16384' 'spilled 0' 'extents/1g 0' 'extents/2m 32' \
    'extents/4k 0'; do
    holds "published: $pair" has calls "xs_write $result/$pair\$"
done
holds 'no reservation is left' no_reservation

# Beyond the candidates, and in the largest extents.
numa pv best-effort
host domain/max_pages 80384
store platform/numa/nodes 0
run -mem_max_mib 312 -mem_start_mib 312 -debuglog "$dir/log"
holds 'PV, nodes 0: that they are too few is told' has log \
    'planned in .* us: nodes 0-1, home 0, for want of nodes that hold it$'
for pair in 'nodes 0-1' 'home 0' 'pages/0 65024' 'pages/1 14848' 'spilled 0' \
    'outside 14848' 'extents/1g 0' 'extents/2m 156' 'extents/4k 0'; do
    holds "PV, nodes 0: published: $pair" has calls "xs_write $result/$pair\$"
done
numa pvh best-effort
host host/free_mib 9216
host host/node_free_mib 1024,8192
host domain/max_pages 1179648
run -mem_max_mib 4096 -mem_start_mib 4096
for pair in 'pages/1 1048586' 'outside 0' 'extents/1g 3' 'extents/2m 512'; do
    holds "PVH, 4 GiB: published: $pair" has calls "xs_write $result/$pair\$"
done

numa hvm best-effort
run
holds 'HVM, best-effort: builds' succeeded '66 67'
holds 'HVM: 2 MiB extents but for the first' has calls \
    'populate_physmap d7 31 of order 9, flags 0x20200, first 0x200$'
holds 'HVM: the low memory in small ones, no VGA hole' has calls \
    'populate_physmap d7 480 of order 0, flags 0x20200, first 0$'

numa pvh best-effort
run
holds 'PVH, best-effort: builds' succeeded '66 67'
holds 'PVH: has no VGA hole' has calls \
    'populate_physmap d7 32 of order 9, flags 0x20200, first 0$'

# ---- what libxenguest populates by itself, without naming a node

numa hvm best-effort
run
holds 'HVM: special pages, from exactly the home node' has calls \
    'populate_physmap d7 8 of order 0, flags 0x20200, first 0xfeff8$'
holds 'HVM: ioreq pages' has calls \
    'populate_physmap d7 8 of order 0, flags 0x20200, first 0xfeff0$'
holds 'HVM: published' has calls "xs_write $result/pages/1 16368\$"
numa pvh best-effort
run
holds 'PVH: special pages, from exactly the home node' has calls \
    'populate_physmap d7 8 of order 0, flags 0x20200, first 0xfeff8$'
holds 'PVH: ACPI tables' has calls \
    'populate_physmap d7 2 of order 0, flags 0x20200, first 0xfc000$'
holds 'PVH: published' has calls "xs_write $result/pages/1 16394\$"

# A pool for page tables that Xen neither grows nor shrinks: Xen is asked for
# its size, for more, and for its size again.
for call in 1 2 3; do
    numa hvm best-effort
    host domain/hap 1
    host domain/hap_mib 4
    failure=xc_shadow_control:$call:ENOMEM
    run -debuglog "$dir/debuglog"
    holds "HAP pool, call $call fails: builds" succeeded '66 67'
    holds "HAP pool, call $call fails: that is told" has debuglog \
        'the HAP pool stays* .*: Cannot allocate memory'
done

# Not as a whole, which would need room for a second pool.
numa hvm best-effort
host domain/hap 1
host domain/hap_mib 600
host host/node_free_mib 2048,2048,2048,2048
host host/free_mib 8192
run
holds 'a HAP pool of 600 MiB' succeeded '66 67'
sed -n 's/^xc_shadow_control d7 op 31 //p' "$dir/calls" >"$dir/sizes"
holds '... is renewed in parts' same sizes <<END
856 MiB
600 MiB
856 MiB
600 MiB
688 MiB
600 MiB
END

# Xen is asked for the pool's size, and for two sizes a part.
numa hvm best-effort
host domain/hap 1
host domain/hap_mib 600
host host/node_free_mib 2048,2048,2048,2048
host host/free_mib 8192
failure=xc_shadow_control:4:ENOMEM
run -debuglog "$dir/debuglog"
holds 'a HAP pool of which a part cannot be renewed: builds' succeeded '66 67'
holds '... and tells of what stays' has debuglog \
    '344 MiB (88064 pages) of the HAP pool stay where they are: Cannot allocate memory$'

# None can be killed: the first takes 1 GiB at most, and each of the others no more
# than twice as much as the one before, nor than 8 GiB.
short_calls() {
    awk 'function look() {
            if (pages > 2 ^ 18 * most)
                long = 1
            pages = 0
        }
        BEGIN { most = 1 / 2 }
        /^xencall2 .* that populate/ {
            look()
            most = most < 8 ? 2 * most : 8
        }
        $1 == "xc_domain_populate_physmap" {
            pages += $3 * 2 ^ $6
            sum += $3 * 2 ^ $6
            if ($3 > 65536)
                long = 1
        }
        END {
            look()
            exit long || sum < 24 * 2 ^ 18 - 32
        }' "$dir/calls"
}
numa hvm best-effort
host host/node_free_mib 256,25600,256,256
host host/free_mib 26624
host domain/max_pages 6300000
run -mem_max_mib 24576 -mem_start_mib 24576
holds 'a large guest: builds' succeeded '66 67'
holds 'a large guest: hypercalls begin with 1 GiB' short_calls

# A library whose calls of libxenctrl don't come to us.
numa hvm best-effort
host library/binds_itself 1
run -debuglog "$dir/debuglog"
holds 'a library that binds itself: builds' succeeded '66 67'
holds 'a library that binds itself: that is told' has debuglog \
    'the domain has 64 MiB (16368 pages), of which we placed 64 MiB (16352 pages)'
holds 'a library that binds itself: only what we placed is published' \
    has calls "xs_write $result/pages/1 16352\$"

# Node 1 has 64 MiB, not the 512 that it tells of.
numa pvh best-effort
host host/node_1_lacks_mib 448
run
holds 'no room for special pages: builds' succeeded '66 67'
holds 'no room for special pages: on the nearest' has calls \
    "xs_write $result/pages/0 10\$"
holds 'no room for special pages: that is told' has calls \
    "xs_write $result/spilled 10\$"
numa pvh best-effort
host host/node_free_mib 0,512,0,0
host host/node_1_lacks_mib 448
run
holds 'no room anywhere: fails' failed '*[[]12[]] * not to be had on any node'
numa pv best-effort
host host/node_1_lacks_mib 512
run
holds 'nothing came from the planned home: it is where the memory is' [ \
    "$(grep -o "$result/\(nodes\|home\) .*" "$dir/calls" | paste -sd ' ')" = \
    "$result/nodes 0 $result/home 0" ]
for nodes in 1 all; do
    numa pvh strict
    store platform/numa/nodes $nodes
    host host/node_1_lacks_mib 448
    run
    holds "no room for special pages, strict, nodes $nodes: fails" failed \
        '*: [[]12[]] * pages) are not to be had on the nodes of the plan'
    holds '... and gives up the claim' test "$(grep xc_domain_claim_pages \
        "$dir/calls" | tail -n 1)" = 'xc_domain_claim_pages d7 0'
done

new_world pvh
host host/node_free_mib 256,512,256,256
host host/node_1_lacks_mib 448
run -mem_pnode 1
holds 'no room for special pages, -mem_pnode: fails' failed \
    '*: [[]12[]] * pages) are not to be had on the nodes of the plan'

# ---- what comes besides is kept free on the home node

# The domain may have 200 MiB more: node 1 has them.
numa pv best-effort
host host/node_free_mib 256,300,256,256
host domain/max_pages 67584
run -debuglog "$dir/log"
holds 'what the domain may still have counts' has calls "$(claim_of 1 67584)"
numa pv strict
store platform/numa/nodes 2
host domain/max_pages 1048576
run
holds '... and is no reason to refuse' has calls \
    "xs_write $result/pages/2 16384\$"
holds '... of which as much is claimed as there is' has calls \
    "$(claim_of 2 65536)"

# ---- other policies

numa hvm best-effort
host domain/max_pages 33280
run -mem_max_mib 128 -mem_start_mib 64
holds 'PoD: builds' succeeded '66 67'
holds 'PoD: all memory is marked' has calls \
    'populate_physmap d7 63 of order 9, flags 0x10000, first 0x200$'
holds 'PoD: pages of the home node, in the hole' has calls \
    'populate_physmap d7 31 of order 9, flags 0x20200, first 0xf0000$'
holds 'PoD: go to the cache' has calls \
    'decrease_reservation_exact d7 31 of order 9, first 0xf0000$'
holds 'PoD: so do the odd ones' has calls \
    'decrease_reservation_exact d7 480 of order 0, first 0xf0000$'
holds 'PoD: published' has calls "xs_write $result/pages/1 16368\$"

numa pv best-effort
host domain/max_pages 179712
run -mem_max_mib 700 -mem_start_mib 700
holds 'larger than a node: builds' succeeded '1048642 1048643 x86_64-abi'
holds 'larger than a node: the rest on the near one' has calls \
    "xs_write $result/pages/0 48640"
holds 'larger than a node: nothing on the far ones' has_not calls \
    "$result/pages/2"
holds 'larger than a node: node affinity in the end' \
    test "$(grep -c 'node_setaffinity d7 0x3' "$dir/calls")" = 1

numa pv interleave
store platform/numa/nodes all,^1
host domain/max_pages 25088
run -mem_max_mib 96 -mem_start_mib 96
holds 'interleave: builds' succeeded '1048642 1048643 x86_64-abi'
for node in 0 2 3; do
    holds "interleave: node $node" has calls "xs_write $result/pages/$node 8192"
done
holds 'interleave: in one hypercall' \
    test "$(grep -c '^xencall2 .* that populate' "$dir/calls")" = 1

# Below the highest frame that a guest has Xen looks up each frame of an extent.
upwards() {
    last=0 stripes=0
    awk '$1 == "xc_domain_populate_physmap" && $6 == "9," { print $NF }' \
        "$dir/calls" >"$dir/firsts"
    while read -r first; do
        [ $((first)) -gt $last ] || return
        last=$((first)) stripes=$((stripes + 1))
    done <"$dir/firsts"
    [ $stripes = 31 ]
}
numa hvm interleave
run
holds 'interleave, HVM: builds' succeeded '66 67'
holds 'interleave, HVM: superpages upwards, whatever their node' upwards
holds 'interleave, HVM: in one hypercall, small pages in another' \
    test "$(grep -c '^xencall2 .* that populate' "$dir/calls")" = 2

numa pv strict
store platform/numa/nodes 2
host domain/max_pages 77312
run -mem_max_mib 300 -mem_start_mib 300
holds 'strict, too large: refused' failed \
    '*: [[]12[]] policy strict: needs 300 MiB (76800 pages), free MiB (pages) per node are 2: 256 (65536)'
holds 'strict, too large: nothing was asked for' has_not calls \
    '^xc_\(domain_\(claim\|populate\)\|.*setaffinity\)'

numa pv any
run
holds 'any: builds' succeeded '1048642 1048643 x86_64-abi'
holds 'any: as without it' has_not calls 'numainfo\|transaction'
holds 'any: the claim that builds without a policy stake, too' \
    called 'xc_domain_claim_pages d7 16384'

for claim in host auto; do
    numa pv any
    store platform/numa/claim $claim
    run
    holds "any with claim $claim: claims" has calls \
        'xc_domain_claim_pages d7 16896$'
    holds "any with claim $claim: without a node" has calls \
        'populate_physmap d7 32 of order 9, flags 0, first 0$'
    holds "any with claim $claim: published" has calls \
        "xs_write $result/claim host\$"
done

# Without the claim that builds without a policy stake.
numa pv any
store platform/numa/claim off
run
holds 'any with claim off: builds' succeeded '1048642 1048643 x86_64-abi'
holds 'any with claim off: nothing is claimed' has_not calls xc_domain_claim
holds 'any with claim off: published' has calls "xs_write $result/claim none\$"

numa pv any
store platform/numa/residual-claim 64
run -debuglog "$dir/log"
holds 'any with a residual claim: the host is claimed all the same' has calls \
    'xc_domain_claim_pages d7 16896$'
holds 'any with a residual claim: ... as the log has it' has log \
    ' claim host (default), '
holds 'any with a residual claim: what is left' has calls \
    'xc_domain_claim_pages d7 16448$'

# ---- virtual nodes

# vnodes KIND VALUE: a world for a guest of 4 vCPUs with this key.
vnodes() {
    numa "$1" best-effort
    host host/free_mib 1424
    host domain/max_pages 179712
    store platform/vcpu/number 4
    store platform/vcpu/current 3
    store platform/acpi 1
    store platform/numa/vnodes "$2"
}

vnodes pvh 2
run -debuglog "$dir/log"
holds 'PVH, 2 virtual nodes: builds' succeeded '66 67'
holds 'each is on a node of its own: the first' has calls \
    'populate_physmap d7 16 of order 9, flags 0x20200, first 0$'
holds '... and the second' has calls \
    'populate_physmap d7 16 of order 9, flags 0x20100, first 0x2000$'
for mask in '0 soft=0000111100000000' '1 soft=0000111100000000' \
    '2 soft=1111000000000000' '3 soft=1111000000000000'; do
    holds "a vCPU prefers its own node: $mask" has calls \
        "xc_vcpu_setaffinity d7 vcpu=$mask\$"
done
holds 'the log tells of the vCPUs of each' \
    [ "$(grep -c ' 2 vCPUs: soft affinity' "$dir/log")" = 2 ]
holds 'Xen is told' has calls "xc_domain_setvnuma d7 0-0x2000000:0 \
0x2000000-0x4000000:1 vcpus 0 0 1 1 nodes 1/10 0/20\$"
holds '... when the memory is there' before xc_dom_gnttab_init \
    xc_domain_setvnuma
holds 'each is a socket of 4 APIC ids' has calls \
    '^xc_cpu_policy_update_cpuid 1: 800f12 40800 .* 80000008: 3028 0 2003 0$'
for pair in 'vnodes 2' 'vnode/0 1' 'vnode/1 0' 'nodes 0-1' 'pages/0 8192'; do
    holds "published: $pair" has calls "xs_write $result/$pair\$"
done

# note_is FRAME WORD PAGES: what begins there is a note for a restore, of RAM whose
# ends are so many pages, the high one's before the low one's.
note_is() {
    grep -A2 "foreignmemory_map d7 frame=$1\$" "$dir/calls" | tail -n 2 |
        paste -sd ' ' |
        grep -q "^guest_word $2=0x45444f4e56204758 guest_word $(($2 + 1))=$3\$"
}
holds 'a note is left for its restore, behind the RSDP' note_is 0xff 509 0x4000

# hvmloader makes the tables of what Xen knows, hole and all.
vnodes hvm 2
store platform/mmio_hole_size 4246732800
run
holds 'HVM, 2 virtual nodes: builds' [ "$status" = 0 ]
holds 'HVM: Xen is told' has calls "xc_domain_setvnuma d7 0-0x2000000:0 \
0x2000000-0x2e00000:1 0x100000000-0x101200000:1 vcpus 0 0 1 1 nodes 1/10 0/20\$"
for pair in 'vnodes 2' 'vnode/0 1' 'pages/0 8192'; do
    holds "HVM: published: $pair" has calls "xs_write $result/$pair\$"
done
holds 'HVM: a note is left behind the hvm_info table' \
    note_is 0x9f 320 0x10120000002e00

# Their memory is laid out before the guest's, by the same.
device 0000:03:00.0 10de 1eb8 '0x00000000e0000000 0x00000000e3ffffff 0x0000000000040200'
vnodes hvm 2
host host/reserved '0:3:0.0 ff 2'
run -pci_passthrough 0000:03:00.0 -debuglog "$dir/log"
holds 'HVM, 2 virtual nodes, a device: builds' [ "$status" = 0 ]
holds '... memory is laid out once: Xen is asked once, what is lost is told once' \
    [ "$(grep -c 'device_memory_map .*room=0$' "$dir/calls") $(grep -c \
        'RAM in 0xff000 to ' "$dir/log")" = '1 1' ]

vnodes pvh off
run
holds 'off: no note is left' [ "$(grep -c 'foreignmemory_map d7 frame=0xff$' \
    "$dir/calls")" = 1 ]

vnodes pvh 2
store platform/numa/policy strict
store platform/numa/nodes 2-3
run
holds 'strict: on its nodes' has calls "xs_write $result/nodes 2-3\$"
holds 'strict: vnodes' has calls "xs_write $result/vnodes 2\$"

# By auto, where the plan has several nodes.
vnodes pvh auto
run -debuglog "$dir/log"
holds 'auto, one node: builds' succeeded '66 67'
holds 'auto, one node: none' has calls "xs_write $result/vnodes 0\$"
holds 'auto, one node: that is told' has log \
    "platform/numa/vnodes: 'auto' counts as off: the plan has one node"
holds 'auto, one node: Xen is told of none' has_not calls xc_domain_setvnuma
holds 'auto, one node: a note is left, too' note_is 0xff 509 0x4000

vnodes pvh auto
run -mem_max_mib 700 -mem_start_mib 700 -debuglog "$dir/log"
holds 'auto, larger than any node: builds' succeeded '66 67'
holds 'auto, shares that no node set gives: none' has log \
    "'auto' counts as off: 2 virtual nodes, one on each node: needs"
vnodes pvh auto
host host/node_free_mib 400,512,256,256
run -mem_max_mib 700 -mem_start_mib 700 -debuglog "$dir/log"
holds 'auto, larger than any node: 2' has calls "xs_write $result/vnodes 2\$"
holds '... on the nodes of the plan without' has_not log 'without virtual nodes'
vnodes pvh auto
host host/node_free_mib 300,512,400,256
run -mem_max_mib 700 -mem_start_mib 700 -debuglog "$dir/log"
holds 'auto, shares that farther nodes give: 2' has calls "xs_write $result/nodes 1-2\$"
holds '... which is told' has log 'without virtual nodes it would be on nodes 0-1$'

# A node that has less than it says: what was asked for is an error, auto is off.
vnodes pvh 2
host host/node_1_lacks_mib 500
run
holds 'a short node: 2 virtual nodes are no more to be had' failed \
    '*: [[]12[]] 2 virtual nodes: * pages) are not to be had on the nodes of*'
vnodes pvh auto
host host/node_free_mib 400,512,256,256
host host/node_1_lacks_mib 300
run -mem_max_mib 700 -mem_start_mib 700 -debuglog "$dir/log"
holds 'a short node, auto: builds' succeeded '66 67'
holds 'a short node, auto: none is published' has calls \
    "xs_write $result/vnodes 0\$"
holds 'a short node, auto: that is told' has log \
    'the guest is shown no virtual nodes: .* pages) were not to be had'
holds 'a short node, auto: Xen is told of none' has_not calls \
    xc_domain_setvnuma
holds 'a short node, auto: nor is the guest, of sockets' has_not calls \
    xc_cpu_policy_

# cannot REASON KIND OPTION...: 2 virtual nodes are an error before anything is
# touched, and auto is off for the reason.
cannot() {
    reason=$1 kind=$2
    shift 2
    vnodes "$kind" 2
    [ -z "$key" ] || store "$key" "$value"
    refuses "*: [[]*[]] platform/numa/vnodes: '2': *$reason*" "$@"
}
key='' value=''
cannot "a PV guest can't be shown nodes" pv
cannot 'memory is populated on demand' pvh -mem_max_mib 128
cannot 'memory is populated on demand' hvm -mem_max_mib 128
key=platform/acpi value=0
cannot 'platform/acpi is off' hvm
key=platform/vcpu/number value=3
cannot 'the domain may have more vCPUs' pvh
for nr in 5 33; do
    vnodes pvh $nr
    refuses "*: [[]34[]] platform/numa/vnodes: '$nr': $nr virtual nodes: *"
done
vnodes pvh 2
store platform/cores-per-socket 4
refuses "*: [[]34[]] platform/numa/vnodes: '2': *1 sockets (platform/cores-per-socket)"
vnodes pvh 2
store platform/cores-per-socket 2
run
holds 'virtual nodes of a socket each: built' succeeded '66 67'
# Of 4 sockets of 3 vCPUs, shown as 4: the second node begins with the seventh vCPU,
# the third with the tenth.
if ! defined HAVE_CPUID_APPLY_POLICY_CORES; then
    vnodes pvh 3
    host domain/max_vcpus 12
    store platform/vcpu/number 12
    store platform/cores-per-socket 3
    run -debuglog "$dir/log"
    holds 'virtual nodes that begin within a socket: built' succeeded '66 67'
    holds '... with a warning' has log \
        ': 2 virtual nodes begin within a socket of 4 vCPUs$'
fi
vnodes pvh 3
store platform/numa/nodes 0-1
run
holds 'more virtual nodes than nodes' failed \
    '*: [[]22[]] 3 virtual nodes: of the nodes that may be used 2 have pCPUs'
holds 'more virtual nodes than nodes: no page is taken' has_not calls \
    xc_domain_populate_physmap
vnodes pvh 2
run -mem_max_mib 700 -mem_start_mib 700
holds 'shares that no node set gives' failed \
    '*: [[]12[]] 2 virtual nodes, one on each node: needs 700 MiB (179200 pages), *'

vnodes pvh 2
host domain/claimed_pages 1024
run -mem_max_mib 700 -mem_start_mib 700 -mem_pnode 1
holds 'shares that no node set gives, -mem_pnode: the same' failed \
    '*: [[]12[]] 2 virtual nodes, one on each node: needs 700 MiB (179200 pages), *'
vnodes pvh 1
store platform/numa/nodes 0
host domain/claimed_pages 76800
run -mem_max_mib 300 -mem_start_mib 300 -mem_pnode 1 -debuglog "$dir/log"
holds 'one share that no node gives, -mem_pnode: on that node' has calls \
    "xs_write $result/vnode/0 1\$"
holds '... which is told' has log '-mem_pnode 1 is used, with the claim there$'

for value in off auto; do
    numa pv best-effort
    store platform/numa/vnodes $value
    run -debuglog "$dir/log"
    holds "PV, vnodes $value: builds" succeeded '1048642 1048643 x86_64-abi'
done
holds 'PV, vnodes auto: one node is all there is to it' has log \
    "'auto' counts as off: the plan has one node"

# ---- keys that come with another xenguest

numa pv best-effort
store platform/numa/polcy strict
refuses "*: [[]22[]] platform/numa/polcy: 'strict': there is no such key: there are policy, nodes, *"

# ---- the host's defaults

# defaults KIND POLICY: a domain without a policy on a host that has one.
defaults() {
    numa "$1" ''
    store /mh/numa/policy "$2"
}

defaults pv strict
store /mh/numa/nodes 2
run -debuglog "$dir/log"
holds 'a default of the host: counts' has calls \
    "xs_write $result/pages/2 16384\$"
holds 'a default of the host: one line tells where keys come from' has log \
    'policy strict (host default), nodes 2 (host default), affinity soft (default), '

# pinned NODES: the host's default, for a domain whose vCPUs are tied.
pinned() {
    defaults pv best-effort
    store /mh/numa/nodes "$1"
    tie_vcpus
    run -debuglog "$dir/log"
}
pinned 1-2
holds 'a default, but vCPUs that are pinned: what both have' has calls \
    "xs_write $result/pages/2 16384\$"
holds '... which is told' has log \
    "by the vCPUs' masks the candidates are nodes 2\$"
pinned 0-1
holds 'a default that leaves pinned vCPUs none: theirs' has calls \
    "xs_write $result/home [23]\$"
holds '... which is told' has log \
    "the candidates are nodes 2-3, none of which /mh/numa/nodes has\$"
pinned 2-3
holds 'a default that fits pinned vCPUs: builds' has control '^result:'
holds '... nothing to tell' has_not log "by the vCPUs' masks"
defaults pv best-effort
store platform/numa/nodes 0-1
tie_vcpus
run
holds "the domain's own nodes come before its masks" has calls \
    "xs_write $result/home [01]\$"

for what in 'hard masks' 'no masks'; do
    numa pv best-effort
    [ "$what" = 'no masks' ] || tie_vcpus
    run -debuglog "$dir/log"
    case $what in
    no*) holds 'no masks: nothing to tell' has_not log "by the vCPUs' masks" ;;
    *) holds 'masks and no nodes: that they count is told' has log \
        "by the vCPUs' masks the candidates are nodes 2-3\$" ;;
    esac
done

# What the masks reach does not count as excluded: it is filled first.
defaults pv best-effort
store /mh/numa/nodes all,^2-3
host host/node_free_mib 256,256,48,8
tie_vcpus
run
holds 'a default that excludes what pinned vCPUs reach: theirs first' has calls \
    "xs_write $result/home 2\$"
holds '... but for what the home node keeps' has calls \
    "xs_write $result/pages/2 11776\$"

# The same without any key of the domain's.
new_world pv
host host/node_free_mib 256,512,256,256
store /mh/numa/policy best-effort
run
holds 'a default alone: counts' has calls "xs_write $result/home 1\$"

defaults pv strict
store platform/numa/policy any
store /mh/numa/nodes 0-1
run
holds 'any against a default: builds' succeeded '1048642 1048643 x86_64-abi'
holds 'any against a default: as without it' has_not calls \
    'numainfo\|transaction\|/mh/numa'

defaults pv strict
store /mh/numa/nodes 9
refuses "*: [[]22[]] /mh/numa/nodes: '9': there is no node 9: the host has the nodes *"

new_world pv
store /mh/numa/policy strickt
refuses "*: [[]22[]] /mh/numa/policy: 'strickt' is none of *"

# A number of virtual nodes is there for whom it fits.
# flat REASON KIND POLICY OPTION...: that domain is built without.
flat() {
    reason=$1 kind=$2 policy=$3
    shift 3
    defaults "$kind" "$policy"
    host host/free_mib 1424
    host domain/max_pages 179712
    store platform/vcpu/number 4
    store platform/vcpu/current 3
    store platform/acpi 1
    store /mh/numa/vnodes 2
    run "$@" -debuglog "$dir/log"
    holds "vnodes of the host's, $reason: builds" [ "$status" = 0 ]
    holds "vnodes of the host's, $reason: that is told" has log \
        "/mh/numa/vnodes: '2' counts as off: $reason"
    holds "vnodes of the host's, $reason: none is published" has calls \
        "xs_write $result/vnodes 0\$"
}
flat "a PV guest can't be shown nodes" pv best-effort
flat 'memory is populated on demand' pvh best-effort -mem_max_mib 128
flat 'memory is populated on demand' hvm strict -mem_max_mib 128
flat 'memory is interleaved' pvh interleave
flat '2 virtual nodes, one on each node: needs 700 MiB' pvh best-effort \
    -mem_max_mib 700 -mem_start_mib 700

defaults pvh best-effort
store platform/vcpu/number 4
store /mh/numa/vnodes 2
run
holds "vnodes of the host's: where they fit they are" has calls \
    "xs_write $result/vnodes 2\$"

# A node that has less than it says is no fault of such a domain either.
defaults pvh best-effort
store platform/vcpu/number 4
store /mh/numa/vnodes 2
host host/node_1_lacks_mib 500
run
holds "vnodes of the host's, a short node: builds" [ "$status" = 0 ]
holds "vnodes of the host's, a short node: none" has calls \
    "xs_write $result/vnodes 0\$"

# What Xen keeps for devices is a quarter of the first node with memory, or 4 GiB.
numa pv best-effort
host host/node_free_mib 0,512
run
holds 'the first node has no memory: where low memory would be' has calls \
    'xc_availheap 27 bits of node -1$'

# ---- a node that has less than it says

numa pv best-effort
host host/node_1_lacks_mib 483
run
holds 'node 1 has 29 MiB: builds' succeeded '1048642 1048643 x86_64-abi'
holds 'its superpages first' has calls "xs_write $result/pages/1 7424\$"
holds 'the rest from the nearest' has calls "xs_write $result/pages/0 8960\$"
holds 'that is told' has calls "xs_write $result/spilled 8960\$"
holds 'one page of 2 MiB was broken' has calls \
    "xs_write $result/extents/4k 512\$"
holds 'vCPUs follow' has calls 'vcpu=2 soft=1111111100000000$'
holds 'node affinity follows' has calls 'node_setaffinity d7 0x3$'
holds 'nodes follow' has calls "xs_write $result/nodes 0-1\$"

numa hvm strict
host host/node_1_lacks_mib 483
store platform/numa/nodes 1
run
holds 'strict: fails then' failed \
    '*mem_populate: [[]12[]] node 1: 35 MiB (8928 pages) of 64 MiB (16352 pages) are not to be had'
holds 'strict: no page from elsewhere' has_not calls 'flags 0x20100'
holds 'strict: no reservation is left' no_reservation

# ---- affinities

numa pv best-effort
store platform/numa/affinity hard
store platform/vcpu/1/affinity 0000010001
run
holds 'hard: the CPUs of the node' has calls 'vcpu=0 hard=0000111100000000$'
holds 'hard: what a mask leaves of them' has calls 'vcpu=1 hard=0000010000000000$'

numa pv best-effort
store platform/vcpu/0/affinity 0000000000000011
store platform/vcpu/1/affinity 0000000000000011
store platform/vcpu/2/affinity 0000000011111111
run
holds 'masks: nodes that they reach' has calls "xs_write $result/home [23]\$"
holds 'masks: stay' [ "$(last_hard 0) $(last_hard 1) $(last_hard 2)" = \
    'hard=0000000000000011 hard=0000000000000011 hard=0000000011111111' ]

# A soft mask that a toolstack has set counts where ours does not take its place.
for affinity in none soft; do
    numa pv best-effort
    store platform/numa/affinity $affinity
    host domain/soft 0000000000001111
    run
    case $affinity in
    none)
        holds 'a soft mask, affinity none: the node that it reaches' has calls \
            "xs_write $result/home 3\$"
        holds '... and it stays' has_not calls ' soft='
        ;;
    soft)
        holds 'a soft mask, affinity soft: the node of a plan without it' has calls \
            "xs_write $result/home 1\$"
        holds '... whose mask takes its place' has calls \
            'vcpu=0 soft=0000111100000000$'
        ;;
    esac
done

numa pv strict
store platform/numa/nodes 0
store platform/numa/affinity hard
store platform/vcpu/0/affinity 0000000000000011
run
holds 'masks that leave none of the nodes: refused by strict' failed \
    '*: [[]22[]] the hard affinity of vCPU 0 has none *'
numa pv best-effort-hard
store platform/numa/nodes 0
store platform/vcpu/0/affinity 0000000000000011
run
holds 'masks that leave none of the nodes: stay' succeeded \
    '1048642 1048643 x86_64-abi'
holds '... the others are tied' has calls "xs_write $result/affinity hard\$"
numa pv best-effort-hard
store platform/numa/nodes 0
for vcpu in 0 1 2; do
    store platform/vcpu/$vcpu/affinity 0000000000000011
done
run
holds 'masks that leave none of the nodes, all of them: builds' succeeded \
    '1048642 1048643 x86_64-abi'
holds '... and says that no vCPU is tied' has calls \
    "xs_write $result/affinity none\$"

numa pv best-effort
host host/pool 0000000000001111
run
holds 'cpupool: vCPUs on its CPUs' has calls 'vcpu=0 soft=0000000000001111$'

# ---- devices

device 0000:03:00.0 10de 1eb8 '0x00000000e0000000 0x00000000e3ffffff 0x0000000000040200'

# beside DEVICES HOME TEXT: for a guest with a device on node 3.
beside() {
    numa hvm best-effort
    host host/device_node 3
    [ -z "$1" ] || store platform/numa/devices "$1"
    run -pci_passthrough 0000:03:00.0
    holds "devices ${1:-by default}: $3" has calls "xs_write $result/home $2\$"
}
for devices in '' prefer; do
    beside "$devices" 3 'its node is home'
    holds '... by what Xen tells of it' called 'xc_pcitopoinfo 1'
done
beside ignore 1 'home is where it would be without one'
holds '... Xen is not asked' has_not calls xc_pcitopoinfo

# ---- claims

numa pv best-effort
host domain/claimed_pages 17000
host host/claimed_pages 17000
run
if [ $claim_kind = set ]; then
    holds 'a claim of the toolstack: a set takes its place' has calls \
        "xs_write $result/claim set\$"
else
    holds 'a claim of the toolstack: used' has calls \
        "xs_write $result/claim toolstack\$"
    holds 'a claim of the toolstack: no other' has_not calls \
        'claim_pages.* d7 .*[1-9]'
fi

numa pv best-effort
store platform/numa/residual-claim 64
run
case $claim_kind in
host) holds 'residual claim: beyond what the domain has' has calls \
    "$(claim_of 1 16448)" ;;
*) holds 'residual claim: on the home node' has calls "$(claim_of 1 64)" ;;
esac

numa pv best-effort
store /mh/numa/residual-claim 64
case $claim_kind in
host) store platform/numa/claim off
    failure=xc_domain_claim_pages:1:ENOMEM ;;
node) failure=xc_domain_claim_pages_node:2:ENOMEM ;;
set) failure=xc_domain_claim_memory:2:ENOMEM ;;
esac
run -debuglog "$dir/log"
holds 'residual claim: who asks for it in vain' has log \
    '/mh/numa/residual-claim: 0 MiB (64 pages): Cannot allocate memory$'

for where in platform /mh; do
    numa pv best-effort
    store $where/numa/claim node
    run
    if [ $claim_kind = host ]; then
        holds "$where, claim node: refused without such a hypervisor" failed \
            "*: [[]38[]] $where/numa/claim: 'node' can't be had*"
        holds "$where, claim node: nothing was taken" has_not calls '^xc_domain_populate'
    else
        holds "$where, claim node: published" has calls \
            "xs_write $result/claim $claim_kind\$"
    fi
done

numa pv best-effort
host host/node_claimed_mib 256,512,256,256
run
holds 'a host without the memory: refused' failed '*: [[]12[]] *'
holds 'a host without the memory: nothing was taken' has_not calls '^xc_domain_populate'

# Node 1 has 100 MiB that nobody has claimed.
numa pv best-effort
host host/node_claimed_mib 0,412
host domain/max_pages 33280
run -mem_max_mib 128 -mem_start_mib 128
holds 'others have claimed of a node: builds' succeeded \
    '1048642 1048643 x86_64-abi'
case $claim_kind in
host) holds 'others have claimed of a node: nobody tells' has calls \
    "xs_write $result/pages/1 32768\$" ;;
*) holds 'others have claimed of a node: on another' has calls \
    "xs_write $result/pages/[023] 32768\$" ;;
esac

# Of node 1, 507 MiB are left, and all of node 0.
if [ $claim_kind = set ]; then
    for policy in strict best-effort; do
        numa pv $policy
        store platform/numa/nodes 0-1
        host host/free_mib 1280
        host domain/max_pages 1048576
        host host/node_claimed_mib 0,5
        run -mem_max_mib 763 -mem_start_mib 763
        holds "$policy, all that others left: builds" succeeded \
            '1048642 1048643 x86_64-abi'
        holds "$policy, all that others left: to the page" has calls \
            "xs_write $result/pages/1 129792\$"
        holds "$policy, all that others left: in 40 calls" \
            test "$(grep -c '^xc_domain_claim' "$dir/calls")" -le 40
    done
    numa pv strict
    store platform/numa/nodes 0-1
    host host/free_mib 1280
    host domain/max_pages 1048576
    host host/node_claimed_mib 0,5
    run -mem_max_mib 764 -mem_start_mib 764
    holds 'strict, more than others left: refused with what was measured' failed \
        '*: needs 764 MiB (195584 pages), free MiB (pages) per node are 0: 256 (65536), 1: 507 (*)'
    holds 'strict, more than others left: no claim is left' \
        test "$(grep '^xc_domain_claim' "$dir/calls" | tail -n 1)" = \
        'xc_domain_claim_pages d7 0'
fi

numa pv best-effort
all_claims_fail ENOSYS
run
holds 'a hypervisor without claims: builds all the same' has calls \
    "xs_write $result/claim none\$"

for forbids in 'EPERM Operation not permitted' 'EACCES Permission denied'; do
    for policy in any best-effort; do
        numa pv $policy
        all_claims_fail "${forbids%% *}"
        run -debuglog "$dir/log"
        holds "a hypervisor that forbids claims, $policy: builds all the same" \
            has control '^result:'
        holds "a hypervisor that forbids claims, $policy: that is told" has log \
            "no memory is claimed: ${forbids#* }"
    done
    holds 'a hypervisor that forbids claims: published' has calls \
        "xs_write $result/claim none\$"
done

if [ $claim_kind != host ]; then
    numa pv best-effort
    failure=$claim_call:1:EPERM
    run
    holds 'a hypervisor whose policy does not know the claim: the next kind' \
        has calls "xs_write $result/claim host\$"
fi

numa pv best-effort
store platform/numa/claim off
run
holds 'claim off: builds' succeeded '1048642 1048643 x86_64-abi'
holds 'claim off: none' has_not calls 'xc_domain_claim'

# ---- -mem_pnode

new_world pv
host host/node_free_mib 256,512,256,256
run -mem_pnode 3
holds '-mem_pnode: exactly there' has calls "xs_write $result/pages/3 16384\$"
holds '-mem_pnode: no claim, no vCPU affinity' has_not calls \
    'claim_pages d7\|vcpu_set'
holds '-mem_pnode: published' has calls "xs_write $result/policy mem_pnode\$"

# A policy of the domain's own comes first; of equal nodes it takes that one.
numa pv strict
store platform/numa/nodes 0
run -mem_pnode 3 -debuglog "$dir/log"
holds 'a policy of its own wins over -mem_pnode' has calls \
    "xs_write $result/pages/0 16384\$"
holds 'a policy of its own: that is told' has log \
    '-mem_pnode 3 is overridden by platform/numa (policy strict)$'
holds 'a policy of its own: published' has calls \
    "xs_write $result/policy strict\$"
numa pv best-effort
store platform/numa/nodes 0,2-3
run -mem_pnode 3
holds '-mem_pnode: preferred among equals' has calls \
    "xs_write $result/home 3\$"
numa pv any
run -mem_pnode 3
holds '-mem_pnode: any is no policy' has calls \
    "xs_write $result/policy mem_pnode\$"

for pair in 'nodes 0' 'claim node'; do
    new_world pv
    host host/node_free_mib 256,512,256,256
    # shellcheck disable=SC2086 # a key and its value
    store platform/numa/$pair
    run -mem_pnode 3 -debuglog "$dir/log"
    holds "-mem_pnode wins over $pair, without a policy" has calls \
        "xs_write $result/pages/3 16384\$"
    case $pair in
    nodes*) told="platform/numa/nodes: '0' counts for nothing without a policy" ;;
    *) told='platform/numa (policy any) is overridden by -mem_pnode 3' ;;
    esac
    holds "-mem_pnode: what becomes of $pair is told" has log "$told\$"
done

four_nodes pv
store platform/numa/residual-claim 64
run -mem_pnode 3
holds '-mem_pnode and a residual claim: builds' succeeded '1048642 1048643 x86_64-abi'
holds '-mem_pnode: no residual claim' has_not calls 'claim_pages d7'

new_world pv
run -mem_pnode 5
holds '-mem_pnode: no such node' failed "*: [[]22[]] -mem_pnode: '5': *"
new_world pv
host host/free_mib 4096
run -mem_pnode 0 -mem_max_mib 2048 -mem_start_mib 2048
holds '-mem_pnode: too small' failed \
    '*: [[]12[]] -mem_pnode: needs 2048 MiB (524288 pages), free MiB (pages) per node are 0: *'
numa pv ''
tie_vcpus
run -mem_pnode 1 -debuglog "$dir/log"
holds '-mem_pnode and vCPUs that are tied elsewhere: exactly there' has calls \
    "xs_write $result/pages/1 16384\$"
holds '... and no candidates to tell of' has_not log "by the vCPUs' masks"
numa pv best-effort
run -mem_pnode 5
holds '-mem_pnode: no such node, whatever the policy' failed \
    "*: [[]22[]] -mem_pnode: '5': *"

# The host's policy is switched off, which a guest with nodes of its own had.
defaults pv any
store platform/numa/nodes 1
run -debuglog "$dir/log"
holds 'nodes under a host whose policy is off: builds' has control '^result:'
holds 'nodes under a host whose policy is off: that is told' has log \
    "platform/numa/nodes: '1' counts for nothing without a policy\$"
holds 'nodes under a host whose policy is off: as if unset' has_not calls \
    'setaffinity d7\|numa/result'

defaults pv strict
store /mh/numa/nodes 0
run -mem_pnode 3 -debuglog "$dir/log"
holds '-mem_pnode wins over a default of the host' has calls \
    "xs_write $result/pages/3 16384\$"
holds '-mem_pnode: the default is overridden' has log \
    '/mh/numa (policy strict) is overridden by -mem_pnode 3$'

# Named by where it is, also without a policy.
new_world pv
store /mh/numa/claim host
run -mem_pnode 3 -debuglog "$dir/log"
holds '-mem_pnode: a default for claim alone is the host'"'"'s' has log \
    '/mh/numa (policy any) is overridden by -mem_pnode 3$'

# ---- every new call fails once: one error line, no reservation left

numa hvm best-effort
run
grep -oE '^(xc_numainfo|xc_cputopoinfo|xc_get_cpumap_size|xc_domain_node_[gs]etaffinity|xc_domain_populate_physmap)' \
    "$dir/calls" | sort | uniq -c >"$dir/new_calls"
while read -r times call; do
    for nth in $(seq "$times"); do
        numa hvm best-effort
        failure=$call:$nth:EIO
        run
        holds "$call fails, time $nth" failed '*[[]5[]]*'
        holds '... and leaves no reservation' no_reservation
    done
done <"$dir/new_calls"
holds 'each of them was among the calls' [ "$(awk '{ print $2 }' "$dir/new_calls" |
    paste -sd ' ')" = 'xc_cputopoinfo '\
'xc_domain_node_getaffinity xc_domain_node_setaffinity xc_domain_populate_physmap '\
'xc_get_cpumap_size xc_numainfo' ]

# The caller has the result by the time at which it is published.
for call in xs_transaction_start:1 xs_rm:1 xs_write:5 xs_transaction_end:1; do
    numa hvm best-effort
    failure=$call:EIO
    run -debuglog "$dir/log"
    holds "$call fails: builds" succeeded '66 67'
    holds '... and tells that nothing is published' has log \
        'platform/numa/result is not written: .*: Input/output error'
done

numa hvm best-effort
failure=xs_transaction_end:1:EAGAIN
run
holds 'somebody wrote meanwhile: builds' succeeded '66 67'
holds '... and publishes at the second try' \
    test "$(grep -c '^xs_transaction_end commit' "$dir/calls")" -eq 2
holds '... all of it' test "$(grep -c "^xs_write $result/home" "$dir/calls")" -eq 2
numa hvm best-effort
failure=xs_transaction_end:0:EAGAIN
run -debuglog "$dir/log"
holds 'somebody writes all the time: builds' succeeded '66 67'
holds '... and tells that nothing is published' has log \
    'platform/numa/result is not written: .*: Resource temporarily unavailable'

# The domain, which the toolstack has destroyed meanwhile.
numa hvm best-effort
run
last_read=$(grep -c '^xs_read' "$dir/calls")
holds 'publishing looks whether the domain is there' \
    test "$(grep '^xs_read' "$dir/calls" | tail -n 1)" = \
    'xs_read /local/domain/7'
numa hvm best-effort
failure=xs_read:$last_read:ENOENT
run
holds 'a domain that is gone: builds' succeeded '66 67'
holds 'a domain that is gone: nothing is written' has_not calls "xs_write $result"
holds 'a domain that is gone: the transaction is undone' called \
    'xs_transaction_end abort'

finish
