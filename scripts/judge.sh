# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# judge.sh - what programs that look for faults say. Sourced.

# judge NAME VERSION DECIDES FILES COMMAND...: whether a command finds something in so
# many files; a line of TAP. What another version finds than the one that decides is
# shown, and counts for nothing.
judge() {
    local name=$1 version=$2 decides=$3 files=$4 output

    shift 4
    if output=$("$@" 2>&1); then
        echo "ok - $name, $files files"
        return
    fi
    printf '%s\n' "$output" |
        sed '/^[0-9]* warnings* generated\.$/d; s/^/# /'
    if [ "$version" != "$decides" ]; then
        echo "ok - $name: only $name $decides decides, this is $version"
    else
        echo "not ok - $name"
        return 1
    fi
}
