# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# gzip.sh - files that are packed with gzip are as good as those that are not; one
# that is damaged is refused, and the error says so.
# host: takes=55
. lib.sh

log=/tmp/debuglog

gzip -1c /guest/vmlinux >/tmp/vmlinux.gz
gzip -1c /guest/initramfs >/tmp/initramfs.gz

# as_good NAME MIB OPTION...: libxenguest unpacks the kernel; the ramdisk too, or
# leaves that to Linux, as newer ones do.
as_good() {
    name=$1 mib=$2
    shift 2
    reaches_user_space "$name" 60 --mem "$mib" --cmdline "$linux_words noxsave" \
        --image /tmp/vmlinux.gz "$@"
    pages=$(get pages)
    [ "$pages" -ge $((mib * 256)) ] && [ "$pages" -le $((mib * 256 + 64)) ]
    is $? 0 "$name: has its pages ($pages)"
    like "$said" '*guest-report mem_kib=*' "$name: with the ramdisk"
    like "$(cat $log)" '*unzip ok*' "$name: libxenguest has unpacked it"
    is "$(grep -o 'sandbox: .*' $log)" 'sandbox: sealed' \
        "$name: sealed, nothing refused"
    destroy "$dom"
}

as_good pv 256 --type pv --ramdisk /tmp/initramfs.gz
as_good pvh 256 --type pvh --module /tmp/initramfs.gz
free=$(free_pages)

# damaged NAME PATTERN: both kinds refuse /tmp/bad.gz.
damaged() {
    for type in pv pvh; do
        create --type $type --mem 96 --image /tmp/bad.gz
        refuse "$type: $1" "error:xenguest: $2" vmctl build "$dom"
        destroy "$dom"
    done
}

# What the last four bytes of a file say, libxenguest takes for its size unpacked.
head -c 1000000 /tmp/vmlinux.gz >/tmp/cut.gz
about="image '/tmp/bad.gz' is packed with gzip, and may be damaged, *"
{ cat /tmp/cut.gz && printf '\0\0\0\1'; } >/tmp/bad.gz
damaged 'cut, and 16 MiB' "xc_dom_kernel_mem: * $about"
{ cat /tmp/cut.gz && printf '\377\377\377\377'; } >/tmp/bad.gz
damaged 'cut, and 4 GiB' "xc_dom_parse_image: * $about"
gzip -c /tests/lib.sh >/tmp/bad.gz
damaged 'whole, and no kernel' "*image '/tmp/bad.gz' is not a kernel *"
all_pages_back "$free" 'damaged'

done_testing
