# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# setup.sh - what scripts/demo and scripts/check both need: the packages, and
# a build. Sourced; sets $top. Debian 12 and later.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/environment.sh
. "$top/scripts/environment.sh"

# To build; to run the test host; to check.
packages=(
    gcc make libc6-dev autoconf automake autoconf-archive libtool pkg-config
    libxen-dev libjson-c-dev libseccomp-dev check jq
    qemu-system-x86 qemu-system-xen xen-utils-common xenstore-utils
    busybox-static cpio binutils xz-utils zstd seabios ovmf ipxe-qemu
    clang clang-format clang-tidy cppcheck shellcheck acpica-tools
    git rpm debhelper lintian
)
# For the long round: to build OVMF; what looks for faults there alone.
long_packages=(
    g++ nasm python3 uuid-dev
    clang-tools valgrind
)

say() { printf '\n== %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The package with Xen's tools has its release in its name.
xen_utils() {
    apt-cache depends xen-system-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(xen-utils-[0-9.]*\)$/\1/p'
}

# The package with libFuzzer has clang's.
fuzzer_runtime() {
    apt-cache depends clang 2>/dev/null |
        sed -n 's/^ *Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p'
}

missing_packages() {
    local name names=("${packages[@]}" "$(xen_utils)" "$(fuzzer_runtime)")

    for name in "${names[@]}"; do
        is_installed "$name" || echo "$name"
    done
}

# apt_get WORD...: ten minutes at most while another apt is at work. Of the locks that
# it wants, apt-get itself waits for dpkg's alone.
apt_get() {
    local said end=$((SECONDS + 600))

    until said=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
        -o DPkg::Lock::Timeout=600 "$@" 2>&1 >/dev/null); do
        [[ $said == *'Could not get lock'* && $SECONDS -lt $end ]] ||
            { printf '%s\n' "$said" >&2 && return 1; }
        sleep 5
    done
}

# Recommended packages stay out: with Xen's tools come the hypervisor and its
# entry in the boot menu.
install_packages() {
    local missing

    [ "${XG_LONG:-0}" = 0 ] || packages+=("${long_packages[@]}")
    [ -n "$(missing_packages)" ] || return 0
    say 'Updating the lists of packages'
    # Old ones may do.
    apt_get update || true
    mapfile -t missing < <(missing_packages)

    say "Installing: ${missing[*]}"
    apt_get -y --no-install-recommends install "${missing[@]}" || return
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -eq 0 ] || {
        echo "setup: not installed: ${missing[*]}" >&2
        return 1
    }
}

# build_project DIR [CONFIGURE-OPTION]...: what is there is brought up to date.
build_project() {
    local dir=$1

    shift
    say "Building in ${dir#"$top"/}${1:+ with $*}"
    # Both are there once autoreconf has come to its end.
    { [ -x "$top/configure" ] && [ -e "$top/Makefile.in" ]; } ||
        (cd "$top" && autoreconf -fi >/dev/null) || return
    mkdir -p "$dir"
    # Of its own it chooses bash, where there is one, for the tests too: what dash
    # does takes half the work.
    [ -e "$dir/Makefile" ] ||
        (cd "$dir" && CONFIG_SHELL=/bin/sh "$top/configure" -q \
            --enable-silent-rules "$@")
    make -s -C "$dir" -j "$(nproc)"
}
