# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# newcomer.sh - what a newcomer does to the wrong domain, or to the right one in
# the wrong state: one line each, and a guest that lives there goes on counting.
# host: takes=15
. lib.sh
. migrate.sh

# ---- a guest at work

new_guest pvh
guest=$dom
before=$(count_of "$guest")
pages=$(get pages)
echo 'no stream' >/tmp/stream

refuse 'a build of a running guest' 'error:xenguest: *is not paused*' \
    vmctl build "$guest"
refuse 'a restore into a running guest' 'error:xenguest: *is not paused*' \
    vmctl restore "$guest" /tmp/stream
run 'resume_slow of a running guest' vmctl resume-slow "$guest"
xl pause "$guest"
refuse 'a build of a paused guest' \
    'error:xenguest: *is not empty: it holds * pages)*' vmctl build "$guest"
refuse 'a restore into a paused guest' \
    'error:xenguest: *is not empty: it holds * pages)*' \
    vmctl restore "$guest" /tmp/stream
run 'resume_slow of a paused guest' vmctl resume-slow "$guest"
xl unpause "$guest"
is "$(get pages)" "$pages" 'the guest has the pages that it had'
goes_on "$guest" "$before" 'after all this'

# ---- an empty domain

create --type pv --mem 96 --image /guest/vmlinux
for port in 0 77 1022 2000000000; do
    for which in store console; do
        refuse "${which}_port $port" \
            "error:xenguest: *${which}_port: '$port': *no such event channel: *" \
            vmctl build "$dom" -- -${which}_port $port
    done
done
refuse 'a restore with an event channel that is not there' \
    "error:xenguest: *store_port: '77': *no such event channel: *" \
    vmctl restore "$dom" /tmp/stream -- -store_port 77
refuse 'more memory than the domain may have' \
    'error:xenguest: *the guest needs 512 MiB, domain * may have 100 MiB: *' \
    vmctl build "$dom" -- -mem_max_mib 512 -mem_start_mib 512
is "$(get pages) $(get claim)" '0 0' 'no page was taken or claimed'
run 'the domain is as good as new: it builds' vmctl build "$dom"
destroy "$dom"

for type in hvm pvh; do
    case $type in
    hvm) create --type hvm --mem 64 ;;
    pvh) create --type pvh --mem 96 --image /guest/vmlinux ;;
    esac
    refuse "$type: more memory than the domain may have" \
        'error:xenguest: *the guest needs *, domain * may have *' \
        vmctl build "$dom" -- -mem_max_mib 512 -mem_start_mib 512
    is "$(get pages) $(get claim)" '0 0' "$type: no page was taken or claimed"
    run "$type: as much as it may have on demand is fine" \
        vmctl build "$dom" -- -mem_max_mib 512 -mem_start_mib 64
    is "$(get claim)" 0 "$type: what was claimed is taken"
    destroy "$dom"
done
destroy "$guest"

done_testing
