# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-32.sh - a host with 32 nodes, of which four have CPUs.
# host: nodes=32 smp=4 memory-only=4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
# host: size=640,640,640,640,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160,160
# host: takes=10
. numa.sh

many_nodes 32
done_testing
