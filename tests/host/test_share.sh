#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# share.sh divides cases between hosts.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/host/share.sh
. "$(dirname "$0")/share.sh"

# shares HOSTS LINE...: what comes of these lines, joined by commas.
shares() {
    local hosts=$1

    shift
    printf '%s\n' "$@" | share_cases "$hosts" | paste -sd '|'
}

is "$(shares 2 '20 pv' '20 hvm dm=yes' '30 bad')" '50 bad,pv|20 hvm dm=yes' \
    'cases of one shape share a host'
is "$(shares 2 '130 a' '120 b' '110 c' '100 d')" '230 a,d|230 b,c' \
    'much of one shape is divided, evenly'
is "$(shares 1 '130 a' '120 b' '110 c' '100 d')" '460 a,b,c,d' \
    'but not where one host can be up'
is "$(shares 8 '200 a' '190 b' '30 c' '20 d')" '220 a,d|220 b,c' \
    'nor so finely that it is boots that take the time'
is "$(shares 4 '500 a')" '500 a' 'a case is one'
is "$(shares 2 '20 a nodes=2 xen=a b' '300 b dm=yes' '10 c nodes=2 xen=a b')" \
    '300 b dm=yes|30 a,c nodes=2 xen=a b' \
    'shapes of several words; what takes longest begins'
is "$(shares 2 </dev/null | grep -c .)" 0 'no cases, no hosts'

end_tests
