# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# pv.sh - PV guests reach user space, with the memory and vCPUs asked for.
# host: takes=40
. lib.sh

# From a PC's first MiB, Linux leaves out page 0 and 640 KiB to 1 MiB.
not_ram_kib=388

for mem in 256 600; do
    for vcpus in 1 3; do
        text="$mem MiB, $vcpus vCPUs"
        create --type pv --mem $mem --vcpus $vcpus --image /guest/vmlinux \
            --ramdisk /guest/initramfs --cmdline "$linux_words"

        run "$text: builds" vmctl build "$dom" || continue
        like "$output" 'result [0-9]* [0-9]* x86_64-abi
seconds *' "$text: the result has two frames and the ABI"
        is "$(get pages)" $((mem * 256)) "$text: has its pages"

        vmctl start "$dom"
        run "$text: reaches user space" \
            vmctl wait "$dom" guest-done --timeout 60
        report=$(console "$dom" | grep '^guest-report')
        like "$report" \
            "guest-report mem_kib=$((mem * 1024 - not_ram_kib)) cpus=$vcpus *" \
            "$text: the guest counts that memory and those vCPUs"

        clock=$(($(date +%s) - ${report##*clock=}))
        [ "$clock" -ge 0 ] && [ "$clock" -le 5 ]
        is $? 0 "$text: its clock is ours ($clock s)"
        destroy "$dom"
    done
done

done_testing
