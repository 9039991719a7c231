# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# modes.sh - each mode once, for another Xen: guests are built, lie where their
# policy says, to the page, and run; some are saved and restored elsewhere.
# host: long=yes
. numa.sh
. counter.sh
. migrate.sh

file=/tmp/saved

# on_node NODE TEXT: all of $dom, and as published; no claim is left.
on_node() {
    is "$(pages_elsewhere "$1")" 0 "$2: 0 pages elsewhere ($(get node-pages))"
    published_is_true "$2"
    is "$(get claim)" 0 "$2: no claim is left"
}

what='pv, strict on node 2'
guest pv 256 --vcpus 2 --cmdline "$linux_words" -p numa/policy=strict \
    -p numa/nodes=2
run "$what: builds" vmctl build "$dom"
on_node 2 "$what"
is "$(get soft-affinity 0)" 2 "$what: soft affinity"
vmctl start "$dom"
run "$what: reaches user space" vmctl wait "$dom" guest-done --timeout 60
is "$(pages_elsewhere 2)" 0 "$what: still 0 pages elsewhere"
destroy "$dom"

for type in hvm pvh; do
    xl dmesg -c >/dev/null
    what="$type, best effort on node 1"
    set -- --type $type --mem 128 --image "/guest/counter-$type" --cmdline ''
    create "$@" -p numa/policy=best-effort -p numa/nodes=1
    run "$what: builds" vmctl build "$dom"
    on_node 1 "$what"
    vmctl start "$dom"
    counts_from 0 "$what: runs"
    vmctl freeze "$dom"
    run "$what: saves" vmctl save "$dom" $file
    before=$(($(counts | tail -n 1)))
    destroy "$dom"

    what="$type, strict on node 3"
    create "$@" -p numa/policy=strict -p numa/nodes=3
    run "$what: restores" vmctl restore "$dom" $file
    on_node 3 "$what"
    vmctl start "$dom"
    counts_from $before "$what: goes on"
    destroy "$dom"
done
rm $file

what='32-bit pv'
case $(xl info xen_caps) in
*xen-3.0-x86_32p*)
    create --type pv --mem 32 --image /guest/pv32 -p numa/policy=strict \
        -p numa/nodes=1
    run "$what: builds" vmctl build "$dom"
    like "$output" '*x86_32-abi*' "$what: the result has its ABI"
    on_node 1 "$what"
    vmctl start "$dom"
    run "$what: runs" vmctl wait "$dom" pv32-done --timeout 60
    is "$(console "$dom" | sed -n 's/pv32 pages=//p')" 00002000 \
        "$what: has its pages"
    destroy "$dom"
    ;;
*) echo '# this Xen has no 32-bit PV guests' ;;
esac
left_nothing 'at the end'

done_testing
