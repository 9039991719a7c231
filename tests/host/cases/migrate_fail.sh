# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate_fail.sh - saves, restores and migrations that fail: the source lives
# on, the half-made target can be destroyed, nothing is left behind.
# host: takes=50
. lib.sh
. counter.sh
. migrate.sh

file=/tmp/saved
cut=/tmp/cut # a pipe: dom0 has no room for a second stream
mkfifo $cut
[ -p $cut ]
is $? 0 'there is a pipe'

# Clients that go away, each from a source of its own, in the long run: only two
# minutes later does nobody wait for them any more. The rest goes on meanwhile.
leavers=''
for phase in $(long init live dirty pause suspended final); do
    new_guest pvh
    source=$dom
    create_like pvh
    migrate "$source" "$dom" --at "$phase" --do leave >/dev/null 2>&1
    leavers="$leavers $phase:$source:$dom"
done

new_guest pvh
source=$dom

# ---- a save that is refused

vmctl get "$source" key platform/nomigrate >/dev/null 2>&1
xenstore-write "/local/domain/$source/platform/nomigrate" 1
refuse 'nomigrate: is refused' \
    "error:xenguest: migrate_save_check: ?1? *nomigrate is '1'*" \
    vmctl save "$source" $file
lives 'nomigrate'
run 'nomigrate: is forced' vmctl save "$source" $file -- --force
lives 'saved and resumed'
xenstore-rm "/local/domain/$source/platform/nomigrate"

# ---- restores from a bad file, of a small guest: each reads most of it

# counter MIB: an empty domain for it.
counter() {
    create --type pvh --image /guest/counter-pvh --cmdline '' --mem "$1"
}
counter 16
run 'a counter: builds' vmctl build "$dom"
vmctl start "$dom"
counts_from 0 'a counter: runs'
vmctl freeze "$dom"
run 'a counter: saves' vmctl save "$dom" $file
destroy "$dom"
bytes=$(stat -c %s $file)

# restore_of TEXT LOG COMMAND...: from the pipe, which COMMAND fills, fails for
# what the log says, and the domain can go.
restore_of() {
    text=$1 cause=$2
    shift 2
    free=$(free_pages)
    "$@" >$cut 2>/dev/null &
    counter 16
    rm -f /tmp/debuglog
    refuse "$text" 'error:xenguest: xc_domain_restore: *' \
        vmctl restore "$dom" $cut -- -debuglog /tmp/debuglog
    like "$(cat /tmp/debuglog)" "*$cause*" "$text: is why"
    destroy "$dom"
    all_pages_back "$free" "$text"
    kill $! 2>/dev/null # it would wait for another reader
    wait $!
}

# Places all over the file, in the headers too.
places() {
    echo "24 $((bytes - 1))"
    awk -v n="$(is_long && echo 48 || echo 2)" -v bytes="$bytes" '
        BEGIN {
            srand(7)
            for (i = 0; i < n; i++)
                printf "%d ", rand() * bytes
        }'
}
# up_to PLACE: the file's first bytes; head would take them one by one.
# shellcheck disable=SC2317 # restore_of calls it
up_to() { dd if="$file" bs=64k iflag=count_bytes count="$1"; }

for place in $(places); do
    restore_of "cut at $place of $bytes" 'ailed to read ' up_to "$place"
    like "$output" '*: the stream ended early: Failed to read *' \
        "cut at $place: the error says so"
done

# with_byte PLACE: the file, with a byte there that must not be so.
# shellcheck disable=SC2317 # restore_of calls it
with_byte() {
    up_to "$1"
    printf '\252'
    tail -c +$(($1 + 2)) "$file"
}
restore_of 'a corrupted marker' 'Invalid marker' with_byte 1
restore_of 'a corrupted magic number' 'Invalid ID' with_byte 9
restore_of "a corrupted record's type" 'record' with_byte 40

counter 8
refuse 'a target without the memory' 'error:xenguest: xc_domain_restore: *' \
    vmctl restore "$dom" $file
destroy "$dom"
rm -f $file $cut
lives 'all those restores'

# ---- migrations that fail on their way

# broken TEXT MIB OPTION...: neither end completes.
broken() {
    text=$1 mib=$2 failed_before=$failed
    shift 2
    create_like pvh 40 "$mib"
    if output=$(migrate "$source" "$dom" "$@" 2>&1); then
        fail "$text: fails" "$output"
    else
        ok "$text: fails"
    fi
    like "$(ended "$source" 60)$(ended "$dom" 60)" '[01]1' \
        "$text: the target ends with 1"
    like "$(cat "/tmp/emp.$dom")" 'error:xenguest: xc_domain_restore: *' \
        "$text: and says why"
    [ "$failed" = "$failed_before" ] ||
        (echo "$output" && logs_of "$source" "$dom") | sed 's/^/# /'
    destroy "$dom"
    lives "$text"
}

broken 'cut early' 128 --cut 50000
if is_long; then
    broken 'cut late' 128 --cut 70000000
    broken 'corrupted' 128 --flip 9
fi
broken 'target without the memory' 64

# ---- aborts

for phase in live final $(long init dirty pause suspended); do
    aborted_at "$phase"
done
destroy "$source"

# ---- what the clients that had gone left

for leaver in $leavers; do
    phase=${leaver%%:*} dom=${leaver##*:} source=${leaver#*:}
    source=${source%:*}
    is "$(ended "$source" 150) $(ended "$dom" 150)" '1 1' \
        "client gone, $phase: both end with 1"
    like "$(cat "/tmp/emp.$source")" 'error:xenguest: *no client for 120 s' \
        "client gone, $phase: and the source says why"
    destroy "$dom"
    lives "client gone, $phase"
    destroy "$source"
done
left_nothing 'at the end'

done_testing
