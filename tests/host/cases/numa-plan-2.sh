# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# numa-plan-2.sh - plans, and the builds that follow at once, on a host of two nodes.
# host: nodes=2 size=1152
# host: qemu=-device qemu=intel-iommu qemu=-device qemu=edu,addr=0x10
# host: xen=rmrr=20000-2000f=00:10.0;30000-30003=00:10.0
. numa.sh
. planned.sh

random_plans 2
done_testing
