# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# images.sh - what the test host boots, made once and kept in a cache.
#
#   hypervisor, vmlinux  Xen and the kernel, uncompressed: QEMU and Xen would
#                  take seconds to unpack them, on every boot
#   base.cpio      dom0's user space, with the guests' kernel and images
#   dm.cpio        the device model, for the cases that ask for one
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
    local xen=$1 kernel=$2

    apt-cache show --no-all-versions "xen-hypervisor-$xen-amd64" "$kernel" |
        grep -E '^(Package|Version):' || die 'apt knows no kernel or Xen'
    dpkg-query -W "xen-utils-$xen" "libxenmisc$xen" libxenstore4 libc6 \
        xenstore-utils busybox-static seabios ovmf ipxe-qemu qemu-system-xen \
        qemu-system-data
    (cd "$here" && sha256sum images.sh guest/*)
}

# fetch PACKAGE: unpack it below ./packages.
fetch() {
    say "fetching $1"
    apt-get -q=2 -o APT::Sandbox::User=root download "$1" >&2 ||
        die "cannot fetch $1 (after apt-get update?)"
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

    tail -c +$((offset + 1)) "$bzimage" | head -c $((length - 4)) >payload
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

# libraries PROGRAM...: the shared libraries they need.
libraries() {
    ldd "$@" 2>/dev/null | grep -o '/[^ :]*' | grep '\.so' | sort -u
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

    mkdir -p $root/bin
    cp /bin/busybox $root/bin/
    gcc -O2 -static -s -o $root/bin/worker "$here"/guest/worker.c
    install "$here"/guest/init $root/init
    pack $root >"$1"/initramfs
}

make_base() {
    local root=base-root tools=/usr/lib/xen-$1 module tool programs

    mkdir -p $root/{bin,dev,etc/xen,guest,lib/modules,proc,root,run,sys,tmp} \
        $root/var/{lib/xen,lib/xenstored,lock,log/xen}
    ln -s ../run $root/var/run
    ln -s bin $root/sbin
    touch $root/etc/xen/xl.conf

    # flock: cases hold a builder with it.
    programs=(/usr/bin/flock "$tools"/bin/{xl,xenstored,xenconsoled,xenconsole} \
        "$tools"/bin/{xen-init-dom0,xenpm,xen-hvmctx} /usr/bin/xenstore-ls)
    # shellcheck disable=SC2046 # one library a word
    put $root /bin/busybox "${programs[@]}" $(libraries "${programs[@]}") \
        "$(ldconfig -p | sed -n 's/.*libgcc_s.*x86-64.*=> //p')" \
        "$tools"/boot/{hvmloader,xen-shim} /usr/share/seabios/bios-256k.bin \
        /usr/share/ovmf/OVMF.fd
    # One program under several names.
    for tool in read write rm list exists watch chmod; do
        ln $root/usr/bin/xenstore-{ls,$tool}
    done
    for module in $dom0_modules; do
        find packages -path '*/modules/*' -name "$module.ko*" \
            -exec cp -t $root/lib/modules {} +
    done
    [ "$(find $root/lib/modules -name '*.ko*' | wc -l)" -eq 5 ] ||
        die 'dom0 kernel modules are missing'

    make_guest_images $root/guest
    ln vmlinux $root/guest/vmlinux
    pack $root >base.cpio
}

# The firmware that Debian's SeaBIOS, OVMF and iPXE packages install, and the
# device model that hvmloader's machine wants.
make_dm() {
    local root=dm-root model=/usr/libexec/xen-qemu-system-i386

    # shellcheck disable=SC2046
    put $root $model $(libraries $model) /usr/share/qemu/keymaps/en-us \
        /usr/share/seabios/{bios-256k,vgabios-stdvga,vgabios-cirrus}.bin \
        /usr/share/qemu/kvmvapic.bin
    pack $root >dm.cpio
}

# make_images: sets $images, building what is missing there.
make_images() {
    local xen kernel key work

    xen=$(xen_release)
    kernel=$(kernel_package)
    key=$(image_inputs "$xen" "$kernel" | sha256sum | cut -c1-16)
    images=$cache/$key
    [ ! -e "$images/complete" ] || { touch "$images" && return; }

    mkdir -p "$cache"
    work=$(mktemp -d "$cache/work.XXXXXX")
    # Not as a part of a condition: there, set -e would not count.
    (
        set -e
        cd "$work"
        fetch "xen-hypervisor-$xen-amd64"
        fetch "$kernel"
        say 'making the dom0 image'
        gunzip <"packages/boot/xen-$xen-amd64.gz" >hypervisor
        extract_vmlinux packages/boot/vmlinuz-* >vmlinux
        make_base "$xen"
        make_dm
        rm -rf packages ./*-root ./*.o
        touch complete
    )
    [ -e "$work/complete" ] || { rm -rf "$work"; die 'making the images failed'; }

    # Images of other checkouts stay, while these are in use.
    find "$cache" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} +
    mv "$work" "$images"
}
