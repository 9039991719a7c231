# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate_resume.sh - resume_slow wakes a guest that was suspended without being
# asked. Linux that has suspended itself can't be woken this way, see vm_resume
# in vmctl_migrate.c: that one is resumed as toolstacks do.
# host: takes=30
. lib.sh
. migrate.sh

new_guest pvh
run 'is frozen' vmctl freeze "$dom"
is "$(get state)" suspended 'counts as suspended'
before=$(count_of "$dom")
run 'resumes with resume_slow' vmctl resume-slow "$dom"
like "$output" 'result 0 0
seconds *' 'the result of resume_slow'
goes_on "$dom" "$before" 'woken by resume_slow'

for type in pvh pv; do
    [ $type = pvh ] || new_guest $type
    run "$type: suspends itself" vmctl suspend "$dom" --timeout 30
    before=$(count_of "$dom")
    run "$type: resumes as toolstacks do" vmctl resume "$dom"
    goes_on "$dom" "$before" "$type, resumed"
    destroy "$dom"
done
left_nothing 'at the end'

done_testing
