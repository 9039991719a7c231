#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Runs each fuzz target over its corpus.
corpora=$(dirname "$0")/corpus
programs=$(dirname "$XENGUEST")/tests/fuzz

inputs=0
for source in "$(dirname "$0")"/fuzz_*.c; do
    name=$(basename "$source" .c)
    set -- "$corpora/${name#fuzz_}"/*
    "$programs/$name" "$corpora/${name#fuzz_}" ||
        echo "not ok - $name has a corpus"
    inputs=$((inputs + $#))
done
echo "1..$inputs"
