#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# How much a build asks for until its caller has the result: no more requests to
# Xenstore than its keys need, whatever the policy and however many vCPUs; few
# calls that populate.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# The result line goes where the calls are written down.
xenguest() {
    raw "$@" 8>>"$dir/calls" 9</dev/null
}

# world TYPE POLICY VCPUS: eight keys below platform/, the policy's own among them.
world() {
    $1
    store platform/vcpu/number "$3"
    host domain/max_vcpus "$3"
    store platform/acpi 1
    store platform/acpi_s3 1
    store platform/acpi_s4 1
    store platform/nx true
    store platform/pae true
    if [ "$2" = - ]; then
        store platform/tsc_mode 0
    else
        store platform/numa/policy "$2"
    fi
}

up_to_result() { sed '/^result:/q' "$dir/calls"; }

# requests: Xenstore's.
requests() {
    up_to_result | grep -cE '^xs_(read|write|directory|rm|transaction)'
}

populates() { up_to_result | grep -c '^xc_domain_populate_physmap'; }

# at_most NUMBER LIMIT TEXT
at_most() {
    holds "$3: $1, at most $2" test "$1" -le "$2"
}

export XENGUEST_RUN_DIR="$dir/run"

# Eight keys, two or three folders of them, the host's defaults; of an HVM guest
# its BIOS and the hole's size, of others the limits for their images.
for kind in pv hvm pvh; do
    for policy in - best-effort strict interleave; do
        what="$kind, policy $policy"
        world $kind $policy 3
        run
        holds "$what: builds" has calls '^result:'
        few=$(requests)
        at_most "$few" 14 "$what: requests to Xenstore"
        world $kind $policy 128
        run
        holds "$what: no more with 128 vCPUs" test "$(requests)" = "$few"
    done
done

# What libxenguest adds to an HVM guest takes two calls, small pages one.
for policy in best-effort strict; do
    world hvm $policy 3
    host host/node_free_mib 256,5120,256,256
    host host/free_mib 6144
    run -mem_max_mib 4096 -mem_start_mib 4096
    holds "4 GiB, policy $policy: builds" has calls '^result:'
    at_most "$(populates)" 8 "4 GiB, policy $policy: populate calls"
done

finish
