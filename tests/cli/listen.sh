#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# The listen mode's socket: every reply and event byte by byte, two clients at
# once, hostile ones, aborts and clients that go away in each phase; and that
# nothing is left behind.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

client=$(dirname "$XENGUEST")/tests/host/emuclient
socket=$dir/run/control
stream=$dir/stream
pid=''
wrapper='' # a command that runs the server

OK='{"return":{}}'
DONE='{"event":"MIGRATION","data":{"status":"completed"}}'
RESTORED='{"event":"MIGRATION","data":{"status":"completed","result":"1111 2222"}}'

cmd() { echo "{\"execute\":\"$1\"}"; }
err() { echo "{\"error\":\"$1\"}"; }
progress() {
    printf '{"event":"MIGRATION","data":{"sent":%s,"remaining":%s,' "$1" "$2"
    printf '"iteration":%s}}\n' "$3"
}

# listen TYPE [OPTION]...: a server for a fresh world, or the one described.
listen() {
    [ "$1" = - ] || new_world "$1"
    shift
    host library/parses 1 # in a second thread
    rm -f "$dir/log" "$stream"
    : >"$dir/calls"
    : >"$dir/control"
    : >"$dir/stdout"
    # shellcheck disable=SC2086 # the wrappers are several words
    XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store XG_FAKE_LOG=$dir/calls \
        XG_FAKE_SOCKET=$socket XG_FAKE_WAIT=${patience:-600} \
        XG_FAKE_ABORT_LIMIT=${limit:-10} ${XG_WRAPPER:-} $wrapper \
        "$XENGUEST" -debuglog "$dir/log" -debug -domid 7 -controloutfd 8 \
        -controlinfd 9 -mode listen "$@" \
        <&- >"$dir/stdout" 2>"$dir/stderr" 8>"$dir/control" 9</dev/null &
    pid=$!
    eventually is_up
}

# It has said Ready, or ended.
is_up() { [ -s "$dir/stdout" ] || has_ended; }
has_ended() { ! kill -0 $pid 2>/dev/null; }

# talk TEXT WORD...: an emuclient whose every word works out.
talk() {
    text=$1
    shift
    if "$client" "$socket" "$@" >"$dir/heard" 2>"$dir/stderr.client"; then
        pass "$text"
    else
        fail "$text: $(cat "$dir/stderr.client")"
    fi
}

# ends TEXT STATUS: the server does, with nothing left of it.
ends() {
    eventually has_ended || kill -9 $pid
    wait $pid
    status=$?
    holds "$1: ends with $2" [ "$status" = "$2" ]
    holds "$1: no socket is left" [ ! -e "$dir/run" ]
    holds "$1: no system call was refused" has_not log 'sandbox: refused'
    case $2 in
    0) holds "$1: nothing on the control channel" [ ! -s "$dir/control" ] ;;
    1) holds "$1: one error line" failed_there ;;
    esac
}

failed_there() {
    [ "$(wc -l <"$dir/control")" = 1 ] &&
        grep -qE '^error:xenguest: [a-z_0-9]+: \[[0-9]+\] .+$' "$dir/control"
}

bye() {
    talk "$1: quit" say "$(cmd quit)" hear "$OK" end
    ends "$1" 0
}

# fds_of_server: how many it has.
fds_of_server() { find "/proc/$pid/fd" -type l | wc -l; }

# ---- a first look

listen hvm
holds 'says Ready and nothing else' same stdout <<END
Ready
END
before=$(fds_of_server)
for name in track_dirty migrate_progress migrate_pause migrate_paused \
    migrate_abort set_args; do
    talk "$name is acknowledged" say "$(cmd $name)" hear "$OK"
done
talk 'in single bytes' bytes "{ \"execute\" : \"track_dirty\" }" hear "$OK"
talk 'several in one packet' \
    say "$(cmd track_dirty) $(cmd nonsense)$(cmd track_dirty)" \
    hear "$OK" hear "$(err 'Unknown command')" hear "$OK"
: >"$dir/second"
"$client" "$socket" say '{"exe' run ": >'$dir/half'" when "$dir/second" served \
    say 'cute":"track_dirty"}' hear "$OK" 2>"$dir/stderr.client" &
slow=$!
eventually test -e "$dir/half"
talk 'a second client while one is in the middle' \
    say "$(cmd track_dirty)" hear "$OK"
echo served >"$dir/second"
holds '... and the first one is answered too' wait $slow
talk 'no JSON: told so, and hung up' say 'hello' hear "$(err 'Bad JSON')" end
talk '1 MiB of garbage' garbage 1048576 hear "$(err 'Bad JSON')" end
talk 'a request without end' say '{"' say "$(head -c 5000 /dev/zero |
    tr '\0' x)" hear "$(err 'Request too long')" end
# request BYTES: one that is as long as that.
request() {
    printf '{"execute":"track_dirty"%*s}' $(($1 - 25)) ''
}
talk 'a request of 4096 bytes' say "$(request 4096)" hear "$OK" \
    say "$(request 4096)$(cmd track_dirty)" hear "$OK" hear "$OK"
talk 'a request of 4097 bytes' say "$(request 4097)" \
    hear "$(err 'Request too long')" end
talk 'an array' say '[]' hear "$(err 'Bad JSON')" end
talk 'an object that is no request' say '{}' hear \
    "$(err 'Not a request')" say "$(cmd track_dirty)" hear "$OK"
talk 'half a request and gone' say '{"execute":'
talk 'a half-closed client still gets its reply' say "$(cmd track_dirty)" shut \
    hear "$OK" end

for bad in '"store_port":5' '"store_port":"x"' '"pv":"perhaps"' '"pv":"1"' \
    '"vgpu":"True"' '"colour":"1"' \
    '"store_port":"1","colour":"1"' '"mem_pnode":0' '"mem_pnode":"255"' \
    '"mem_pnode":"-1"'; do
    talk "set_args $bad" say \
        "{\"execute\":\"set_args\",\"arguments\":{$bad}}" \
        hear "$(err 'Bad Args')"
done

# ---- fds

talk 'no fd' say "$(cmd migrate_init)" hear "$(err 'No fd')"
talk 'two fds' fds "w:$stream,w:$stream" "$(cmd migrate_init)" \
    hear "$(err 'Too many fds')"
talk 'five fds' fds "w:$stream,w:$stream,w:$stream,w:$stream,w:$stream" \
    "$(cmd migrate_init)" hear "$(err 'Too many fds')"
for kind in dir dgram epoll; do
    talk "an fd of the wrong kind: $kind" fds $kind "$(cmd migrate_init)" \
        hear "$(err 'Bad fd')"
done
talk 'an fd with the wrong request is dropped' \
    fds "w:$stream" "$(cmd track_dirty)" hear "$OK" \
    say "$(cmd migrate_init)" hear "$(err 'No fd')"
talk 'an fd with the first piece of a request' fds "w:$stream" '{"execute":' \
    sleep 50 say '"migrate_init"}' hear "$OK"
talk 'an fd in the middle of a batch' say "$(cmd track_dirty)" \
    fds "w:$stream" "$(cmd migrate_init)$(cmd track_dirty)" \
    hear "$OK" hear "$OK" hear "$OK"
for name in migrate_live migrate_nonlive restore; do
    talk "$name with a stream of the wrong direction or none" \
        fds "$([ $name = restore ] && echo w || echo r):$stream" \
        "$(cmd migrate_init)" hear "$OK" say \
        '{"execute":"set_args","arguments":{"store_port":"1","console_port":"2"}}' \
        hear "$OK" say "$(cmd $name)" hear "$(err 'Bad fd')"
done
one_fd_more() { [ "$(fds_of_server)" = $((before + 1)) ]; }
holds 'all those clients have cost one fd, the last stream' \
    eventually one_fd_more
bye 'after all that'

listen hvm
for name in migrate_live migrate_nonlive restore; do
    talk "$name without a stream" say "$(cmd $name)" hear "$(err 'No fd')"
done
talk 'restore without ports' fds "r:/proc/self/exe" "$(cmd migrate_init)" \
    hear "$OK" say "$(cmd restore)" hear "$(err 'No ports')" say \
    '{"execute":"set_args","arguments":{"store_port":"1"}}' hear "$OK" \
    say "$(cmd restore)" hear "$(err 'No ports')"
bye 'without work'

listen hvm
talk 'port 0 is a port, of which Xen is asked' fds "r:/proc/self/exe" \
    "$(cmd migrate_init)" hear "$OK" say \
    '{"execute":"set_args","arguments":{"store_port":"0","console_port":"0"}}' \
    hear "$OK" say "$(cmd restore)" hear "$OK" end
ends 'port 0' 1
holds '... that has it not' has control '\[22\] store_port: .0.: '

# ---- saves

# connected N: so many clients have been so far.
connected() { [ "$(grep -c ': connected$' "$dir/log")" = "$1" ]; }

listen hvm
talk 'a whole live save' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd track_dirty)" hear "$OK" say "$(cmd migrate_progress)" \
    hear "$OK" say "$(cmd migrate_live)" hear "$OK" \
    hear "$(progress 0 4096 0)" hear "$(progress 4096 300 1)" \
    hear "$(progress 4396 20 2)" say "$(cmd migrate_pause)" \
    until '"return"' sleep 100 say "$(cmd migrate_paused)" until completed \
    say "$(cmd quit)" hear "$OK" end
holds 'the reply came once, and the completion too' \
    [ "$(grep -cxF -e "$OK" -e "$DONE" "$dir/heard")" = 3 ]
holds 'the save was live, without libxenguest'"'"'s debugging' called \
    'xc_domain_save d7 flags=1'
ends 'a live save' 0
cp "$stream" "$dir/good"

new_world hvm
host save/dirty '4096 0'
listen -
talk 'no dirty page left: goes on to stop-and-copy by itself' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_progress)" hear "$OK" \
    say "$(cmd migrate_live)" hear "$OK" hear "$(progress 0 4096 0)" \
    hear "$(progress 4096 0 1)" \
    say "$(cmd migrate_paused)" hear "$OK" hear "$DONE"
bye 'the second one'

listen pv
talk 'a save without live part, told before it begins' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_pause)" hear "$OK" say "$(cmd migrate_paused)" \
    hear "$OK" say "$(cmd migrate_nonlive)" hear "$OK" hear "$DONE"
holds '... is not live' called 'xc_domain_save d7 flags=0'
bye 'a non-live save'

listen pv
talk 'a save without live part, told later' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_progress)" hear "$OK" \
    say "$(cmd migrate_nonlive)" hear "$OK" sleep 100 \
    say "$(cmd migrate_live)" hear "$(err Busy)" \
    fds "w:$stream" "$(cmd migrate_init)" hear "$(err Busy)" \
    say "$(cmd migrate_paused)" hear "$OK" hear "$DONE" sleep 100 \
    say "$(cmd quit)" hear "$OK" end
ends 'a busy server' 0

new_world pv
host domain/suspended 1
listen -
talk 'a save without live part of a guest that is suspended' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_nonlive)" hear "$OK" hear "$DONE"
bye 'a suspended guest'

listen hvm
talk 'a half-closed client still gets its completion' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_nonlive)" shut hear "$OK" \
    run "'$client' '$socket' say '$(cmd migrate_paused)' hear '$OK'" \
    hear "$DONE" end
talk 'a half-closed client still gets its progress' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_progress)$(cmd migrate_live)" shut hear "$OK" \
    hear "$OK" hear "$(progress 0 4096 0)" \
    run "'$client' '$socket' say '$(cmd migrate_pause)$(cmd migrate_paused)'" \
    until completed end
talk 'the work is over' say "$(cmd migrate_abort)" hear "$OK"
bye 'half-closed'

# The end of a save is told to who asked for it and to who asked for progress; a third
# client has asked for neither.
: >"$dir/told"
listen pv
"$client" "$socket" say "$(cmd migrate_progress)" hear "$OK" \
    run "echo listens >>'$dir/told'" until completed end >"$dir/heard.other" \
    2>"$dir/stderr.client" &
other=$!
"$client" "$socket" say "$(cmd track_dirty)" hear "$OK" \
    run "echo idle >>'$dir/told'" end 2>"$dir/stderr.client" &
third=$!
talk 'a save for one client, with progress for another' \
    when "$dir/told" listens when "$dir/told" idle \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_paused)" hear "$OK" \
    say "$(cmd migrate_nonlive)" hear "$OK" hear "$DONE" \
    say "$(cmd quit)" hear "$OK" end
holds '... the other one hears of its end, too' wait $other
holds '... once, and last' [ "$(grep -nxF "$DONE" "$dir/heard.other" | cut -d : -f 1)" = \
    "$(wc -l <"$dir/heard.other")" ]
holds '... and one that has asked for neither does not' wait $third
ends 'two clients' 0

listen hvm
talk 'quit waits for the work in hand' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_nonlive)" hear "$OK" say "$(cmd quit)" hear "$OK" \
    sleep 200 say "$(cmd migrate_paused)" hear "$OK" hear "$DONE" end
ends 'quit early' 0

# ---- progress inside a pass: told after each 500 ms. A step of the double takes
# longer, so that each one tells, however slow this machine is.

new_world hvm
host save/step_us 550000
listen -
talk 'live: inside the first pass alone' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_progress)" hear "$OK" \
    say "$(cmd migrate_live)" hear "$OK" hear "$(progress 0 4096 0)" \
    hear "$(progress 1024 -1 0)" hear "$(progress 2048 -1 0)" \
    hear "$(progress 3072 -1 0)" hear "$(progress 4096 300 1)" \
    hear "$(progress 4396 20 2)" say "$(cmd migrate_pause)" \
    until '"return"' say "$(cmd migrate_paused)" until completed
holds 'live: no dirty count is told that is not known' has_not heard ':-1,'
bye 'live, with progress'

new_world pv
host save/step_us 550000
host save/last_pages 7168
listen -
talk 'not live: all the time' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_progress)" hear "$OK" say "$(cmd migrate_paused)" \
    hear "$OK" say "$(cmd migrate_nonlive)" hear "$OK" \
    hear "$(progress 1024 -1 0)" hear "$(progress 2048 -1 0)" \
    hear "$(progress 3072 -1 0)" hear "$(progress 4096 -1 0)" \
    hear "$(progress 5120 -1 0)" hear "$(progress 6144 -1 0)" hear "$DONE"
bye 'not live, with progress'

# The guest's last pages are counted from the same decision as the whole pass.
new_world hvm
host save/step_us 550000
host save/last_pages 3072
host save/dirty 3072
listen -
talk 'paused before it begins: no sum is less than one before' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_progress)" hear "$OK" say "$(cmd migrate_pause)" \
    hear "$OK" say "$(cmd migrate_paused)" hear "$OK" \
    say "$(cmd migrate_live)" hear "$OK" hear "$(progress 0 3072 0)" \
    hear "$(progress 1024 -1 0)" hear "$(progress 2048 -1 0)" \
    hear "$(progress 2048 -1 0)" hear "$DONE"
bye 'paused before it begins'

new_world hvm
host save/step_us 20000
host save/last_pages 204800
listen -
began_ms=$(date +%s%3N)
talk 'many steps' fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_progress)" hear "$OK" say "$(cmd migrate_paused)" \
    hear "$OK" say "$(cmd migrate_nonlive)" hear "$OK" until completed
took_ms=$(($(date +%s%3N) - began_ms))
# steady MS: events are as specified, at most one in 500 ms, and rise.
steady() {
    awk -F '[:,}]' -v most=$(($1 / 500 + 1)) '
        /completed/ { done++; next }
        !/^{"event":"MIGRATION","data":{"sent":[0-9]+,"remaining":-1,"iteration":0}}$/ ||
            $5 <= sent { exit wrong = 1 }
        { sent = $5; n++ }
        END { exit wrong || done != 1 || n < 2 || n > most }' "$dir/heard"
}
holds "many steps: rising sums, at most one in 500 ms" steady "$took_ms"
bye 'many steps'

new_world hvm
store platform/nomigrate 1
listen -
talk 'nomigrate' fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_live)" hear "$(err 'Not migratable')" \
    say "$(cmd migrate_nonlive)" hear "$(err 'Not migratable')"
bye nomigrate
new_world hvm
store platform/nomigrate 1
listen - --force
talk 'nomigrate, forced' fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_paused)" hear "$OK" \
    say "$(cmd migrate_nonlive)" hear "$OK" hear "$DONE"
bye 'nomigrate, forced'

# ---- restore

SET='{"execute":"set_args","arguments":{"store_port":"3","console_port":"4"}}'
listen hvm
talk 'a restore' fds "r:$dir/good" "$(cmd migrate_init)" hear "$OK" \
    say "$SET" hear "$OK" say "$(cmd restore)" hear "$OK" hear "$RESTORED"
holds '... of the right domain' called \
    'xc_domain_restore d7 store=3,d0 console=4,d0'
bye 'a restore'

# As where a virtual GPU's process has begun.
new_world hvm
host domain/pages 256
listen -
talk 'a restore beside the pages of a device' fds "r:$dir/good" \
    "$(cmd migrate_init)" hear "$OK" say "$SET" hear "$OK" \
    say "$(cmd restore)" hear "$OK" hear "$RESTORED"
holds '... which are told of' has log \
    'domain 7 holds 1 MiB (256 pages) already'
bye 'a restore beside pages'

new_world hvm
host domain/paused 0
listen -
talk 'a restore into a running guest' fds "r:$dir/good" \
    "$(cmd migrate_init)" hear "$OK" say "$SET" hear "$OK" \
    say "$(cmd restore)" hear "$OK" end
ends 'a restore into a running guest' 1
holds '... says so' has control 'domain 7 is not paused'

new_world hvm
host domain/max_pages 16384
listen - -mem_pnode 5
talk "mem_pnode of set_args counts, not the command line's" \
    fds "r:$dir/good" "$(cmd migrate_init)" hear "$OK" say \
    '{ "execute" : "set_args", "arguments" : { "store_port":"3", "console_port":"4", "mem_pnode":"0" } }' \
    hear "$OK" say "$(cmd restore)" hear "$OK" hear "$RESTORED"
bye 'mem_pnode'
listen hvm
talk 'a mem_pnode that the host has not' \
    fds "r:$dir/good" "$(cmd migrate_init)" hear "$OK" say "$SET" hear "$OK" \
    say '{"execute":"set_args","arguments":{"mem_pnode":"5"}}' hear "$OK" \
    say "$(cmd restore)" hear "$OK" end
ends 'a mem_pnode that the host has not' 1
holds '... says so' has control "\[22\] -mem_pnode: '5': the host has"

listen hvm
talk 'set_args behind restore is for the next one' \
    fds "r:$dir/good" "$(cmd migrate_init)" hear "$OK" say "$SET" hear "$OK" \
    say "$(cmd restore)$(echo "$SET" | sed 's/"[34]"/"50"/g')" \
    hear "$OK" until '"return"'
holds '... which this one is not' eventually called \
    'xc_domain_restore d7 store=3,d0 console=4,d0'
bye 'set_args behind restore'

# What the first restore gives up is gone for a second by the same process, which
# emu-manager does not ask for: it can't open the folder of reservations, without
# which strict can't be kept.
twice() {
    new_world hvm
    host domain/max_pages 16384
    store platform/numa/policy "$1"
    export XENGUEST_RUN_DIR="$dir/reservations"
    listen -
    unset XENGUEST_RUN_DIR
    shift
    talk 'a restore under a policy' fds "r:$dir/good" "$(cmd migrate_init)" \
        hear "$OK" say "$SET" hear "$OK" say "$(cmd restore)" hear "$OK" \
        hear "$RESTORED"
    talk 'and a second one' fds "r:$dir/good" "$(cmd migrate_init)" \
        hear "$OK" say "$SET" hear "$OK" say "$(cmd restore)" hear "$OK" "$@"
}

if defined HAVE_SECCOMP; then
    twice best-effort hear "$RESTORED"
    holds '... goes without a reservation' has log 'refused the system call mkdir'
    talk '... to the end' say "$(cmd quit)" hear "$OK" end
    wait $pid
    twice strict end
    wait $pid
    holds '... ends with one error line under strict' failed_there
    holds '... that names the folder' has control 'mkdir: \[38\] .*reservations:'
    holds '... and no page' [ "$(number_of xc_domain_restore)" = 1 ]
fi

# ---- work that fails: the connection's end tells, and the control channel

head -c 3000 "$dir/good" >"$dir/short"
listen hvm
talk 'a short stream' fds "r:$dir/short" "$(cmd migrate_init)" hear "$OK" \
    say "$SET" hear "$OK" say "$(cmd restore)" hear "$OK" end
ends 'a short stream' 1

listen hvm
mkfifo "$dir/fifo"
cat "$dir/fifo" >/dev/null &
reader=$!
"$client" "$socket" fds "w:$dir/fifo" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_live)" hear "$OK" end 2>"$dir/stderr.client" &
slow=$!
eventually has calls '^xc_domain_save'
kill $reader
holds 'a reader that goes away: the connection ends' wait $slow
ends 'a reader that goes away' 1

# ---- abort in each phase; then the server waits for quit

abort() {
    text="abort $1"
    shift
    talk "$text" fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
        say "$(cmd migrate_progress)" hear "$OK" "$@" \
        say "$(cmd migrate_abort)" until '"return"' sleep 200 \
        say "$(cmd quit)" until '"return"' end
    holds "$text: no completion" has_not heard completed
}

listen hvm
abort 'before the work' sleep 1
ends 'abort before the work' 0
listen hvm
abort 'in the live part' say "$(cmd migrate_live)" hear "$OK" line line
ends 'abort in the live part' 1
listen hvm
abort 'after pause' say "$(cmd migrate_live)" hear "$OK" line \
    say "$(cmd migrate_pause)" until '"return"'
ends 'abort after pause' 1
listen hvm
abort 'in a non-live save' say "$(cmd migrate_nonlive)" hear "$OK"
ends 'abort in a non-live save' 1
holds '... told as what it is' has control '\[125\] aborted'

# What a client says too late, or was entitled to, is not for the next job.
listen hvm
talk 'after an abort all begins anew' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_nonlive)" hear "$OK" \
    say "$(cmd migrate_abort)" hear "$OK" when "$dir/log" failed: \
    say "$(cmd migrate_pause)" hear "$OK" \
    say "$(cmd migrate_paused)" hear "$OK" \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_live)" hear "$OK" sleep 300 \
    say "$(cmd migrate_nonlive)" hear "$(err Busy)" \
    say "$(cmd migrate_paused)" hear "$OK" \
    say "$(cmd migrate_pause)" hear "$OK"
holds '... and the second save is done' eventually has calls '^save_suspended'
bye 'the second save'

# stuck TEXT [WORD]...: a live save, whose stream nobody reads, is aborted, after
# the words.
stuck() {
    # shellcheck disable=SC2217 # that is the point
    sleep 1000 <"$dir/fifo" &
    reader=$!
    talk "$1: a save whose stream nobody reads" fds "w:$dir/fifo" \
        "$(cmd migrate_init)" hear "$OK" say "$(cmd migrate_live)" hear "$OK"
    eventually has calls '^xc_domain_save'
    aborts "$@"
    kill $reader
}

# The server ends without a word when the limit is reached.
is_over() { has log ': failed: ' || has_ended; }

# aborts TEXT [WORD]...: what hangs is over when it is aborted, not at the limit.
aborts() {
    what=$1
    shift
    talk "$what: abort" sleep 300 "$@" say "$(cmd migrate_abort)" hear "$OK"
    eventually is_over
    holds "$what: the work ends" has log ': failed: aborted'
    talk "$what: quit" say "$(cmd quit)" hear "$OK" end
    ends "$what" 1
    holds "$what: because it was aborted" has control '\[125\] aborted'
}

listen hvm
stuck 'a stuck save'

listen hvm
sleep 1000 >"$dir/fifo" &
reader=$!
talk 'a restore whose stream brings nothing' fds "r:$dir/fifo" \
    "$(cmd migrate_init)" hear "$OK" say "$SET" hear "$OK" \
    say "$(cmd restore)" hear "$OK"
eventually has calls '^xc_domain_restore'
if defined HAVE_SECCOMP; then
    filters=$(($(own Seccomp_filters) + 2))
    holds '... while no thread can open a file' [ 2 = \
        "$(cat "/proc/$pid/task"/*/status | grep -c "^Seccomp_filters:.$filters\$")" ]
fi
aborts 'a stuck restore'
kill $reader

# Whoever starts us may have blocked the signal that an abort sends.
wrapper='env --block-signal=USR1'
listen hvm
stuck 'SIGUSR1 blocked'
wrapper=''

# An abort needs no fd that is not there yet.
cat >"$dir/use_up_fds" <<'END'
lowest_free=$(find "/proc/$1/fd" -type l -printf '%f\n' | sort -n |
    awk '$1 == n { n++ } END { print n + 0 }')
exec prlimit --pid "$1" --nofile="$lowest_free:"
END
listen hvm
stuck 'no free fd' run "sh '$dir/use_up_fds' $pid"

# What has ended as a failure is none the less one for the next that can't begin.
listen hvm
talk 'after an abort there is no fd for the next save' \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_nonlive)" hear "$OK" \
    say "$(cmd migrate_abort)" hear "$OK" when "$dir/log" failed: \
    fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    run "sh '$dir/use_up_fds' $pid" \
    say "$(cmd migrate_live)" hear "$(err 'Out of resources')" \
    say "$(cmd quit)" hear "$OK"
ends 'no fd for the next save' 1
holds '... is what was aborted' has control '\[125\] aborted'

# Nor does the server turn round and round when it can't accept.
listen hvm
for name in 1 2 3; do
    "$client" "$socket" end 2>"$dir/stderr.client" & # poll needs some fds
    eventually connected $name
done
sh "$dir/use_up_fds" $pid
began=$(date +%s)
"$client" "$socket" say "$(cmd track_dirty)" hear "$OK" 2>"$dir/stderr.client" &
slow=$!
eventually has log ': accept: '
sleep 2
prlimit --pid $pid --nofile=1000:
holds 'a client that came when no fd was free is served later' wait $slow
holds 'accept is tried twice a second' \
    [ "$(grep -c ': accept: ' "$dir/log")" -le $((($(date +%s) - began) * 2 + 3)) ]
bye 'no fd for a client'

# A call that is not on the stream comes back when it is interrupted.
new_world hvm
host save/hangs interruptible
listen -
talk 'a save that waits for something else' fds "w:$stream" \
    "$(cmd migrate_init)" hear "$OK" say "$(cmd migrate_live)" hear "$OK"
eventually has calls '^save_hangs'
aborts 'a save that waits for something else'

# One that never comes back is not waited for: not after an abort ...
new_world hvm
host save/hangs for-good
limit=3 # in which the next request is answered, on a slow machine too
listen -
talk 'abort of a save that hangs for good' fds "w:$stream" \
    "$(cmd migrate_init)" hear "$OK" say "$(cmd migrate_live)" hear "$OK" \
    when "$dir/calls" save_hangs say "$(cmd migrate_abort)" hear "$OK" \
    say "$(cmd track_dirty)" hear "$OK" end
ends 'a save that hangs for good' 1
holds '... says why' has control '\[110\] aborted, but .* after 3 s'
holds '... in the log too' has log 'xenguest: migrate_abort: '

# ... and not when nobody is left.
limit=1
patience=600,1
listen -
talk 'a save that hangs for good, quit and gone' fds "w:$stream" \
    "$(cmd migrate_init)" hear "$OK" say "$(cmd migrate_live)" hear "$OK" \
    when "$dir/calls" save_hangs say "$(cmd quit)" hear "$OK"
ends 'hangs for good, quit and gone' 1
holds '... says why' has control '\[110\] aborted, but .* after 1 s'
limit='' patience=''

# ---- clients that go away: the work goes on until the patience is over

for phase in '' migrate_live migrate_nonlive; do
    patience=${phase:+600,}1
    listen hvm
    if [ -n "$phase" ]; then
        talk "gone after $phase" fds "w:$stream" "$(cmd migrate_init)" \
            hear "$OK" say "$(cmd $phase)" hear "$OK"
    fi
    ends "nobody there after ${phase:-the start}" 1
    holds '... says why' has control '\[110\] no client for 1 s'
done
patience=''

listen hvm
talk 'gone, and back' fds "w:$stream" "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_nonlive)" hear "$OK" again \
    say "$(cmd migrate_progress)" hear "$OK" \
    say "$(cmd migrate_paused)" hear "$OK" hear "$DONE"
bye 'gone, and back'

# ... also when one said quit before it went.
listen hvm
{
    eventually has log ': gone$'
    cat "$dir/good"
} >"$dir/fifo" &
talk 'quit and gone while the stream stands still' fds "r:$dir/fifo" \
    "$(cmd migrate_init)" hear "$OK" say "$SET" hear "$OK" \
    say "$(cmd restore)" hear "$OK" say "$(cmd quit)" hear "$OK"
ends 'quit and gone' 0
holds '... with the work done' has log 'completed: rings 1111 and 2222'

patience=600,1
listen hvm
sleep 1000 >"$dir/fifo" &
reader=$!
talk 'gone while the stream stands still' fds "r:$dir/fifo" \
    "$(cmd migrate_init)" hear "$OK" say "$SET" hear "$OK" \
    say "$(cmd restore)" hear "$OK"
ends 'gone from a restore' 1
holds '... says why' has control '\[110\] no client for 1 s'
patience=''
kill $reader

# Clients that say nothing give way, the oldest first; those that have spoken
# do not.
listen hvm
"$client" "$socket" say "$(cmd track_dirty)" hear "$OK" \
    end 2>"$dir/stderr.client" &
first=$!
eventually has log ': track_dirty: done'
rm -f "$dir"/gone.*
for name in 2 3 4; do
    { "$client" "$socket" end && : >"$dir/gone.$name"; } 2>/dev/null &
    eventually connected $name
done
talk 'a client beyond the fourth is served' say "$(cmd migrate_progress)" \
    hear "$OK"
holds '... in place of the one that was silent for longest' \
    eventually test -e "$dir/gone.2"
holds '... and of no other' [ "$(grep -c ': silent, gives way$' "$dir/log")" = 1 ]
bye 'four idle clients'
holds '... one that had spoken has stayed' wait $first

# A client that does not read its replies.
listen hvm
talk 'thousands of requests whose replies nobody reads' \
    say "$(yes "$(cmd track_dirty)" | head -n 3000)"
talk '... hold up nobody else' say "$(cmd track_dirty)" hear "$OK"
bye 'a deaf client'

# ---- the socket file

listen hvm
XG_FAKE_SOCKET=$socket raw -domid 7 -mode listen
holds 'a second server is refused' has stderr \
    'is serving it'
talk 'the first one is not disturbed' say "$(cmd track_dirty)" hear "$OK"
kill -9 $pid
wait $pid
listen hvm
talk 'a killed one is followed' say "$(cmd track_dirty)" hear "$OK"
holds 'only root may connect' [ "$(stat -c %a "$socket")" = 600 ]
holds 'by its second name, too' "$client" "$socket-2" say "$(cmd track_dirty)" hear "$OK"
bye 'the follower'

mkdir "$dir/run"
: >"$dir/run/control-2"
listen hvm
talk 'a second name that is taken: serves' say "$(cmd track_dirty)" hear "$OK"
rm "$dir/run/control-2"
bye 'a second name that is taken'

# What others have left there: a link to a place that has gone, and the socket of one that
# was killed.
leads_nowhere() { [ -L "$1" ] && [ ! -e "$1" ]; }
mkdir "$dir/run"
ln -s "$dir/gone/control" "$socket-2"
holds 'a second name that leads nowhere' leads_nowhere "$socket-2"
listen hvm
holds '... leads to the server now' "$client" "$socket-2" say "$(cmd track_dirty)" hear "$OK"
bye 'a second name that led nowhere'
listen hvm
kill -9 $pid
wait $pid
mv "$socket" "$socket-2"
holds 'a second name where nobody listens' [ -S "$socket-2" ]
listen hvm
holds '... leads to the server now' "$client" "$socket-2" say "$(cmd track_dirty)" hear "$OK"
bye 'a second name where nobody listened'

# What is in the way need not be a server.
mkdir -p "$socket-2"
listen hvm
talk 'a folder in the place of a name: serves by the other' \
    say "$(cmd track_dirty)" hear "$OK"
holds '... and tells why' has log 'which nobody serves, is in the way: Is a dir'
rmdir "$socket-2"
bye 'a folder in the place of a name'

# A disk that is full or read-only: the other name will do, and its folder is made.
first=$socket
for lacks in first second; do
    : >"$dir/no-folder"
    second=$dir/made/second
    case $lacks in
    first) socket=$dir/no-folder/control ;;
    second) second=$dir/no-folder/second ;;
    esac
    export XG_FAKE_SECOND_SOCKET="$second"
    # That of a server that was killed.
    [ $lacks = second ] || { mkdir -p "$dir/made" && ln -s "$dir/gone" "$second"; }
    listen hvm
    [ $lacks = second ] || socket=$second
    talk "no $lacks name: serves" say "$(cmd track_dirty)" hear "$OK"
    holds '... which is told' has log "won't find us: '$dir/no-folder.*: Not a directory"
    bye "no $lacks name"
    holds '... leaves none' [ ! -e "$socket" ]
    [ $lacks = second ] ||
        holds '... but the folder, which is not ours' rmdir "$dir/made"
    socket=$first
done
unset XG_FAKE_SECOND_SOCKET

# ---- control fds, of which it needs none

# shellcheck disable=SC2217 # a reader that goes
sleep 0 <"$dir/fifo" &
exec 6>"$dir/fifo"
wait $!
for fds in '-controlinfd 77' '-controloutfd 77' '-controloutfd 6'; do
    new_world hvm
    # shellcheck disable=SC2086 # two words
    listen - $fds
    talk "$fds, which is of no use: serves" say "$(cmd track_dirty)" hear "$OK"
    holds '... and says so in the log' has log ": goes on without: $fds: "
    bye "$fds"
done
exec 6>&-

finish
