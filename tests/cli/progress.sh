#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# What somebody sees who builds by hand, on terminals of several kinds and where there
# is none; and that a plan is the same on all of them.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

export XENGUEST_RUN_DIR="$dir/run"

# world KIND: with a policy that uses all of its nodes.
world() {
    four_nodes "$1"
    host host/free_mib 1280
    host domain/max_pages 262144
    store platform/numa/policy interleave
}

# on_terminal TERM COLUMNS OPTION...: with stdout and stderr on it; $dir/screen has
# each byte that it got.
on_terminal() {
    term=$1 columns=$2
    shift 2
    : >"$dir/calls"
    cat >"$dir/command" <<END
stty rows 40 cols $columns
export TERM=$term XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store
export XG_FAKE_LOG=$dir/calls XG_FAKE_FAIL=$failure
[ ! -e $dir/saved ] || exec 4<$dir/saved
exec ${XG_WRAPPER:-} $XENGUEST $* </dev/null 8>$dir/control
END
    script -qec "sh $dir/command" /dev/null </dev/null >"$dir/screen" 2>&1
    status=$?
}

# The lines that were shown in turn, those written over too. How long it took, and so
# how many they are, depends on the machine.
lines() { tr '\r' '\n' <"$dir/screen" | sed '/^$/d; s/, [0-9]* s/, N s/'; }

# On the screen in the end, where what comes later is written over the blanks.
left() { lines | grep -v ' MiB of \|^ *$'; }

# blanked: before the last line.
blanked() { [ "$(lines | tail -n 2 | head -n 1 | tr -d ' ')" = '' ]; }

build() { on_terminal "$1" "$2" -mode linux_build -domid 7 -mem_max_mib 300 -image "$image"; }

for columns in 80 200; do
    world pv
    build xterm $columns
    holds "$columns columns: builds" [ "$status" = 0 ]
    holds "$columns columns: node, MiB and seconds" [ "$(lines | head -n 1)" = \
        'node 0: 300 MiB of 300 MiB, N s' ]
    holds "$columns columns: the line is blanked before the result" blanked
    holds "$columns columns: the result" [ "$(left)" = '1048642 1048643 x86_64-abi' ]
    holds "$columns columns: no escape sequences" \
        [ "$(tr -d '[:print:]\r\n' <"$dir/screen" | wc -c)" = 0 ]
done

# Nothing that is written over, as it would be left there: the result alone.
for term in dumb ''; do
    world pv
    build "$term" 80
    holds "TERM='$term': the result alone" \
        [ "$(cat "$dir/screen")" = "$(printf '1048642 1048643 x86_64-abi\r')" ]
done
world pv
NO_COLOR=1 build xterm 80
holds 'NO_COLOR: no escape sequences' \
    [ "$(tr -d '[:print:]\r\n' <"$dir/screen" | wc -c)" = 0 ]

world pv
TERM=xterm raw -mode linux_build -domid 7 -mem_max_mib 300 -image "$image"
holds 'no terminal: the result alone' \
    [ "$(cat "$dir/stdout" "$dir/stderr")" = '1048642 1048643 x86_64-abi' ]
world pv
on_terminal xterm 80 -controloutfd 8 -mode linux_build -domid 7 -mem_max_mib 300 \
    -mem_start_mib 300 -image "$image" -ramdisk "''" -cmdline x -features "''" \
    -flags 0 -store_port 3 -console_port 4
holds 'a control pipe: the terminal gets nothing' \
    [ "$status:$(cat "$dir/control" "$dir/screen")" = \
        '0:result:1048642 1048643 x86_64-abi' ]
world pv
on_terminal xterm 80 -mode linux_build -domid 7 -mem_max_mib 300 -image "$image" \
    -debuglog /dev/stderr
holds 'a debug log on the terminal: no line amid it' \
    [ "$status:$(grep -c 'MiB of' "$dir/screen")" = 0:0 ]

world pv
failure=xc_dom_build_image:1:EIO
build xterm 80
holds 'a failure: one line tells it' \
    [ "$status:$(left | grep -c '^xenguest: xc_dom_build_image: ')" = 1:1 ]
holds 'a failure: the line of progress is blanked before it' blanked

# Of a file that a save wrote; the last line has all that was counted.
world hvm
echo 'done' >"$dir/answer"
raw -controloutfd 8 -controlinfd 9 -domid 7 -mode hvm_save -fd 7 \
    7>"$dir/saved" 8>"$dir/control" 9<"$dir/answer"
restore() {
    world hvm
    host restore/pages 16384
    store platform/numa/policy "$1"
    on_terminal xterm 80 -mode hvm_restore -domid 7 -fd 4
}
restore strict
holds 'a restore: succeeds' [ "$status:$(left)" = '0:1111 2222' ]
holds 'a restore: at most what the domain may have' [ "$(lines | head -n 1)" = \
    'node 1: 2 MiB of at most 1024 MiB, N s' ]
restore ''
holds 'a restore without a policy: succeeds' [ "$status:$(left)" = '0:1111 2222' ]
holds 'a restore without a policy: the node is not known' \
    [ "$(lines | head -n 1)" = '4 MiB of at most 1024 MiB, N s' ]

# ---- the plan is plain text wherever it goes

world pv
raw -mode plan -domid 7 -mem_start_mib 300
cp "$dir/stdout" "$dir/piped"
holds 'the plan: is made' grep -q '^  nodes 0-3, ' "$dir/piped"
as_piped() {
    on_terminal "$1" "$2" -mode plan -domid 7 -mem_start_mib 300
    tr -d '\r' <"$dir/screen" >"$dir/wanted"
    cmp -s "$dir/piped" "$dir/wanted"
}
for columns in 80 200; do
    for term in tmux-256color xterm dumb; do
        holds "the plan, $term of $columns columns: as in a pipe" \
            as_piped $term $columns
    done
done
export NO_COLOR=1
holds 'the plan, NO_COLOR: as in a pipe' as_piped xterm 80
unset NO_COLOR

finish
