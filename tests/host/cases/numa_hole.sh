# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa_hole.sh - PVH Linux, of which one virtual node lies around the hole below 4 GiB.
# host: nodes=2 size=5120 long=yes takes=60
. numa.sh
. vnodes.sh

vnodes 'around the hole' 5001 3 2
on_nodes $((2500 * 256)) $((2501 * 256))
starts
is "$(ranges 0),$(ranges 1)" '0-2500,2500-3840 4096-5257' "$name: ranges"
is "$(guest_says 'node 0')|$(guest_says 'node 1')" \
    'cpus 0 distances 10 20|cpus 1-2 distances 20 10' \
    "$name: processors and distances"
bound_between 2500 5257
destroy "$dom"

xl sched-credit -s -t 30
done_testing
