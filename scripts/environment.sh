# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# environment.sh - what all that is run from here finds, whoever runs it: messages in
# English and C's order of letters, a shell that is one (flock, for one, takes what
# SHELL says), a home for caches, and files that others may read. Sourced by setup.sh
# and run-host.

export LC_ALL=C SHELL=/bin/sh
[ -n "${HOME:-}" ] || { unset HOME && export HOME=~; } # as the list of users has it
umask 022
