# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# migrate_hvm.sh - an HVM guest with a device model, stopped as toolstacks stop
# one without drivers, saved and restored: it has its memory, its parameters and
# its processors' state again. The device model's own state is not xenguest's.
# host: dm=yes
. lib.sh

file=/tmp/saved

make() {
    create --type hvm --bios seabios --disk /guest/bootdisk.img --mem 64 \
        --vcpus 2 -p timeoffset=3600 -p x87-fip-width=4 -p hpet=0
}

# All that is to be the same.
params() {
    for name in store-pfn console-pfn ioreq-server-pfn hpet-enabled viridian \
        x87-fip-width; do
        echo "$name $(get hvm-param $name)"
    done
    echo "timeoffset $(get timeoffset)"
    echo "pages $(get pages)"
}

cpu_seconds() { xl list "$dom" | awk 'NR == 2 { print $NF }'; }

make
run 'builds' vmctl build "$dom"
vmctl start "$dom"
run 'SeaBIOS boots the disk' vmctl wait "$dom" 'bootdisk done' --timeout 60
before=$(params)
vmctl freeze "$dom"
run 'saves' vmctl save "$dom" $file
is "$(echo "$output" | head -n 1)" 'result 0 0' 'the result of a save'
destroy "$dom"

make
run 'restores' vmctl restore "$dom" $file
like "$output" 'result [0-9]* [0-9]*
seconds *' 'the result of a restore'
is "$(params)" "$before" 'parameters, time offset and pages are as before'
vmctl start "$dom"
used=$(cpu_seconds) # in tenths; it does next to nothing
# shellcheck disable=SC2317 # by await
has_run() { [ "$(cpu_seconds)" != "$used" ]; }
await 60 has_run
is $? 0 "timer interrupts wake it ($used s, then $(cpu_seconds) s)"
is "$(get state | sed s/running/blocked/)" blocked 'and it goes on'
destroy "$dom"
rm -f $file

done_testing
