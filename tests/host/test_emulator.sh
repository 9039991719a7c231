#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# emulator.sh takes one store out of the machine's QEMU, and nothing else.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/host/emulator.sh
. "$(dirname "$0")/emulator.sh"

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

# code FILE: what stands between others in QEMU, and the store before it.
before='\x44\x89\xab\x80\x33\x00\x00'
store='\x89\xb3\x54\xef\xff\xff'
behind='\xc7\x83\x84\x33\x00\x00\x00\x00\x00\x00\x48\xc7\x83\x88\x33\x00\x00'
behind+='\xff\xff\xff\xff\xf6\x05\xba\x45\xb6\x00\x02\x0f\x85\x6c\x01\x00\x00'
behind+='\xba\x01\x00\x00\x00'
other='\x44\x89\xa3\x54\xef\xff\xff\xc7\x83\x84\x33\x00\x00\x00\x00\x00\x00'
nop='\x66\x0f\x1f\x44\x00\x00'

# mends TEXT STATUS CODE WANTED
mends() {
    local status

    printf '%b' "$3" >"$dir/program"
    mend_emulator "$dir/program" >"$dir/mended"
    status=$?
    is "$status $(od -An -v -tx1 "$dir/mended")" \
        "$2 $(printf '%b' "$4" | od -An -v -tx1)" "$1"
}

mends 'the store becomes a nop' 0 "$other$before$store$behind$other" \
    "$other$before$nop$behind$other"
mends 'a program without it is as it was, and that is told' 1 "$other$before$behind" \
    "$other$before$behind"

# A QEMU to come may have it mended.
if program=$(command -v qemu-system-x86_64); then
    mend_emulator "$program" >"$dir/mended" && changed=6 || changed=0
    is "$(cmp -l "$program" "$dir/mended" | wc -l)" "$changed" \
        "of this machine's QEMU $changed bytes change"
fi

end_tests
