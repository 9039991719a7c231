# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate_save.sh - suspended through the control protocol, saved to a file,
# destroyed and restored into a new domain, a guest goes on where it was.
# host: takes=40
. lib.sh
. migrate.sh

file=/tmp/saved

# round TYPE TEXT: $dom is the new domain afterwards.
round() {
    run "$2: saves" vmctl save "$dom" $file --timeout 60 || return
    is "$(echo "$output" | head -n 1)" 'result 0 0' "$2: the result of a save"
    before=$(count_of "$dom")
    destroy "$dom"

    create_like "$1"
    run "$2: restores" vmctl restore "$dom" $file || return
    like "$output" 'result [0-9]* [0-9]*
seconds *' "$2: the result of a restore"
    vmctl start "$dom"
    goes_on "$dom" "$before" "$2"
}

for type in pv pvh; do
    new_guest $type
    for n in $(rounds 1); do
        round $type "$type, round $n"
    done
    destroy "$dom"
    rm -f $file
done
left_nothing 'at the end'

done_testing
