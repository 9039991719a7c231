# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa.sh - what the NUMA cases share. Xen, not xenguest, says where pages are.
. lib.sh

# guest TYPE MIB CREATE-OPTION...: an empty domain, its domid in $dom. The module
# comes last: a --cmdline behind it would be the module's.
guest() {
    guest_type=$1 guest_mib=$2
    shift 2
    case $guest_type in
    pv) set -- --image /guest/vmlinux --ramdisk /guest/initramfs "$@" ;;
    pvh) set -- --image /guest/vmlinux "$@" --module /guest/initramfs ;;
    esac
    create --type "$guest_type" --mem "$guest_mib" "$@"
}

# node_pages NODE
node_pages() { get node-pages | cut -d ' ' -f $(($1 + 1)); }

# pages_elsewhere NODE...: pages that the domain has on other nodes.
pages_elsewhere() {
    echo "$*" | awk -v pages="$(get node-pages)" '{
        n = split(pages, page, " ")
        for (i = 1; i <= NF; i++)
            page[$i + 1] = 0
        for (i = 1; i <= n; i++)
            sum += page[i]
        print sum
    }'
}

# result KEY: what xenguest published.
result() { value "platform/numa/result/$1"; }

# The published pages, as Xen's count is written: node 0 first.
published_pages() {
    for node in $(seq 0 $(($(get node-pages | wc -w) - 1))); do
        published=$(vmctl get "$dom" key "platform/numa/result/pages/$node" \
            2>/dev/null) || published=0
        echo "${published:-0}"
    done | paste -sd ' '
}

# published_is_true TEXT: to the page.
published_is_true() {
    is "$(published_pages)" "$(get node-pages)" "$1: published pages are Xen's"
}

# most_tables PAGES: what Xen's tables of a guest's frames take at most if nine
# tenths of these pages are in superpages: a page for each 2 MiB of the rest, and
# some twenty for the levels above and for what lies apart.
most_tables() { echo $(($1 / 5120 + 24)); }

# in_superpages TEXT: nine tenths of a guest that has not been started are, by
# our count and by Xen's need.
in_superpages() {
    superpages=$(result extents/2m) pages=$(get pages) tables=$(get p2m-pages)
    [ $((superpages * 512 * 10)) -ge $((pages * 9)) ]
    is $? 0 "$1: $superpages superpages for $pages pages"
    [ "$tables" -le "$(most_tables "$pages")" ]
    is $? 0 "$1: Xen's tables for them take $tables pages"
}

# placed TEXT NODE...: the guest is on these nodes to the page, by Xen's count
# and by what is published.
placed() {
    what=$1
    shift
    is "$(pages_elsewhere "$@")" 0 "$what: 0 pages elsewhere ($(get node-pages))"
    published_is_true "$what"
    is "$(result spilled) $(get claim)" '0 0' \
        "$what: none spilled, and no claim is left"
}

# restored TEXT FILE 'NODE...' OPTION-OF-XENGUEST...: into $dom, which has been
# created; all of it is on these nodes.
restored() {
    what=$1 stream=$2 nodes=$3
    shift 3
    run "$what: restores" vmctl restore "$dom" "$stream" -- "$@" || return
    # shellcheck disable=SC2086 # node numbers
    placed "$what" $nodes
}

# on_nodes PAGES...: by Xen's count the first virtual node's pages, and what
# libxenguest adds, are on its node, each other one's on its own to the page, and
# there are no others.
on_nodes() {
    i=0 all=''
    for pages in "$@"; do
        node=$(result "vnode/$i")
        more=$(($(node_pages "$node") - pages))
        [ $more -eq 0 ] || { [ $i -eq 0 ] && [ $more -gt 0 ] && [ $more -le 64 ]; }
        is $? 0 "$name: virtual node $i is on node $node ($pages and $more pages)"
        i=$((i + 1)) all="$all $node"
    done
    # shellcheck disable=SC2086 # node numbers
    is "$(pages_elsewhere $all)" 0 "$name: 0 pages elsewhere ($(get node-pages))"
}

# random_plan N MIB: the same $policy and $nodes for the same N, out of nodes that
# have so much free.
random_plan() {
    # shellcheck disable=SC2046 # two words
    set -- $(for node in 0 1 2 3; do
        [ "$(node_free $node)" -lt "$2" ] || echo $node
    done | awk -v n="$1" '
        BEGIN { srand(n)
            split("best-effort best-effort-hard prio-mem-only " \
                "strict interleave", policies)
            print policies[1 + int(rand() * 5)] }
        { nodes[NR] = $1 }
        END { keep = 1 + int(rand() * NR)
            for (i = 1; i <= NR; i++)
                if (rand() < 0.5 || i == keep)
                    list = list (list == "" ? "" : ",") nodes[i]
            print list }')
    policy=$1 nodes=$2
}

outstanding_mib() { xl info | awk '/^outstanding_claims/ { print $3 }'; }

# shellcheck disable=SC2317 # by await
is_held() { grep -qs 'State:	T' "/proc/$(pidof xenguest)/status"; }

# start_held: $dom's build, as $build, is held before it asks for the first page
# (count.c), until let_go; its output is in /tmp/held.
start_held() {
    env LD_PRELOAD=/tests/count.so XG_HOLD=yes vmctl build "$dom" >/tmp/held 2>&1 &
    build=$!
    await 60 is_held
}

hold_build() {
    start_held
    is "$? $(get pages)" '0 0' "$1: before the first page"
}

# let_go: the held build goes on; its status.
let_go() {
    kill -CONT "$(pidof xenguest)"
    wait "$build"
}

# node_free NODE: its free MiB.
node_free() {
    xl info -n | awk -v node="$1:" \
        '/^node:/ { on = 1; next } on && $1 == node { print $3; exit }'
}

# The free MiB of the first four nodes.
all_free() {
    for node in 0 1 2 3; do node_free $node; done | paste -sd ' '
}

# many_nodes COUNT: on a host with so many nodes, plans are right, and soon made:
# test_numa_search.c holds them to a number of sets that are looked at, this to a time
# in which each instruction is translated first. Only the first four nodes have CPUs;
# each of them holds the guest of 300 MiB, and two that are near to each other the one
# of 700.
many_nodes() {
    for mib in 64 300 700; do
        for policy in best-effort interleave; do
            what="$policy, $mib MiB"
            guest hvm $mib --bios none -p numa/policy=$policy
            run "$what: builds" vmctl build "$dom" -- -debuglog /tmp/debuglog
            us=$(sed -n 's/.*planned in \([0-9]*\) us.*/\1/p' /tmp/debuglog)
            rm -f /tmp/debuglog
            [ "${us:-99999}" -le 50000 ]
            is $? 0 "$what: planned ($us us under emulation)"
            published_is_true "$what"

            if [ $policy = interleave ]; then
                is "$(get node-pages | tr ' ' '\n' | grep -vc '^0$')" "$1" \
                    "$what: on all nodes"
            elif [ $mib -lt 700 ]; then
                like "$(result nodes)" '[0-3]' \
                    "$what: on one node with CPUs ($(result nodes))"
            else
                like "$(result nodes)" '[02]-[13]' \
                    "$what: on two near nodes with CPUs ($(result nodes))"
            fi
            destroy "$dom"
        done
    done
}
