#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# images.sh, emulator.sh and tree.sh keep what they have made only if it is whole. A
# limit for the size of files plays the full disk, functions and files of ours the rest.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/tap.sh"
scripts=$(cd "$(dirname "$0")" && pwd)

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
export XG_HOST_CACHE=$dir/cache
here=$dir/scripts
mkdir "$here" "$dir/bin" "$dir/modules"
cp "$scripts"/{images,emulator,tree}.sh "$here"
# shellcheck source=tests/host/images.sh
. "$here/images.sh"
# shellcheck source=tests/host/emulator.sh
. "$here/emulator.sh"
# shellcheck source=tests/host/tree.sh
. "$here/tree.sh"

# cached: what is in the cache, without the sums in the names.
cached() { (cd "$cache" 2>/dev/null && echo *) | sed 's/-[0-9a-f]\{16\}\>//g'; }

# tries COMMAND...: its status; what it says is in $dir/said.
tries() {
    ("$@") >"$dir/said" 2>&1
    echo $?
}

# ---- any of it

# shellcheck disable=SC2317,SC2329 # make_cached calls it
fill() { echo first >first && "$@" && echo second >second; }
# In the middle of what is not a condition.
# shellcheck disable=SC2317,SC2329
fill_by_steps() {
    echo first >first
    false
    echo second >second
}
# shellcheck disable=SC2317,SC2329
fill_by_pipe() {
    false | cat >first
    echo second >second
}

is "$(tries make_cached "$cache/it" fill false) $(cached)" '2 *' 'the last step fails'
is "$(tries make_cached "$cache/it" fill_by_steps) $(cached)" '2 *' 'one before it fails'
is "$(tries make_cached "$cache/it" fill_by_pipe) $(cached)" '2 *' \
    'what is in front of a pipe fails'
is "$(cat "$dir/said")" "${0##*/}: making it failed" 'which is told'
mkdir -p "$cache/it" && : >"$cache/it/rest"
is "$(tries is_cached "$cache/it")" 1 'a rest of one that was removed is not taken'
is "$(tries make_cached "$cache/it" fill true) $(cached) $(cd "$cache/it" && echo *)" \
    '0 it complete first second' 'all went well'
is "$(tries is_cached "$cache/it")" 0 'which is taken'
rm -rf "$cache"

# ---- packages: on the mirror is what fresh lists name

# shellcheck disable=SC2317,SC2329,SC2032 # fetch calls them, by a sudo of ours too
apt-get() {
    echo "$*" | grep -o 'update$\|download .*' >>"$dir/apt-calls"
    case $* in
    *update) touch "$dir/fresh" ;;
    *) [ -e "$dir/fresh" ] && [ "${*: -1}" = "$on_mirror" ] && touch "$on_mirror"_1.deb ;;
    esac
}
# shellcheck disable=SC2317,SC2329
sudo() { "$@"; }
# shellcheck disable=SC2317,SC2329
dpkg() { mkdir -p "$3" && cp "$2" "$3"; }
# fetches PACKAGE: the status, apt-get's calls, and what is there then.
fetches() {
    rm -rf "$dir/apt-calls" "$dir/fetched"
    mkdir "$dir/fetched"
    (cd "$dir/fetched" && fetch "$1") >"$dir/said" 2>&1
    echo "$? $(paste -sd , "$dir/apt-calls") $(cd "$dir/fetched" && echo */*)"
}

on_mirror=xen
is "$(fetches xen)" '0 download xen,update,download xen packages/xen_1.deb' \
    'lists that are too old are updated, once'
is "$(fetches xen)" '0 download xen packages/xen_1.deb' 'fresh ones are not'
is "$(fetches linux)" '2 download linux,update,download linux */*' \
    'what is not on the mirror is not tried for ever'

# ---- the emulator

qemu=$dir/bin/qemu-system-x86_64
head -c 100000 /dev/zero >"$qemu" && chmod 755 "$qemu"
# shellcheck disable=SC2154
head -c 50000 /dev/zero >"$dir/modules/$turns"
: >"$dir/modules/other.so"
PATH=$dir/bin:$PATH
# shellcheck disable=SC2034
qemu_modules=$dir/modules

# with_room KIB COMMAND...: for a file.
# shellcheck disable=SC2317,SC2329
with_room() { ulimit -f "$1" && shift && "$@"; }

for room in 20 60; do
    is "$(tries with_room $room make_emulator) $(cached)" '2 *' \
        "the disk is full after $room KiB: no emulator is left"
done
is "$(tries make_emulator) $(cached)" '0 emulator' 'with room it is made'
make_emulator
is "$(cmp "$qemu" "${emulator[2]}"; echo $?)" 0 'and is whole'
is "$(cd "$cache"/emulator-*/modules && echo * && cmp "$turns" "$dir/modules/$turns")" \
    "$turns other.so" 'with its modules'
is "$(stat -c %s "$dir/modules/$turns") $([ -L "$dir/modules/$turns" ]; echo $?)" \
    '50000 1' "the machine's own are as they were"
echo '# another' >>"$here/emulator.sh"
is "$(tries make_emulator) $(cached)" '0 emulator emulator' \
    'a change of the script makes it anew'
rm -rf "$cache"

# ---- another release's tree

xen_release() { echo 4.17; }
# shellcheck disable=SC2317,SC2329
write_sources() { :; }
# shellcheck disable=SC2317,SC2329
apt_of() {
    case $2,$3 in
    apt-cache,depends) echo '  Depends: linux-image-6.12-amd64' ;;
    apt-get,download) touch {xen,zlib}.deb ;;
    esac
}
# What is in the way comes with the last of the packages.
broken=zlib.deb
# shellcheck disable=SC2317,SC2329
dpkg() {
    mkdir -p "$3/boot" && touch "$3/boot/xen-4.20-amd64.gz" "$3/$2"
    [ "$2" != "$broken" ]
}
is "$(tries make_release_tree 4.20) $(cached)" '2 *' \
    'a package is not unpacked: no tree is left'
broken=''
is "$(tries make_release_tree 4.20) $(cached)" '0 xen-4.20' 'else there is one'
make_release_tree 4.20
is "$(cd "$tree" && find . -type f | sort | paste -sd ' ')" \
    './boot/xen-4.20-amd64.gz ./xen.deb ./zlib.deb' 'and is whole'
echo '# another' >>"$here/tree.sh"
is "$(tries make_release_tree 4.20) $(cached)" '0 xen-4.20 xen-4.20' \
    'a change of the script makes it anew'

end_tests
