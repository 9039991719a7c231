# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# images.sh - what the test host boots, made once and kept in a cache.
#
#   hypervisor, vmlinux  Xen and the kernel, uncompressed: QEMU and Xen would
#                  take seconds to unpack them, on every boot
#   base.cpio      dom0's user space, with the guests' kernel and images
#   dm.cpio        the device model, for the cases that ask for one
#   hvm-linux.cpio Linux for HVM guests, for the cases that ask for it
#
# The packages are fetched and unpacked, not installed: installing a kernel
# or a hypervisor changes how the machine at hand boots.
# Sourced by run-host, which sets $here. Sets $images, the folder that holds
# the files.
# shellcheck disable=SC2154

cache=${XG_HOST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xenguest-host}

dom0_modules='xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc'

say() { echo "# $*" >&2; }

die() {
    echo "${0##*/}: $*" >&2
    exit 2
}

# ---- the cache: a folder of it is whole, or not there

# is_cached FOLDER: it is, and stays for another week.
is_cached() { [ -e "$1/complete" ] && touch "$1"; }

# make_cached FOLDER COMMAND...: which fills the folder that it runs in. Where one step
# of it fails, as on a full disk, this dies, and nothing is left. No part of a condition:
# there, set -e would not count.
make_cached() {
    local folder=$1 work

    shift
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/work.XXXXXX") || die "can't write to $cache"
    (
        set -e -o pipefail
        cd "$work"
        "$@"
        touch complete
    )
    [ -e "$work/complete" ] ||
        { rm -rf "$work" && die "making ${folder##*/} failed"; }
    keep_cached "$work" "$folder"
}

# keep_cached WORK FOLDER: of a removal that was interrupted there may be a rest.
keep_cached() {
    rm -rf "$2"
    mv -T "$1" "$2" || die "can't write to $cache"
}

# ---- what it is made of

# The Xen release whose tools are installed, such as 4.17.
xen_release() {
    local folders=(/usr/lib/xen-4.*)

    [ -d "${folders[0]}" ] || die 'xen-utils is not installed'
    echo "${folders[-1]#*xen-}"
}

# The real package behind linux-image-amd64.
kernel_package() {
    apt-cache depends linux-image-amd64 |
        sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1
}

# NAME VERSION of the packages to fetch, then of the installed ones that end
# up in an image: with this folder's scripts, all that the images depend on.
image_inputs() {
    local xen=$1 kernel=$2 package

    for package in $kernel ${xen:+xen-hypervisor-$xen-amd64}; do
        apt-cache show --no-all-versions "$package" |
            grep -E '^(Package|Version):' || die "apt does not know $package"
    done
    [ -z "$tree" ] || find "$tree" -printf '%P %s %T@\n' | LC_ALL=C sort
    xen=$(xen_release)
    dpkg-query -W "xen-utils-$xen" "libxenmisc$xen" libxenstore4 libc6 \
        xenstore-utils busybox-static seabios ovmf ipxe-qemu qemu-system-xen \
        qemu-system-data
    (cd "$here" && sha256sum images.sh tree.sh guest/*)
}

download() { apt-get -q=2 -o APT::Sandbox::User=root download "$1" >&2; }

# update_lists: those of the machine; that takes root.
update_lists() {
    say 'updating the lists of packages'
    if [ "$(id -u)" = 0 ]; then
        apt-get -q=2 update >&2
    else
        sudo apt-get -q=2 update >&2
    fi
}

# fetch PACKAGE: unpack it below ./packages. Lists that are older than the mirror's
# name files that are not there any more. Fresh ones may name another kernel, which is
# what the next run asks for.
fetch() {
    say "fetching $1"
    download "$1" || { update_lists && download "$1"; } ||
        die "cannot fetch $1; with fresh lists of packages, try once more"
    dpkg -x "$1"_*.deb packages
    rm -f "$1"_*.deb
}

# vmlinux is inside the bzImage: the boot protocol's header says where the
# compressed part starts and ends; its last 4 bytes are the length of the rest.
extract_vmlinux() {
    local bzimage=$1 sectors offset length

    sectors=$(od -An -tu1 -j $((0x1f1)) -N1 "$bzimage")
    offset=$(od -An -tu4 -j $((0x248)) -N4 "$bzimage")
    length=$(od -An -tu4 -j $((0x24c)) -N4 "$bzimage")
    offset=$(((sectors + 1) * 512 + offset))

    head -c $((offset + length - 4)) "$bzimage" | tail -c +$((offset + 1)) >payload
    case $(od -An -tx1 -N4 payload | tr -d ' ') in
    fd377a58) xz -dc <payload ;;
    28b52ffd) zstd -dc <payload ;;
    1f8b*) gzip -dc <payload ;;
    *) die "do not know how $bzimage is compressed" ;;
    esac
    rm payload
}

# put ROOT FILE...: copy files to the same place below ROOT, links followed.
put() {
    local root=$1 file

    shift
    for file; do
        mkdir -p "$root${file%/*}"
        cp -L "$file" "$root$file"
    done
}

# pack ROOT: a cpio archive as Linux wants it, to stdout.
pack() {
    (cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0)
}

make_guest_images() {
    local root=guest-root

    as --32 -o bootdisk.o "$here"/guest/bootdisk.S
    ld -m elf_i386 -Ttext 0x7c00 --oformat binary \
        -o "$1"/bootdisk.img bootdisk.o

    # From 1 MiB on, with its headers, as hvmloader.
    as --32 -o counter.o "$here"/guest/counter.S
    ld -m elf_i386 -Ttext 0x101000 -o "$1"/counter-hvm counter.o
    as --32 --defsym PVH=1 -o counter.o "$here"/guest/counter.S
    ld -m elf_i386 -Ttext 0x101000 -o "$1"/counter-pvh counter.o
    as --32 -o pv32.o "$here"/guest/pv32.S
    ld -m elf_i386 -Ttext 0x101000 -o "$1"/pv32 pv32.o

    mkdir -p $root/bin
    cp /bin/busybox $root/bin/
    gcc -O2 -static -s -o $root/bin/worker "$here"/guest/worker.c
    gcc -O2 -static -s -o $root/bin/bound "$here"/guest/bound.c
    install "$here"/guest/init $root/init
    pack $root >"$1"/initramfs
}

# put_modules ROOT: those that dom0 needs, as insmod takes them.
put_modules() {
    local folder=$1/lib/modules module

    mkdir -p "$folder"
    for module in $dom0_modules; do
        find packages ${tree:+"$tree/usr/lib"} -path '*/modules/*' \
            -name "$module.ko*" -exec cp -t "$folder" {} +
    done
    find "$folder" -name '*.xz' -exec xz -d {} +
    find "$folder" -name '*.zst' -exec zstd -q -d --rm {} +
    [ "$(find "$folder" -name '*.ko' | wc -l)" -eq 5 ] ||
        die 'dom0 kernel modules are missing'
}

# Threads load it when they end.
put_gcc_library() {
    ldconfig -p | sed -n 's/.*libgcc_s.*x86-64.*=> //p' |
        xargs cp -Lt "$1/usr/lib/x86_64-linux-gnu"
}

make_base() {
    local root=base-root tools tool xenstore clients=()

    tools=$root/usr/lib/$(tree_name)
    mkdir -p $root/{bin,dev,etc/xen,guest,proc,root,run,sys,tmp,usr/bin} \
        $root/var/{lib/xen,lib/xenstored,lock,log/xen} "$tools"/{bin,boot}
    ln -s ../run $root/var/run
    ln -s bin $root/sbin
    touch $root/etc/xen/xl.conf

    for tool in xl xenstored xenconsoled xenconsole xen-init-dom0 xenpm \
        xen-hvmctx; do
        clients+=("$(tree_tool $tool)")
    done
    cp -Lt "$tools/bin" "${clients[@]}"
    cp -Lt "$tools/boot" "$(tree_boot_file hvmloader)"
    # A Xen may be built without the shim.
    ! tool=$(tree_boot_file xen-shim) || cp -Lt "$tools/boot" "$tool"
    # One program under several names.
    xenstore=$(tree_tool xenstore-ls)
    cp -L "$xenstore" $root/usr/bin/xenstore-ls
    for tool in read write rm list exists watch chmod; do
        ln $root/usr/bin/xenstore-{ls,$tool}
    done
    # flock: cases hold a builder with it.
    put $root /bin/busybox /usr/bin/flock \
        /usr/share/seabios/bios-256k.bin /usr/share/ovmf/OVMF.fd
    put_libraries $root /usr/bin/flock "$xenstore" "${clients[@]}"
    put_gcc_library $root
    put_modules $root

    make_guest_images $root/guest
    ln vmlinux $root/guest/vmlinux
    pack $root >base.cpio
}

# The firmware that Debian's SeaBIOS, OVMF and iPXE packages install, and the
# device model that hvmloader's machine wants.
make_dm() {
    local root=dm-root model=/usr/libexec/xen-qemu-system-i386

    put $root $model /usr/share/qemu/keymaps/en-us \
        /usr/share/seabios/{bios-256k,vgabios-stdvga,vgabios-cirrus}.bin \
        /usr/share/qemu/kvmvapic.bin
    put_libraries $root $model
    pack $root >dm.cpio
}

# Linux as an HVM guest's firmware (see guest/hvm-linux.S), beside OVMF's, where
# platform/ovmf-override finds it.
make_hvm_linux() {
    local root=hvm-linux-root kernel image offset initrd_bytes image_bytes

    image=$root/usr/share/ovmf/linux.fd
    kernel=$(kernel_file)
    mkdir -p "${image%/*}"
    gzip -9n <base-root/guest/initramfs >initrd
    offset=$((($(stat -c %s "$kernel") + 4095) / 4096 * 4096))
    initrd_bytes=$(stat -c %s initrd)
    # Whole MiB, as hvmloader puts it.
    image_bytes=$(((offset + initrd_bytes + 65536 + 1048575) >> 20 << 20))
    printf '%s' 'console=hvc0 cryptomgr.notests rodata=off noxsave' \
        ' lpj=5200000 tsc=reliable report=nodes,topology,bound' >cmdline

    as --32 --defsym IMAGE_BYTES=$image_bytes --defsym INITRD_OFFSET=$offset \
        --defsym INITRD_BYTES="$initrd_bytes" -o hvm-linux.o \
        "$here"/guest/hvm-linux.S
    ld -m elf_i386 -Ttext 0 --oformat binary -o loader hvm-linux.o
    cp "$kernel" "$image"
    truncate -s $offset "$image"
    cat initrd >>"$image"
    truncate -s $((image_bytes - 65536)) "$image"
    cat loader >>"$image"
    pack $root >hvm-linux.cpio
    rm initrd cmdline loader
}

# What was fetched, else what the tree has.
kernel_file() {
    tree=packages tree_file 'boot/vmlinuz-*' || tree_file 'boot/vmlinuz-*'
}

# xen.gz is the link that an installation leaves to the newest.
hypervisor_file() {
    tree=packages tree_file 'boot/xen-*.gz' ||
        tree_file boot/xen.gz 'boot/xen-*.gz'
}

# fill_images XEN KERNEL: the packages to fetch, if any, of these.
fill_images() {
    mkdir packages
    [ -z "$2" ] || fetch "$2"
    [ -z "$1" ] || fetch "xen-hypervisor-$1-amd64"
    say 'making the dom0 image'
    gunzip <"$(hypervisor_file)" >hypervisor
    extract_vmlinux "$(kernel_file)" >vmlinux
    make_base
    make_dm
    make_hvm_linux
    rm -rf packages ./*-root ./*.o
}

# make_images: sets $images, building what is missing there.
make_images() {
    local xen='' kernel='' key

    [ -n "$tree" ] || xen=$(xen_release)
    { [ -n "$tree" ] && tree_file 'boot/vmlinuz-*' >/dev/null; } ||
        kernel=$(kernel_package)
    key=$(image_inputs "$xen" "$kernel" | sha256sum | cut -c1-16)
    images=$cache/$key
    ! is_cached "$images" || return 0

    make_cached "$images" fill_images "$xen" "$kernel"
    # Images of other checkouts stay, while these are in use.
    find "$cache" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} +
}
