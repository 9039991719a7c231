#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# plan.sh runs a case a second and a third time if it fails with a sign of the
# emulator, and only then. Scripts play the cases, of which each start leaves a guest's log.
set -u
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/host/signs.sh
. "$(dirname "$0")/signs.sh"
# shellcheck source=tests/host/plan.sh
. "$(dirname "$0")/plan.sh"

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
# shellcheck disable=SC2034 # plan.sh's
cases=$dir/cases logs=$dir/logs
mkdir -p "$dir/cases" "$logs/console"
export dir
# shellcheck disable=SC2317,SC2329 # plan.sh calls them
xl() { :; }
# shellcheck disable=SC2317,SC2329
uptime_seconds() { echo 0; }
# shellcheck disable=SC2317,SC2329 # it empties /tmp
clean_up() { :; }

# shellcheck disable=SC2317,SC2329
note_state() { rm -f "$dir/changed"; }
# shellcheck disable=SC2317,SC2329
state_changes() { cat "$dir/changed" 2>/dev/null; }

# shellcheck disable=SC2317,SC2329 # cases write what it would
syslogd() { :; }

# plan TEXT WANTED SCRIPT: what is told of a case of that kind.
plan() {
    echo "$3" >"$cases/try.sh"
    is "$(echo 'try 60' | run_plan | paste -sd ' ')" "$2" "$1"
    rm -rf "$logs/console" && mkdir "$logs/console"
    rm -f "$dir/tried"
}

# shellcheck disable=SC2016 # for the cases
guest='echo hello >"$dir/logs/console/guest-a.log"'
# shellcheck disable=SC2016
broken='echo Bad FPU state >"$dir/logs/console/guest-a.log"'
# shellcheck disable=SC2016
once='[ -e "$dir/tried" ] && exit 0; : >"$dir/tried"'

plan 'a case that passes' '@case try @sandbox 0 @changed @end try 0 0 @starts 1' "$guest"
plan 'one that fails is not tried again' '@case try @sandbox 0 @changed @end try 1 0 @starts 1' \
    "$guest; exit 1"
plan 'nor one that passes with a sign' '@case try @sandbox 0 @changed @end try 0 0 @starts 1' "$broken"
plan 'one that fails with a sign is' \
    '@case try @sandbox 0 @changed @again try Bad FPU state @sandbox 0 @changed @end try 0 0 @starts 1' \
    "$once; $broken; exit 1"
plan 'and once more, but not a fourth time' \
    '@case try @sandbox 0 @changed @again try Bad FPU state @sandbox 0 @changed @again try Bad FPU state @sandbox 0 @changed @end try 1 0 @starts 3' \
    "$broken; exit 1"
plan "a device model's guest counts as well" '@case try @sandbox 0 @changed @end try 0 0 @starts 1' \
    ": >\"\$dir/logs/serial-vm1.log\""
plan 'a first sign does not count for the second time' \
    '@case try @sandbox 0 @changed @again try Bad FPU state @sandbox 0 @changed @end try 1 0 @starts 2' \
    "[ -e \"\$dir/tried\" ] && { $guest; exit 1; }; : >\"\$dir/tried\"; $broken; exit 1"
# shellcheck disable=SC2016 # for the case
plan 'what it has changed is told, and by whom' \
    '@case try @sandbox 0 @changed -1 xenconsoled;+0 xenconsoled @end try 0 0 @starts 0' \
    'echo "-1 xenconsoled;+0 xenconsoled" >"$dir/changed"'

# logs TEXT WANTED LINE...: what is told of the sandbox when xenguests' lines in syslog
# are "WHO WORDS".
logs() {
    text=$1 wanted=$2
    shift 2
    printf 'Nov 27 07:11:58 (none) daemon.info xenguest-%s\n' "$@" >"$dir/lines"
    # shellcheck disable=SC2016 # for the case
    plan "$text" "@case try @sandbox $wanted @changed @end try 0 0 @starts 0" \
        'cp "$dir/lines" "$dir/logs/try.syslog"'
}

no='sandbox: refused the system call'
logs 'those that were sealed are counted' 2 '1-build[7]: sandbox: sealed' \
    '1-build[7]: result 66 67' '2-emp[8]: sandbox: sealed' \
    '2-emp[8]: completed: rings 1 and 2'
logs 'what the sandbox refused is told' '1 refused:mremap refused:personality' \
    "1-build[7]: $no personality (135): no" "1-build[7]: $no mremap (25): no" \
    '1-build[7]: sandbox: sealed' "2-build[8]: $no mremap (25): no"
logs 'one that makes a guest and was not sealed is told' \
    '1 unsealed:xenguest-1-restore[9] unsealed:xenguest-2-emp[8]' \
    '1-build[7]: sandbox: sealed' '1-build[7]: result 66 67' \
    '1-restore[9]: result 66 67' '2-emp[8]: completed: rings 1 and 2'
logs 'one that fails, or only plans, need not be' 0 '1-build[7]: xenguest: no' \
    '1-plan[8]: result 0 0'

end_tests
