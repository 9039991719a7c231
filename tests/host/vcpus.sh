# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# vcpus.sh - what holds under each scheduler: affinities, weight, cap.
. lib.sh

# xl_affinity VCPU: the hard affinity as xl shows it.
xl_affinity() {
    xl vcpu-list "$dom" | awk -v vcpu="$1" '$3 == vcpu { print $(NF - 2) }'
}

check_vcpu_settings() {
    for type in pv hvm; do
        image=
        [ $type = hvm ] || image='--image /guest/vmlinux'

        # shellcheck disable=SC2086 # words
        create --type $type --mem 96 $image --vcpus 4 \
            -p vcpu/0/affinity=1 -p vcpu/1/affinity=0110 \
            -p vcpu/2/affinity=00010000111 \
            -p vcpu/weight=512 -p vcpu/cap=50
        run "$type: builds" vmctl build "$dom"
        is "$(xl_affinity 0)" 0 "$type: a short affinity ends in zeros"
        is "$(xl_affinity 1)" 1-2 "$type: two CPUs"
        is "$(xl_affinity 2)" 3 "$type: what is past the last CPU is ignored"
        is "$(xl_affinity 3)" all "$type: without the key, any CPU"
        is "$(get weight)" 512 "$type: weight"
        is "$(get cap)" 50 "$type: cap"
        destroy "$dom"

        # shellcheck disable=SC2086
        create --type $type --mem 96 $image -p vcpu/cap=30
        run "$type: builds with a cap alone" vmctl build "$dom"
        is "$(get weight) $(get cap)" '256 30' "$type: the weight stays"
        destroy "$dom"
    done
}
