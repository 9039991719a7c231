#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# setup.sh, environment.sh and judge.sh: whose environment it is makes no difference,
# packages are there or missed, a build does without what was left halfway, and one
# version of a program that looks for faults decides. Programs of ours stand in for apt's
# and for the autotools.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -u
scripts=$(cd "$(dirname "$0")/../../scripts" && pwd)
# shellcheck source=tests/host/tap.sh
. "$(dirname "$0")/../host/tap.sh"

# Programs run there, which /tmp may not let: in the build's folder.
stage=$(mktemp -d "$PWD/test_setup.XXXXXX") || exit 99
trap 'rm -rf "$stage"' EXIT
export stage
mkdir "$stage/bin"

# stand_in NAME: for a program; its script is what is read.
stand_in() {
    { echo '#!/bin/sh' && cat; } >"$stage/bin/$1"
    chmod 755 "$stage/bin/$1"
}

# in_setup COMMANDS: with setup.sh of $scripts, in an environment that is not ours.
# shellcheck disable=SC2016
in_setup() {
    env -i "PATH=$stage/bin:$PATH" "stage=$stage" SHELL=/usr/sbin/nologin LANG=de_DE.UTF-8 \
        LANGUAGE=de bash -c "umask 077; . '$scripts/setup.sh'; $1" \
        2>&1
}

# ---- whose environment it is

# shellcheck disable=SC2016
is "$(in_setup 'echo "$LC_ALL $SHELL $(umask) $HOME"')" \
    "C /bin/sh 0022 $(unset HOME && echo ~)" 'an environment of ours'
is "$(HOME=/somewhere bash -c ". '$scripts/environment.sh'; echo \$HOME")" /somewhere \
    'a home that there is stays'

# ---- packages: those in $stage/has are there, apt-get adds those in $stage/archive

stand_in dpkg-query <<'EOT'
for name; do :; done
grep -qx "$name" "$stage/has" && printf installed
EOT
stand_in apt-cache <<'EOT'
case $2 in
xen-system-amd64) word=xen-utils-4.17 ;;
clang) word=clang-14 ;;
esac
case ${LC_ALL:-} in
C) echo "  Depends: $word" ;;
*) echo "  Haengt ab von: $word" ;;
esac
EOT
# The lock is another's for so many calls.
stand_in apt-get <<'EOT'
echo "$*" | grep -oE 'update$|install .*' >>"$stage/apt-calls"
if [ -s "$stage/locked" ]; then
    sed -i 1d "$stage/locked"
    echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1' >&2
    exit 100
fi
case $* in
*install*)
    for name; do
        ! grep -qx "$name" "$stage/archive" || echo "$name" >>"$stage/has"
    done
    ;;
*) [ -e "$stage/archive" ] || { echo 'E: no such mirror' >&2; exit 100; } ;;
esac
EOT
stand_in sudo <<'EOT'
exec "$@"
EOT
stand_in sleep <<'EOT'
EOT

# shellcheck disable=SC2016
in_setup 'printf "%s\n" "${packages[@]}"' >"$stage/named"
printf '%s\n' xen-utils-4.17 libclang-rt-14-dev >>"$stage/named"

# installs TEXT WANTED HAS ARCHIVE: files with what is there, and what could be; the
# status, the last line and apt-get's calls.
installs() {
    cat "$3" >"$stage/has"
    cat "$4" >"$stage/archive"
    rm -f "$stage/apt-calls"
    touch "$stage/apt-calls"
    said=$(in_setup install_packages)
    is "$? $(echo "$said" | tail -n 1)|$(paste -sd '|' "$stage/apt-calls")" "$2" "$1"
}

grep -vx 'gcc\|libclang-rt-14-dev' "$stage/named" >"$stage/most"
installs 'all is there: nothing is asked' '0 |' "$stage/named" /dev/null
installs 'what is missing is installed' \
    '0 == Installing: gcc libclang-rt-14-dev|update|install gcc libclang-rt-14-dev' \
    "$stage/most" "$stage/named"
printf '1\n2\n' >"$stage/locked"
installs 'another has the lock for a while' \
    '0 == Installing: gcc libclang-rt-14-dev|update|update|update|install gcc libclang-rt-14-dev' \
    "$stage/most" "$stage/named"
echo gcc >"$stage/gcc"
installs 'apt-get is content, and a package is missing still' \
    '1 setup: not installed: libclang-rt-14-dev|update|install gcc libclang-rt-14-dev' \
    "$stage/most" "$stage/gcc"

# ---- what programs that look for faults say

# judged VERSION COMMAND...: where version 2 decides.
judged() {
    # shellcheck source=scripts/judge.sh
    (. "$scripts/judge.sh" && judge it "$1" 2 5 "${@:2}") >"$stage/said"
    echo "$? $(paste -sd '|' "$stage/said")"
}

is "$(judged 2 true)" '0 ok - it, 5 files' 'nothing is found'
is "$(judged 2 eval 'echo fault && false')" '1 # fault|not ok - it' \
    'a fault that is found'
is "$(judged 3 eval 'echo fault && false')" \
    '0 # fault|ok - it: only it 2 decides, this is 3' 'by a version that does not decide'

# ---- builds: of a source that has been left at any point

stand_in autoreconf <<'EOT'
echo autoreconf >>"$stage/build-calls"
printf '#!/bin/sh\ntouch Makefile\n' >configure
chmod 755 configure
touch Makefile.in
EOT
stand_in make <<'EOT'
echo make >>"$stage/build-calls"
EOT
mkdir -p "$stage/source/scripts"
cp "$scripts"/{setup,environment}.sh "$stage/source/scripts"
scripts=$stage/source/scripts

# builds TEXT WANTED: what was called.
builds() {
    rm -rf "$stage/build-calls" "$stage/source/build"
    in_setup "build_project '$stage/source/build'" >"$stage/said"
    is "$? $(paste -sd ' ' "$stage/build-calls")" "$2" "$1"
}

builds 'a fresh clone: configure is made' '0 autoreconf make'
builds 'which is done once' '0 make'
rm "$stage/source/Makefile.in"
builds 'autoreconf was interrupted' '0 autoreconf make'
stand_in autoreconf <<'EOT'
echo autoreconf >>"$stage/build-calls"
exit 1
EOT
rm "$stage/source/configure"
builds 'autoreconf fails: so does the build' '1 autoreconf'

end_tests
