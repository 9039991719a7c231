# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# firmware.sh - what hvmloader is given: OVMF and other images beside it, an
# option ROM for the network, and no more than that.
# host: nodes=2 size=5120 dm=yes
# host: qemu=-device qemu=edu,addr=0x10
# host: qemu=-device qemu=pci-testdev,addr=0x11,membar=512M
# host: takes=10
. lib.sh

# given NAME OPTION...: builds; what xenguest logged is in $log.
given() {
    name=$1
    shift
    rm -f /tmp/debuglog
    create --type hvm --mem 128 "$@"
    run "$name: builds" vmctl build "$dom" -- -debuglog /tmp/debuglog
    log=$(cat /tmp/debuglog)
}

# refused NAME PATTERN OPTION...
refused() {
    name=$1 pattern=$2
    shift 2
    create --type hvm --mem 128 "$@"
    refuse "$name" "error:xenguest: $pattern" vmctl build "$dom"
    destroy "$dom"
}

ovmf=/usr/share/ovmf/OVMF.fd
xl dmesg -c >/dev/null
given 'OVMF' --bios ovmf
like "$log" "*firmware $ovmf, $(stat -c %s $ovmf) bytes*" 'OVMF: the whole file'
like "$log" '*no iPXE: *' 'no option ROM: none is given'
vmctl start "$dom"
await 60 says "(d$dom) Invoking OVMF"
is $? 0 'OVMF: hvmloader knows it'
destroy "$dom"

cp /usr/share/seabios/bios-256k.bin ${ovmf%/*}/other.fd
given 'another image in its folder' --bios ovmf -p ovmf-override=other.fd
like "$log" "*firmware ${ovmf%/*}/other.fd, 262144 bytes*" 'it is that image'
destroy "$dom"

ln -s OVMF.fd ${ovmf%/*}/link.fd
mkdir ${ovmf%/*}/folder.fd
for name in link.fd folder.fd; do
    refused "$name is not a plain file" "*$name*not a plain file*" \
        --bios ovmf -p ovmf-override=$name
done
for name in ../seabios/bios-256k.bin /usr/share/ovmf/other.fd . ..; do
    refused "'$name' is not a file name" '*is not a file name*' \
        --bios ovmf -p ovmf-override=$name
done
refused 'an image that is not there' '*nothing.fd*No such file*' \
    --bios ovmf -p ovmf-override=nothing.fd
rm -r ${ovmf%/*}/other.fd ${ovmf%/*}/link.fd ${ovmf%/*}/folder.fd
refused 'a BIOS that nobody knows' "*hvmloader/bios: 'rombios'*" --bios rombios

given 'SeaBIOS, and an override for OVMF' --bios seabios \
    -p ovmf-override=../nonsense
like "$log" '*firmware */bios-256k.bin, 262144 bytes*' 'the override is OVMF'"'s"
destroy "$dom"
given 'no BIOS' --bios none
case $log in
*': firmware '*) fail 'no BIOS: no firmware' "$log" ;;
*) ok 'no BIOS: no firmware' ;;
esac
destroy "$dom"

done_testing
