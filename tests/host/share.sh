# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# share.sh - divides cases between hosts. A host has one shape and runs its cases one
# after the other, on one processor: a shape with more to do than seven minutes gets
# several hosts. Each of them takes a boot, and its memory.
# Sourced by run-host.

# share_cases HOSTS: reads "SECONDS NAME [SHAPE]" of each case and prints, for each
# host to boot, "SECONDS NAME,NAME... [SHAPE]", in the order in which they are to be
# begun when so many can be up: the longest first, so that the others fill up the
# rest.
share_cases() {
    LC_ALL=C sort -s -k1,1nr | awk -v hosts="$1" -v worth_a_host=400 '
        {
            seconds = $1
            name = $2
            sub(/^[^ ]+ [^ ]+ ?/, "")
            if (!($0 in total))
                shapes[++nr_shapes] = $0
            total[$0] += seconds
            n = ++count[$0]
            takes[$0, n] = seconds
            names[$0, n] = name
        }
        # Each case, the longest first, to the host that has the least to do.
        function deal(shape,    parts, part, least, i, load, list) {
            parts = 1 + int(total[shape] / worth_a_host)
            if (parts > hosts)
                parts = hosts
            for (i = 1; i <= count[shape]; i++) {
                least = 1
                for (part = 2; part <= parts; part++)
                    if (load[part] + 0 < load[least] + 0)
                        least = part
                load[least] += takes[shape, i]
                list[least] = list[least] (list[least] == "" ? "" : ",") \
                    names[shape, i]
            }
            for (part = 1; part <= parts; part++)
                if (list[part] != "")
                    print load[part], list[part] (shape == "" ? "" : " " shape)
        }
        END {
            for (i = 1; i <= nr_shapes; i++)
                deal(shapes[i])
        }' | LC_ALL=C sort -s -k1,1nr
}
