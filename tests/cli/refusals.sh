#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# Bad input: each gives exactly one error line on the control channel and the
# same on stderr, exit status 1, nothing else, and no page is taken. What an
# option or key may hold is for tests/unit; here is one of each kind.
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2119 # without options, run is the plain build
. "$(dirname "$0")/lib.sh"

# ---- options

for option in -domid -mem_max_mib -mem_start_mib -image -store_port \
    -console_port -mode; do
    hvm
    drop=$option
    refuses "*: *22* missing command line options: $option*"
done
for option in -cmdline -ramdisk -features -flags; do
    pv
    drop=$option
    refuses "*: *22* missing command line options: $option"
done
for option in -cmdline -features -flags; do
    pvh
    drop=$option
    refuses "*: *22* missing command line options: $option"
done

for option in -domid -store_port -store_domid -console_port -console_domid \
    -mem_max_mib -mem_start_mib -mem_pnode -flags -fd -controlinfd; do
    hvm
    refuses "*: *22* $option: '7x' is not a decimal integer" "$option" 7x
    refuses "*: *22* $option: '' is not a decimal integer" "$option" ''
    refuses "*: *34* $option: '4294967360' is out of range*" \
        "$option" 4294967360
    [ "$option" = -flags ] ||
        refuses "*: *34* $option: '-1' is out of range*" "$option" -1
done

hvm
refuses "*: *22* -mode: unknown mode 'build': there are linux_build, *" -mode build
refuses "*: *22* unknown option '-bogus': -help *" -bogus
refuses "*: *22* ambiguous option '-mem': it may be -mem_max_mib *" -mem 5
refuses "*: *22* option '-domid' needs a value: ID" -domid
refuses "*: *22* no value is allowed for option '--force=yes'" --force=yes
refuses "*: *22* unknown option '-bogus': *" word -bogus -- -domid
refuses "*: *22* -mem_start_mib: '65' is more than -mem_max_mib 64" \
    -mem_start_mib 65

# ---- images

for kind in pv hvm pvh; do
    $kind
    refuses "*open: *2* image '/nowhere/x': No such file*" -image /nowhere/x
    refuses "*open: *2* image '': No such file*" -image ''
    refuses "*: *22* image '$dir' is not a plain file" -image "$dir"
    refuses "*: *22* image '/dev/null' is not a plain file" -image /dev/null
    : >"$dir/empty"
    refuses "*: *22* image '$dir/empty' is empty" -image "$dir/empty"
    echo garbage >"$dir/garbage"
    refuses "*xc_dom_parse_image: *8* image '$dir/garbage' is not a kernel that \
-mode * can boot: it takes *: failed (*no loader found*)" -image "$dir/garbage"
    ! has stderr panic || fail "libxenguest's place in its source"
    # One that was cut: libxenguest leaves it packed, or fails.
    printf '\037\213cut' >"$dir/cut.gz"
    packed="image '$dir/cut.gz' is packed with gzip, and may be damaged, or \
larger than the limit once it is unpacked"
    refuses "*xc_dom_parse_image: *8* $packed: failed (*no loader found*)" \
        -image "$dir/cut.gz"
    failure=xc_dom_kernel_mem:1:ENOMEM
    refuses "*xc_dom_kernel_mem: *12* $packed: Cannot allocate memory" \
        -image "$dir/cut.gz"
    refuses "*xc_dom_kernel_mem: *12* image '$dir/garbage': Cannot allocate *" \
        -image "$dir/garbage"
    failure=''
done
pv
refuses "*open: *2* ramdisk '/nowhere/x': No such file*" -ramdisk /nowhere/x
refuses "*: *22* ramdisk '$dir/empty' is empty" -ramdisk "$dir/empty"
store /mh/limits/pv-kernel-max_size 10
refuses "*: *27* image '$image' has 14 bytes, the limit is 10"
pv
store /mh/limits/pv-ramdisk-max_size 5
refuses "*: *27* ramdisk '$ramdisk' has 10 bytes, the limit is 5"

# ---- the domain and the host

for kind in pv hvm pvh; do
    $kind
    refuses '*: *3* domain 8 does not exist: *' -domid 8
    refuses '*: *3* domain 6 does not exist: *' -domid 6
    host domain/paused 0
    refuses '*: *16* domain 7 is not paused: it is a running guest'
    $kind
    host domain/pages 16384
    refuses '*: *16* domain 7 is not empty: it holds 64 MiB (16384 pages): *'
    $kind
    host domain/max_pages 16000
    refuses '*: *7* the guest needs 6[45] MiB, domain 7 may have 62 MiB: *'
    $kind
    for port in 0 77 200 2147483647; do
        refuses "*: *22* store_port: '$port': domain 7 has no such event *" \
            -store_port $port
        refuses "*: *22* console_port: '$port': domain 7 has no such event *" \
            -console_port $port
    done
    holds "$kind: ... before anything of the guest is read" \
        has_not calls '^xs_\(directory\|read\)'
    $kind
    host domain/max_vcpus 2
    refuses "*: *34* platform/vcpu/number: '3' is more than the 2 vCPUs*"
    host domain/max_vcpus 0
    refuses "*: *34* platform/vcpu/number: '3' is more than the 0 vCPUs*"
    $kind
    host host/free_mib 63
    refuses '*: *12* the guest needs 6[45] MiB, the host has 63 MiB free, *'
    host host/free_mib 64
    host host/claimed_pages 256
    refuses '*: *12* the guest needs 6[45] MiB, the host has 64 MiB free, of '\
'which others have claimed 1 MiB: [12] MiB are missing'
    host host/claimed_pages 999999
    refuses '*: *12* the guest needs 6[45] MiB, the host has 64 MiB free, of '\
'which others have claimed 3907 MiB: 6[45] MiB are missing'
    $kind
    host domain/max_pages 4294967295
    refuses '*: *12* the guest needs 1677721[56] MiB, *' \
        -mem_max_mib 16777215 -mem_start_mib 16777215

    # Others are faster by an instant: the claim is what tells.
    $kind
    store platform/vcpu/weight 512
    host host/free_mib 80
    host host/late_claims 16384
    refuses '*mem_claim_check: *12* the guest needs 6[45] MiB, the host has '\
'80 MiB free, of which others have claimed 64 MiB: 4[89] MiB are missing'
    holds "$kind: ... before the guest has its weight" has_not calls xc_sched
    $kind
    failure=xc_domain_claim_pages:1:ENOMEM
    refuses '*xc_domain_claim_pages: *12* claim for domain 7: Cannot allocate *'
    host host/xenstore down
    refuses "*xs_open: *2* Xenstore can't be reached: *"
done
hvm
host domain/type pv
refuses '*: *22* domain 7 has a PV container, -mode hvm_build needs the other: *'
pv
host domain/type hvm
refuses '*: *22* domain 7 has an HVM container, -mode linux_build needs *'

# ---- Xenstore

for kind in pv hvm pvh; do
    $kind
    store platform/vcpu/0/affinity 00000000
    refuses "*: *22* platform/vcpu/0/affinity: '00000000' leaves none of *"
    $kind
    store platform/vcpu/0/affinity 000000001
    refuses "*: *22* platform/vcpu/0/affinity: '000000001' leaves none of *"
    $kind
    store platform/vcpu/number ten
    refuses "*: *2* platform/vcpu/number is missing or 0: *"
    $kind
    store platform/vcpu/current 4
    refuses "*: *34* platform/vcpu/current: '4' is more than *number 3"
    $kind
    store platform/vcpu/current ''
    refuses "*: *2* platform/vcpu/current is missing: *"
    $kind
    store platform/featureset 40-0-x
    refuses "*: *22* platform/featureset: word 2 of '40-0-x' is not a 32-bit *"
    $kind
    store platform/featureset 0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-1
    refuses '*: *95* platform/featureset: word 18 is 00000001, but *'
done
for kind in hvm pvh; do
    $kind
    store platform/cores-per-socket 2
    refuses "*: *22* platform/cores-per-socket: '2' does not divide the 3 vCPUs"
done
hvm
store platform/vcpu/number 129
host domain/max_vcpus 200
refuses "*: *34* platform/vcpu/number: '129' is more than the 128 vCPUs *"
hvm
store hvmloader/bios rombios
refuses "*: *22* hvmloader/bios: 'rombios' is neither ovmf nor seabios"
hvm
store hvmloader/bios ovmf
for name in . .. ../OVMF.fd /etc/passwd a/b; do
    store platform/ovmf-override "$name"
    refuses "*: *22* platform/ovmf-override: '$name' is not a file name"
done
store platform/ovmf-override no-such-file
refuses "*lstat: *2* platform/ovmf-override '*/no-such-file': No such file*"

# ---- safety, and what a guest can't have

pvh
refuses "*: *22* -pci_passthrough: '00:1b.0': a PVH guest can't have *" \
    -pci_passthrough 00:1b.0
refuses "*: *7* -module: '/third' is one too many*" -module /second \
    -module /third
refuses "*: *2* module '/nowhere/x': No such file*" -module /nowhere/x
refuses "*: *22* module '$dir' is not a plain file" -module "$dir"
refuses "*: *22* module '/dev/zero' is not a plain file" -module /dev/zero
refuses "*: *22* module '$dir/empty' is empty" -module "$dir/empty"
accepts 'a command line of 1023 characters' -module "$ramdisk" \
    -cmdline "$(printf '%01023d' 0)"
refuses "*: *7* -cmdline: that of module '$ramdisk' has 1024 characters, *" \
    -module "$ramdisk" -cmdline "$(printf '%01024d' 0)"
store /mh/limits/pv-ramdisk-max_size 5
refuses "*: *27* module '$ramdisk' has 10 bytes, the limit is 5"
pvh
host domain/max_vcpus 200
store platform/vcpu/number 129
refuses "*: *34* platform/vcpu/number: '129' is more than the 128 vCPUs *"

hvm
store platform/nested-virt 1
refuses '*: *22* platform/nested-virt and populate-on-demand exclude *' \
    -mem_start_mib 32
host domain/hap 0
refuses '*: *22* platform/nested-virt needs hardware assisted paging *'

# ---- what is not there yet says so

hvm
refuses '*: [[]22[]] -mem_pnode: *5*: the host has the nodes 0' -mem_pnode 5
refuses '*run_test: *38* test mode not supported' -mode test

# ---- one line, whatever is in it

hvm
store hvmloader/bios 'first\nresult:1 2\nthird'
refuses "*: *22* hvmloader/bios: 'first result:1 2 third' is neither *"
hvm
refuses "*: *22* -domid: '1 2' is not a decimal integer" -domid '1
2'
long=$(printf '%05000d' 7)
hvm
refuses "*: *22* -mode: unknown mode '0000*" -mode "$long"
holds 'a long text is cut' [ "$(wc -c <"$dir/control")" -lt 1100 ]

# ---- in the middle of a build: tests/fail has each call fail, but says no more than
# an errno

hvm
failure='xc_dom_boot_mem_init:1:EIO:first line\nsecond'
run
holds "the library's words are told, in one line" failed \
    'xenguest: xc_dom_boot_mem_init: \[5\] *: Input/output error (first line second)'

# More than one, as when Xen and Xenstore are both in trouble.
hvm
failure=xc_domain_set_memory_map:1:ENOMEM,xs_write:1:EIO
run
holds 'the first failure is the one that is told' \
    failed 'xenguest: xc_domain_set_memory_map: \[12\] *'

hvm
host host/free_mib 64
failure=xc_dom_boot_mem_init:1:ENOMEM
run
holds 'memory that runs out while it is populated' \
    failed 'xenguest: xc_dom_boot_mem_init: \[12\] *Cannot allocate memory'

finish
