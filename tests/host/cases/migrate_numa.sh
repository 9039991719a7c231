# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# migrate_numa.sh - a restored guest's memory lies where platform/numa/* and
# -mem_pnode say, as far as libxenguest lets us: it populates by the domain's
# node affinity. The claim is gone afterwards.
. numa.sh
. migrate.sh

file=/tmp/saved

# on_node NODE TEXT: all but a few of the domain's pages.
on_node() {
    share=$(get node-pages | awk -v n=$(($1 + 1)) '{
        for (i = 1; i <= NF; i++) sum += $i
        printf "%d", sum ? 100 * $n / sum : 0
    }')
    [ "$share" -ge 98 ]
    is $? 0 "$2: on node $1 ($share %: $(get node-pages))"
}

# restored TEXT NODE [XENGUEST-OPTION]...: $dom has been created.
restored() {
    what=$1 node=$2
    shift 2
    run "$what: restores" vmctl restore "$dom" $file -- "$@" || return
    on_node "$node" "$what"
    published_is_true "$what"
    is "$(get claim)" 0 "$what: no claim is left"
    vmctl start "$dom"
    goes_on "$dom" "$before" "$what"
    destroy "$dom"
}

for type in pv $(long pvh); do
    new_guest "$type"
    run "$type: saves" vmctl save "$dom" $file
    before=$(count_of "$dom")
    destroy "$dom"

    create_like "$type" 40 128 -p numa/policy=best-effort -p numa/nodes=2
    restored "$type, best-effort on node 2" 2

    create_like "$type" 40 128 -p numa/policy=strict -p numa/nodes=1
    restored "$type, strict on node 1" 1

    create_like "$type" 40 128
    restored "$type, -mem_pnode 3" 3 -mem_pnode 3

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
