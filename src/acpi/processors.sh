#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# processors.sh - prints the ASL of as many processors as a PVH guest can have
# (HVM_MAX_VCPUS). ASL has no loops; _UID is the MADT's processor id.
set -eu

uid=0
while [ "$uid" -lt 128 ]; do
    printf 'Device (P%03X)\n{\n' "$uid"
    printf '    Name (_HID, "ACPI0007")\n'
    printf '    Name (_UID, %d)\n' "$uid"
    printf '    Method (_STA) { Return (VSTA (%d)) }\n}\n' "$uid"
    uid=$((uid + 1))
done
