# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# numa.sh - what the NUMA cases share. Xen, not xenguest, says where pages are.
. lib.sh

# guest TYPE MIB CREATE-OPTION...: an empty domain, its domid in $dom.
guest() {
    guest_type=$1 guest_mib=$2
    shift 2
    case $guest_type in
    pv) set -- --image /guest/vmlinux --ramdisk /guest/initramfs "$@" ;;
    pvh) set -- --image /guest/vmlinux --module /guest/initramfs "$@" ;;
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
# test_numa_search.c holds them to 2 ms, here each instruction is translated
# first. Only the first four nodes have CPUs; each of them holds the guest of 300
# MiB, and two that are near to each other the one of 700.
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
