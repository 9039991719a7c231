#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# What people get wrong at a terminal, and the line that they get: it names the
# thing and what would be right. That a toolstack hears the same, and that no page
# is taken, is in tests/cli/refusals.sh.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

: >"$dir/empty"
echo 'no kernel' >"$dir/text"

# world WORD...: an empty domain of a kind, then changes: KEY=VALUE of Xenstore
# (absolute with a slash in front), @KEY=VALUE of the host, !CALL=ERRNO of a call that
# fails.
world() {
    "$1"
    shift
    host host/node_free_mib 256,512
    for word; do
        key=${word%%=*} value=${word#*=}
        case $key in
        @*) host "${key#@}" "$value" ;;
        !*) failure=${key#!}:1:$value ;;
        *) store "$key" "$value" ;;
        esac
    done
}

nr_mistakes=0
# mistake 'WORLD' 'OPTIONS' PART...: the parts are all in the line.
mistake() {
    # shellcheck disable=SC2086 # words
    world $1
    options=$2
    shift 2
    nr_mistakes=$((nr_mistakes + 1))
    : >"$dir/control"
    # shellcheck disable=SC2086
    raw $options 4<"$dir/text"
    only_line stderr
    line=$only
    case $status:$(cat "$dir/stdout"):$line in
    1::?*) ;;
    *) fail "$options: one line, which goes to stderr" && return ;;
    esac
    case $line in
    *'[0]'* | *panic* | *xg_dom* | *'(null)'*) fail "$options: $line" && return ;;
    esac
    for part; do
        case $line in
        *"$part"*) ;;
        *) fail "$options: '$part' in: $line" && return ;;
        esac
    done
    pass "$options: $line"
}

build="-mode hvm_build -domid 7 -image $image -mem_max_mib 64"
pv="-mode linux_build -domid 7 -image $image -mem_max_mib 64"
pvh="-mode pvh_build -domid 7 -image $image -mem_max_mib 64"
modes='linux_build, hvm_build, pvh_build, save, hvm_save, restore, hvm_restore, '

# ---- the command line
mistake hvm '' '-mode: one of linux_build' "$modes"
mistake hvm '7' '-mode: one of' "no options: '7'"
mistake hvm 'plan 7' '-mode: one of' "no options: 'plan' '7'"
mistake hvm '-domid 7' '-mode: one of'
mistake hvm '-mode build -domid 7' "unknown mode 'build'" "$modes"
mistake hvm '-mode HVM_BUILD -domid 7' "unknown mode 'HVM_BUILD'" "$modes"
mistake hvm '-mode hvm_build' 'missing' '-domid'
mistake hvm '-mode hvm_restore -domid 7' 'missing' '-fd'
mistake hvm '-mode' "'-mode' needs a value: MODE"
mistake hvm "$build -memory 64" "unknown option '-memory'" '-help'
mistake hvm "$build -mem 64" "ambiguous option '-mem'" '-mem_max_mib' \
    '-mem_start_mib' '-mem_pnode'
mistake hvm "$build -co 3" "ambiguous option '-co'" '-controlinfd' '-console_port'
mistake hvm "$build --force=1" 'no value is allowed' '--force=1'
mistake hvm "$build -domid" "'-domid' needs a value: ID"
mistake hvm "$build -image" "'-image' needs a value: FILE"
mistake hvm "$build -domid guest" "-domid: 'guest'" 'decimal integer'
mistake hvm "$build -domid 0" "-domid: '0'" '1 to 32751'
mistake hvm "$build -domid 40000" "-domid: '40000'" '1 to 32751'
mistake hvm "$build -mem_max_mib 1G" "-mem_max_mib: '1G'" 'decimal integer'
mistake hvm "$build -mem_max_mib 0" "-mem_max_mib: '0'" '1 to 16777215'
mistake hvm "$build -mem_start_mib 65" "'65'" '-mem_max_mib 64'
mistake hvm "$build -store_port 0x3" "-store_port: '0x3'" 'decimal integer'
mistake hvm "$build -controloutfd 77" '-controloutfd 77' 'Bad file descriptor'

# ---- files
mistake hvm "$build -image $dir/none" "'$dir/none'" 'No such file'
mistake hvm "$build -image $dir" "'$dir'" 'not a plain file'
mistake hvm "$build -image $dir/empty" "'$dir/empty' is empty"
mistake hvm "$build -image $dir/text" "'$dir/text' is not a kernel" hvm_build \
    'it takes hvmloader'
mistake pv "$pv -image $dir/text" "'$dir/text' is not a kernel" linux_build PV
mistake pvh "$pvh -image $dir/text" "'$dir/text' is not a kernel" pvh_build \
    PHYS32_ENTRY
mistake pv '-mode linux_build -domid 7 -mem_max_mib 64' '-image' 'no kernel' 'domain 7'
mistake pv "$pv -ramdisk $dir/none" "ramdisk '$dir/none'" 'No such file'
mistake pv "$pv -ramdisk $dir/empty" "ramdisk '$dir/empty' is empty"
mistake pvh "$pvh -module $dir/none" "module '$dir/none'" 'No such file'
mistake 'pv /mh/limits/pv-kernel-max_size=10' "$pv" "'$image'" 'the limit is 10'

# ---- the domain
mistake hvm "$build -domid 8" 'domain 8 does not exist' 'xl list'
mistake 'hvm @domain/paused=0' "$build" 'domain 7 is not paused' 'running guest'
mistake 'hvm @domain/pages=16384' "$build" '64 MiB (16384 pages)' 'a new one'
mistake 'hvm @domain/type=pv' "$build" 'a PV container' 'use linux_build'
mistake 'pv @domain/type=hvm' "$pv" 'an HVM container' 'use hvm_build or pvh_build'
mistake 'hvm @domain/max_pages=10000' "$build" '64 MiB' '39 MiB' 'xl mem-max'
mistake 'hvm @domain/max_pages=0' "-mode hvm_build -domid 7 -image $image" \
    'no memory' 'xl mem-max 7'
mistake hvm "$build -store_port 77" "store_port: '77'" 'no such event channel' \
    'leave -store_port out'
mistake hvm "$build -console_port 77" "console_port: '77'" 'leave -console_port out'
mistake pv '-mode resume_slow -domid 7' 'not suspended'
mistake hvm '-mode hvm_save -domid 7 -fd 4' 'stream fd 4' 'for reading only'
mistake hvm '-mode hvm_restore -domid 7 -fd 44' 'stream fd 44' 'Bad file'

# ---- the host
mistake 'hvm @host/free_mib=30' "$build" '64 MiB' '30 MiB free' 'are missing'
mistake 'hvm @host/xenstore=down' "$build" 'Xenstore' 'xenstored' 'root'
mistake 'hvm !xc_interface_open=ENOENT' "$build" /dev/xen/privcmd 'no dom0' \
    'modprobe xen-privcmd'
mistake 'hvm !xc_interface_open=EACCES' "$build" /dev/xen/privcmd 'only root'
mistake 'hvm !xc_domain_getinfolist=EPERM' "$build" 'domain 7' \
    'only root of a dom0'

# ---- Xenstore
mistake 'hvm platform/vcpu/number=0' "$build" 'platform/vcpu/number' \
    'xenstore-write /local/domain/7/platform/vcpu/number N'
mistake 'hvm platform/vcpu/current=' "$build" 'platform/vcpu/current' \
    'xenstore-write'
mistake 'hvm platform/vcpu/current=4' "$build" "'4'" 'platform/vcpu/number 3'
mistake 'hvm platform/vcpu/number=9' "$build" "'9'" 'the 4 vCPUs of domain 7'
mistake 'hvm platform/vcpu/0/affinity=0000' "$build" 'vcpu/0/affinity' '8 pCPUs'
mistake 'hvm platform/cores-per-socket=2' "$build" cores-per-socket '3 vCPUs'
mistake 'hvm hvmloader/bios=uefi' "$build" "'uefi'" 'neither ovmf nor seabios'
mistake 'hvm platform/featureset=0-x' "$build" 'word 1' hexadecimal

# ---- NUMA
keys='policy, nodes, affinity, claim, residual-claim, devices, vnodes'
mistake 'hvm platform/numa/polcy=strict' "$build" platform/numa/polcy "$keys"
mistake 'hvm platform/numa/policy=stict' "$build" "'stict'" best-effort strict \
    interleave
mistake 'hvm /mh/numa/policy=stict' "$build" /mh/numa/policy "'stict'" strict
mistake 'hvm platform/numa/affinity=yes' "$build" "'yes'" 'soft, hard, none'
mistake 'hvm platform/numa/claim=yes' "$build" "'yes'" 'auto, node, host, off'
mistake 'hvm platform/numa/policy=strict platform/numa/nodes=5' "$build" \
    "'5'" 'no node 5' 'the nodes 0-1'
mistake 'hvm platform/numa/policy=strict platform/numa/nodes=a' "$build" \
    "'a'" '0,2-3'
mistake 'hvm platform/numa/claim=node' "$build" "'node'" \
    'a policy other than any'
mistake 'hvm platform/numa/policy=strict platform/numa/nodes=0' \
    "$build -mem_max_mib 300" '300 MiB' 'free MiB (pages) per node are 0: 256'
mistake hvm "$build -mem_pnode 5" "-mem_pnode: '5'" 'the nodes 0-1'
mistake 'hvm platform/numa/vnodes=2' "$build" "'2'" 'a policy other than any'
mistake 'hvm platform/numa/policy=strict platform/numa/vnodes=2 platform/acpi=0' \
    "$build" "'2'" 'platform/acpi is off'

holds "at least 60 mistakes: $nr_mistakes" [ $nr_mistakes -ge 60 ]
finish
