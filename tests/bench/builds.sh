# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# builds.sh - scripts/bench: from exec to the result line, the first round for time,
# the second for counts.
# The policy "xl" is `xl create -p` instead, which makes the domain, and an HVM guest's
# device model, besides.
# host: dm=yes limit=3600 takes=300
# shellcheck disable=SC2154
# shellcheck source=tests/bench/bench.sh
. bench.sh

# xl_config TYPE MIB: a guest as those of make_guest.
xl_config() {
    printf '%s\n' 'name = "by-xl"' "type = \"$1\"" "memory = $2" \
        "vcpus = ${bench_vcpus:-1}"
    [ "$1" = hvm ] || printf '%s\n' 'kernel = "/guest/vmlinux"' \
        'ramdisk = "/guest/initramfs"'
}

# nanoseconds of the host's clock: its date has none.
nanoseconds() { sed -n 's/^now at \([0-9]*\) nsecs$/\1/p' /proc/timer_list; }

# seconds_of COMMAND...: without what it takes to look at the clock.
seconds_of() {
    before=$(nanoseconds)
    start=$(nanoseconds)
    "$@" >/tmp/said 2>&1 || fail "$*" "$(cat /tmp/said)"
    echo "$before $start $(nanoseconds)" |
        awk '{ printf "%.3f\n", ($3 - $2 - ($2 - $1)) / 1e9 }'
}

seconds_of_xl() {
    xl_config "$@" >/tmp/xl-config
    seconds_of xl create -e -p /tmp/xl-config
    xl destroy by-xl
    quiet
}

# seconds PROGRAM TYPE MIB POLICY: from exec to the result line.
seconds() {
    if [ "$4" = xl ]; then
        seconds_of_xl "$2" "$3"
    else
        build "$@"
        done_with
    fi
}

# time_row TYPE MIB POLICY: what it took as seconds, as a part of what no policy
# takes, and of what the other program took.
time_row() {
    took=$(seconds ours "$@")
    against=-
    [ "$programs" = ours ] || [ "$3" = xl ] || against=$(seconds other "$@")
    [ "$3" != - ] || plain=$took
    echo "$took $plain $against" | awk -v guest="$1 $2" -v policy="$3" '
        { printf "%-10s %-16s %7.3f  %7.2f  %7s  %7s\n", guest, policy, $1,
              $1 / $2, $3, $3 + 0 ? sprintf("%.2f", $1 / $3) : "-" }'
}

count_row() {
    [ "$3" != xl ] || return 0
    for program in $programs; do
        printf '%-10s %-16s %-6s' "$1 $2" "$3" "$program"
        counted build "$program" "$@"
        # shellcheck disable=SC2086 # a row, but for its last column
        printf ' %8s' ${counts% *}
        echo
        destroy "$dom"
        quiet
    done
}

# Files that nobody has read yet, memory that nobody has used.
for guest_words in $bench_guests; do
    for program in $programs; do
        seconds "$program" "${guest_words%:*}" "${guest_words#*:}" - >/dev/null
    done
    case " $bench_policies " in
    *' xl '*) seconds_of_xl "${guest_words%:*}" "${guest_words#*:}" >/dev/null ;;
    esac
done

echo 'Seconds from exec to the result line; as a part of those without a policy;'
echo "the other program's; as a part of these:"
printf '%-10s %-16s %7s  %7s  %7s  %7s\n' guest policy seconds plain other ratio
each time_row
echo
echo 'Up to the result line: requests to Xenstore; calls of privcmd, of these'
echo 'memory, domctl, sysctl and hvm_op; populate calls, extents; peak KiB:'
printf '%-10s %-16s %-6s' guest policy by
printf ' %8s' xenstore privcmd memory domctl sysctl hvm_op populate extents KiB
echo
each count_row
[ "$failed" -eq 0 ]
