# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# records.sh - VMs with the platform keys that toolstacks and templates write (see
# vm-records.tsv) build, run, are saved and restored, and go on: each record as
# HVM, PVH and PV.
# host: takes=110
. lib.sh
. counter.sh
. migrate.sh

file=/tmp/saved # and one for each number of vCPUs
tab=$(printf '\t')
records=$(awk -F "$tab" '/^[^#]/ && !seen[$1]++ { print $1 }' /tests/vm-records.tsv)

# make TYPE RECORD OPTION...: a domain with the record's keys, in $dom.
make() {
    type=$1 record=$2 vcpus=1
    shift 2
    while IFS=$tab read -r of kind key value; do
        [ "$of" = "$record" ] || continue
        : "$kind"
        set -- "$@" -p "$key=$value"
        [ "$key" != vcpu/number ] || vcpus=$value
    done </tests/vm-records.tsv
    # A saved guest's domain has as many vCPUs as that guest, whatever they say.
    if [ "$type" = pv ]; then
        create_like pv 40 128 --vcpus 4 --online 2 "$@"
    else
        create --type "$type" --image "/guest/counter-$type" --cmdline '' \
            --mem 32 --vcpus "$vcpus" "$@"
    fi
}

# A guest saved once, which takes the time it has, is what each record's domain with
# as many vCPUs restores. dom0 has room for one kind's.
for type in hvm pvh; do
    for record in $records; do
        name="$record as $type"
        xl dmesg -c >/dev/null
        make "$type" "$record"
        run "$name: builds" vmctl build "$dom" || continue
        vmctl start "$dom"
        counts_from 0 "$name: runs"
        saved=$file.$vcpus
        if [ ! -e "$saved" ]; then
            vmctl freeze "$dom"
            run "$name: saves" vmctl save "$dom" "$saved"
            counts | tail -n 1 >"$saved.count"
        fi
        destroy "$dom"

        make "$type" "$record"
        run "$name: restores" vmctl restore "$dom" "$saved"
        is "$(value platform/acpi)$(value platform/acpi_s3)" 10 \
            "$name: has acpi keys for hvmloader"
        vmctl start "$dom"
        counts_from $(($(cat "$saved.count"))) "$name: goes on"
        destroy "$dom"
    done
    rm -f $file.*
done

# Linux boots once, and then goes from one record's domain to the next one's.
bring_up 'worker count=' 90 make pv pv-old ||
    fail 'pv-old as pv is at work' "$output"
for record in $records; do
    name="$record as pv"
    run "$name: saves" vmctl save "$dom" $file --timeout 60
    before=$(count_of "$dom")
    destroy "$dom"

    make pv "$record"
    run "$name: builds" vmctl build "$dom"
    destroy "$dom"
    make pv "$record"
    run "$name: restores" vmctl restore "$dom" $file
    is "$(value platform/acpi)$(value platform/acpi_s3)" 10 \
        "$name: has acpi keys"
    vmctl start "$dom"
    goes_on "$dom" "$before" "$name"
done
destroy "$dom"
rm -f $file
left_nothing 'at the end'

done_testing
