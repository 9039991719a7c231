#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# emulator.sh takes one store out of the machine's QEMU, changes one number in its
# module, and nothing else.
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

# mends COMMAND TEXT STATUS CODE WANTED
mends() {
    local status

    printf '%b' "$4" >"$dir/program"
    "$1" "$dir/program" >"$dir/mended"
    status=$?
    is "$status $(od -An -v -tx1 "$dir/mended")" \
        "$3 $(printf '%b' "$5" | od -An -v -tx1)" "$2"
}

mends mend_interrupts 'the store becomes a nop' 0 "$other$before$store$behind$other" \
    "$other$before$nop$behind$other"
mends mend_interrupts 'a program without it is as it was, and that is told' 1 "$other$before$behind" \
    "$other$before$behind"

# The same for the end of a turn, 2^31 - 1 ns and 100,000 ns.
longest='\xb8\xff\xff\xff\x7f' shorter='\xb8\xa0\x86\x01\x00'
behind='\x48\x39\xc7\x48\x0f\x47\xf8\xe8\x3e\xf4\xff\xff\xba\xff\xff\x00\x00'
mends mend_turns 'a turn ends sooner' 0 "$before$longest$behind$longest" \
    "$before$shorter$behind$longest"
mends mend_turns 'a module without that end is as it was, and that is told' 1 \
    "$before$longest$before" "$before$longest$before"

# changes COMMAND FILE BYTES: of this machine's QEMU. One to come may have it mended.
changes() {
    local bytes=$3

    [ -e "$2" ] || return
    "$1" "$2" >"$dir/mended" || bytes=0
    is "$(cmp -l "$2" "$dir/mended" | wc -l)" "$bytes" \
        "$bytes bytes change of ${2##*/}"
}
changes mend_interrupts "$(command -v qemu-system-x86_64)" 6
changes mend_turns /usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so 4

end_tests
