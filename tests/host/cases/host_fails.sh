# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# host_fails.sh - the host gives way under a build: Xen has no memory left in each of
# its phases, a node is emptied behind the plan's back, xenstored stands still or dies,
# /run can't be written to. A build ends with its one line or goes on, and leaves
# nothing.
# host: long=yes takes=1500
. numa.sh
. remains.sh

# as_before TEXT
as_before() {
    same_host 8
    is $? 0 "$1: the host is as before${changed:+ ($changed)}"
}

# ---- Xen has so much memory left, from hardly any up to more than the guest takes

# The one who has all other memory comes between the empty domain and its build.
takes_all_but() {
    guest hvm $(($(free_pages) / 256 - $1 - 32)) --bios none
    vmctl build "$dom" >/dev/null || fail "all but $1 MiB is taken"
}

# ends_with MIB: how a build of a $kind guest with $policy ends: + or -, into $end.
# With $late it has its plan, and no claim, when the memory goes.
ends_with() {
    small_guest "$kind" -p numa/policy="$policy" ${late:+-p numa/claim=off}
    built=$dom
    if [ "$late" ]; then
        start_held
        takes_all_but "$1"
        let_go
    else
        takes_all_but "$1"
        vmctl build "$built" >/tmp/held 2>&1
    fi
    status=$?
    # A guest that is built is told of in lines of vmctl's own.
    output=$(grep -v '^result \|^seconds ' /tmp/held)
    # vmctl's status is 1 for a well-formed error:.
    case $status,$output in
    0,) end=+ ;;
    1,*emory* | 1,*MiB* | 1,*[[]12[]]*) end=- ;;
    *) end="$status" ;;
    esac
    [ "$(echo "$output" | wc -l)" -eq 1 ] || end="$end, more than a line"
    [ "$end" = + ] || [ "$end" = - ] || echo "# $1 MiB: $output"
    destroy "$dom"
    destroy "$built"
}

# ends WHAT: with hardly any memory left, and more and more of it
ends() {
    what="$kind, $policy, $1" ends=''
    for mib in 0 16 32 48 64 80 96 112 128 144; do
        ends_with $mib
        ends="$ends $end"
    done
    # Nothing is left of it, and so nothing alike, if there is any other sign in it.
    like "${ends##*[! +-]*}" ' -*- +*+' "$what: says so, or builds ($ends)"
    as_before "$what"
}

note_host
for kind in pv hvm pvh; do
    for policy in any best-effort strict; do
        late='' ends 'too little memory'
    done
    for policy in best-effort interleave; do
        late=yes ends 'too little memory behind the plan'
    done
done

# ---- a node is emptied between the plan and the first page: what the build that is
# held has reserved is put where the other builder does not look

# emptied POLICY: the build's output is in $output, its end in $status.
emptied() {
    what="$1, an emptied node"
    guest hvm 300 --bios none -p numa/policy="$1" -p numa/nodes=2 -p numa/claim=host
    built=$dom
    hold_build "$what"
    # What it has claimed is not there for others, but on no node.
    mv /run/xenguest /run/aside
    guest hvm $(($(node_free 2) - 40)) --bios none -p numa/policy=strict -p numa/nodes=2
    run "$what: another guest takes it" vmctl build "$dom"
    rm -r /run/xenguest
    mv /run/aside /run/xenguest
    let_go
    status=$? output=$(cat /tmp/held)
}

emptied strict
like "$status,$output" '1,error:*node 2: * MiB *' "$what: fails, and says why"
is "$(vmctl get "$built" claim)" 0 "$what: no claim is left"
destroy "$dom"
destroy "$built"
as_before "$what"

emptied best-effort
is "$status" 0 "$what: builds"
other=$dom dom=$built
[ "$(result spilled)" -gt 0 ]
is $? 0 "$what: $(result spilled) pages spilled"
published_is_true "$what"
destroy "$other"
destroy "$built"
as_before "$what"

# ---- xenstored stands still at any moment, and goes on

rm -f /tmp/debuglog
for kind in pv pvh hvm; do
    for ms in 20 60 100 150 200 300; do
        small_guest "$kind" -p numa/policy=strict
        vmctl build "$dom" -- -debuglog /tmp/debuglog >"/tmp/out.$dom" 2>&1 &
        job=$!
        usleep ${ms}000
        kill -STOP "$(cat /run/xenstored.pid)"
        sleep 3
        kill -CONT "$(cat /run/xenstored.pid)"
        wait $job
        is $? 0 "$kind, xenstored stands still after $ms ms: builds then"
        published_is_true "$kind, xenstored stands still after $ms ms"
        destroy "$dom"
    done
done
waits=$(grep -c 'waiting for xenstored' /tmp/debuglog)
[ "$waits" -gt 0 ]
is $? 0 "xenstored stands still: $waits builds had to wait for it"
as_before 'xenstored stands still'

# ---- xenstored dies at any moment, and another one knows nothing of what it knew

# What counts is how xenguest ends: vmctl has its own words for what is gone then, and
# for a domain that it does not know any more before it has begun one.
for kind in pv pvh hvm; do
    for ms in 10 20 30 40 60 100 200; do
        what="$kind, xenstored dies after $ms ms"
        begin_work "$kind" strict build
        job=$!
        usleep ${ms}000
        restart_daemons
        wait $job
        is "$(grep -c '^error:xenguest: \|^result \|was not made by vmctl$' \
            "/tmp/out.$dom")" 1 "$what: fails, or builds"
        is "$(pidof xenguest),$(vmctl get "$dom" claim)" ,0 \
            "$what: has ended, and no claim is left"
        destroy "$dom"
    done
    small_guest "$kind" -p numa/policy=strict
    run "$kind: with another xenstored: builds" vmctl build "$dom"
    published_is_true "$kind: with another xenstored"
    destroy "$dom"
done
# Xenstore itself is another one.
remains >"$noted"
as_before 'xenstored dies'

# ---- /run can't be written to, or has no room

# in_run OPTIONS: /run/xenguest is a file system of its own
in_run() {
    rm -rf /run/xenguest && mkdir -m 700 /run/xenguest
    mount -t tmpfs -o "mode=700,$1" none /run/xenguest
}

for state in 'read-only below' read-only full; do
    unwritten=/run/xenguest/
    case $state in
    'read-only below')
        unwritten=/run/xenguest # the folder itself can't be made
        rm -rf /run/xenguest
        mount --bind /run /run
        mount -o remount,bind,ro /run
        ;;
    read-only) in_run ro ;;
    full)
        in_run size=8k
        dd if=/dev/zero of=/run/xenguest/rest bs=4k 2>/dev/null
        ;;
    esac
    small_guest hvm -p numa/policy=strict
    refuse "/run is $state, strict: fails" "error:*$unwritten*" vmctl build "$dom"
    destroy "$dom"
    small_guest hvm -p numa/policy=best-effort
    run "/run is $state, best-effort: builds" vmctl build "$dom" -- -debuglog /tmp/log
    like "$(cat /tmp/log)" "*$unwritten*" "/run is $state, best-effort: the log says so"
    published_is_true "/run is $state, best-effort"
    destroy "$dom"
    small_guest hvm
    run "/run is $state, no policy: builds" vmctl build "$dom"
    destroy "$dom"
    umount /run/xenguest 2>/dev/null || umount /run
    as_before "/run is $state"
done
done_testing
