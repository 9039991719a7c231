# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# walk.sh - the way of an admin who wants NUMA, by README.md: from the packages' files
# and the host's own xenguest to VMs with a policy, and back.
# host: takes=40
. numa.sh

place=/usr/libexec/xen/bin/xenguest
program=/usr/libexec/xenguest-numa/xenguest

switch() {
    PATH=/tests/switch:$PATH bash /tests/switch/xenguest-switch "$@" 2>&1
}

# As the packages leave it: ours at a place of its own. The original is one that tells
# when it is run.
mkdir -p "${program%/*}"
mv $place $program
cat >$place <<END
#!/bin/sh
touch /tmp/original-was-run
exec $program "\$@"
END
chmod +x $place
cp -p $place /tmp/original

is "$(switch status)" "disabled: $place is the original" 'at first the original is active'
run 'ours is made active' switch "enable"
is "$(switch status)" \
    "enabled: $place is ours, the original is kept as $place.original" 'ours is active'

# ---- a default for all VMs

run "best-effort is the host's default" xenstore-write /mh/numa/policy best-effort
guest pv 300
run 'a VM without keys of its own: builds' vmctl build "$dom"
is "$(result policy)" best-effort 'a VM without keys: has the default'
published_is_true 'a VM without keys'
destroy "$dom"

# ---- one VM is to be strict, where that can't be

mib=$(($(node_free 2) + 20))
strict() { guest pv $mib --vcpus 2 -p numa/policy=strict -p numa/nodes="$1"; }

strict 2
refuse 'strict on a node that is too small: the start fails' \
    'error:*policy strict: needs * MiB * pages), free MiB (pages) per node are 2: *' \
    vmctl build "$dom"
$program -mode plan -domid "$dom" -mem_start_mib $mib >/tmp/plan
is $? 0 'why: the plan'
sed -n '/^Plan/,$s/^/# /p' /tmp/plan
like "$(cat /tmp/plan)" '* MiB are missing on nodes 2*' 'why: what is missing, and where'
like "$(cat /tmp/plan)" '*With platform/numa/nodes = all it would be on nodes *' \
    'why: the key that helps'
foreseen=$(sed -n 's/.*nodes = all it would be on nodes //p' /tmp/plan)
destroy "$dom"

strict all
run 'with that key changed: the start succeeds' vmctl build "$dom"
is "$(result policy) $(result nodes)" "strict $foreseen" 'on the nodes that were foreseen'
published_is_true 'the strict VM'
destroy "$dom"
[ ! -e /tmp/original-was-run ]
is $? 0 'the original has built none of them'

# ---- and back

run "the host's default goes" xenstore-rm /mh/numa
run 'ours is made inactive' switch disable
is "$(switch status)" "disabled: $place is the original" 'the original is active again'
run 'the original: byte for byte' cmp $place /tmp/original
is "$(stat -c %A $place) $(echo $place*)" "$(stat -c %A /tmp/original) $place" \
    'the original: may be run, and nothing is beside it'
guest pv 300
run 'the next VM: builds' vmctl build "$dom"
[ -e /tmp/original-was-run ]
is $? 0 'the next VM: by the original'
destroy "$dom"
mv $program $place

done_testing
