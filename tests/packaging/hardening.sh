#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# What configure found of hardening is in the program that is installed, and
# libxenguest still takes its memory from mem_gate.c's function, bound at the start.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"

program=${XENGUEST%-fake}
status=0

# shows WHAT READELF-OPTION PATTERN
shows() {
    LC_ALL=C readelf -W "$2" "$program" | grep "$3" >"$dir/stdout"
    holds "$1" [ -s "$dir/stdout" ]
}

# disassembles WHAT PATTERN [OBJDUMP-OPTION]
disassembles() {
    LC_ALL=C objdump -d --no-show-raw-insn ${3:+"$3"} "$program" |
        grep -e "$2" >"$dir/stdout"
    holds "$1" [ -s "$dir/stdout" ]
}

# taken FLAG: is it among those that configure took, or was given? Compilers differ.
taken() {
    grep -qE "^(HARDEN_(C|LD)|C|CPP)FLAGS = (.* )?$1( |\$)" \
        "$(dirname "$CONFIG_H")/Makefile" && return
    skip "configure did not take $1"
    return 1
}

# The library's own calls, while the dynamic linker binds all that -z now binds; and
# with lazy binding by its environment.
LD_DEBUG=bindings LD_BIND_NOW=1 "$program" -version >"$dir/stdout" 2>&1
holds "libxenguest's pages come through the program's own function" has stdout \
    "libxenguest.*to $program .*xc_domain_populate_physmap_exact"
shows '... which is exported' --dyn-syms \
    'FUNC .*GLOBAL .* [0-9]* xc_domain_populate_physmap_exact$'
holds "libseccomp has done its work when it was built" \
    [ "$(LC_ALL=C readelf -d "$program" | grep -c seccomp)" = 0 ]

if ! grep -q '^HARDEN_CFLAGS = .' "$(dirname "$CONFIG_H")/Makefile"; then
    pass 'hardening was not asked for'
    finish
    exit
fi
taken -pie && shows 'PIE' -h 'Type: *DYN'
taken -Wl,-z,relro && shows 'RELRO' -l '^ *GNU_RELRO '
taken -Wl,-z,now && shows 'BIND_NOW, so that RELRO is full' -d 'FLAGS_1.* NOW'
taken -Wl,-z,noexecstack && shows 'no executable stack' -l '^ *GNU_STACK .* RW  *0x'
taken -fstack-protector-strong && shows 'stack protector' --dyn-syms __stack_chk_fail
taken -D_FORTIFY_SOURCE=2 && shows '_FORTIFY_SOURCE' --dyn-syms __snprintf_chk
# Debian's start files lack the mark that would be needed for the program to be
# marked as well.
if taken -fcf-protection; then
    disassembles 'CET: functions begin with a landing pad' endbr64 \
        --disassemble=xc_domain_populate_physmap_exact
fi
if taken -fstack-clash-protection; then
    disassembles 'stack clash: large frames are probed page by page' \
        'orq  *[$]0x0,.*(%rsp)'
fi
finish
