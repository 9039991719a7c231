#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# -mode plan: what it shows, that it changes nothing, and that a build that follows
# does just that.
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2119 # without options, run is the plain build
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/host/random.sh
. "$(dirname "$0")/../host/random.sh"

export XENGUEST_RUN_DIR="$dir/run"
result=$platform/numa/result

# numa KIND POLICY: "" for none.
numa() {
    four_nodes "$1"
    host host/free_mib 1280
    host host/pcpus 16
    host domain/max_pages 262144
    [ -z "$2" ] || store platform/numa/policy "$2"
}

# plan OPTION...: of domain 7.
plan() { raw -mode plan -domid 7 "$@"; }

# get FILTER: of what plan --json has said.
get() { jq -r "$1" "$dir/stdout"; }

# The calls that plans may make, each with what is to follow. What is not in this
# list changes something, or nobody has looked whether it does. What comes in one
# hypercall with others is a line of its own.
reading='xc_interface_open xc_interface_close xs_open xs_close xs_read
    xs_directory xc_numainfo xc_numa_meminfo xc_cputopoinfo xc_pcitopoinfo
    xc_availheap xc_physinfo xc_reserved_device_memory_map xc_get_cpumap_size xc_get_max_cpus
    xc_get_nodemap_size xc_nodemap_alloc xc_cpupool_getinfo xc_cpupool_infofree
    xc_domain_getinfolist xc_domain_node_getaffinity xc_vcpu_getaffinity
    xencall_alloc_buffer xencall2 xc_get_cpu_featureset'

# Xen's XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION is 30.
changes() {
    printf '%s\n' "$reading" |
        awk 'NR == FNR { for (i = 1; i <= NF; i++) may[$i]; next }
            $1 == "xc_shadow_control" && $4 == 30 { next }
            !($1 in may)' - "$dir/calls"
}
changed_nothing() { [ -z "$(changes)" ] && [ ! -e "$dir/run" ]; }

# shows TEXT <<END: in a part of the output that begins with the first line of the
# standard input.
shows() {
    cat >"$dir/wanted"
    awk 'NR == FNR { wanted[NR] = $0; n = NR; next }
        { line[FNR] = $0; last = FNR }
        END {
            for (at = 1; at + n - 1 <= last; at++) {
                for (i = 1; i <= n && line[at + i - 1] == wanted[i]; i++);
                if (i > n) exit 0
            }
            exit 1
        }' "$dir/wanted" "$dir/stdout"
}

# ---- text

numa pv ''
raw -mode plan
holds 'the host alone: succeeds' [ "$status" = 0 ]
holds 'the host alone: changes nothing' changed_nothing
if defined HAVE_NUMA_MEMINFO; then claimed=0; else claimed='?'; fi
holds 'the host alone: nodes' shows <<END
node  CPUs cores  vCPUs     size     free    low claimed reserved
   0     4     4    1.0      256      256      0       $claimed        0 ..............
   1     4     4    1.0      512      512      0       $claimed        0 ..............
   2     4     4    1.0      256      256      0       $claimed        0 ..............
   3     4     4    1.0      256      256      0       $claimed        0 ..............
MiB; # used, c claimed by others, r reserved by builders, . free

Distances
node   0   1   2   3
   0  10  20  30  30
   1  20  10  30  30
   2  30  30  10  20
   3  30  30  20  10

Policy of domains with no keys of their own
  policy          any               default
END

numa pv best-effort
store /mh/numa/affinity hard
store platform/vcpu/1/affinity 1111100000000000
plan -mem_start_mib 256
holds 'a plan: succeeds' [ "$status" = 0 ]
holds 'a plan: changes nothing' changed_nothing
holds 'a plan: each value, and where it is from' shows <<END
Policy of domain 7
  policy          best-effort       platform/numa/policy
  nodes           all               default
  affinity        hard              /mh/numa/affinity
  claim           auto              default
  residual-claim  0                 default
  devices         prefer            default
  vnodes          off               default
END
holds 'a plan: the bar' has stdout \
    '^   1 .* +++++++[.]*$'
holds 'a plan: the vCPUs' shows <<END
  vCPU 0: hard 4-7, soft all
  vCPU 1: hard 4, soft all
  vCPU 2: hard 4-7, soft all
END
holds 'a plan: nodes' shows <<END
Plan for domain 7: PV, 256 MiB (by option), 3 vCPUs
  nodes 1, home 1, filled one after the other
  node 1          256 MiB  (65536 pages): 128 of 2M
  besides, 256 MiB are kept free on the home node if it has them
END
holds 'no line is longer than a terminal' [ "$(awk '{ if (length > most)
    most = length } END { print (most <= 80) }' "$dir/stdout")" = 1 ]

holds 'a plan: nothing limits it' has_not stdout "By the vCPUs' masks"
for policy in best-effort strict; do
    numa pv $policy
    tie_vcpus
    plan -mem_start_mib 600
    holds "masks that leave two nodes, $policy: told" has stdout \
        "^  By the vCPUs' masks the candidates are nodes 2-3\.\$"
done
holds '... where there is no plan' has stdout \
    '^  With platform/numa/nodes = all it would be on nodes 1-3$'

numa pv best-effort
host domain/max_vcpus 16
store platform/vcpu/number 16
store platform/vcpu/current 16
plan -mem_start_mib 64
holds 'by cores: told' has stdout '^  nodes 0-3, home 1, in proportion to their cores$'
plan --json -mem_start_mib 64
holds '... in JSON' [ "$(get '[.plan.by_cores, .plan.by_masks] | tojson')" = '[true,false]' ]

numa pv interleave
host domain/max_pages 66048
plan
holds 'without a size: all that the domain may have' has stdout \
    '^Plan for domain 7: PV, 258 MiB (all that it may have)'
holds 'interleave: stripes' has stdout 'in stripes of 2 MiB$'

numa hvm best-effort
plan -mem_start_mib 64
holds 'the HAP pool is part of what is kept free' shows <<END
  besides, 260 MiB are kept free on the home node if it has them
  of these, 4 MiB are the HAP pool's
END
plan -mem_start_mib 64 --json
holds 'the HAP pool: JSON' [ "$(get '[.plan.extra_pages, .plan.hap_pages] |
    tostring')" = '[66560,1024]' ]
numa hvm best-effort
failure=xc_shadow_control:1:EIO
plan -mem_start_mib 64
holds 'a HAP pool that Xen does not tell of' shows <<END
  besides, 256 MiB are kept free on the home node if it has them
  The size of its HAP pool is not known: the pool stays where it is.
END
numa hvm best-effort
failure=xc_shadow_control:1:EIO
plan -mem_start_mib 64 --json
holds 'a HAP pool that Xen does not tell of: JSON' \
    [ "$(get '.plan.hap_pages | tostring')" = null ]

numa hvm strict
host host/node_free_mib 256,8192,256,256
host host/free_mib 8960
host domain/max_pages 2097152
plan -mem_start_mib 3072
holds 'extents: the VGA hole is in the first GiB' has stdout \
    '^  node 1         3072 MiB  (786400 pages): 2 of 1G, 511 of 2M, 480 of 4K$'
plan -mem_start_mib 3072 -mem_max_mib 4096
holds 'extents: what is populated on demand has none of 1 GiB' has stdout \
    '^  node 1         3072 MiB  (786400 pages): 1535 of 2M, 480 of 4K$'
plan -mem_start_mib 5120 --json
holds 'extents: JSON' [ "$(get '.plan.extents | tostring')" = \
    '[{"node":1,"of_1g":3,"of_2m":1023,"of_4k":480}]' ]
store platform/nested-virt true
plan -mem_start_mib 3072 -mem_max_mib 4096
holds 'what a build holds for unsafe' has stdout \
    '^  A build would fail: platform/nested-virt and populate-on-demand exclude '
store platform/nested-virt false

numa pvh best-effort
plan -mem_max_mib 64
holds 'a PVH guest is known as such' has stdout '^Plan for domain 7: PVH, 64 MiB'

numa pvh best-effort
host domain/max_vcpus 3
store platform/numa/vnodes 2
plan -mem_start_mib 64 -mem_max_mib 64
holds 'virtual nodes: changes nothing' changed_nothing
holds 'virtual nodes: each, and its vCPUs' shows <<END
  virtual node 0 on node 1: 32 MiB, vCPU 0
  virtual node 1 on node 0: 32 MiB, vCPU 1-2
  vCPU 0: hard all, soft 4-7
  vCPU 1-2: hard all, soft 0-3
END
plan -mem_start_mib 64 --json
holds 'virtual nodes: JSON' [ "$(get '[.plan.vnodes[] | "\(.vnode) \(.node) " +
    "\(.pages) \(.first_vcpu) \(.vcpus)"], .plan.vnodes_off' |
    tr -d ' \n"')" = '[01819201,10819212]null' ]
store platform/numa/vnodes auto
plan -mem_start_mib 64
holds 'virtual nodes, auto: why not' has stdout \
    '^  no virtual nodes: the plan has one node$'
plan -mem_start_mib 64 --json
holds 'virtual nodes, auto: JSON' [ "$(get '.plan | .vnodes[], .vnodes_off,
    .nodes_without_vnodes' | paste -sd ' ')" = 'the plan has one node null' ]
host host/node_free_mib 300,900,600,256
plan -mem_start_mib 700
holds 'virtual nodes, auto: where it would be without' has stdout \
    '^  Without virtual nodes it would be on nodes 0-1\.$'
plan -mem_start_mib 700 --json
holds '... in JSON' [ "$(get '.plan.nodes_without_vnodes | tojson')" = '[0,1]' ]
store platform/numa/vnodes 5
plan -mem_start_mib 64
holds 'virtual nodes: why a build would fail' has stdout \
    "A build would fail: platform/numa/vnodes: '5': 5 virtual nodes: the guest has 3"

numa pv strict
store platform/numa/nodes 0
plan -mem_start_mib 300
holds 'strict that has no room: succeeds' [ "$status" = 0 ]
holds 'strict that has no room: changes nothing' changed_nothing
holds 'strict that has no room: why, and what would help' shows <<END
  A build would fail: policy strict: needs 300 MiB (76800 pages), free MiB (pages) per node are 0: 256 (65536)
  44 MiB are missing on nodes 0
  With platform/numa/nodes = all it would be on nodes 0-1
  With platform/numa/policy = best-effort it would be on nodes 0-1
END

# Two virtual nodes of 95 MiB have no room there, nor would vCPU 0 run there.
numa pvh strict
host host/node_free_mib 150,50,10,10
store platform/numa/nodes 2,3
plan -mem_start_mib 190
holds 'strict that would have room elsewhere: what would help' has stdout \
    'With platform/numa/nodes = all it would be on nodes 0-1'
store platform/numa/vnodes 2
host domain/max_vcpus 3
plan -mem_start_mib 190
holds 'strict with virtual nodes: why' has stdout \
    'A build would fail: 2 virtual nodes, one on each node: needs 190 MiB'
holds 'strict with virtual nodes that have room nowhere: nothing would help' \
    has_not stdout 'With platform/'
store platform/numa/vnodes off
store platform/numa/affinity hard
store platform/numa/nodes 3
host host/node_free_mib 150,50,0,10
host domain/hard 0000000011110000
plan -mem_start_mib 140
holds 'strict with a vCPU that could not run there: what would help' [ \
    "$(sed -n 's/^  With platform\/numa\/\([a-z]*\) .*/\1/p' "$dir/stdout")" = policy ]

# Masks of hundreds of pCPUs apart from each other are told whole.
numa pv best-effort
host host/pcpus 1000
host domain/hard "$(printf '10%.0s' $(seq 500))"
plan -mem_start_mib 64 --json
holds 'a mask of 500 pCPUs: JSON' [ "$(get '.plan.vcpu_masks[0].hard')" = \
    "$(seq -s , 0 2 998)" ]

numa pv bogus
plan -mem_start_mib 64
holds 'a bad key: why' has stdout \
    "A build would fail: platform/numa/policy: 'bogus' is none of any"
numa pv strict
plan -mem_start_mib 1100
holds 'more than the domain may have: why' has stdout \
    'A build would fail: the guest needs 1100 MiB, domain 7 may have 1024 MiB: see xl mem-max$'
numa pv strict
host domain/max_pages 1048576
plan -mem_start_mib 2000
holds 'more than the host has: why' has stdout \
    'A build would fail: the guest needs 2000 MiB, the host has 1280 MiB free'

# What guests of a kind can't have.
for kind in hvm pvh; do
    numa $kind ''
    host domain/max_vcpus 200
    store platform/vcpu/number 129
    plan -mem_start_mib 64
    holds "$kind, too many vCPUs: why" has stdout \
        "A build would fail: platform/vcpu/number: '129' is more than the 128 vCPUs"
done
numa pvh ''
plan -mem_start_mib 64 -pci_passthrough 0000:00:1f.0
holds 'PVH with a device: why' has stdout 'A build would fail: -pci_passthrough: '
numa hvm ''
store platform/nested-virt 1
plan -mem_start_mib 64 -mem_max_mib 96
holds 'HVM with what is not safe: why' has stdout \
    'A build would fail: platform/nested-virt and populate-on-demand exclude'
store platform/featureset 12-none
plan -mem_start_mib 64
holds 'a featureset that is none: why' has stdout \
    "A build would fail: platform/featureset: word 1 of '12-none' is not a"

numa pv ''
plan -mem_start_mib 64
holds 'no policy: Xen decides' shows <<END
  Xen decides: there is no policy.
  claim tried first: host
END
store platform/numa/policy any
plan -mem_start_mib 64
holds 'policy any: the claim is the one that a build stakes' has stdout \
    '^  claim  *host  *default$'
holds '... which is tried first' has stdout '^  claim tried first: host$'
store platform/numa/policy ''
store platform/numa/claim off
plan -mem_start_mib 64
holds 'no policy, claim off' has stdout '^  claim tried first: none$'

numa pv ''
plan -mem_start_mib 64 -mem_pnode 3
holds '-mem_pnode: is where the values come from' has stdout \
    '^  policy          mem_pnode         -mem_pnode$'
holds '-mem_pnode: there' has stdout '^  node 3           64 MiB  (16384 pages): 32 of 2M$'

# A domain that has been built: what it has published, and what it has now.
numa pv best-effort
host domain/pages 16384
host domain/paused 0
store platform/numa/result/policy strict
store platform/numa/result/nodes 0,2
store platform/numa/result/home 2
store platform/numa/result/affinity soft
store platform/numa/result/claim host
store platform/numa/result/pages/0 256
store platform/numa/result/pages/2 16128
store platform/numa/result/spilled 256
store platform/numa/result/outside 0
plan
holds 'a built domain: its result' shows <<END
Placed domains
domain 7: policy strict, home 2, affinity soft, spilled 256, outside 0
  node 0            1 MiB  (256 pages)
  node 2           63 MiB  (16128 pages)
END
holds 'a built domain: no plan' has stdout \
    '^  No plan: domain 7 is not paused: it is a running guest$'
plan --json
holds 'a built domain: JSON' [ "$(get '.outcome, .plan, .results[0].policy,
    .results[0].pages[1].pages')" = 'built
null
strict
16128' ]

numa pv best-effort
host domain/pages 16384
: >"$dir/store"
plan
holds 'a built domain without keys: no plan, and no result' shows <<END
  No plan: domain 7 is not empty: it holds 64 MiB (16384 pages): a build needs a new one
  It has published no result.
END

holds "... and vCPUs that its keys don't tell" has stdout \
    '^Plan for domain 7: PV, .*, ? vCPUs$'
plan --json
holds '... in JSON' [ "$(get '[.outcome, .domain.vcpus, .results] | tostring')" = \
    '["built",null,[]]' ]

# What a domain has not published is not 0, and neither is what is no number.
numa pv best-effort
host domain/pages 16384
store platform/numa/result/policy any
store platform/numa/result/claim host
plan
holds 'a result without numbers: has none' shows <<END
Placed domains
domain 7: policy any

END
plan --json
holds '... in JSON' [ "$(get '.results[0] | tostring')" = '{"domid":7,"policy":"any",'\
'"claim":"host","nodes":null,"affinity":null,"home":null,"spilled":null,'\
'"outside":null,"pages":null}' ]
numa pv best-effort
host domain/pages 16384
store platform/numa/result/nodes 0
store platform/numa/result/home 0
store platform/numa/result/spilled many
store platform/numa/result/outside 0
store platform/numa/result/pages/0 many
store platform/numa/result/pages/2 256
store platform/numa/result/pages/x 512
store platform/numa/result/pages/-1 512
store platform/numa/result/pages/64 512
plan
holds 'a result in part: what there is' shows <<END
Placed domains
domain 7: policy ?, home 0, outside 0
  node 0            ? MiB
  node 2            1 MiB  (256 pages)

END
plan --json
holds '... in JSON' [ "$(get '.results[0] | tostring')" = '{"domid":7,"policy":null,'\
'"claim":null,"nodes":"0","affinity":null,"home":0,"spilled":null,"outside":0,'\
'"pages":[{"node":0,"pages":null},{"node":2,"pages":256}]}' ]

# What others wrote a terminal does not follow: neither ESC nor U+009B, which is C2 9B
# as UTF-8, nor a return to where the line begins.
odd=$(printf 'x\033[2J\302\233y\rz\377')
is_plain() { [ -s "$dir/stdout" ] && [ "$(LC_ALL=C tr -d '\n -~' <"$dir/stdout" | wc -c)" = 0 ]; }
numa pv "$odd"
plan -mem_start_mib 64
holds 'a policy that clears the screen: plain' is_plain
holds '... and shown' has stdout \
    "^  A build would fail: platform/numa/policy: 'x [[]2J  y z[?]' is none of"
plan -mem_start_mib 64 --json
holds '... in JSON as well' is_plain
numa pv strict
for key in policy affinity nodes claim home spilled; do
    store platform/numa/result/$key "$odd"
done
host domain/pages 16384
plan
holds 'a result that clears the screen: plain' is_plain
holds '... and shown' has stdout '^domain 7: policy x [[]2J[?? ]*y z[?], affinity x .*z[?]$'
numa pv ''
store /mh/numa/policy "$odd"
raw -mode plan
holds 'a default of the host: plain' is_plain
holds '... and shown' has stdout \
    "^A build would fail: /mh/numa/policy: 'x [[]2J  y z[?]' is none of"
numa pv best-effort
store platform/numa/nodes "$(printf '0 ,\r\033\2331')"
plan -mem_start_mib 64
holds 'a list of nodes: plain' is_plain
numa pv "$odd"
run
holds 'an error on the terminal: no control character' \
    [ "$(LC_ALL=C tr -d '\n -~\377' <"$dir/stderr" | wc -c):$(wc -l \
        <"$dir/stderr")" = 0:1 ]

# What can't be read says nothing of a build.
for call in xs_directory:5 xs_directory:2 xc_physinfo:2 xc_vcpu_getaffinity:1; do
    numa pv best-effort
    failure=$call:EIO
    plan -mem_start_mib 64
    holds "$call fails: an error, and no plan" [ "$status:$(wc -c <"$dir/stdout"):$(
        grep -c "^xenguest: ${call%:*}: [[]5[]] " "$dir/stderr")" = 1:0:1 ]
done
numa pv ''
failure=xs_directory:2:EIO
raw -mode plan
holds "the host's defaults can't be read: an error, and no plan" \
    [ "$status:$(wc -c <"$dir/stdout")" = 1:0 ]
numa pv ''
store platform/numa/result/policy strict
failure=xs_read:1:EIO
raw -mode plan
holds "a result can't be read: an error, and no plan" [ "$status:$(
    wc -c <"$dir/stdout"):$(grep -c \
        '^xenguest: xs_read: [[]5[]] platform/numa/result/policy: ' \
        "$dir/stderr")" = 1:0:1 ]
numa pv ''
store /mh/numa/policy bogus
raw -mode plan
holds "the host's defaults are malformed: what a build would say" has stdout \
    "^A build would fail: /mh/numa/policy: 'bogus' is none of"

# ---- the answer's ways

numa pv best-effort
xenguest -controloutfd 8 -controlinfd 9 -mode plan -domid 7 -mem_start_mib 64
holds 'a control pipe: hears of the end' [ "$(cat "$dir/control")" = 'result:0 0' ]
holds 'a control pipe: the plan is on the standard output' has stdout '^Plan for'
raw -mode plan -domid 9
holds 'no such domain: fails' has stderr '[[]3[]] domain 9 does not exist: xl list '
holds 'no such domain: status' [ "$status" = 1 ]
if [ -e /dev/full ]; then
    XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store "$XENGUEST" -mode plan \
        >/dev/full 2>"$dir/stderr"
    status=$?
    holds 'an output that is full: fails' [ $status = 1 ]
    holds 'an output that is full: says so' has stderr 'No space left on device'
fi
XG_FAKE_HOST=$dir/host XG_FAKE_STORE=$dir/store sh -c \
    'ulimit -f 0; "$XENGUEST" -mode plan 2>&1 >"$0/stdout"; echo status $?' "$dir" |
    cat >"$dir/stderr"
holds 'an output beyond the limit for files: fails' has stderr '^status 1$'
holds 'an output beyond the limit for files: says so' has stderr 'File too large'

# ---- what it asks for: all of the host and the domain once; of what domains have
# published, the keys that are there

requests() { grep -cE '^xs_(read|directory)' "$dir/calls"; }
hypercalls() {
    grep '^xc_' "$dir/calls" | grep -vcE \
        '_(open|close|alloc|infofree|max_cpus|cpumap_size|nodemap_size)( |$)'
}
asks() {
    holds "$1: $(requests) requests to Xenstore, at most $2" [ "$(requests)" -le "$2" ]
    holds "$1: $(hypercalls) hypercalls, at most $3" [ "$(hypercalls)" -le "$3" ]
    # Of the nodes the free memory besides; of the domains this one, and all.
    for call in xc_cputopoinfo:1 xc_numainfo:2 xc_cpupool_getinfo:1 \
        xc_domain_getinfolist:2; do
        holds "$1: ${call%:*}, ${call#*:} at most" \
            [ "$(number_of "${call%:*}")" -le "${call#*:}" ]
    done
}

numa pv ''
raw -mode plan
asks 'the host' 2 10
plan -mem_start_mib 64
asks 'without a policy' 6 12
numa hvm best-effort
plan -mem_start_mib 64
asks 'with a policy' 8 16
store platform/numa/result/policy any
store platform/numa/result/claim host
plan -mem_start_mib 64
asks 'beside a result of two keys' 10 16

# ---- reservations: another builder's, and a dead one's

numa pv strict
mkdir -m 700 "$dir/run"
# struct numa_reservation: what is planned, then pages by node, in this machine's
# byte order: 51200 is 0xc800.
{
    printf '\000\310\000\000\000\000\000\000'
    head -c 8 /dev/zero
    printf '\000\310\000\000\000\000\000\000'
    head -c 496 /dev/zero
} >"$dir/run/5-1.numa"
cp "$dir/run/5-1.numa" "$dir/run/6-1.numa"
exec 7<"$dir/run/5-1.numa"
flock 7
# A file that its builder is about to lock would look like this.
plan -mem_start_mib 64 --json
holds 'before there is a lock nothing is looked at' [ "$(get \
    '[.host.nodes[].reserved_pages] | tostring')" = '[0,0,0,0]' ]
touch "$dir/run/lock"
plan -mem_start_mib 64 --json
holds 'what another builder has reserved' [ "$(get \
    '[.host.nodes[].reserved_pages] | tostring')" = '[0,51200,0,0]' ]
holds 'a file that nobody holds is left there' [ -e "$dir/run/6-1.numa" ]
store platform/numa/nodes 1
plan -mem_start_mib 320
holds 'what is reserved is not free' has stdout \
    '^  8 MiB are missing on nodes 1$'
holds 'what is reserved is in the bar' has stdout '^   1 .* 200 rrrrr[.]*$'
# A folder that others can write to, or a link, could hold anything.
chmod 777 "$dir/run"
plan -mem_start_mib 320
holds 'reservations that anybody could write are not believed' has stdout \
    "^What builders have reserved is not known: $dir/run is no folder that only"
chmod 700 "$dir/run"
mv "$dir/run" "$dir/elsewhere"
ln -s elsewhere "$dir/run"
plan -mem_start_mib 64 --json
holds '... nor those behind a link' [ "$(get \
    '[.host.nodes[].reserved_pages, .outcome] | tostring')" = \
    '[null,null,null,null,"planned"]' ]
rm "$dir/run"
mv "$dir/elsewhere" "$dir/run"
exec 7<&-
# A lock that a builder keeps.
exec 7>"$dir/run/lock"
flock 7
export XG_FAKE_LOCK_WAIT=20,60
plan -mem_start_mib 64 --json
holds 'a lock that another builder keeps: not known' [ "$(get \
    '[.host.nodes[].reserved_pages, .outcome] | tostring')" = \
    '[null,null,null,null,"planned"]' ]
unset XG_FAKE_LOCK_WAIT
exec 7>&-

# ---- JSON

numa pv "$(printf 'b\303\251"\\\001st')"
plan -mem_start_mib 64 --json
holds 'what is no UTF-8 and what needs escapes' [ "$(get .problem.text | tr -d \
    '\001' | cut -d: -f2 | cut -c3-9)" = 'b??"\st' ]
numa pv strict
store platform/numa/nodes 0
plan -mem_start_mib 300 --json
holds 'JSON of a refusal' [ "$(get '[.version, .outcome, .plan,
    .problem.missing_pages, .problem.short_nodes[0], .problem.advice[0].value,
    .problem.advice[1].pages[1].pages] | tostring')" = \
    '[1,"refused",null,11264,0,"all",11264]' ]

# Each member, with values that are no other's.
numa pvh best-effort
host host/threads_per_core 2
host host/free_mib 1424
host host/node_free_mib 200,400,256,256
host domain/max_pages 179712
store platform/vcpu/number 4
store platform/vcpu/current 3
store platform/numa/vnodes 2
plan -mem_start_mib 64 --json
if defined HAVE_NUMA_MEMINFO; then claimed=0; else claimed=null; fi
holds 'JSON of a plan: the domain' [ "$(get '.domain | tojson')" = '{"domid":7,'\
'"kind":"PVH","vcpus":4,"mem_start_mib":64,"mem_from_domain":false,"pages_now":0}' ]
holds 'JSON of a plan: a node' [ "$(get '.host.nodes[1] | tojson')" = "{\"node\":1,\
\"cpus\":4,\"cores\":2,\"vcpus\":0,\"size_pages\":102400,\"free_pages\":102400,\
\"low_pages\":0,\"claimed_pages\":$claimed,\"reserved_pages\":0,\
\"distances\":[20,10,30,30]}" ]
holds 'JSON of a plan: the plan' [ "$(get '.plan | tojson')" = '{"nodes":[0,1],'\
'"home":1,"stripe_pages":0,"by_cores":false,"spills":false,"heedless":false,'\
'"candidates":[0,1,2,3],"by_masks":false,"extra_pages":66560,"hap_pages":1024,"affinity":"soft","pages":['\
'{"node":0,"pages":8192},{"node":1,"pages":8192}],"extents":['\
'{"node":0,"of_1g":0,"of_2m":16,"of_4k":0},{"node":1,"of_1g":0,"of_2m":16,"of_4k":0}],'\
'"vnodes":[{"vnode":0,"node":1,"pages":8192,"first_vcpu":0,"vcpus":2},'\
'{"vnode":1,"node":0,"pages":8192,"first_vcpu":2,"vcpus":2}],"vnodes_off":null,'\
'"nodes_without_vnodes":null,'\
'"vcpu_masks":[{"vcpu":0,"hard":"all","soft":"4-7"},'\
'{"vcpu":1,"hard":"all","soft":"4-7"},{"vcpu":2,"hard":"all","soft":"0-3"},'\
'{"vcpu":3,"hard":"all","soft":"0-3"}]}' ]

raw -mode plan --json
holds 'JSON of the host alone' [ "$(get '[.outcome, .domain, .plan, .problem,
    .host.nodes[1].distances[2], .policy[0].origin] | tostring')" = \
    '["host",null,null,null,30,"default"]' ]

# ---- the plan is what a build then does

# Worlds at random, the same ones on each machine. A line each: kind, MiB, options
# and then the host's, the domain's and Xenstore's values with their keys.
worlds() {
    awk -v count="$1" -v nodes="$2" -v seed="$3" "$random_awk"'
        function mask(bits, dense, text) {
            text = "1"
            while (length(text) < bits)
                text = text (random(4) < dense)
            return text
        }
        function node_list(text, i) {
            text = random(nodes)
            for (i = random(4); i > 0; i--)
                text = text "," random(nodes)
            return one_of("all," (nodes > 1 ? "^" random(nodes) : "all") \
                " " text " " text)
        }
        BEGIN {
            for (i = 0; i < count; i++) {
                cpus = nodes * 4
                free = random(500) + 20
                sum = free
                for (n = 1; n < nodes; n++) {
                    more = random(3) ? random(500) : random(30)
                    free = free "," more
                    sum += more
                }
                mib = random(2) ? random(sum / 2) : random(sum * 1.1)
                if (!random(3))
                    mib = random(300)
                if (mib < 8)
                    mib = 8
                options = random(5) ? "" : " -mem_pnode " random(nodes)
                kind = one_of("pv hvm pvh")
                if (kind == "hvm" && !random(4))
                    options = options " -pci_passthrough 0000:00:1f.0"
                if (kind != "pv" && !random(6))
                    options = options " -mem_max_mib " mib + random(100) + 1
                print kind, mib, options
                print "host host/node_free_mib", free
                print "host host/free_mib", sum
                print "host host/pcpus", cpus
                print "host host/device_node", random(nodes)
                print "host host/threads_per_core", random(2) + 1
                print "host host/low_mib", random(2) * random(20)
                print "host host/slit", one_of("pairs pairs pairs unknown")
                print "host domain/max_pages", mib * 256 + random(2) * 512 + \
                    random(3) * random(80000) + 64
                if (!random(5)) {
                    print "host domain/claimed_pages", claimed = mib * 64
                    print "host host/claimed_pages", claimed
                }
                if (!random(3))
                    print "host domain/hard", mask(cpus, 2)
                if (!random(3))
                    print "store platform/vcpu/1/affinity", mask(cpus, 1)
                print "store platform/numa/policy", one_of("best-effort strict" \
                    " best-effort-hard strict prio-mem-only strict interleave")
                if (!random(2))
                    print "store platform/numa/nodes", node_list()
                if (!random(3))
                    print "store platform/numa/affinity", one_of("soft hard none")
                if (!random(3))
                    print "store platform/numa/claim", one_of("auto host off")
                if (!random(3)) {
                    print "store platform/numa/vnodes", one_of("auto auto 2")
                    print "host domain/max_vcpus 3"
                }
                print "end"
            }
        }'
}

# What plan --json says, a line for each thing.
planned() {
    jq -r '"outcome \(.outcome)", (.problem | values | "why \(.text)"), (.plan |
        values | (.pages[] | "pages/\(.node) \(.pages)"), "home \(.home)",
        (.extents[] | "extents/\(.node) \(.of_1g),\(.of_2m),\(.of_4k)"),
        (.vcpu_masks[] | "mask \(.vcpu) hard \(.hard)",
            "mask \(.vcpu) soft \(.soft)")), "claim \(.claim)"' "$dir/stdout"
}

# judge STATUS: says what the build did otherwise than planned; nothing if it did
# all of it. Its stderr is there for a plan that it would fail. libxenguest adds its
# special pages, on the home node unless that is full to the brim: masks follow
# them then. Masks that are not set stay as they are.
judge() {
    printf '%s\n' "$reading" | awk -v status="$1" -v kind="$mode" \
        -v result="$result/" '
        # The node that the flags of a request name: XENMEMF_exact_node.
        function node_of(flags, digits) {
            digits = "0123456789abcdef"
            sub(/,$/, "", flags)
            return 16 * (index(digits, substr(flags, length(flags) - 3, 1)) - 1) + \
                index(digits, substr(flags, length(flags) - 2, 1)) - 2
        }
        function bits(list, length_, text, parts, ends, i, n, cpu) {
            n = split(list, parts, ",")
            for (cpu = 0; cpu < length_; cpu++) {
                for (i = 1; i <= n && list != "all"; i++) {
                    if (split(parts[i], ends, "-") == 1)
                        ends[2] = ends[1]
                    if (cpu >= ends[1] + 0 && cpu <= ends[2] + 0)
                        break
                }
                text = text (i <= n)
            }
            return text
        }
        file == "reading" { for (i = 1; i <= NF; i++) may[$i]; next }
        file == "plan" {
            if (!($1 in may) && !($1 == "xc_shadow_control" && $4 == 30))
                print "the plan calls " $1
            next
        }
        file == "planned" {
            if ($1 == "mask")
                masks[$2 " " $3] = $4
            else if ($1 == "why")
                why = substr($0, 5)
            else
                planned[$1] = $2
            next
        }
        file == "stderr" { told = told $0; next }
        $1 == "xc_domain_populate_physmap" && $8 ~ /^0x.*00,$/ {
            asked[node_of($8) " " $6 + 0] += $3
        }
        $1 == "xs_write" && index($2, result) == 1 {
            done[substr($2, length(result) + 1)] = $3
        }
        $1 == "xc_vcpu_setaffinity" {
            split($4, parts, "=")
            split($3, vcpu, "=")
            mask[vcpu[2] " " parts[1]] = parts[2]
        }
        END {
            if (planned["outcome"] == "refused") {
                if (status != 1 || !index(told, "] " why))
                    print "refused otherwise: " told
                exit
            }
            if (planned["outcome"] != "planned" || status != 0) {
                print planned["outcome"] ", and then: " told
                exit
            }
            for (key in mask)
                if (!done["spilled"] && bits(masks[key], length(mask[key])) != mask[key])
                    print "vCPU " key ": " mask[key] ", not " masks[key]
            for (key in planned)
                if (key !~ /^pages|^outcome|^extents/ && planned[key] != done[key])
                    print key ": " done[key] ", not " planned[key]
            for (n = 0; n < 64; n++) {
                key = "pages/" n
                more += done[key] - planned[key]
                if (done[key] + 0 < planned[key] + 0 ||
                    (n != planned["home"] && !done["spilled"] &&
                     done[key] != planned[key]))
                    print key ": " done[key] ", not " planned[key]
            }
            for (n = 0; n < 64 && !done["spilled"]; n++) {
                wanted = planned["extents/" n]
                key = n == planned["home"] ? more : 0
                got = asked[n " 18"] + 0 "," asked[n " 9"] + 0 "," \
                    asked[n " 0"] - key
                if (got != (wanted == "" ? "0,0,0" : wanted))
                    print "extents of node " n ": " got ", not " wanted
            }
            if (more != (kind == "pv" ? 0 : kind == "hvm" ? 16 : 10))
                print more " more pages than planned"
        }' file=reading - file=plan "$dir/plan.calls" file=planned \
        "$dir/planned" file=stderr "$dir/stderr" file=build "$dir/calls"
}

# compare NAME MIB OPTION...: of the world that there is; $mode is its kind.
compare() {
    name=$1 mib=$2
    shift 2
    plan -mem_max_mib "$mib" -mem_start_mib "$mib" --json "$@"
    planned >"$dir/planned"
    mv "$dir/calls" "$dir/plan.calls"
    [ ! -e "$dir/run" ] || fail "$name: the plan leaves a file"
    run -mem_max_mib "$mib" -mem_start_mib "$mib" "$@"
    otherwise=$(judge $status)
    [ -z "$otherwise" ] || fail "$name: $otherwise"
    read -r _ outcome <"$dir/planned"
    case $outcome in
    planned) nr_planned=$((nr_planned + 1)) ;;
    refused) nr_refused=$((nr_refused + 1)) ;;
    esac
}

device 0000:00:1f.0 8086 8086 "$none"
nr_planned=0 nr_refused=0 seed=20261
for nodes in 2 4 16; do
    worlds 34 $nodes $((seed + nodes)) >"$dir/worlds"
    nr_before=$nr_tests nr_world=0
    while read -r kind mib options; do
        rm -rf "$dir/run"
        new_world "$kind"
        while read -r verb key value && [ "$verb" != end ]; do
            "$verb" "$key" "$value"
        done
        nr_world=$((nr_world + 1))
        # shellcheck disable=SC2086 # several words
        compare "$nodes nodes, world $nr_world ($kind, $mib MiB $options)" \
            "$mib" $options
    done <"$dir/worlds"
    holds "$nodes nodes: $nr_world worlds as planned" \
        [ $nr_tests = $nr_before ]
done
[ $nr_planned -ge 70 ] && [ $nr_refused -ge 5 ]
holds "of these $nr_planned were built and $nr_refused refused" [ $? = 0 ]

finish
