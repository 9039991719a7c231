# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# signals.sh - xenguest is ended by a signal at 200 random moments of builds, restores
# and saves, with each policy: the host has then what it had before.
# host: long=yes takes=400
. numa.sh
. counter.sh
. remains.sh

wanted=200
saved_counter 16
frozen=$dom
before=$(($(counts | tail -n 1))) # Xen's console has no room for what is older

# clock_us: the host's clock, which counts instructions.
clock_us() { awk '{ printf "%d\n", $1 * 1000000 }' /proc/uptime; }

# How long each kind of work takes when nothing disturbs it, to choose moments from.
for kind in pv pvh vnodes hvm pod counter; do
    [ $kind = counter ] && work=restore || work=build
    began=$(clock_us)
    begin_work $kind best-effort "$work"
    wait $!
    is $? 0 "$kind: $work succeeds ($(cat "/tmp/out.$dom"))"
    took=$(($(clock_us) - began))
    eval "us_$kind=$took"
    destroy "$dom"
done
began=$(clock_us)
run 'once more: saved' vmctl save "$frozen" /tmp/again
# shellcheck disable=SC2034 # by its name
us_save=$(($(clock_us) - began))
note_host

# moments: what is done, when in thousandths of the time that it takes, and the signal.
moments() {
    random_work 1000 11 | awk 'BEGIN {
            srand(12)
            split("KILL TERM INT HUP", signals)
        }
        {
            if (rand() < 0.15)
                $0 = "save any save"
            print $1, $2, $3, int(rand() * 1000), signals[1 + int(rand() * 4)]
        }'
}

# A saved file that is half there is the caller's, who removes it.
begin() {
    [ "$3" = save ] || { begin_work "$@"; return; }
    dom=$frozen
    vmctl save "$dom" /tmp/again >"/tmp/out.$dom" 2>&1 &
}

hits=0 wrong=0 of_KILL=0 of_TERM=0 of_INT=0 of_HUP=0
moments >/tmp/moments
while [ $hits -lt $wanted ] && read -r kind policy work share signal; do
    eval "took=\$us_$kind"
    begin "$kind" "$policy" "$work"
    job=$!
    usleep $((took * share / 1000))
    pid=$(pidof xenguest) && kill -"$signal" "$pid" 2>/dev/null && hits=$((hits + 1)) &&
        eval "of_$signal=\$((of_$signal + 1))"
    wait $job
    [ "$work" = save ] || destroy "$dom"
    # What a killed builder had reserved is noted in a file that nobody holds, until
    # the next one comes by.
    [ "$signal" != KILL ] || find /run/xenguest -name '*.numa' -exec \
        flock -n {} rm -f {} \;
    same_host 32 && continue # less than any of these guests has
    wrong=$((wrong + 1))
    fail "$work of a $kind guest, $policy, SIG$signal at $share/1000 of $took us: \
the host is as before" "$changed
$(cat "/tmp/out.$dom")"
    note_host
done </tmp/moments
is "$hits" $wanted "signals that found it at work \
(KILL $of_KILL, TERM $of_TERM, INT $of_INT, HUP $of_HUP)"
is "$wrong" 0 'after each of them the host was as before'

# And all goes on.
dom=$frozen
run 'the frozen guest: is saved' vmctl save "$dom" /tmp/again
destroy "$dom"
xl dmesg -c >/dev/null
small_guest counter -p numa/policy=strict
run 'the frozen guest: is restored' vmctl restore "$dom" /tmp/again
vmctl start "$dom"
counts_from $before 'the frozen guest: goes on'
destroy "$dom"
for kind in pv pvh hvm; do
    small_guest $kind -p numa/policy=strict
    run "$kind: builds" vmctl build "$dom"
    published_is_true "$kind"
    destroy "$dom"
done
done_testing
