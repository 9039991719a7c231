# shellcheck shell=dash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# migrate_abort.sh - a migration that is aborted in its last pass: the source lives
# on. See migrate_fail.sh for the others.
# Under a clock that counts instructions the guest's entry stack overflowed here in
# all of three runs (see signs.sh): the clock is real, and QEMU has its threads. With
# those a guest ends in a triple fault at times before it is up.
# host: icount=no accel=tcg,thread=multi limit=7200 long=yes
. lib.sh
. migrate.sh

new_guest pvh
source=$dom
aborted_at final
destroy "$source"
left_nothing 'at the end'

done_testing
