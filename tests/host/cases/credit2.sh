# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# credit2.sh - affinity of each vCPU, weight and cap, under credit2.
# host: sched=credit2 takes=5
# host: nodes=16 smp=4 memory-only=4,5,6,7,8,9,10,11,12,13,14,15
# host: size=640,640,640,640,256,256,256,256,256,256,256,256,256,256,256,256
. vcpus.sh

is "$(xl info xen_scheduler)" credit2 'the scheduler is credit2'
check_vcpu_settings
done_testing
