# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# credit.sh - affinity of each vCPU, weight and cap, under credit.
# host: sched=credit takes=5
. vcpus.sh

is "$(xl info xen_scheduler)" credit 'the scheduler is credit'
check_vcpu_settings
done_testing
