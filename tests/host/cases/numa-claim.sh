# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-claim.sh - memory is claimed while a guest is built, and afterwards not,
# unless that was asked for.
# host: takes=35
. numa.sh

# What the hypervisor has: a claim by node, if it can be had, else on the host.
guest pv 128 -p numa/policy=best-effort -p numa/claim=node
strongest=host
if output=$(vmctl build "$dom" 2>&1); then
    strongest=$(result claim)
else
    like "$output" "*/claim: 'node' can't be had*" \
        'by node: refused for no other reason than that'
fi
destroy "$dom"
echo "# the strongest claim here: $strongest"

# ---- during the build

guest hvm 512 -p numa/policy=best-effort
hold_build held
# All that the domain may have: the guest's memory and what comes besides.
is "$(get claim)" "$(get max-pages)" 'held: what is claimed'
xl claims >/tmp/claims
like "$(awk -v dom="$dom" '$2 == dom' /tmp/claims)" \
    "* $(($(get max-pages) / 256))" 'held: xl claims shows it'
let_go
is $? 0 'held: builds then'
is "$(get claim) $(outstanding_mib)" '0 0' 'held: none is left'
is "$(result claim)" "$strongest" 'held: published'
is "$(pages_elsewhere "$(result home)")" 0 'held: 0 pages elsewhere'
destroy "$dom"

# ---- a claim that stays

for type in pv hvm; do
    guest $type 128 -p numa/policy=best-effort -p numa/residual-claim=100
    run "$type, residual claim: builds" vmctl build "$dom"
    is "$(get claim)" 100 "$type, residual claim: exactly that"
    destroy "$dom"
done
is "$(outstanding_mib)" 0 'residual claim: gone with the domain'

guest pv 128 -p numa/claim=host
run 'a claim without a policy: builds' vmctl build "$dom"
is "$(get claim) $(result claim)" '0 host' 'a claim without a policy: published'
destroy "$dom"

# ---- the toolstack's, which only a set takes the place of

used=toolstack
[ "$strongest" != set ] || used="set"
guest pv 128 -p numa/policy=best-effort
vmctl claim "$dom" $((128 * 256 + 700))
run 'claimed by the toolstack: builds' vmctl build "$dom"
is "$(result claim) $(get claim)" "$used 0" \
    'claimed by the toolstack: used, and none left'
is "$(pages_elsewhere "$(result home)")" 0 \
    'claimed by the toolstack: 0 pages elsewhere'
destroy "$dom"

# ---- what others have claimed is not there

before=$(free_pages)
guest pv 128
other=$dom
guest pv 1024
vmctl claim "$dom" 262144
claimer=$dom
guest pv $((before / 256 - 1024 + 1)) -p numa/policy=best-effort
refuse 'others have claimed it: refused' 'error:*[[]12[]]*' vmctl build "$dom"
is "$(get pages)" 0 'others have claimed it: no page was taken'
destroy "$dom"
destroy "$claimer"
destroy "$other"

# ---- all the host has, but not what comes besides, which is no reason to fail; a
# MiB more is. An empty domain takes some pages too, more on newer hypervisors.

before=$(free_pages)
guest pv 128
empty=$((before - $(free_pages)))
destroy "$dom"
all_mib=$((($(free_pages) - empty) / 256))

guest pv $all_mib -p numa/policy=best-effort
run 'the last MiB: best effort builds' vmctl build "$dom"
destroy "$dom"

guest pv $all_mib -p numa/policy=any -p numa/claim=host
run 'the last MiB: a claim on the host builds' vmctl build "$dom"
destroy "$dom"

guest pv $((all_mib + 1)) -p numa/policy=any -p numa/claim=host
refuse 'no memory: refused' \
    'error:*mem_claim_check: [[]12[]]* MiB are missing' vmctl build "$dom"
is "$(get pages)" 0 'no memory: no page was taken'
destroy "$dom"

done_testing
