# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# credit2.sh - affinity of each vCPU, weight and cap, under credit2.
# host: sched=credit2
. vcpus.sh

is "$(xl info xen_scheduler)" credit2 'the scheduler is credit2'
check_vcpu_settings
done_testing
