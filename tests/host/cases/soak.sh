# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# soak.sh - 500 guests of each mode and policy, and of many sizes, are built or
# restored, up to eight at once, and destroyed: the host has then what it had before,
# and nothing grows.
# host: long=yes takes=1500
. numa.sh
. counter.sh
. remains.sh

wanted=500
for mib in 16 48; do
    saved_counter $mib
    destroy "$dom"
done

# KiB that xenstored has.
xenstored_kib() {
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(cat /run/xenstored.pid)/status"
}

begin_some() {
    domains='' jobs=''
    while [ $((some -= 1)) -ge 0 ] && read -r kind policy work mib; do
        begin_work "$kind" "$policy" "$work" "$mib"
        # Newest first, see numa-rush.
        domains="$dom:$kind:$policy $domains" jobs="$jobs $!"
    done
}

# One of them in each round: to the page. What is kept for a guest to populate on
# demand is not in Xen's count by node.
look_at_one() {
    for one in $domains; do
        case $one in
        *:pod:* | *:any) continue ;;
        esac
        dom=${one%%:*}
        looked=$((looked + 1))
        [ "$(published_pages)" = "$(get node-pages)" ] || untrue="$untrue $dom"
        return
    done
}

done_so_far=0 rounds=0 failures=0 wrong=0 looked=0 untrue='' kib_after_100=0
random_work $wanted 21 >/tmp/work
awk 'BEGIN { srand(22); for (i = 0; i < 500; i++) print 1 + int(rand() * 8) }' \
    >/tmp/at-once
note_host
exec 3</tmp/at-once
while read -r some <&3; do
    begin_some
    [ -n "$jobs" ] || break
    rounds=$((rounds + 1))
    for job in $jobs; do
        done_so_far=$((done_so_far + 1))
        wait "$job" && continue
        failures=$((failures + 1))
        echo "# failed in round $rounds: $(cat /tmp/out.*)"
    done
    look_at_one
    for one in $domains; do
        destroy "${one%%:*}"
    done
    rm -f /tmp/out.*
    [ "$kib_after_100" -gt 0 ] || [ $done_so_far -lt 100 ] ||
        kib_after_100=$(xenstored_kib)
    same_host 100 && continue # a page of each guest would be 500
    wrong=$((wrong + 1))
    fail "round $rounds ($domains): the host is as before" "$changed"
    note_host
done </tmp/work
exec 3<&-

is "$done_so_far" $wanted "guests, in $rounds rounds"
is "$failures" 0 'all were built or restored'
is "$untrue" '' "published pages are Xen's, of one in a round ($looked)"
[ $looked -gt 0 ]
is $? 0 'such a guest was in one of the rounds'
is "$wrong" 0 'after each round the host was as before'
kib=$(xenstored_kib)
[ "$kib" -le $((kib_after_100 + 128)) ]
is $? 0 "xenstored has not grown ($kib_after_100 KiB after 100 guests, $kib KiB)"
done_testing
