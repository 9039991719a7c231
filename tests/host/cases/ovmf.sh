# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# ovmf.sh - OVMF runs up to its shell, on the serial port.
# host: nodes=2 size=5120 dm=yes ovmf=yes long=yes
. lib.sh

# reaches_shell NAME OPTION...
reaches_shell() {
    name=$1
    shift
    create --type hvm --dm --bios ovmf "$@"
    run "$name: builds" vmctl build "$dom"
    vmctl start "$dom"
    run "$name: OVMF says what it starts" \
        vmctl wait "$dom" 'BdsDxe: starting' --timeout 90
    run "$name: its shell is there" \
        vmctl wait "$dom" 'UEFI Interactive Shell' --timeout 30
    destroy "$dom"
}

reaches_shell '256 MiB' --mem 256
reaches_shell '6 GiB, 2 vCPUs' --mem 6144 --vcpus 2

done_testing
