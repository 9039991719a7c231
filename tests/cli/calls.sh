#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# How much a build asks for until its caller has the result: no more requests to
# Xenstore than its keys need, and no more hypercalls, whatever the policy and however
# many vCPUs; few calls that populate.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# The result line goes where the calls are written down.
xenguest() {
    raw "$@" 8>>"$dir/calls" 9</dev/null
}

# world TYPE POLICY VCPUS: eight keys below platform/, and the policy's.
world() {
    $1
    store platform/vcpu/number "$3"
    host domain/max_vcpus "$3"
    store platform/acpi 1
    store platform/acpi_s3 1
    store platform/acpi_s4 1
    store platform/nx true
    store platform/pae true
    store platform/tsc_mode 0
    [ "$2" = - ] || store platform/numa/policy "$2"
}

up_to_result() { sed '/^result:/q' "$dir/calls"; }

# requests: Xenstore's.
requests() {
    up_to_result | grep -cE '^xs_(read|write|directory|rm|transaction)'
}

# most_requests TYPE POLICY
most_requests() {
    most=8
    [ "$1" != hvm ] || most=$((most + 2))
    [ "$2" = - ] || most=$((most + 2))
    echo $most
}

# hypercalls: ours; those that are made in one follow it. What libxenguest and
# libxenctrl make besides, some 27 for an HVM guest, the doubles leave out.
hypercalls() {
    up_to_result | awk '
        inside-- > 0 { next }
        /^xencall2 / {
            calls++
            inside = $2
        }
        /^xc_(interface_|dom_|cpupool_infofree|get_max_cpus|get_cpumap_size)/ { next }
        /^xc_/ { calls++ }
        END { print calls }'
}

# most_hypercalls TYPE POLICY: a policy reads the host and the masks, plans on what
# is free, claims it, sets masks, node affinity and the size of the HAP pool, which a
# PV guest has not got, and looks at what came of it.
most_hypercalls() {
    case $1 in
    pv) most=10 more=11 ;;
    pvh) most=12 more=15 ;;
    hvm) most=13 more=15 ;;
    esac
    [ "$2" = - ] || most=$((most + more))
    echo "$most"
}

# populates: hypercalls, of which one may be for many extents of several sizes. Of
# libxenguest's the doubles write down those that a policy's gate sees.
populates() {
    up_to_result | awk '
        /^xencall2 .* that populate/ {
            calls++
            inside = $2
        }
        $1 == "xc_domain_populate_physmap" && inside-- <= 0 { calls++ }
        END { print calls }'
}

# at_most NUMBER LIMIT TEXT
at_most() {
    holds "$3: $1, at most $2" test "$1" -le "$2"
}

export XENGUEST_RUN_DIR="$dir/run"

# Five keys (those for acpi are hvmloader's, which comes later), two folders of them,
# what the host has for all domains; an HVM guest's BIOS and the hole's size; a policy's
# key and folder.
for kind in pv hvm pvh; do
    for policy in - best-effort strict interleave; do
        what="$kind, policy $policy"
        world $kind $policy 3
        run
        holds "$what: builds" has calls '^result:'
        few=$(requests) calls=$(hypercalls)
        at_most "$few" "$(most_requests $kind $policy)" \
            "$what: requests to Xenstore"
        at_most "$calls" "$(most_hypercalls $kind $policy)" "$what: hypercalls"
        world $kind $policy 128
        run
        holds "$what: no more with 128 vCPUs" \
            test "$(requests) $(hypercalls)" = "$few $calls"
    done
done

# What libxenguest adds to an HVM guest takes two calls, small pages one.
for policy in - best-effort strict interleave; do
    for guest in pv:64 pvh:64 hvm:4 hvm:12 hvm:64; do
        kind=${guest%:*} gib=${guest#*:}
        what="$kind, $gib GiB, policy $policy"
        world "$kind" $policy 3
        host host/node_free_mib 17408,17408,17408,17408
        host host/free_mib 69632
        host domain/max_pages $((gib * 262144 + 8192))
        run -mem_max_mib $((gib * 1024)) -mem_start_mib $((gib * 1024))
        holds "$what: builds" has calls '^result:'
        at_most "$(populates)" $((gib < 64 ? 8 : 16)) "$what: populate calls"
    done
done

# Of memory that is in pieces the guest gets those.
pvh
host host/superpages_mib 16
run
holds 'no policy, memory in pieces: builds' has calls '^result:'
holds 'no policy: superpages are asked for, without a node' has calls \
    'populate_physmap d7 32 of order 9, flags 0, first 0$'
holds 'no policy: and what there are not, in small pages' has calls \
    'populate_physmap d7 12288 of order 0, flags 0, first 0x1000$'

# called_times NUMBER CALL TEXT
called_times() {
    holds "$3" test "$(up_to_result | grep -c "^$2")" = "$1"
}

# What the host is does not change: only its free memory is looked at again, where it
# can be with what is claimed of it, and for low memory only nodes that may have some.
if defined HAVE_NUMA_MEMINFO; then looks='1 1'; else looks='2 0'; fi
world hvm best-effort 3
host host/node_free_mib 256,256,256,256
run
called_times "${looks% *}" xc_numainfo 'nodes: asked for once, and for their free memory'
called_times "${looks#* }" xc_numa_meminfo '... or for that with claims'
called_times 1 xc_cputopoinfo 'pCPUs: asked for once'
called_times 1 xc_availheap 'low memory: none of the host, none of its nodes'
world hvm best-effort 3
host host/node_free_mib 256,256,256,256
host host/low_mib 64
run
called_times 2 xc_availheap 'low memory: that of the first node is all'

finish
