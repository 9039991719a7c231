# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# tap.sh - for the tests of run-host's own parts.

tests=0

# is GOT WANTED TEXT
is() {
    tests=$((tests + 1))
    if [ "$1" = "$2" ]; then
        echo "ok $tests - $3"
    else
        echo "not ok $tests - $3"
        printf '# got:    %s\n# wanted: %s\n' "$1" "$2"
    fi
}

end_tests() { echo "1..$tests"; }
