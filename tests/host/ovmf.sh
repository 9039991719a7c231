# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# ovmf.sh - the UEFI firmware for Xen guests.
#
# The OVMF that Debian 12 has is edk2's platform for KVM, which has not known
# Xen since 2021. The platform for Xen, OvmfXen, is in the same source package
# and in no Debian package, so it is built here: once, for the cases that ask
# for it.
# Sourced by run-host after images.sh. Sets $ovmf, a cpio archive that puts the
# image where Debian's is.
# shellcheck disable=SC2034,SC2154

# Debian 12's, next to its ovmf in the archive.
edk2=edk2_2022.11.orig.tar.xz
edk2_sha256=64257dd8a2778c969b8a869cd3b6eda2db2a346bfcf24dc729859745968f1fd6

fetch_edk2() {
    local uri

    uri=$(apt-get download --print-uris ovmf | cut -d"'" -f2)
    /usr/lib/apt/apt-helper -q -o APT::Sandbox::User=root download-file \
        "${uri%/*}/$edk2" "$PWD/$edk2" "SHA256:$edk2_sha256" &&
        mkdir edk2 && tar -xJf $edk2 -C edk2 --strip-components=1
}

# One change to the source. An interrupt handler writes CR8 at its end; QEMU 7.2
# aborts, by an assertion, if a guest of Xen does that while the next interrupt
# waits. OVMF leaves CR8 at 0: not to write it makes no difference.
adapt_edk2() {
    sed -i '/^ *mov *cr8, rax/d' \
        UefiCpuPkg/Library/CpuExceptionHandlerLib/X64/*.nasm
}

# Without BrotliCompress, whose source Debian has taken out. GCC5 stands for
# any gcc since.
build_edk2() {
    set +u # edksetup.sh is not made for it
    unset WORKSPACE CONF_PATH EDK_TOOLS_PATH PACKAGES_PATH
    export PYTHON3_ENABLE=TRUE PYTHON_COMMAND=/usr/bin/python3
    # shellcheck disable=SC1091 # edk2's
    . ./edksetup.sh &&
        make -C BaseTools/Source/C -j "$(nproc)" APPLICATIONS='VfrCompile
            GenFfs GenFv GenFw GenSec GenCrc32 LzmaCompress TianoCompress' &&
        build -n "$(nproc)" -a X64 -t GCC5 -b RELEASE \
            -p OvmfPkg/OvmfXen.dsc -D NETWORK_ENABLE=FALSE
}

# A host whose OVMF cannot be built has Debian's, and the case fails.
make_ovmf() {
    local folder work

    folder=$cache/ovmf-$(sha256sum <"$here/ovmf.sh" | cut -c1-16)
    ovmf=$folder/ovmf.cpio
    ! is_cached "$folder" || return 0

    say 'building OVMF for Xen, some two minutes'
    work=$(mktemp -d "$cache/work.XXXXXX")
    (
        cd "$work" && fetch_edk2 && cd edk2 && adapt_edk2 && build_edk2 &&
            install -D Build/OvmfXen/*/FV/OVMF.fd \
                "$work/root/usr/share/ovmf/OVMF.fd" &&
            pack "$work/root" >"$work/ovmf.cpio" && touch "$work/complete"
    ) >"$work/log" 2>&1 </dev/null || {
        tail -n 20 "$work/log" >&2
        rm -rf "$work"
        say 'building OVMF failed'
        return 1
    }
    rm -rf "$work"/{edk2*,root}
    keep_cached "$work" "$folder"
}
