# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# tree.sh - a Xen that is not the machine's: a folder in which its hypervisor,
# tools, libraries and headers lie as if it were the root folder.
#
#   boot/xen*.gz                     the hypervisor
#   boot/vmlinuz-*, usr/lib/modules  a kernel for dom0 and the guests, or none:
#                                    then it is that of the machine's release
#   usr or usr/local                 the tools, libraries and headers: what
#                                    `make install DESTDIR=` of Xen leaves
#   usr/lib/x86_64-linux-gnu/libc.so.6  the C library they need, or none
#
# Sourced by run-host, which sets $tree; empty stands for the machine itself.
# shellcheck disable=SC2154

release_of_xen() {
    case $1 in
    4.20) echo trixie ;;
    *) die "no release of Debian with Xen $1 is known here" ;;
    esac
}

# apt_of FOLDER COMMAND...: an apt that knows nothing but another release, of
# the mirror that this machine uses.
apt_of() {
    local folder=$1 command=$2

    shift 2
    "$command" -q=2 -o Dir::Etc::SourceList="$folder/sources.list" \
        -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$folder/lists" \
        -o Dir::Cache="$folder/cache" -o Dir::State::Status=/dev/null \
        -o APT::Sandbox::User=root "$@"
}

write_sources() {
    local release=$1 codename

    # shellcheck disable=SC1091 # the machine's
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # shellcheck disable=SC2016 # apt's own
    apt-get indextargets \
        --format '$(CREATED_BY) $(CODENAME) $(COMPONENT) $(URI)' |
        sed -n "s,^Packages $codename main \(.*\)/dists/.*,\1,p" | head -n 1 |
        sed "s,.*,deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] & $release main,"
}

# fill_release_tree XEN RELEASE: the libraries of Xen and C; all others are the same in
# both releases.
fill_release_tree() {
    local xen=$1 release=$2 folder=$PWD kernel deb

    mkdir -p "$folder"/{lists,cache,debs}/partial "$folder/root"
    write_sources "$release" >"$folder/sources.list"
    apt_of "$folder" apt-get update >&2
    kernel=$(apt_of "$folder" apt-cache depends linux-image-amd64 |
        sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
    say "fetching Xen $xen and $kernel"
    cd "$folder/debs"
    apt_of "$folder" apt-get download "xen-hypervisor-$xen-amd64" "$kernel" \
        "xen-utils-$xen" xenstore-utils libxen-dev "libxenmisc$xen" \
        libxen{call1,devicemodel1,evtchn1,foreignmemory1,gnttab1,hypfs1} \
        libxen{store4,toolcore1,toollog1} libc6 >&2
    for deb in *.deb; do
        dpkg -x "$deb" "$folder/root"
    done
    [ -e "$folder/root/boot/xen-$xen-amd64.gz" ]
    cd "$folder"
    rm -rf "$folder"/{lists,cache,debs}
}

# make_release_tree RELEASE: Xen as another release of Debian has it; $tree.
make_release_tree() {
    local folder release

    tree=''
    [ "$1" != "$(xen_release)" ] || return 0
    release=$(release_of_xen "$1") || exit
    folder=$cache/xen-$1-$(sha256sum <"$here/tree.sh" | cut -c1-16)
    tree=$folder/root
    is_cached "$folder" || make_cached "$folder" fill_release_tree "$1" "$release"
}

# tree_file PATTERN...: the first file below $tree that matches one of them.
tree_file() {
    local pattern file

    for pattern; do
        for file in "$tree"/$pattern; do # words
            [ ! -e "$file" ] || { echo "$file" && return; }
        done
    done
    return 1
}

# tree_tool NAME
tree_tool() {
    tree_file {'usr/lib/xen-4.*',usr/{,local/}lib{,exec}/xen}/bin/"$1" \
        usr/{,local/}{,s}bin/"$1" || die "no $1 in ${tree:-this machine}"
}

tree_boot_file() {
    tree_file {'usr/lib/xen-4.*',usr/{,local/}lib{,exec}/xen}/boot/"$1"
}

# A name for what is there, in file names.
tree_name() {
    local folder

    folder=$(tree_file 'usr/lib/xen-4.*') || folder='xen-tree'
    echo "${folder##*/}"
}

# The folders with the tree's libraries, as ld.so takes them.
tree_library_path() {
    local folder path=''

    [ -n "$tree" ] || return 0
    for folder in "$tree"/usr/{,local/}lib{/x86_64-linux-gnu,64,}; do
        [ ! -d "$folder" ] || path+=${path:+:}$folder
    done
    echo "$path"
}

loader() {
    tree_file usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 ||
        echo /lib64/ld-linux-x86-64.so.2
}

# libraries PROGRAM...: the shared libraries they need.
libraries() {
    local program path

    path=$(tree_library_path)
    for program; do
        "$(loader)" ${path:+--library-path "$path"} --list "$program"
    done | grep -o '=> /[^ ]*' | cut -c4- | sort -u
}

# put_libraries ROOT PROGRAM...: where any ld.so looks.
put_libraries() {
    local root=$1 folder=$1/usr/lib/x86_64-linux-gnu

    shift
    mkdir -p "$folder" "$root/lib64"
    libraries "$@" | xargs cp -Lt "$folder"
    cp -L "$(loader)" "$root/lib64/ld-linux-x86-64.so.2"
}

xen_libraries='-lxencall -lxenctrl -lxenforeignmemory -lxenguest -lxenstore -lxentoollog'

# tree_sum INCLUDE LIBS: of what the programs are built with: a tree whose Xen was
# built anew is another one, for configure too.
tree_sum() {
    {
        echo "$tree $xen_libraries"
        cat "$1"/xen*.h "$1"/xen/*.h "$2"/libxen*
    } | cksum | cut -d' ' -f1
}

# The programs, built with the tree's headers and libraries; $build.
build_for_tree() {
    local include libs log path

    [ -n "$tree" ] || return 0
    include=$(tree_file usr/{,local/}include/xenctrl.h) ||
        die "no headers of Xen in $tree"
    libs=$(tree_file usr/{,local/}lib{/x86_64-linux-gnu,64,}/libxenguest.so) ||
        die "no libxenguest.so in $tree"
    path=$(tree_library_path)
    build=$build/tests/host/$(tree_name)-$(tree_sum "${include%/*}" "${libs%/*}")
    say "building for ${tree##*/} in $build"
    mkdir -p "$build"
    log=$build/build.log
    # Its libraries may want a newer C library than the machine's.
    (
        set -e
        cd "$build"
        [ -e Makefile ] || "$here/../../configure" -q \
            XEN_CFLAGS="-I${include%/*}" XEN_LIBS="-L${libs%/*} $xen_libraries" \
            LDFLAGS="-Wl,-rpath-link,$path,--allow-shlib-undefined" ||
            { rm -f Makefile && false; }
        make -s -j "$(nproc)" xenguest "${programs[@]}"
    ) >"$log" 2>&1 || { tail -n 20 "$log" >&2 && die "cannot be built for $tree"; }
}
