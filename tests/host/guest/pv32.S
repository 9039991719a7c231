/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * pv32.S - a 32-bit PV guest, of which there is no Linux any more: it says on its
 * console how many pages it has, and gives its time away.
 *
 * It is where its addresses say from the start: libxenguest maps the kernel, the
 * console's page and what start_info points to, and no page needs another mapping.
 */
        .code32
        .set    NR_PAGES, 32            /* in struct start_info, at %esi */
        .set    CONSOLE_MFN, 52
        .set    CONSOLE_PORT, 56
        .set    MFN_LIST, 68
        .set    OUT, 1024               /* in struct xencons_interface */
        .set    OUT_PROD, 3084
        .set    HYPERCALL, 0x82         /* the vector of 32-bit guests */
        .set    SCHED_OP, 29
        .set    SCHEDOP_yield, 0
        .set    EVENT_CHANNEL_OP, 32
        .set    EVTCHNOP_send, 4

        .macro  note type, value
        .long   4, 4, \type
        .asciz  "Xen"
        .long   \value
        .endm

        .section .note.Xen, "", @note   /* not loaded */
        note    1, _start               /* XEN_ELFNOTE_ENTRY */
        note    3, 0                    /* XEN_ELFNOTE_VIRT_BASE */
        note    4, 0                    /* XEN_ELFNOTE_PADDR_OFFSET */
        .long   4, 8, 5                 /* XEN_ELFNOTE_XEN_VERSION */
        .asciz  "Xen", "xen-3.0"
        .long   4, 8, 8                 /* XEN_ELFNOTE_LOADER */
        .asciz  "Xen", "generic"
        .long   4, 4, 9                 /* XEN_ELFNOTE_PAE_MODE */
        .asciz  "Xen", "yes"

        .text
        .global _start
_start: cld
        /* The console's page: the pfn of its mfn, which is below most others. */
        movl    CONSOLE_MFN(%esi), %eax
        movl    MFN_LIST(%esi), %edi
        movl    NR_PAGES(%esi), %ecx
        repne scasl
        leal    -4(%edi), %ebx
        subl    MFN_LIST(%esi), %ebx
        shll    $10, %ebx               /* 4 bytes each to 4096 */

        leal    text, %edx
        call    say
        movl    NR_PAGES(%esi), %ebp
        movl    $8, %ecx
1:      roll    $4, %ebp
        movl    %ebp, %eax
        andl    $15, %eax
        movb    digits(%eax), %al
        call    put
        loop    1b
        leal    end, %edx
        call    say

        movl    CONSOLE_PORT(%esi), %eax
        movl    %eax, port
        movl    $EVENT_CHANNEL_OP, %eax
        movl    $EVTCHNOP_send, %ebx
        movl    $port, %ecx
        int     $HYPERCALL
2:      movl    $SCHED_OP, %eax
        movl    $SCHEDOP_yield, %ebx
        xorl    %ecx, %ecx
        int     $HYPERCALL
        jmp     2b

say:    movb    (%edx), %al             /* the text at %edx */
        testb   %al, %al
        jz      3f
        call    put
        incl    %edx
        jmp     say
3:      ret

put:    movl    OUT_PROD(%ebx), %edi    /* %al into the ring at %ebx */
        movb    %al, OUT(%ebx,%edi)     /* which never gets full */
        incl    OUT_PROD(%ebx)
        ret

text:   .asciz  "pv32 pages="
end:    .asciz  "\r\npv32-done\r\n"
digits: .ascii  "0123456789abcdef"

        .data
port:   .long   0
