# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# features.sh - the CPU features that a guest sees are those of its featureset,
# and nested virtualisation's when that is on.
# host: nodes=2 size=5120 dm=yes
# host: qemu=-device qemu=edu,addr=0x10
# host: qemu=-device qemu=pci-testdev,addr=0x11,membar=512M
# host: takes=25
. lib.sh

# boot NAME OPTION...: a Linux guest, its /proc/cpuinfo flags in $flags and the
# featureset that xenguest logged in $featureset.
boot() {
    name=$1
    shift
    rm -f /tmp/debuglog
    boot_linux "$name" report=flags --mem 256 "$@"
    flags=$(echo "$said" | sed -n 's/^flags *\(.*\)/ \1 /p')
    featureset=$(sed -n 's/.*: featureset \([0-9a-f-]*\)$/\1/p' /tmp/debuglog |
        tail -n 1)
    destroy "$dom"
}

# cleared WORD BIT...: $featureset without those bits of that word.
cleared() {
    number=$1
    shift
    index=0
    for word in $(echo "$featureset" | tr - ' '); do
        if [ $index = "$number" ]; then
            for bit; do
                word=$(printf %08x $((0x$word & ~(1 << bit))))
            done
        fi
        printf '%s%s' "$separator" "$word"
        separator=- index=$((index + 1))
    done
}

boot 'without a featureset'
like "$flags" '* aes *' 'without a featureset: aes is there'
like "$flags" '* popcnt *' 'and popcnt'
like "$flags" '* nx *' 'and nx'
like "$flags" '* rdrand *' 'and rdrand'
case $flags in
*' svm '*) fail 'without nested-virt: no svm' "$flags" ;;
*) ok 'without nested-virt: no svm' ;;
esac
all=$featureset

# Bits of leaf 1's ecx, the second word (arch-x86/cpufeatureset.h).
aes=25 popcnt=23 separator=''
boot 'without aes and popcnt' -p featureset="$(cleared 1 $aes $popcnt)"
for flag in aes popcnt; do
    case $flags in
    *" $flag "*) fail "without aes and popcnt: no $flag" "$flags" ;;
    *) ok "without aes and popcnt: no $flag" ;;
    esac
done
like "$flags" '* rdrand *' 'without aes and popcnt: rdrand is still there'

boot 'nx=false' -p nx=false
case $flags in
*' nx '*) fail 'nx=false: no nx' "$flags" ;;
*) ok 'nx=false: no nx' ;;
esac

if nests; then
    boot 'nested-virt' -p nested-virt=true
    like "$flags" '* svm *' 'nested-virt: svm is there'
fi

create --type pvh --image /guest/vmlinux --cmdline '' --mem 128 \
    -p featureset="$all-0-0"
run 'zeros behind a featureset are no harm' vmctl build "$dom"
destroy "$dom"
create --type pvh --image /guest/vmlinux --cmdline '' --mem 128 \
    -p featureset="$all-0-1"
refuse 'a featureset that is too wide is refused' \
    'error:xenguest: *platform/featureset: word * is 00000001, but this host*' \
    vmctl build "$dom"
destroy "$dom"

done_testing
