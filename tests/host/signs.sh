# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# signs.sh - what a guest's log shows when QEMU's emulation, and not xenguest, has
# broken the guest, and dom0's when it has broken the host. A case that fails with such
# a sign is run once more; the check counts that, and fails if it is often. Each was
# seen; in none of them is there anything that xenguest has a part in. Sourced by
# dom0-init, and by run-host.

# emulator_sign FOLDER: the first sign in the guests' logs there; none if there is none.
emulator_sign() {
    # AVX instructions fault, and the kernel then finds the state of the FPU broken.
    if grep -qs 'Bad FPU state' "$1"/guest-*.log; then
        echo 'Bad FPU state'
    # An interrupt of user space faults as its frame is pushed, again and again, down
    # to the end of the kernel's entry stack: with dirty logging on, for which Xen
    # write-protects that stack too.
    elif grep -qs '</ENTRY_TRAMPOLINE>' "$1"/guest-*.log &&
        grep -qs 'RIP: 0010:error_entry' "$1"/guest-*.log; then
        echo 'the entry stack overflows'
    # From some moment on, with nothing else going on, all that a guest writes is
    # other than it means to: a register or a constant of its program has changed.
    elif grep -qs 'worker: page [0-9]* is not as just written' "$1"/guest-*.log; then
        echo 'what is written is wrong at once'
    fi
}

# host_sign FILE: the sign in the log of a host that died, if there is one. dom0's kernel
# faulted with flags that no processor has, above bit 21 (Intel's manual, volume 1,
# 3.4.3): a debug trap for which nothing was set came first, in a shell that forked.
host_sign() {
    if grep -qsE 'EFLAGS: ([1-9a-f]|0[1-9a-f]|00[4-9a-f])' "$1"; then
        echo 'flags that no processor has'
    fi
}
