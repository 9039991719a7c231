# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# streams.sh - streams of real guests that somebody has tampered with (mangle.c): each
# restore ends with one error or with a guest, and the host has then what it had. What
# reads them is libxenguest, with the rights of root, in our sandbox.
# host: takes=15
. numa.sh
. counter.sh
. migrate.sh
. remains.sh

file=/tmp/saved pipe=/tmp/pipe
mkfifo $pipe

# like_saved TYPE: an empty domain for such a guest, in $dom.
like_saved() {
    case $1 in
    pv) create_like pv ;;
    *) create --type "$1" --mem 16 --image "/guest/counter-$1" --cmdline '' ;;
    esac
}

# saved TYPE: a guest that has run, in the file.
saved() {
    if [ "$1" = pv ]; then
        new_guest pv
    else
        like_saved "$1"
        run "$1: builds" vmctl build "$dom"
        vmctl start "$dom"
        counts_from 0 "$1: runs"
        vmctl freeze "$dom"
    fi
    run "$1: saves" vmctl save "$dom" $file
    destroy "$dom"
}

# mangled TYPE SEED: how the restore ends: guest, header, record (an error in what it
# says is read there), error, or what should not be.
mangled() {
    mangle $file "$2" >$pipe 2>/tmp/how &
    like_saved "$1"
    output=$(vmctl restore "$dom" $pipe 2>&1 >/dev/null)
    status=$?
    # Nobody else reads it: it would wait, if for nothing else then for a reader.
    : <>$pipe
    wait $!
    mangle_status=$?
    case $status,$output in
    0,*) end=guest ;;
    1,error:xenguest:*[Rr]ecord*) end=record ;;
    1,error:xenguest:*) end=error ;;
    *) end="status $status" ;;
    esac
    [ "$(echo "$output" | wc -l)" -eq 1 ] || end="$end, more than a line"
    # 141: a restore that is over reads no further.
    case $mangle_status in
    0 | 141) ;;
    *) end="$end, mangle's status $mangle_status" ;;
    esac
    [ -s /tmp/how ] || end="$end, nothing mangled"
    destroy "$dom"
}

# all_mangled TYPE COUNT
all_mangled() {
    saved "$1"
    note_host
    guests=0 errors=0 records=0 wrong='' seed=0
    while [ $seed -lt "$2" ]; do
        seed=$((seed + 1))
        mangled "$1" $seed
        case $end in
        guest) guests=$((guests + 1)) ;;
        record) records=$((records + 1)) ;;
        error) errors=$((errors + 1)) ;;
        *) wrong="$wrong $seed" && echo "# $1, $seed: $end: $output; $(cat /tmp/how)" ;;
        esac
    done
    is "$wrong" '' "$1: of $2 mangled streams $records end with an error in a record, \
$errors with another, $guests as guests"
    # Beyond the headers, then.
    [ $records -gt 0 ]
    is $? 0 "$1: some of them have records that are none any more"
    same_host 8
    is $? 0 "$1: the host is as before${changed:+ ($changed)}"
    rm $file
}

many=4
! is_long || many=200
all_mangled pvh $many
all_mangled hvm $many
! is_long || all_mangled pv 20
done_testing
