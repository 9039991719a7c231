# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate_protocol.sh - clients that say and send nonsense get the answers that
# are specified, byte by byte; the guest that is to migrate does not notice, and
# nothing is left behind. tests/cli/listen.sh has many more of them.
. lib.sh
. migrate.sh

OK='{"return":{}}'

cmd() { echo "{\"execute\":\"$1\"}"; }
err() { echo "{\"error\":\"$1\"}"; }

# talk TEXT WORD...: a client whose every word works out.
talk() {
    text=$1
    shift
    run "$text" emuclient "$(socket_of "$dom")" "$@"
}

fds_of_server() { find "/proc/$(pidof xenguest)/fd" -type l | wc -l; }

new_guest pvh
guest=$dom
listen "$dom"
fds=$(fds_of_server)

talk 'unknown command' say "$(cmd migrate_home)" hear "$(err 'Unknown command')"
talk '1 MiB of garbage' garbage 1048576 hear "$(err 'Bad JSON')" end
talk 'single bytes' bytes '{ "execute" : "track_dirty" }' hear "$OK"
talk 'several requests in one packet' \
    say "$(cmd track_dirty)$(cmd nonsense) $(cmd migrate_progress)" \
    hear "$OK" hear "$(err 'Unknown command')" hear "$OK"
for args in '"store_port":3' '"store_port":"x"' '"console_port":["4"]' \
    '"pv":"perhaps"' '"mem_pnode":"255"'; do
    talk "set_args $args" \
        say "{\"execute\":\"set_args\",\"arguments\":{$args}}" \
        hear "$(err 'Bad Args')"
done
talk 'no fd' say "$(cmd migrate_init)" hear "$(err 'No fd')"
talk 'two fds' fds w:/tmp/stream,w:/tmp/stream "$(cmd migrate_init)" \
    hear "$(err 'Too many fds')"
for kind in dir dgram epoll; do
    talk "an fd of the wrong kind: $kind" fds $kind "$(cmd migrate_init)" \
        hear "$(err 'Bad fd')"
done
talk 'no stream' say "$(cmd migrate_live)" hear "$(err 'No fd')"

xenstore-write "/local/domain/$dom/platform/nomigrate" 1
talk 'nomigrate' fds w:/tmp/stream "$(cmd migrate_init)" hear "$OK" \
    say "$(cmd migrate_live)" hear "$(err 'Not migratable')" \
    say "$(cmd migrate_nonlive)" hear "$(err 'Not migratable')"
xenstore-rm "/local/domain/$dom/platform/nomigrate"

# The stream of the last one is kept until another comes.
is "$(fds_of_server)" $((fds + 1)) 'all these left one fd, the last stream'
talk 'quit' say "$(cmd quit)" hear "$OK" end
is "$(ended "$dom")" 0 'ends with 0'
left_nothing 'after them'

listen "$dom"
kill -KILL "$(pidof xenguest)"
is "$(ended "$dom")" 137 'one is killed'
listen "$dom"
talk 'the next one serves' say "$(cmd quit)" hear "$OK" end
is "$(ended "$dom")" 0 'and ends with 0'
left_nothing 'after that'

# Nobody will come for what this one restores, and nothing comes to restore. Waiting
# for two minutes costs a minute here; tests/cli/listen.sh does so in every check.
if is_long; then
    mkfifo /tmp/still
    sleep 1000 >/tmp/still &
    holder=$!
    create --type pvh --mem 64 --vcpus 1
    listen "$dom"
    talk 'a receiver, told to quit before anything has come' \
        fds r:/tmp/still "$(cmd migrate_init)" hear "$OK" \
        say '{"execute":"set_args","arguments":{"store_port":"1","console_port":"2","mem_pnode":"0"}}' \
        hear "$OK" say "$(cmd restore)" hear "$OK" say "$(cmd quit)" hear "$OK"
    is "$(ended "$dom" 150)" 1 'it waits for two minutes, and ends with 1'
    like "$(cat "/tmp/emp.$dom")" 'error:xenguest: *no client for 120 s' 'and says why'
    kill "$holder"
    left_nothing 'after that'
    destroy "$dom"
fi

dom=$guest
goes_on "$dom" "$(count_of "$dom")" 'the guest'
destroy "$dom"

done_testing
