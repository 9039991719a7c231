#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each call that a build makes fails once, in a build of its own: always one
# error line that names the call, the code and what the library said, status 1,
# no result, everything released.
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2119 # without options, run is the plain build
. "$(dirname "$0")/lib.sh"

# These return nothing, or what no caller can use, or are done without.
harmless='xc_interface_close|xs_close|xc_cpupool_infofree|xc_dom_release'
harmless="$harmless|xc_dom_unmap_one|xc_dom_(kernel|module)_max_size|guest_word"
harmless="$harmless|xc_evtchn_status"
harmless="$harmless|policy_cores|restore_memflags" # no calls

seabios=$(configured SEABIOS_PATHS)
world() {
    $1
    store_everything
    if [ "$1" = hvm ] && [ -r "$seabios" ]; then
        store hvmloader/bios seabios
    fi
}

# failures ERROR: the calls of the run before, in XG_FAKE_FAIL's form.
failures() {
    HARMLESS="^($harmless)\$" ERROR=$1 awk '
        { n[$1]++ }
        $1 !~ ENVIRON["HARMLESS"] { print $1 ":" n[$1] ":" ENVIRON["ERROR"] }
    ' "$dir/calls"
}

# What was taken is given back, in whatever state the build ended. What failed has
# not been taken.
released() {
    awk -v failed="${1%%:*}" '
        $1 != failed { n[$1]++ }
        END {
            exit n["xc_interface_open"] != n["xc_interface_close"] ||
                n["xs_open"] != n["xs_close"] ||
                n["xc_dom_allocate"] != n["xc_dom_release"]
        }' "$dir/calls"
}

for kind in pv hvm pvh; do
    world $kind
    accepts 'a good build, the calls of which fail in turn'

    # With a code, and words of the library where that keeps some.
    failures 'EIO:first line\nsecond' >"$dir/failures"
    while IFS= read -r line; do
        call=${line%%:*}
        world $kind
        failure=$line
        run
        case $call in
        xs_* | xc_interface_open | xenforeignmemory_map) text='*Input/output error' ;;
        *) text='*: Input/output error (first line second)' ;;
        esac
        holds "$kind: ${line%%:EIO*} fails" \
            failed "xenguest: $call: \[5\] $text"
        holds "$kind: ... and all is released" released "$line"
    done <"$dir/failures"

    # libxenguest often fails without errno: nothing old is told instead, and no 0.
    world $kind
    run
    failures NONE | grep '^xc_dom_' >"$dir/failures"
    while IFS= read -r line; do
        call=${line%%:*}
        world $kind
        failure=$line
        run
        holds "$kind: ${line%:*} fails and does not say why" \
            failed "xenguest: $call: \[5\] *: failed"
    done <"$dir/failures"
done

# A guest that came to nothing leaves no claim, and nothing published, also when
# the last call fails. A residual claim's own failure is no failure.
result=$platform/numa/result
policy_world() {
    rm -rf "$dir/run"
    world "$1"
    store platform/numa/policy strict
    store platform/numa/residual-claim 100
}

# nothing_stays FAILURE
nothing_stays() {
    for reservation in "$dir"/run/*.numa; do
        [ ! -e "$reservation" ] || return
    done
    awk -v result="$result" -v failed="$1" '
        /^xc_domain_claim_/ { claimed = $1 " " $2 " " $3 }
        /^xs_transaction_end commit/ && failed !~ /^xs_transaction_end/ {
            published = 1
        }
        $0 == "xs_rm " result { published = 0 }
        END {
            exit claimed != "xc_domain_claim_pages d7 0" || published
        }' "$dir/calls"
}

# A pool that can't grow stays where it is.
harms_nothing() {
    case ${1%%:*} in
    xc_domain_claim_pages | xc_domain_claim_pages_node) ;;
    xc_domain_claim_memory) ;;
    xc_domain_getinfolist | xc_shadow_control) ;;
    *) return 1 ;;
    esac
}

export XENGUEST_RUN_DIR="$dir/run"
for kind in pv hvm pvh; do
    policy_world $kind
    accepts "$kind with a policy: a good build, the calls of which fail in turn"
    failures EIO | sed -E '1,/^xc_domain_claim_[a-z_]*:1:/d' \
        >"$dir/failures"
    holds "$kind with a policy: claimed before its pages are taken" \
        grep -q '^xc_domain_populate_physmap:1:' "$dir/failures"
    while IFS= read -r line; do
        policy_world $kind
        failure=$line
        run
        # shellcheck disable=SC2154 # status is run's
        if [ "$status" = 0 ]; then
            holds "$kind with a policy: ${line%:EIO} does no harm" \
                harms_nothing "$line"
        else
            holds "$kind with a policy: ${line%:EIO} fails: nothing stays" \
                nothing_stays "$line"
        fi
    done <"$dir/failures"
done
unset XENGUEST_RUN_DIR

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
