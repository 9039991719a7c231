# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# walk.sh - the way of an admin who wants NUMA, by README.md: from the files of the RPM,
# and of the deb, and the host's own xenguest to VMs with a policy, and back.
# host: takes=20
. numa.sh

if [ ! -e /tests/packages ]; then
    skip 'the walk' 'there are no packages: see tests/packaging/build-packages'
    done_testing
fi

place=/usr/libexec/xen/bin/xenguest
program=/usr/libexec/xenguest-numa/xenguest
own=/usr/libexec/xen/bin/own

switch() { PATH=/tests/packages/tools:$PATH bash /usr/sbin/xenguest-switch "$@" 2>&1; }

# The original is one that tells when it is run.
mv $place $own
cat >$place <<END
#!/bin/sh
touch /tmp/original-was-run
exec $own "\$@"
END
chmod +x $place
cp -p $place /tmp/original

# install KIND: what a package of this kind puts on a host, which is one of its kind.
install() {
    kind=$1
    cp -a "/tests/packages/$kind/usr" /
    [ "$kind" = rpm ] || {
        touch /etc/debian_version
        mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates
        touch /var/lib/dpkg/status
    }
    is "$(switch status)" "disabled: $place is the original" \
        "$kind: at first the original is active"
    /usr/lib/xapi/alternatives/xenguest/numa -version >/dev/null
    is $? 0 "$kind: ours can be chosen for a VM"
    run "$kind: ours is made active" switch "enable"
    is "$(switch status)" \
        "enabled: $place is ours, the original is kept as $place.original" \
        "$kind: ours is active"
    [ "$kind" = rpm ] ||
        is "$(/tests/packages/tools/dpkg-divert --listpackage $place)" xenguest-numa \
            "$kind: the place is diverted"
}

# A default for all VMs.
default_for_all() {
    run "best-effort is the host's default" xenstore-write /mh/numa/policy best-effort
    guest pv 300
    run 'a VM without keys of its own: builds' vmctl build "$dom"
    is "$(result policy)" best-effort 'a VM without keys: has the default'
    published_is_true 'a VM without keys'
    destroy "$dom"
}

# One VM is to be strict, where that can't be.
strict() { guest pv $mib --vcpus 2 -p numa/policy=strict -p numa/nodes="$1"; }

strict_for_one() {
    mib=$(($(node_free 2) + 20))
    strict 2
    refuse 'strict on a node that is too small: the start fails' \
        'error:*policy strict: needs * MiB * pages), free MiB (pages) per node are 2: *' \
        vmctl build "$dom"
    $program -mode plan -domid "$dom" -mem_start_mib $mib >/tmp/plan
    is $? 0 'why: the plan'
    sed -n '/^Plan/,$s/^/# /p' /tmp/plan
    like "$(cat /tmp/plan)" '* MiB are missing on nodes 2*' \
        'why: what is missing, and where'
    like "$(cat /tmp/plan)" \
        '*With platform/numa/nodes = all it would be on nodes *' \
        'why: the key that helps'
    foreseen=$(sed -n 's/.*nodes = all it would be on nodes //p' /tmp/plan)
    destroy "$dom"

    strict all
    run 'with that key changed: the start succeeds' vmctl build "$dom"
    is "$(result policy) $(result nodes)" "strict $foreseen" \
        'on the nodes that were foreseen'
    published_is_true 'the strict VM'
    destroy "$dom"
}

# And back.
undo() {
    [ ! -e /tmp/original-was-run ]
    is $? 0 "$kind: the original has built none of them"
    run "the host's default goes" xenstore-rm /mh/numa
    run "$kind: ours is made inactive" switch disable
    is "$(switch status)" "disabled: $place is the original" \
        "$kind: the original is active again"
    run "$kind: the original: byte for byte" cmp $place /tmp/original
    is "$(stat -c %A $place) $(echo $place*)" "$(stat -c %A /tmp/original) $place" \
        "$kind: the original: may be run, and nothing is beside it"
    guest pv 300
    run "$kind: the next VM: builds" vmctl build "$dom"
    [ -e /tmp/original-was-run ]
    is $? 0 "$kind: the next VM: by the original"
    destroy "$dom"
    rm -rf /tmp/original-was-run ${program%/*} /usr/sbin/xenguest* \
        /usr/lib/xapi /etc/debian_version /var/lib/dpkg
}

install rpm
default_for_all
strict_for_one
undo
install deb
default_for_all
undo
mv $own $place

done_testing
