# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# claim-rush.sh - builders without a policy that all want the last memory: as
# many are built as it holds, the others are refused with what is missing, and
# don't keep a part of it.
# host: nodes=2 size=1152
# host: qemu=-device qemu=intel-iommu qemu=-device qemu=edu,addr=0x10
# host: xen=rmrr=20000-2000f=00:10.0;30000-30003=00:10.0
. lib.sh

# Two of these leave too little for a third.
mib=$(($(free_pages) / 256 / 3 + 16))

for round in 1 2; do
    free=$(free_pages)
    domains='' builds=''
    for _ in 1 2 3 4; do
        create --type pv --mem $mib --image /guest/vmlinux
        domains="$dom $domains" # vmctl destroy waits for what was free before
    done
    for dom in $domains; do
        vmctl build "$dom" >"/tmp/build.$dom" 2>&1 &
        builds="$builds $dom:$!"
    done

    built=0
    for build in $builds; do
        dom=${build%:*}
        if wait "${build#*:}"; then
            built=$((built + 1))
            [ "$(get pages)" -ge $((mib * 256)) ]
            is $? 0 "round $round: domain $dom is complete"
        else
            like "$(cat "/tmp/build.$dom")" "error:xenguest: mem_claim_check: \
?12? the guest needs $mib MiB, the host has * MiB free, of which others have \
claimed * MiB: * MiB are missing" "round $round: domain $dom is refused"
            is "$(get pages)" 0 "round $round: and holds no page"
        fi
        is "$(get claim)" 0 "round $round: domain $dom claims nothing"
    done
    is $built 2 "round $round: two of four guests of $mib MiB are built"
    for dom in $domains; do
        destroy "$dom"
    done
    all_pages_back "$free" "round $round"
done

done_testing
