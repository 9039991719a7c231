# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-16.sh - a host with 16 nodes, of which four have CPUs.
# host: sched=credit2
# host: nodes=16 smp=4 memory-only=4,5,6,7,8,9,10,11,12,13,14,15
# host: size=640,640,640,640,256,256,256,256,256,256,256,256,256,256,256,256
. numa.sh

many_nodes 16
done_testing
