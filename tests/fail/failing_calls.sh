#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# failing_calls, its scenarios divided between as many processes as there are
# processors.
set -u
program=$(dirname "${XENGUEST:?the xenguest-fake to test}")/tests/fail/failing_calls
parts=$(nproc)
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

for part in $(seq "$parts"); do
    "$program" "$part/$parts" >"$dir/$part" 2>&1 &
done
wait
awk '
    /^(not )?ok / {
        sub(/ok [0-9]+/, "ok " ++nr)
    }
    /^1\.\./ {
        ended++
        next
    }
    /^# XG_ROUND=/ && told++ {
        next
    }
    { print }
    END {
        if (ended != ARGC - 1)
            print "not ok " ++nr " - all parts ran to their end"
        print "1.." nr
    }' "$dir"/*
