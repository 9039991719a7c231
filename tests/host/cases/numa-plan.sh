# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-plan.sh - -mode plan, and the build that follows at once: the same pages, by
# Xen's count. A plan changes nothing.
# host: takes=20
. numa.sh
. planned.sh

# All that a plan could change but for what the host does by itself.
state() {
    xenstore-ls -f | grep -v memory/meminfo
    xl vcpu-list "$dom" | awk '{ print $1, $2, $3, $NF }'
    get pages
    get claim
    all_free
    find /run/xenguest 2>/dev/null
}

xenguest -mode plan >/tmp/plan
is $? 0 'the host: succeeds'
is "$(grep -c '^   [0-3]  *1 ' /tmp/plan)" 4 'the host: four nodes of a CPU each'
is "$(awk '/^Dist/ { on = 1 } on && /^ / { print $2, $3, $4, $5 }' /tmp/plan |
    head -n 1)" "$(xl info -n | awk '/^node:/ { on = 1; next }
    on && /^ *0:/ { gsub(",", " ", $4); print $4; exit }')" \
    'the host: the distances of node 0'
sed 's/^/# /' /tmp/plan

# planned TYPE POLICY [OPTION]...
planned() {
    what="$1, $2"
    guest_of=$1 policy=$2
    shift 2
    guest "$guest_of" 300 --vcpus 2 -p "numa/policy=$policy" "$@"
    state >/tmp/before
    plan
    is "$? $(cat /tmp/err)" '0 ' "$what: is planned"
    state >/tmp/after
    is "$(diff /tmp/before /tmp/after)" '' "$what: the plan changes nothing"
    sed 's/^/# /' /tmp/plan
    as_planned "$what"
    destroy "$dom"
}
planned pv strict
planned pvh best-effort
planned hvm interleave --bios none
random_plans 4

guest_mib=$(($(node_free 2) + 20))
guest pv $guest_mib --vcpus 2 -p numa/policy=strict -p numa/nodes=2
plan
is $? 0 'strict without room: is told'
like "$(cat /tmp/plan)" \
    '*A build would fail: policy strict: needs *MiB are missing on nodes 2*' \
    'strict without room: what is missing, and where'
like "$(cat /tmp/plan)" '*With platform/numa/nodes = all it would be on nodes *' \
    'strict without room: what would help'
sed 's/^/# /' /tmp/plan
# A few pages more may be free by then: Xen's of the guest before this one.
told=$(sed -n 's/ [0-9]* ([0-9]*)$/ */; s/^  A build would fail: //p' /tmp/plan)
refuse 'strict without room: a build fails with just that' "error:*] $told" \
    vmctl build "$dom"
destroy "$dom"

guest pv 100 -p numa/policy=strict -p numa/nodes=1
run 'a guest that is there: builds' vmctl build "$dom"
plan
like "$(cat /tmp/plan)" "*domain $dom: policy strict, home 1*(25600 pages)*No plan: *" \
    'a guest that is there: its result'
destroy "$dom"

done_testing
