#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# A value that an option of configure does not take is refused, in one line that names
# both, in the place of a program that was built as nobody asked for.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"

top=$(cd "$(dirname "$0")/../.." && pwd)
status=0

if [ -e "$top/config.status" ]; then
    skip 'configured in the source folder, which is refused elsewhere'
    finish
    exit
fi

# refused OPTION WORD...: by a line that has each word.
refused() {
    option=$1
    shift
    status=0
    (cd "$dir" && "$top/configure" -q "$option") >"$dir/stdout" 2>"$dir/stderr" ||
        status=$?
    holds "$option is refused" [ $status -ne 0 ]
    for word; do
        holds "$option: says $word" has stderr "^configure: error: .*$word"
    done
}

refused --without-ipxe --with-ipxe 'full path' "not 'no'"
refused --with-ipxe --with-ipxe "not 'yes'"
refused --with-ovmf= --with-ovmf "not ''"
refused --with-seabios=bios.bin --with-seabios "not 'bios.bin'"
refused --without-hvmloader --with-hvmloader "not 'no'"
refused --with-seccomp=/opt --with-seccomp "not '/opt'"
refused --enable-hardening=full --enable-hardening "not 'full'"
refused --enable-sandbox= --enable-sandbox "not ''"
refused --with-variant= --with-variant "not ''"
refused --with-variant=common --with-variant "not 'common'"
finish
