# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate_live.sh - guests that dirty their memory at several rates move between
# two listening xenguests, in each order that the known clients have.
#
# Debian's Xen is built without shadow paging, and so can't track what a PV guest
# writes: there a PV guest moves without live part only.
# host: takes=90
. lib.sh
. migrate.sh

new_guest pv 40
source=$dom
before=$(count_of "$source")
create_like pv 40
if output=$(migrate "$source" "$dom" 2>&1); then
    ok 'pv: this Xen has shadow paging'
    destroy "$source"
    # shellcheck disable=SC2046 # two frames
    vmctl rings "$dom" $(echo "$output" | sed -n 's/^result //p') &&
        vmctl start "$dom"
    goes_on "$dom" "$before" 'pv, live'
else
    like "$(cat "/tmp/emp.$source")" \
        'error:xenguest: xc_domain_save: ?22? *Invalid argument*' \
        'pv: a live save is refused without shadow paging'
    is "$(ended "$source") $(ended "$dom")" '1 1' 'pv: both ends say so'
    destroy "$dom"
    dom=$source
    goes_on "$dom" "$before" 'pv: the source lives on'
fi
move pv nonlive 40
destroy "$dom"

new_guest pvh 0
move pvh xcpng 0
sent_idle=$(said sent)
destroy "$dom"

new_guest pvh 40
move pvh xenserver 40
[ "$(said sent)" -gt "$sent_idle" ]
is $? 0 "pvh: a guest at work sends more pages ($(said sent)) than an idle one"
move pvh xcpng 40
[ "$(said passes)" -ge 2 ]
is $? 0 "pvh: XCP-ng's client has a busy guest paused after 2 passes or more \
($(said passes)), down for $(said down_ms) ms"

# In a save that takes over 3 s, xapi's bar moves at least once a second.
move pvh nonlive 40
[ "$(said save_ms)" -gt 3000 ] && [ "$(said events)" -ge 3 ] &&
    [ "$(said longest_gap_ms)" -le 1000 ]
is $? 0 "pvh, nonlive: $(said events) events in $(said save_ms) ms, the longest \
time without one has $(said longest_gap_ms) ms"
destroy "$dom"

if is_long; then
    # Suspending takes a guest time, while round after round of the live part
    # takes its pages' write permission away.
    new_guest pvh 40
    move pvh suspend-first 40
    destroy "$dom"

    new_guest pvh 400
    move pvh nonlive 400
    for _ in 1 2 3 4 5; do
        move pvh xcpng 400
        move pvh xenserver 400
    done
    destroy "$dom"
fi
left_nothing 'at the end'

done_testing
