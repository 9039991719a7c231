# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-claim.sh - memory is claimed while a guest is built, and afterwards not,
# unless that was asked for.
# host: takes=35
. numa.sh

outstanding_mib() { xl info | awk '/^outstanding_claims/ { print $3 }'; }

# wait_for TEXT COMMAND...
wait_for() {
    what=$1
    shift
    await 60 "$@"
    is $? 0 "$what"
}

# shellcheck disable=SC2317 # by wait_for
builder() { pidof xenguest >/dev/null; }
# shellcheck disable=SC2317
claimed() { [ "$(outstanding_mib)" -gt 0 ]; }

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

# ---- during the build. The builder waits for the lock that plans are made
# under; then for Xenstore, which an HVM build writes to between its claim and
# its first page; then it is stopped itself, and can be looked at.

guest hvm 512 -p numa/policy=best-effort
mkdir -p /run/xenguest
flock /run/xenguest/lock sh -c 'echo $$ >/tmp/holder && exec sleep 60' &
vmctl build "$dom" >/tmp/held 2>&1 &
build=$!
wait_for 'held: the builder has started' builder
sleep 1
is "$(outstanding_mib)" 0 'held: no claim before there is a plan'
kill -STOP "$(cat /run/xenstored.pid)"
kill "$(cat /tmp/holder)"
wait_for 'held: memory is claimed' claimed
kill -STOP "$(pidof xenguest)"
kill -CONT "$(cat /run/xenstored.pid)"
# All that the domain may have: the guest's memory and what comes besides.
is "$(get claim)" "$(get max-pages)" 'held: what is claimed'
is "$(get pages)" 0 'held: before the first page'
xl claims >/tmp/claims
like "$(awk -v dom="$dom" '$2 == dom' /tmp/claims)" \
    "* $(($(get max-pages) / 256))" 'held: xl claims shows it'
kill -CONT "$(pidof xenguest)"
wait "$build"
is "$?" 0 'held: builds then'
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
