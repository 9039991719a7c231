# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# store_stops.sh - xenstored stands still when it is asked: the log says so, and all
# goes on when it goes on.
. lib.sh
. counter.sh
. migrate.sh

log=/tmp/debuglog file=/tmp/saved
xenstored=$(cat /run/xenstored.pid)

# without_store TEXT LOG: what has been begun as $!, with xenstored stopped, says so
# in that log, once, and goes on with it; its end is in $status.
without_store() {
    await 60 grep -qs 'waiting for xenstored' "$2"
    like "$(grep 'xenstored' "$2")" '*waiting for xenstored, which has not answered xs_*' \
        "$1: that xenstored does not answer"
    kill -CONT "$xenstored"
    wait $!
    status=$?
    like "$(tail -n +2 "$2" | grep 'xenstored')" '*
*xenstored has answered after *' "$1: that it has answered, and no more"
    rm -f "$2"
}

# counts_on TEXT RESULT NUMBER: the guest that xenguest left in $dom counts on.
counts_on() {
    # shellcheck disable=SC2046 # two frames
    vmctl rings "$dom" $(echo "$2" | cut -d' ' -f1,2) && vmctl start "$dom"
    counts_from "$3" "$1: counts on"
}

last_count() { echo $(($(counts | tail -n 1))); }

create_empty() {
    create --type pvh --mem 64 --image /guest/counter-pvh --cmdline '' \
        -p numa/policy=best-effort
    ports="-store_port $(vmctl get "$dom" key "/vmctl/$dom/store-port") \
-console_port $(vmctl get "$dom" key "/vmctl/$dom/console-port")"
}

create_empty
kill -STOP "$xenstored"
# shellcheck disable=SC2086 # words
xenguest -mode pvh_build -domid "$dom" -image /guest/counter-pvh -cmdline '' \
    -features '' -flags 0 -mem_max_mib 64 -mem_start_mib 64 $ports \
    -debuglog $log >/tmp/out 2>&1 &
without_store build $log
is "$status $(wc -l </tmp/out)" '0 1' 'build: builds'
counts_on build "$(cat /tmp/out)" 0

vmctl freeze "$dom"
before=$(last_count)
run 'save: saves' vmctl save "$dom" $file
destroy "$dom"
create_empty
kill -STOP "$xenstored"
# shellcheck disable=SC2086 # words
xenguest -mode hvm_restore -domid "$dom" -fd 6 $ports -debuglog $log \
    >/tmp/out 2>&1 6<$file &
without_store restore $log
is "$status $(wc -l </tmp/out)" '0 1' 'restore: restores'
counts_on restore "$(cat /tmp/out)" "$before"

# The one who waits is not the thread that has the signal.
source=$dom
create_empty
listen "$source" && listen "$dom"
ports=$(ports_of "$dom")
kill -STOP "$xenstored"
emumigrate --source "$(socket_of "$source")" --target "$(socket_of "$dom")" \
    --ports "$ports" --suspend "vmctl freeze $source" >/tmp/out 2>&1 &
without_store migration "/tmp/emp.$dom.log"
is "$status" 0 'migration: migrates'
moved=$dom dom=$source
before=$(last_count)
dom=$moved
counts_on migration "$(sed -n 's/^result //p' /tmp/out)" "$before"
destroy "$source"
destroy "$dom"
left_nothing 'at the end'
done_testing
