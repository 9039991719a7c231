# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-plan.sh - -mode plan, and the build that follows at once: the same pages, by
# Xen's count. A plan changes nothing.
# host: takes=45
. numa.sh

# plan: of $dom; what it says is in /tmp/plan.
plan() {
    xenguest -mode plan -domid "$dom" -mem_start_mib "$guest_mib" \
        >/tmp/plan 2>/tmp/err
}

# All that a plan could change but for what the host does by itself.
state() {
    xenstore-ls -f | grep -v memory/meminfo
    xl vcpu-list "$dom" | awk '{ print $1, $2, $3, $NF }'
    get pages
    get claim
    all_free
    find /run/xenguest 2>/dev/null
}

# The planned pages, as Xen's count is written: node 0 first.
planned_pages() {
    awk '/^Plan/ { on = 1 }
        on && $1 == "node" { sub(/[(]/, "", $5); pages[$2] = $5 }
        END { for (n = 0; n < 4; n++)
            printf "%s%d", n ? " " : "", pages[n] }' /tmp/plan
}

# beyond_plan: the pages that the domain has besides, and the node that has them.
beyond_plan() {
    echo "$(planned_pages) $(get node-pages)" | awk '{ for (n = 1; n <= 4; n++)
        if ($(n + 4) != $n) printf "%s%d on %d", more++ ? ", " : "",
            $(n + 4) - $n, n - 1 }'
}

xenguest -mode plan >/tmp/plan
is $? 0 'the host: succeeds'
is "$(grep -c '^   [0-3]  *1 ' /tmp/plan)" 4 'the host: four nodes of a CPU each'
is "$(awk '/^Dist/ { on = 1 } on && /^ / { print $2, $3, $4, $5 }' /tmp/plan |
    head -n 1)" "$(xl info -n | awk '/^node:/ { on = 1; next }
    on && /^ *0:/ { gsub(",", " ", $4); print $4; exit }')" \
    'the host: the distances of node 0'
sed 's/^/# /' /tmp/plan

for type in pv pvh hvm; do
    for policy in strict best-effort interleave; do
        set -- "$type" 300
        [ $type != hvm ] || set -- "$@" --bios none
        guest "$@" --vcpus 2 -p numa/policy=$policy
        what="$type, $policy"
        state >/tmp/before
        plan
        is "$? $(cat /tmp/err)" '0 ' "$what: is planned"
        state >/tmp/after
        is "$(diff /tmp/before /tmp/after)" '' "$what: the plan changes nothing"
        run "$what: builds" vmctl build "$dom"
        if [ $type = pv ]; then
            is "$(get node-pages)" "$(planned_pages)" "$what: as planned"
        else
            like "$(beyond_plan)" "[1-9]* on $(result home)" \
                "$what: as planned, special pages on the home node"
        fi
        sed 's/^/# /' /tmp/plan
        destroy "$dom"
    done
done

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
told=$(sed -n 's/^  A build would fail: //p' /tmp/plan)
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
