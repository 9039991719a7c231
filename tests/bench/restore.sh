# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# restore.sh - scripts/bench --restore: of a guest that has all its memory, from a
# file. libxenguest asks for single pages; a policy has superpages taken for them.
# host: nodes=4 size=1536 dom0-mem=1280 limit=3600 takes=300
# shellcheck disable=SC2154
# shellcheck source=tests/bench/bench.sh
. bench.sh
# shellcheck source=tests/host/migrate.sh
. migrate.sh

# As the guest that is saved has them.
bench_vcpus=2 file=/tmp/saved

# restore PROGRAM TYPE MIB POLICY [COMMAND...]: as build.
restore() {
    builder=$1
    make_guest "$2" "$3" "$4"
    shift 4
    "$@" vmctl restore --xenguest "$(program_of "$builder")" "$dom" $file \
        >/tmp/said 2>&1 ||
        fail "$bench_type $bench_mib $bench_policy" "$(cat /tmp/said)"
}

# row TYPE MIB POLICY
row() {
    counted restore ours "$@"
    pages=$(get pages)
    destroy "$dom"
    quiet
    restore ours "$@"
    took=$(done_with) against=-
    if [ "$programs" != ours ]; then
        restore other "$@"
        against=$(done_with)
    fi
    [ "$3" != - ] || plain=$took
    echo "$took $plain $against $pages $counts" |
        awk -v guest="$1 $2" -v policy="$3" -v mib="$2" '
        { printf "%-10s %-12s %8.3f %8.3f %7.2f %7s %7s %8d %8d %8d\n", guest,
              policy, $1, $1 * 1024 / mib, $1 / $2, $3,
              $3 + 0 ? sprintf("%.2f", $1 / $3) : "-", $4, $11, $12 }'
}

echo 'Seconds of a restore from exec to the result line, for each GiB, as a part of'
echo "those without a policy; the other program's; as a part of these; pages, calls that"
echo 'populate, extents:'
printf '%-10s %-12s %8s %8s %7s %7s %7s %8s %8s %8s\n' guest policy seconds a-GiB \
    plain other ratio pages populate extents
for guest_words in $bench_guests; do
    type=${guest_words%:*} mib=${guest_words#*:}
    bring_up 'worker count=' 300 create_like "$type" 0 "$mib" ||
        fail "$guest_words: is at work" "$output"
    vmctl save "$dom" $file >/tmp/said 2>&1 || fail "$guest_words: saves" "$(cat /tmp/said)"
    destroy "$dom"
    quiet
    for policy in $bench_policies; do
        row "$type" "$mib" "$policy"
    done
    rm $file
done
[ "$failed" -eq 0 ]
