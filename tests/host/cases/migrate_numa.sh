# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# migrate_numa.sh - a restored guest's memory lies where platform/numa/* and
# -mem_pnode say, to the page by Xen's count, and in superpages. The claim is gone
# afterwards.
# host: takes=80
. numa.sh
. migrate.sh

file=/tmp/saved

# in_superpages TEXT: nine tenths of the guest at least.
in_superpages() {
    superpages=$(result extents/2m) pages=$(get pages)
    [ $((superpages * 512 * 10)) -ge $((pages * 9)) ]
    is $? 0 "$1: $superpages superpages for $pages pages"
}

# restored TEXT NODES OPTION-OF-XENGUEST...: $dom has been created.
restored() {
    what=$1 nodes=$2
    shift 2
    run "$what: restores" vmctl restore "$dom" $file -- "$@" || return
    # shellcheck disable=SC2086 # node numbers
    is "$(pages_elsewhere $nodes)" 0 "$what: 0 pages elsewhere ($(get node-pages))"
    published_is_true "$what"
    is "$(result spilled)" 0 "$what: none spilled"
    [ "$type" = pv ] || in_superpages "$what"
    is "$(get claim)" 0 "$what: no claim is left"
}

goes_on_there() {
    vmctl start "$dom"
    goes_on "$dom" "$before" "$what"
    destroy "$dom"
}

for type in pv pvh; do
    new_guest "$type"
    run "$type: saves" vmctl save "$dom" $file
    before=$(count_of "$dom")
    destroy "$dom"

    create_like "$type" 40 128 -p numa/policy=best-effort -p numa/nodes=2
    restored "$type, best-effort on node 2" 2
    goes_on_there

    create_like "$type" 40 128 -p numa/policy=strict -p numa/nodes=1
    restored "$type, strict on node 1" 1
    destroy "$dom"

    create_like "$type" 40 128
    restored "$type, -mem_pnode 3" 3 -mem_pnode 3
    destroy "$dom"

    create_like "$type" 40 128 -p numa/policy=interleave -p numa/nodes=1,3
    restored "$type, interleaved over two nodes" '1 3'
    apart=$(get node-pages | awk '{ d = $2 - $4; print d < 0 ? -d : d }')
    [ "$apart" -le 1024 ]
    is $? 0 "$what: evenly ($apart pages apart)"
    goes_on_there

    create_like "$type" 40 128 -p numa/policy=strict -p numa/nodes=7
    refuse "$type, a node that is not there" 'error:*platform/numa/nodes*' \
        vmctl restore "$dom" $file
    destroy "$dom"
done

# A restore that stands still half-way has reserved what it has not got yet.
mkfifo /tmp/half
create_like "$type" 40 128 -p numa/policy=strict -p numa/nodes=2
restored=$dom
vmctl restore "$restored" /tmp/half >/dev/null 2>&1 &
exec 5>/tmp/half
head -c 70000000 $file >&5
# shellcheck disable=SC2317 # by await
stands_still() {
    pages=$(get pages)
    usleep 500000
    [ "$pages" != 0 ] && [ "$pages" = "$(get pages)" ]
}
await 60 stands_still
planned=$(($(get max-pages) + 512))
[ "$pages" -gt 1000 ] && [ "$pages" -lt $((planned - 1000)) ]
is $? 0 "a restore stands still ($pages of $planned pages)"
guest pv 128 -p numa/policy=best-effort
run 'another guest meanwhile: builds' vmctl build "$dom" -- -debuglog /tmp/log
like "$(cat /tmp/log)" \
    "*: node 2: $((planned - pages)) pages are other builders'*" \
    'what the restore has got is not reserved any more'
destroy "$dom"
exec 5>&-
wait
destroy "$restored"

rm -f $file
left_nothing 'at the end'

done_testing
