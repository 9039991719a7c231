# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 the xenguest authors
# emulator.sh - the machine's QEMU, with two faults mended in copies of its code.
#
# An interrupt twice. When a hypervisor starts a guest with an interrupt (VMRUN with
# EVENTINJ of type INTR), helper_vmrun in target/i386/tcg/sysemu/svm_helper.c delivers
# it, but also leaves its vector in exception_index, where it stays until the guest's
# next exit or exception. If the processor's turn ends before that, the main loop takes
# it for an exception to come, and the guest gets the interrupt a second time, within
# the handler of the first: SeaBIOS's stack is in disorder then, and Linux's entry stack
# runs over. QEMU 7.2 and 10.0 have the fault. So that store is taken out:
# exception_index stays -1, as after each other delivery.
#
# A processor that never gets a turn. With -icount, before QEMU 8.1, a processor that
# does not halt keeps its turn until the next timer is due (icount_prepare_for_run in
# accel/tcg/tcg-accel-ops-icount.c). The next processor's turn runs that timer, which
# ends the turn before it has begun; if it was to answer the first one, both go on like
# that for ever. Seen: one processor scrubs freed memory, one waits for a flush of all
# TLBs, the third never comes to do its own. So a turn ends after 0.1 ms, too.
# Sourced by run-host after images.sh. Sets $emulator, the command.
# shellcheck disable=SC2034,SC2154

# In QEMU's code, for amd64: cs->exception_index = vector, before
#     env->exception_is_int = 0; env->exception_next_eip = -1;
#     if (qemu_loglevel & CPU_LOG_TB_IN_ASM) ...
#     do_interrupt_x86_hardirq(env, vector, 1);
# of which one place in the program has the whole. CPUState lies below what the
# register points to, CPUX86State.
mend_interrupts() {
    # shellcheck disable=SC2016 # Perl's
    perl -0777 -pe '
        $count = s{
            \x89[\x80-\xbf]..\xff\xff               # mov %r32, -disp32(%r64)
            (?= \xc7[\x80-\xbf].{4}\0{4}            # movl $0, disp32(%r64)
                \x48\xc7[\x80-\xbf].{4}\xff{4}      # movq $-1, disp32(%r64)
                \xf6\x05.{4}\x02\x0f\x85.{4}        # testb $2, disp32(%rip); jne
                \xba\x01\0{3} )                     # mov $1, %edx
        }{\x66\x0f\x1f\x44\0\0}gsx;                 # a nop of as many bytes
        END { exit($count != 1) }' "$1"
}

# In that of its module: deadline > INT32_MAX ? INT32_MAX : deadline, in ns, before
#     icount_round(deadline) and the comparison with 0xffff
mend_turns() {
    # shellcheck disable=SC2016 # Perl's
    perl -0777 -pe '
        $count = s{
            \xb8\K\xff\xff\xff\x7f                  # mov $0x7fffffff, %eax
            (?= \x48\x39\xc7                        # cmp %rax, %rdi
                \x48\x0f\x47\xf8                    # cmova %rax, %rdi
                \xe8.{4}\xba\xff\xff\0\0 )          # call; mov $0xffff, %edx
        }{pack("V", 100_000)}gsex;
        END { exit($count != 1) }' "$1"
}

# mend COMMAND FILE COPY: code without that place is taken as it is. A copy that is
# shorter has met a full disk.
mend() {
    "$1" "$2" >"$3" || say "$2: taken as it is, its code is not as expected ($1)"
    [ "$(stat -c %s "$3")" = "$(stat -c %s "$2")" ] || die "can't copy $2 to $PWD"
    chmod --reference "$2" "$3"
}

qemu_modules=/usr/lib/x86_64-linux-gnu/qemu
turns=accel-tcg-x86_64.so # the module that ends them

fill_emulator() {
    mkdir modules
    ln -s "$qemu_modules"/* modules
    rm "modules/$turns"
    mend mend_turns "$qemu_modules/$turns" "modules/$turns"
    mend mend_interrupts "$1" qemu-system-x86_64
}

# What faults break is among the signs of signs.sh.
make_emulator() {
    local program folder

    program=$(command -v qemu-system-x86_64) || die 'no qemu-system-x86_64'
    folder=$cache/emulator-$(cat "$here/emulator.sh" "$program" "$qemu_modules/$turns" |
        sha256sum | cut -c1-16)
    # What it looks for beside itself is where Debian's QEMU has it.
    emulator=(env "QEMU_MODULE_DIR=$folder/modules"
        "$folder/qemu-system-x86_64" -L /usr/share/qemu -L /usr/share/seabios)
    is_cached "$folder" || make_cached "$folder" fill_emulator "$program"
}
