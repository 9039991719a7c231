# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-dma.sh - a node that has nothing left but low memory, which Xen keeps for
# devices and gives only to who names the node: a quarter of node 0 here, 4 GiB
# on large hosts. Guests lie there to the page all the same.
. numa.sh
. migrate.sh

# Xen tells of its nodes' zones one after the other: also of the last one of node 3.
# shellcheck disable=SC2317,SC2329 # by await
heaps_are_told() {
    vmctl dmesg | awk -F '[][]' '/heap\[node=/ { nr[$2]++ }
        END { exit !(nr["node=3"] && nr["node=3"] == nr["node=0"]) }'
}

# above_dma: pages that node 0 has free above what Xen keeps.
above_dma() {
    xl dmesg -c >/dev/null
    xl debug-keys H
    await 60 heaps_are_told
    vmctl dmesg |
        sed -n 's/.*heap\[node=0\]\[zone=\([0-9]*\)\] -> \([0-9]*\) .*/\1 \2/p' |
        awk -v zone="$((bits - 12))" '$1 > zone { sum += $2 } END { print sum + 0 }'
}

# on_node_0 TYPE MIB CREATE-OPTION...
on_node_0() {
    guest "$@" -p numa/policy=strict -p numa/nodes=0
}

# A guest that counts on, to be restored there.
counter() {
    create --type pvh --image /guest/counter-pvh --cmdline '' --mem 64 \
        -p numa/policy=strict -p numa/nodes=0
}
counter
vmctl build "$dom" >/dev/null || fail 'the counter builds'
had=$(get pages)
vmctl start "$dom"
vmctl freeze "$dom"
run 'a guest is saved' vmctl save "$dom" /tmp/saved
destroy "$dom"

# First as a whole, then what lies in small pieces, of which an HVM guest takes
# more than others.
bits=$(sed -n 's/.*DMA width \([0-9]*\) bits.*/\1/p' /var/log/xen/boot.dmesg)
on_node_0 pv $(($(node_free 0) - 140))
fillers=$dom
run 'node 0 is filled' vmctl build "$dom"
for _ in 1 2 3 4 5; do
    [ "$(above_dma)" -ge 16 ] || break
    on_node_0 hvm 4 --bios none
    fillers="$fillers $dom"
    vmctl build "$dom" >/dev/null || fail 'filling node 0'
done
left=$(above_dma)
[ "$left" -lt 16 ]
is $? 0 "node 0 has nothing but low memory ($(node_free 0) MiB, and $left pages)"

for type in pv hvm pvh; do
    on_node_0 $type 100
    run "$type: builds" vmctl build "$dom"
    is "$(pages_elsewhere 0)" 0 "$type: 0 pages elsewhere ($(get node-pages))"
    published_is_true "$type"
    destroy "$dom"
done

counter
run 'restored: strict' vmctl restore "$dom" /tmp/saved
is "$(pages_elsewhere 0)" 0 "restored: 0 pages elsewhere ($(get node-pages))"
published_is_true 'restored'
is "$(get pages)" "$had" 'restored: has its own number of pages'
destroy "$dom"

# The pages of the cache are on none of the lists that Xen counts by node.
on_node_0 hvm 200 --mem-start 100
before=$(all_free)
run 'populate on demand: builds' vmctl build "$dom"
is "$(pages_elsewhere 0)" 0 'populate on demand: 0 pages elsewhere'
taken=$(echo "$before $(all_free)" |
    awk '{ print $1 - $5, $2 + $3 + $4 - $6 - $7 - $8 }')
# Whole MiB, and so each may be one too small.
near=${taken% *} elsewhere=${taken#* }
[ "$near" -ge 99 ] && [ "$near" -le 102 ] && [ "$elsewhere" -le 2 ]
is $? 0 "populate on demand: 100 MiB of node 0, none elsewhere ($taken)"
destroy "$dom"

for dom in $fillers; do
    destroy "$dom"
done
done_testing
