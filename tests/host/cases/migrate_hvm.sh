# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate_hvm.sh - an HVM guest with a device model, stopped as toolstacks stop
# one without drivers, saved and restored: it has its memory, its parameters and
# its processors' state again, and under a policy its memory lies as planned, in
# superpages, what the device model took of it included; its virtual nodes, the
# second of them around the hole, are on one node each; and it has the generation
# id of its new domain, if that has one. The device model's own state is not
# xenguest's.
# host: dm=yes takes=55
. numa.sh

file=/tmp/saved

make() {
    create --type hvm --bios seabios --disk /guest/bootdisk.img --mem 64 \
        --vcpus 2 -p timeoffset=3600 -p x87-fip-width=4 -p hpet=0 -p acpi=1 \
        -p mmio_hole_size=$(((4096 - 52) << 20)) "$@"
}

# All that is to be the same.
params() {
    for name in store-pfn console-pfn ioreq-server-pfn hpet-enabled viridian \
        x87-fip-width triple-fault-reason; do
        echo "$name $(get hvm-param $name)"
    done
    echo "timeoffset $(get timeoffset)"
    echo "pages $(get pages)"
}

# counts: the guest's last count.
counts() {
    console "$dom" | sed -n 's/^bootdisk count=\(.\{8\}\)$/0x\1/p' | tail -n 1
}

# shellcheck disable=SC2317 # by await
counts_past() { [ $(($(counts))) -gt $(($1)) ]; }

# saved TEXT FILE: $dom, frozen; leaves $before.
saved() {
    before=$(params)
    run "$1: saves" vmctl save "$dom" "$2"
    is "$(echo "$output" | head -n 1)" 'result 0 0' "$1: the result of a save"
}

# goes_on TEXT: its new device model has its lines.
goes_on() {
    is "$(params)" "$before" "$1: parameters, time offset and pages are as before"
    vmctl start "$dom"
    await 60 counts_past $((count + 1))
    [ $(($(counts))) -gt $((count)) ] && [ $(($(counts))) -lt $((count + 100)) ]
    is $? 0 "$1: counts on from $count ($(counts))"
    is "$(console "$dom" | grep -c wrong)" 0 "$1: memory and registers agree"
}

# under TEXT POLICY NODES
under() {
    make -p "numa/policy=$2" -p "numa/nodes=$3"
    restored "$1, $2 on $3" $file "$(echo "$3" | tr ',' ' ')"
    in_superpages "$what"
    goes_on "$what"
    destroy "$dom"
}

with_vnodes() { make -p numa/policy=best-effort -p numa/vnodes=2 "$@"; }

# id_is WANTED TEXT: of the generation id in the guest's memory.
id_is() { is "$(get generation-id)" "$1" "$2: generation id"; }

with_vnodes -p numa/nodes=0-1 -p generation-id=11:12
run 'builds' vmctl build "$dom"
name='2 virtual nodes, built'
on_nodes $((32 * 256 - 32)) $((32 * 256))
vmctl start "$dom"
run 'SeaBIOS boots the disk' vmctl wait "$dom" 'bootdisk done' --timeout 60
await 60 counts_past 0x1
vmctl freeze "$dom"
count=$(counts)
id_is 11:12 'hvmloader has made a place for it'

# Once more with holes, in what the boot disk does not use. A restored guest does
# not do for that: its new device model, which has not got the old one's state,
# gives it video memory a second time.
saved 'no policy' $file
bytes=$(wc -c <$file)
run 'by hand, without control fds: saves' \
    xenguest -mode hvm_save -domid "$dom" -fd 7 7>$file
is "$output" '0 0' '... and says so'
is "$(wc -c <$file)" "$bytes" '... as many bytes'
whole=$before had=$(($(get pages) - 16 * 256))
run 'every second page of 32 MiB is taken away' \
    vmctl punch "$dom" $((16 * 256)) $((48 * 256))
frame=$(($(get hvm-param vm-generation-id-addr) / 4096)) had=$((had - 1))
run '... and the page of its generation id' \
    vmctl punch "$dom" $frame $((frame + 1))
saved 'with holes' /tmp/holes
destroy "$dom"
# Pages that the device model still maps are the domain's until it lets go.
before=$(echo "$whole" | sed "s/^pages .*/pages $had/")

make -p numa/policy=strict -p numa/nodes=3 -p generation-id=21:22
restored 'with holes, strict on 3' /tmp/holes 3
is "$(get pages)" "$had" "$what: its own number of pages"
goes_on "$what"
destroy "$dom"
rm /tmp/holes
before=$whole

make -p generation-id=21:22
run 'no policy: restores' vmctl restore "$dom" $file
like "$output" 'result [0-9]* [0-9]*
seconds *' 'the result of a restore'
id_is 21:22 'no policy'
goes_on 'no policy'
destroy "$dom"

# What the device model took is with the first.
with_vnodes -p numa/nodes=2-3
restored '2 virtual nodes' $file '2 3'
id_is 11:12 "$what, without one of its own"
first=$(result vnode/0) second=$(result vnode/1)
is "$(result vnodes) $(node_pages "$second")" "2 $((32 * 256))" \
    "$what: the second is on node $second"
is "$(get soft-affinity 0) $(get soft-affinity 1)" "$first $second" \
    "$what: its vCPUs are on them"
in_superpages "$what"
goes_on "$what"
destroy "$dom"

under 'one node' best-effort 2
under 'one node' strict 3
under 'two nodes' interleave 2,3
if is_long; then
    for n in $(seq 20); do
        random_plan "$n" 150
        under "round $n" "$policy" "$nodes"
    done
fi
rm -f $file

done_testing
