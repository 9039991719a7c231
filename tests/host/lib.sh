# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# lib.sh - for the cases, which run in dom0: TAP, and the host's state.

taps=0 failed=0

ok() {
    taps=$((taps + 1))
    echo "ok $taps - $*"
}

# fail TEXT [DETAILS]: details are lines of any number.
fail() {
    taps=$((taps + 1))
    failed=$((failed + 1))
    echo "not ok $taps - $1"
    [ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/  /'
}

# is GOT WANTED TEXT
is() {
    if [ "$1" = "$2" ]; then
        ok "$3"
    else
        fail "$3" "got: $1
wanted: $2"
    fi
}

# like GOT PATTERN TEXT: a shell pattern.
like() {
    # shellcheck disable=SC2254 # a pattern it is
    case $1 in
    $2) ok "$3" ;;
    *) fail "$3" "got: $1
wanted: $2" ;;
    esac
}

# run TEXT COMMAND...: it succeeds; its output is in $output either way.
run() {
    text=$1
    shift
    if output=$("$@" 2>&1); then
        ok "$text"
    else
        fail "$text" "status $? of: $*
$output"
        return 1
    fi
}

done_testing() {
    echo "1..$taps"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}
