# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# gzip.sh - files that are packed with gzip are as good as those that are not; one
# that is damaged is refused, and the error says so.
# host: takes=40
. lib.sh

log=/tmp/debuglog

gzip -1c /guest/vmlinux >/tmp/vmlinux.gz
gzip -1c /guest/initramfs >/tmp/initramfs.gz

# as_good NAME: $dom has been built, by this log.
as_good() {
    pages=$(get pages)
    [ "$pages" -ge $((256 * 256)) ] && [ "$pages" -le $((256 * 256 + 64)) ]
    is $? 0 "$1: has its pages ($pages)"
    like "$(cat $log)" '*unzip ok*' "$1: libxenguest has unpacked it"
    is "$(grep -o 'sandbox: .*' $log)" 'sandbox: sealed' \
        "$1: sealed, nothing refused"
    destroy "$dom"
}

# The ramdisk libxenguest unpacks, too, or leaves that to Linux, as newer ones do.
reaches_user_space pvh 300 --type pvh --mem 256 --cmdline "$pvh_cmdline" \
    --image /tmp/vmlinux.gz --module /tmp/initramfs.gz
like "$said" '*guest-report mem_kib=*' 'pvh: with the ramdisk'
as_good pvh

set -- --type pv --mem 256 --cmdline "$linux_words" --image /tmp/vmlinux.gz \
    --ramdisk /tmp/initramfs.gz
if is_long; then
    reaches_user_space pv 300 "$@"
else
    rm -f $log
    create "$@"
    run 'pv: builds' vmctl build "$dom" -- -debuglog $log
fi
as_good pv
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
