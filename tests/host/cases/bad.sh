# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# bad.sh - every bad input gets one error: line and status 1, and the domain
# can be destroyed with no page left over. vmctl build checks the form of the
# line, that nothing else is on the control channel, and the status.
# host: takes=60
. lib.sh

head -c 4096 /bin/busybox | tail -c 3000 >/tmp/garbage
head -c 4000000 /guest/vmlinux >/tmp/cut
: >/tmp/empty

# Builds these would be, if nothing were wrong.
pv() { create --type pv --mem 96 --image /guest/vmlinux "$@"; }
hvm() { create --type hvm --mem 64 --vcpus 4 "$@"; }

# The first domains leave pages in Xen's own pools.
for type in pv hvm; do
    $type
    run "$type: builds" vmctl build "$dom"
    destroy "$dom"
done
free=$(free_pages)
before=$free

# refused TEXT PATTERN: the build of $dom is; then the domain goes.
refused() {
    refuse "$1" "error:xenguest: $2" vmctl build "$dom"
    destroy "$dom"
    all_pages_back "$free" "$1"
    free=$free_now
}

# -- options, all on one domain, which can be built all the same

# wrong TEXT PATTERN OPTION...
wrong() {
    text=$1 pattern=$2
    shift 2
    refuse "$text" "error:xenguest: $pattern" vmctl build "$dom" -- "$@"
}

pv
# Each with one value by turns; the doubles' tests have all with all.
set -- '' x 12x ' 12' 0x10 1.5 2147483648 4294967360
for option in domid store_port store_domid console_port console_domid \
    mem_max_mib mem_start_mib flags mem_pnode; do
    wrong "-$option '$1'" "*$option*$1*" "-$option" "$1"
    set -- "$@" "$1"
    shift
done
for option in domid store_port console_port mem_max_mib mem_start_mib; do
    wrong "-$option -1" "*$option*-1*" "-$option" -1
done
wrong 'mem_start_mib above mem_max_mib' '*mem_start_mib*' -mem_start_mib 97
wrong 'an unknown mode' '*mode*nonsense*' -mode nonsense
wrong 'the test mode' '*test mode not supported*' -mode test
wrong 'an unknown option' '*nonsense*' -nonsense
wrong 'an option without its value' '*store_port*' -store_port
wrong 'an ambiguous option' '*mem*' -mem 64
wrong 'a domain that does not exist' '*999*' -domid 999
wrong 'domain 0' "*-domid: '0' is out of range*" -domid 0
wrong 'an HVM build of a PV domain' '*has a PV container*' -mode hvm_build
run 'the domain can still be built' vmctl build "$dom"
wrong 'a domain that is built already' '*is not empty: it holds * pages)*'
destroy "$dom"
all_pages_back "$free" 'options'

# -- images

for type in pv hvm; do
    for image in /nonexistent /tmp /tmp/empty /tmp/garbage /tmp/cut; do
        $type --image $image
        refused "$type: image $image" "*$image*"
    done
done
pv --ramdisk /nonexistent
refused 'pv: no ramdisk there' '*/nonexistent*'
pv --ramdisk /tmp
refused 'pv: the ramdisk is a folder' '*/tmp*'

for what in kernel ramdisk; do
    key=/mh/limits/pv-$what-max_size
    case $what in
    kernel) file=image ;;
    *) file=$what ;;
    esac
    pv --ramdisk /guest/initramfs -x $key=100000
    refused "pv: $what above the size limit" "* $file '*the limit is 100000"
    xenstore-rm $key
done

# -- platform keys

# key KEY VALUE TYPE...: refused by each type, with the key named.
key() {
    key=$1 value=$2
    shift 2
    for type; do
        $type -p "$key=$value"
        refused "$type: $key=$value" "*${key##*/}*"
    done
}

for type in pv hvm; do
    $type -p vcpu/number
    refused "$type: no vcpu/number" '*vcpu/number*'
    $type -p vcpu/current
    refused "$type: no vcpu/current" '*vcpu/current*'
done
for value in 0 -1 5 nonsense ''; do
    key vcpu/number "$value" pv hvm
done
for value in 5 ''; do
    key vcpu/current "$value" pv hvm
done
for value in 0 0000 00000001 x; do
    key vcpu/0/affinity "$value" pv hvm
done
key cores-per-socket 3 hvm
for value in nonsense 1234567-xyz -1 123456789; do
    key featureset "$value" pv hvm
done
key featureset "$(printf '0-%.0s' $(seq 60))1" hvm
hvm --bios nonsense
refused 'hvm: an unknown BIOS' '*nonsense*'
hvm --bios ovmf -p ovmf-override=../seabios/bios-256k.bin
refused 'hvm: an OVMF override with a path' '*ovmf-override*'
if nests; then
    hvm --mem-start 32 -p nested-virt=true
    refused 'hvm: nested virtualisation with populate on demand' '*nested*'
fi

# -- memory that the host does not have

pv --mem 100000
refused 'pv: more memory than the host has' '*MiB*'
hvm --mem 100000
refused 'hvm: more memory than the host has' '*MiB*'

# Each refusal may lose some pages by its own count: all of them no more than one.
all_pages_back "$before" 'all of it'
done_testing
