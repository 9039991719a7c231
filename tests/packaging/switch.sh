#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# xenguest-switch in a root of its own, without dpkg's database and with it: there
# and back, updates of the original at any time, killed at each step, and what it
# refuses.
# Programs run in its folder, which /tmp may not let.
export TMPDIR="${CONFIG_H%/*}"
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"

switch=$(dirname "$0")/../../packaging/xenguest-switch
root=$dir/root
place=$root/usr/libexec/xen/bin/xenguest
program=$root/usr/libexec/xenguest-numa/xenguest
named=/usr/libexec/xen/bin/xenguest
divert() { dpkg-divert --root "$root" "$@"; }

# host KIND: a host with an original and with our program, switched off.
host() {
    kind=$1
    rm -rf "$root"
    mkdir -p "$root/usr/libexec/xen/bin" "$root/usr/libexec/xenguest-numa"
    if [ "$kind" = deb ]; then
        mkdir -p "$root/etc" "$root/var/lib/dpkg"
        touch "$root/etc/debian_version" "$root/var/lib/dpkg/status"
    fi
    program original 1 >"$place"
    program ours 1 >"$program"
    chmod 755 "$place" "$program"
    cp -p "$place" "$dir/wanted"
    inode=$(stat -c '%i %a %Y' "$place")
}

program() { printf '#!/bin/sh\necho %s %s\n' "$1" "$2"; }

# update RELEASE: as the package's own tool does, to where it has to be.
update() {
    at=$place
    if [ "$kind" = deb ]; then
        at=$root$(divert --truename "$named")
    fi
    program original "$1" >"$at.tool" && chmod 755 "$at.tool"
    cp -p "$at.tool" "$dir/wanted"
    mv -f "$at.tool" "$at"
}

# switch WORD: leaves $status, stdout, stderr.
switch() {
    "$switch" --root "$root" "$@" >"$dir/stdout" 2>"$dir/stderr"
    status=$?
}

says() { [ "$("$place" 2>&1)" = "$1" ]; }
told() { grep -qxE "$1" "$dir/stdout" && [ ! -s "$dir/stderr" ] && [ "$status" = 0 ]; }
refused() {
    [ "$status" = 1 ] && [ ! -s "$dir/stdout" ] &&
        [ "$(wc -l <"$dir/stderr")" = 1 ] &&
        grep -qE "^xenguest-switch: $1" "$dir/stderr"
}

# The original of the last release is at its place, and nothing of ours is left.
as_it_was() {
    cmp -s "$place" "$dir/wanted" && [ ! -L "$place" ] &&
        [ "$(ls "${place%/*}")" = xenguest ] &&
        { [ "$kind" = rpm ] || [ -z "$(divert --list '*xenguest*')" ]; }
}

enabled() { says 'ours 1' && cmp -s "$place.original" "$dir/wanted"; }

# ---- there and back ----

for kind in rpm deb; do
    host "$kind"
    switch status
    holds "$kind: at first the original is the host's" \
        told "disabled: $named is the original"
    switch disable
    holds "$kind: disable of what is not enabled is no error" as_it_was
    switch enable
    holds "$kind: enable, in a line" \
        told "enabled: $named is ours, the original is kept as $named.original"
    holds "$kind: ours runs, the original is kept" enabled
    switch enable
    holds "$kind: enable once more changes nothing" enabled
    switch status
    holds "$kind: status says it" told "enabled: $named is ours, .*"
    switch disable
    holds "$kind: disable, in a line" told "disabled: $named is the original"
    holds "$kind: the original is back" as_it_was
    holds "$kind: ... it is the same file, not a copy" \
        [ "$(stat -c '%i %a %Y' "$place")" = "$inode" ]

    switch enable
    program ours 1 >"$program.tool" && chmod 755 "$program.tool"
    mv "$program.tool" "$program"
    switch disable
    holds "$kind: an update of ours does not stand in the way" as_it_was

    # ---- updates of the original ----

    host "$kind"
    update 2
    switch refresh
    holds "$kind: an update while disabled leaves it disabled" as_it_was
    switch enable
    update 3
    [ "$kind" = deb ] || holds 'rpm: an update puts the original back' \
        says 'original 3'
    switch status
    [ "$kind" = deb ] || holds 'rpm: ... which status tells' \
        told 'disabled: .* put back: .xenguest-switch enable. .*'
    switch refresh
    holds "$kind: after an update and refresh ours is the host's" enabled
    switch disable
    holds "$kind: ... and the new original comes back" as_it_was

    host "$kind"
    switch enable
    update 2
    switch disable
    holds "$kind: disabled after an update, without refresh" as_it_was
done

# ---- killed at each step ----

# Stands for each program that changes something, and kills the script after call
# number $XG_KILL_AT.
mkdir "$dir/bin"
for name in ln mv rm dpkg-divert; do
    cat >"$dir/bin/$name" <<EOT
#!/bin/bash
case \$0:\$* in
*dpkg-divert:*--listpackage*) ;;
*)
    echo x >>"\$XG_KILL_COUNT"
    if [ "\$(wc -l <"\$XG_KILL_COUNT")" = "\$XG_KILL_AT" ]; then
        $(command -v $name) "\$@"
        kill -9 \$PPID
        exit 1
    fi
    ;;
esac
exec $(command -v $name) "\$@"
EOT
    chmod +x "$dir/bin/$name"
done

# killed STEP WORD: was it, and is there a program all the same?
killed() {
    host "$kind"
    [ "$2" = enable ] || switch enable
    rm -rf "$dir/count" "$dir/killed"
    env "XG_KILL_AT=$1" "XG_KILL_COUNT=$dir/count" "PATH=$dir/bin:$PATH" \
        "$switch" --root "$root" "$2" >"$dir/stdout" 2>"$dir/stderr"
    [ $? = 137 ] && cp -a "$root" "$dir/killed"
}

# after_kill NEXT: what comes after it.
after_kill() {
    "$place" >/dev/null || return
    case $1 in
    enable) switch enable && enabled ;;
    disable) switch disable && as_it_was ;;
    update-enable) update 2 && switch enable && enabled ;;
    update-disable) update 2 && switch disable && as_it_was ;;
    esac
}

for kind in rpm deb; do
    for word in enable disable; do
        step=1
        while killed $step $word; do
            for next in enable disable update-enable update-disable; do
                rm -rf "$root"
                cp -a "$dir/killed" "$root"
                program original 1 >"$dir/wanted"
                after_kill $next ||
                    fail "$kind: $word killed after step $step, then $next"
            done
            step=$((step + 1))
        done
        holds "$kind: $word, killed after each of its $((step - 1)) steps" \
            [ $step -gt 2 ]
    done
done

# ---- what it refuses, and what it tells besides ----

host deb
divert --quiet --no-rename --package other --divert "$named.other" --add "$named"
switch enable
holds "another's diversion" refused "$named is diverted by other: see dpkg-divert"

host rpm
switch on
holds 'a word that is none' refused "'on' is not one of enable, disable, status"
switch
holds 'no word' refused "'' is not one of"
switch enable now
holds 'two words' refused "one word is enough, not 'enable now'"
status=0
"$switch" --root "$dir/none" status 2>"$dir/stderr" >"$dir/stdout" || status=$?
holds 'no root' refused "--root needs a folder, not '$dir/none'"
rm "$place"
switch enable
holds 'no original' refused "$named is missing or no program: install "
switch status
holds '... which status tells' told "disabled: $named is missing: install .*"
host rpm
rm -r "$root/usr/libexec/xen"
switch enable
holds 'no folder for it' refused "${named%/*} is missing: is this a XenServer"
host rpm
rm "$program"
switch enable
holds 'ours is missing' refused '/usr/libexec/xenguest-numa/xenguest is missing: '
holds '... and nothing has changed' as_it_was
host rpm
printf '#!/bin/sh\necho "no libxenguest.so.4.99"\nexit 127\n' >"$program"
switch enable
holds 'a program that does not start stays away' \
    refused '.* does not run on this host \(no libxenguest.so.4.99\): install '
holds '... and nothing has changed' as_it_was
host rpm
switch enable
rm "$place.original"
switch disable
holds 'the original is lost' refused "$named.original is missing: install "
holds '... so ours stays' says 'ours 1'
switch status
holds '... which status tells' told "enabled: .* is missing: install .*"

# A process for each of: listening with the original, deleted since; listening
# with ours; building with the original.
host rpm
while read -r number exe words; do
    mkdir -p "$root/proc/$number"
    ln -s "$(echo "$exe" | tr + " ")" "$root/proc/$number/exe"
    printf '%s' "$words" | tr ' ' '\0' >"$root/proc/$number/cmdline"
    printf '\0' >>"$root/proc/$number/cmdline"
done <<EOT
11 $named+(deleted) xenguest -debug -domid 3 -controloutfd 2 -mode listen
12 $named.original xenguest --mode=listen --domid=9 -debug
13 /usr/libexec/xenguest-numa/xenguest xenguest -domid 5 -mode listen
14 $named xenguest -mode hvm_build -domid 6
15 /usr/bin/other other -mode listen -domid 8
EOT
switch enable
holds 'who is served by the original still' \
    told '.*; domains still served by the original: 3 9'
switch disable
holds 'who is served by ours still' told '.*; domains still served by ours: 5'

# ---- another one is at work ----

# hold: it is $holder.
hold() {
    host rpm
    rm -f "$dir/held"
    (
        exec 9<"${place%/*}"
        flock 9
        : >"$dir/held"
        exec sleep 1000
    ) &
    holder=$!
    eventually [ -e "$dir/held" ]
}
waits() {
    grep -qx "xenguest-switch: waiting for another one, which has ${named%/*} locked" \
        "$dir/stderr"
}

hold
"$switch" --root "$root" enable >"$dir/stdout" 2>"$dir/stderr" &
switching=$!
holds 'one that has to wait says so' eventually waits
holds '... and changes nothing meanwhile' as_it_was
kill $holder
wait $switching
status=$?
holds '... and enables then' enabled
holds '... with no other word' [ "$status $(wc -l <"$dir/stderr")" = '0 1' ]

# Stands for flock, with a second of patience instead of a minute.
cat >"$dir/bin/flock" <<EOT
#!/bin/bash
[ "\$*" != '-w 60 9' ] || set -- -w 1 9
exec $(command -v flock) "\$@"
EOT
chmod +x "$dir/bin/flock"
hold
env XG_KILL_AT=0 "XG_KILL_COUNT=$dir/count" "PATH=$dir/bin:$PATH" \
    timeout 600 "$switch" --root "$root" enable >"$dir/stdout" 2>"$dir/stderr"
status=$?
# The first line has gone to the standard error, too.
sed -i 1d "$dir/stderr"
holds 'it does not wait for ever, and names the other' refused \
    "${named%/*} is still locked after 60 s, .*: see what keeps process $holder\$"
holds '... and nothing has changed' as_it_was
kill $holder

if [ "$(id -u)" = 0 ]; then
    # The source and the build may be where only root can look.
    setpriv --reuid 65534 --clear-groups bash -s enable <"$switch" \
        >"$dir/stdout" 2>"$dir/stderr"
    status=$?
else
    "$switch" enable >"$dir/stdout" 2>"$dir/stderr"
    status=$?
fi
holds 'not root' refused 'only root can enable it: sudo xenguest-switch enable'
finish
