# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# planned.sh - a build beside the plan that was made before it: what the cases of plans
# share. Sourced after numa.sh.
# shellcheck disable=SC2154
. random.sh

# plan OPTION...: of $dom; what it says is in /tmp/plan.
plan() {
    xenguest -mode plan -domid "$dom" -mem_start_mib "$guest_mib" "$@" \
        >/tmp/plan 2>/tmp/err
}

# foreseen NAME: of the plan --json: outcome, why, home, or one of plan's lists in one
# line: nodes, or pages as node:pages.
foreseen() {
    awk -v name="$1" '
        function value(text) {
            sub(/^[^:]*:"?/, "", text)
            sub(/"?,?$/, "", text)
            return text
        }
        /^  "[a-z]*":/ { part = $1 }
        /^  "outcome":/ && name == "outcome" { print value($0) }
        part ~ /^"problem"/ && /^    "text":/ && name == "why" { print value($0) }
        part !~ /^"plan"/ { next }
        /^    "[a-z_]*":/ { list = $1 }
        /^    "home":/ && name == "home" { print value($0) }
        list ~ /^"nodes"/ && /^ *[0-9]/ && name == "nodes" {
            all = all " " $1 + 0
        }
        list ~ /^"pages"/ && /"node":/ { node = value($0) }
        list ~ /^"pages"/ && /"pages":[0-9]/ && name == "pages" {
            all = all " " node ":" value($0)
        }
        END { if (all != "") print substr(all, 2) }' /tmp/plan
}

# otherwise: where Xen has the domain's pages otherwise than planned, or the result is
# otherwise; nothing if all is as planned. What libxenguest adds to an HVM or PVH guest
# is on the home node.
otherwise() {
    {
        get node-pages
        xenstore-ls "/local/domain/$dom/platform/numa/result"
    } | awk -v type="$guest_type" -v home="$(foreseen home)" \
        -v nodes="$(foreseen nodes)" -v planned="$(foreseen pages)" '
        NR == 1 {
            n = split(planned, part, " ")
            for (i = 1; i <= n; i++) {
                split(part[i], of, ":")
                wanted[of[1]] = of[2]
            }
            for (node = 0; node < NF; node++) {
                more = $(node + 1) - wanted[node]
                if (more && (node != home || more < 0 || type == "pv"))
                    print "node " node " has " more " pages more than planned"
            }
            next
        }
        { gsub(/"/, "", $3) }
        $1 == "home" || $1 == "spilled" || $1 == "nodes" { published++ }
        $1 == "home" && $3 != home { print "home is " $3 ", not " home }
        $1 == "spilled" && $3 != 0 { print "spilled: " $3 }
        $1 == "nodes" {
            n = split($3, part, ",")
            for (i = 1; i <= n; i++) {
                if (split(part[i], of, "-") == 1)
                    of[2] = of[1]
                for (node = of[1]; node <= of[2]; node++)
                    all = all " " node
            }
            if (substr(all, 2) != nodes)
                print "nodes are" all ", not " nodes
        }
        END { if (published != 3) print "what is published is not complete" }'
}

# random_guests COUNT NODES SEED: lines of guests, the same ones everywhere: type, size
# in thousandths of what is free on the emptiest node, vCPUs, -mem_pnode or "-", how
# many are to be left there after it, and keys of platform/numa with their values.
random_guests() {
    awk -v count="$1" -v nodes="$2" -v seed="$3" "$random_awk"'
        BEGIN {
            for (i = 0; i < count; i++) {
                # Some are more than the one node that they may have.
                large = !random(5)
                size = large ? 1050 + random(300) : 50 + random(4) * random(450)
                line = one_of("pv pvh hvm") " " size " " 1 + random(4) " " \
                    (random(6) ? "-" : random(nodes)) " " random(4) " policy=" \
                    (large ? "strict" : one_of("strict strict best-effort " \
                    "best-effort-hard prio-mem-only interleave"))
                if (large)
                    line = line " nodes=" random(nodes)
                else if (!random(2))
                    line = line " nodes=" one_of("all,^" random(nodes) " " \
                        random(nodes) " " random(nodes) "," random(nodes))
                if (!random(3))
                    line = line " affinity=" one_of("soft hard none")
                if (!random(3))
                    line = line " claim=" one_of("auto host off")
                if (!random(3))
                    line = line " vnodes=auto"
                print line
            }
        }'
}

# The MiB that are free on the emptiest node.
most_free() {
    xl info -n | awk '/^node:/ { on = 1; next } /^[^ ]/ && on { exit }
        on && $3 > most { most = $3 } END { print most + 0 }'
}

# as_planned TEXT OPTION...: $dom is built, or is not, as its plan says it would.
as_planned() {
    what=$1
    shift
    plan --json "$@"
    case $(foreseen outcome) in
    planned)
        run "$what: builds" vmctl build "$dom" -- "$@" &&
            is "$(otherwise)" '' "$what: as planned ($(foreseen pages))"
        ;;
    refused)
        # A few pages more may be free by then: Xen's of the guest before this one.
        refuse "$what: fails as foreseen" \
            "error:*] $(foreseen why | sed 's/: [0-9]* ([0-9]*)/: */g')" \
            vmctl build "$dom" -- "$@"
        echo "# $output"
        ;;
    *) fail "$what: is planned, or refused" "$(cat /tmp/plan /tmp/err)" ;;
    esac
}

# random_plans NODES: five guests on a host with so many, a third of hundred in the long
# round. Some stay for a while: so nodes are unequal, and have small pieces left.
random_plans() {
    count=5 number=0 neighbours='' seed=$((20261124 + $1))
    ! is_long || count=34
    echo "# seed $seed"
    random_guests $count "$1" $seed >/tmp/guests
    while read -r type thousandths vcpus pnode left keys <&9; do
        number=$((number + 1)) mib=$(($(most_free) * thousandths / 1000))
        [ $mib -ge 100 ] || mib=100
        name="guest $number: $type, $mib MiB, $vcpus vCPUs, $keys"
        set -- --vcpus "$vcpus"
        [ "$type" != hvm ] || set -- "$@" --bios none
        for key in $keys; do
            set -- "$@" -p "numa/$key"
        done
        guest "$type" $mib "$@"
        if [ "$pnode" = - ]; then
            as_planned "$name"
        else
            as_planned "$name, -mem_pnode $pnode" -mem_pnode "$pnode"
        fi
        neighbours="$neighbours $dom"
        # shellcheck disable=SC2086 # domids
        set -- $neighbours
        while [ $# -gt "$left" ]; do
            destroy "$1"
            shift
        done
        neighbours=$*
    done 9</tmp/guests
    for dom in $neighbours; do
        destroy "$dom"
    done
}
