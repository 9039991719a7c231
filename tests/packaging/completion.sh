#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# bash's completion offers what --help has, and the man page describes it all.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"

top=$(cd "$(dirname "$0")/../.." && pwd)

# offers WORD...: what the last word is completed to.
offers() {
    # shellcheck disable=SC2016 # for bash
    bash -c '. "$0"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _xenguest
        printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort | tr "\n" " "
    ' "$top/completions/xenguest" "$XENGUEST" "$@"
}

# wants LIST WORD...
wants() {
    list=$1
    shift
    status="offers '$(offers "$@")'"
    holds "xenguest $* [TAB]: $list" [ "$status" = "offers '$list '" ]
}

wants '-mem_max_mib -mem_pnode -mem_start_mib' -mem_
wants '-image' -mode hvm_build -im
wants 'hvm_build hvm_restore hvm_save' -mode hvm
wants 'linux_build listen' --mode li
wants 'migration-v2' -supports ''
wants '' -domid ''
cd "$dir" || exit
: >some-kernel
wants 'some-kernel' -image some-k

# The names in the source's tables: what --help, and so the completion, leaves out
# would be missed here.
status=$(sed -n 's/^ *\[OPT_[A-Z_]*\] = [A-Z_]*(\([a-z_-]*\)[,)].*/-\1/p' \
    "$top/src/options_table.c" | LC_ALL=C sort | tr '\n' ' ')
holds 'all options of the source' [ "$(offers -)" = "$status" ]
status=$(sed -n 's/^ *\[MODE_[A-Z_]*\] = { "\([a-z_]*\)".*/\1/p' \
    "$top/src/options_table.c" | LC_ALL=C sort | tr '\n' ' ')
holds 'all modes of the source' [ "$(offers -mode '')" = "$status" ]

for word in $(offers -) $(offers -mode ''); do
    status=$word
    word=$(printf '%s' "$word" | sed 's/-/\\\\-/g')
    holds "the man page has $status" \
        grep -qE "^(\\.B.* |\\.B[IR]* |.*, ?|.*\\\\fB)$word([^a-z_]|\$)" \
        "$top/man/xenguest.1"
done
finish
