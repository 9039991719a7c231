/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * counter.S - a guest of one page that counts, for what needs no Linux.
 *
 * It starts in 32-bit mode without paging, as PVH kernels and hvmloader do; with
 * the note, which `as --defsym PVH=1` puts in, libxenguest takes it for the one,
 * without it for the other. It needs no device model, no console and no store:
 * what it says goes to Xen's own debug port, that is to `xl dmesg`:
 *
 *   (dN) count=0000002a             hex, on and on
 *   (dN) wrong                      and halts: memory and registers don't agree
 *
 * In between it sleeps until its local APIC's timer is through: a guest that spins
 * takes a share of the emulated host's speed.
 *
 * With `triple-fault` on the command line it does just that.
 */
        .code32
        .set    DEBUG_PORT, 0xe9        /* XEN_HVM_DEBUGCONS_IOPORT */
        .set    CMDLINE_PADDR, 24       /* in struct hvm_start_info, at %ebx */
        .set    PAUSE, 3000000          /* between two lines: 30 ms, at Xen's 100 MHz */
        .set    TIMER_VECTOR, 0x20

        /* The local APIC; Intel's manual, volume 3, "Local APIC Register Address Map" */
        .set    APIC, 0xfee00000
        .set    APIC_EOI, APIC + 0xb0
        .set    APIC_SPURIOUS, APIC + 0xf0
        .set    APIC_TIMER, APIC + 0x320
        .set    APIC_INITIAL_COUNT, APIC + 0x380
        .set    APIC_DIVIDE, APIC + 0x3e0

        .ifdef  PVH
        .section .note.Xen, "", @note   /* not loaded */
        .long   4, 4, 18                /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .long   _start
        .endif

        .text
        .global _start
_start: movl    $stack_end, %esp
        cld
        movl    CMDLINE_PADDR(%ebx), %esi
        testl   %esi, %esi
        jz      count
        movl    $text_triple_fault, %edi
        movl    $text_triple_fault_bytes, %ecx
        repe cmpsb
        je      triple_fault

count:  lgdt    gdt_register
        ljmp    $8, $1f
1:      movl    $tick, %eax
        movw    %ax, tick_gate
        shrl    $16, %eax
        movw    %ax, tick_gate + 6
        lidt    idt_register
        movl    $0x100 | 0xff, APIC_SPURIOUS    /* on */
        movl    $0xb, APIC_DIVIDE               /* by 1 */
        movl    $TIMER_VECTOR, APIC_TIMER       /* once */

        /* The count is in %ebp and in memory. */
        xorl    %ebp, %ebp
1:      cmpl    %ebp, counter
        jne     wrong
        incl    %ebp
        incl    counter
        call    report
        movl    $PAUSE, APIC_INITIAL_COUNT
        sti                             /* from the next instruction's end on */
        hlt
        cli
        jmp     1b

tick:   movl    $0, APIC_EOI
        iret

wrong:  movl    $text_wrong, %esi
        call    print
        hlt                             /* without interrupts: the end */

/* No exception can be delivered, the double fault neither. */
triple_fault:
        lidt    no_idt
        ud2

report: movl    $text_count, %esi
        call    print
        movl    %ebp, %edx
        movl    $8, %ecx
1:      roll    $4, %edx
        movl    %edx, %eax
        andl    $15, %eax
        movb    digits(%eax), %al
        outb    %al, $DEBUG_PORT
        loop    1b
        movb    $'\n', %al
        outb    %al, $DEBUG_PORT
        ret

/* A string at %esi, ended by 0. */
print:  lodsb
        testb   %al, %al
        jz      1f
        outb    %al, $DEBUG_PORT
        jmp     print
1:      ret

text_triple_fault:
        .ascii  "triple-fault"
        .set    text_triple_fault_bytes, . - text_triple_fault
text_count:
        .asciz  "count="
text_wrong:
        .asciz  "wrong\n"
digits: .ascii  "0123456789abcdef"
no_idt: .word   0
        .long   0
gdt_register:
        .word   2 * 8 - 1
        .long   gdt
idt_register:
        .word   (TIMER_VECTOR + 1) * 8 - 1
        .long   tick_gate - TIMER_VECTOR * 8    /* no other vector comes */

        .data
        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff              /* 4 GiB of code from 0 on */
tick_gate:
        .word   0, 8, 0x8e00, 0                 /* 32-bit interrupt gate */
counter:
        .long   0
        .bss
        .skip   256
stack_end:
