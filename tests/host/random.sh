# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# random.sh - random numbers that are the same ones on each machine and in each awk, for
# tests of many cases. Sourced; tests/cli has it, too.

# What an awk program begins with that is given -v seed=N (1 to 2^31 - 2): random(below),
# an integer, and one_of(text), one of the words of it.
# shellcheck disable=SC2034
random_awk='
    function random(below) {
        seed = (seed * 16807) % 2147483647
        return int(seed / 2147483647 * below)
    }
    function one_of(text, words) {
        return words[random(split(text, words, " ")) + 1]
    }'
