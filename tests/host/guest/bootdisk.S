/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * bootdisk.S - a BIOS boot disk that reports what its machine looks like.
 *
 * The whole program is the disk: one boot sector, which reads the sectors
 * behind it. Everything goes to COM1, one fact a line:
 *
 *   bootdisk start
 *   e820 BASE LENGTH TYPE           one line per INT 15h E820 entry, hex
 *   cpuid LEAF EAX EBX ECX EDX      hex
 *   acpi TABLE                      one line per table in the RSDT
 *   cpus enabled=N present=N        hex, from the MADT (not without ACPI)
 *   rtc YY-MM-DD HH:MM:SS           the CMOS clock
 *   bootdisk done
 *   bootdisk count=N                hex, every 18 timer interrupts, that is once
 *                                   a second, on and on
 *   bootdisk wrong                  instead: memory and registers don't agree
 *
 * The processor sleeps in between, with interrupts on: Xen takes a halt without
 * them as the end of the domain. 16-bit code throughout; tables above 1 MiB
 * are read through %fs, which gets a 4 GiB limit ("unreal mode").
 */
        .code16
        .set    COM1, 0x3f8
        .set    E820_BUFFER, 0x600
        .set    SECTOR, 512

        .text
        .global _start
_start:
        ljmp    $0, $1f
1:      xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $_start, %sp
        cld

        movw    $0x0200 + REST_SECTORS, %ax     /* INT 13h: read sectors */
        movw    $rest, %bx
        movw    $2, %cx                         /* cylinder 0, sector 2 */
        xorb    %dh, %dh                        /* head 0, drive from BIOS */
        int     $0x13
        jnc     main
        movw    $text_read_error, %si
        call    print
        jmp     halt

halt:   sti
        hlt
        jmp     halt

/* One character in %al to COM1. */
putc:   pushw   %dx
        pushw   %ax
        movw    $COM1 + 5, %dx
1:      inb     %dx, %al
        testb   $0x20, %al                      /* transmitter empty? */
        jz      1b
        popw    %ax
        movw    $COM1, %dx
        outb    %al, %dx
        popw    %dx
        ret

/* A string at %si, ended by 0. */
print:  lodsb
        testb   %al, %al
        jz      1f
        call    putc
        jmp     print
1:      ret

text_read_error:
        .asciz  "bootdisk cannot read itself\n"

        .org    SECTOR - 2
        .word   0xaa55

/* ------------------------------------------------------------------ */
rest:
main:   movw    $COM1 + 3, %dx
        movb    $0x80, %al                      /* divisor 1: 115200 baud */
        outb    %al, %dx
        movw    $COM1, %dx
        movw    $0x0001, %ax
        outb    %al, %dx
        incw    %dx
        movb    %ah, %al
        outb    %al, %dx
        movw    $COM1 + 3, %dx
        movb    $0x03, %al                      /* 8n1 */
        outb    %al, %dx

        movw    $text_start, %si
        call    print
        call    report_e820
        call    report_cpuid
        call    unreal
        call    report_acpi
        call    report_rtc
        movw    $text_done, %si
        call    print

/* The count is in %ebp and in memory. */
        xorl    %ebp, %ebp
1:      movw    $18, %cx
2:      sti
        hlt
        loop    2b
        cmpl    %ebp, counter
        jne     wrong
        incl    %ebp
        incl    counter
        movw    $text_count, %si
        call    print
        movl    %ebp, %eax
        call    print_hex
        call    newline
        jmp     1b

wrong:  movw    $text_wrong, %si
        call    print
        jmp     halt

report_e820:
        xorl    %ebx, %ebx
1:      movl    $0xe820, %eax
        movl    $0x534d4150, %edx               /* "SMAP" */
        movl    $20, %ecx
        movw    $E820_BUFFER, %di
        int     $0x15
        jc      2f
        cmpl    $0x534d4150, %eax
        jne     2f
        pushl   %ebx
        movw    $text_e820, %si
        call    print
        movl    E820_BUFFER + 4, %eax
        call    print_hex
        movl    E820_BUFFER, %eax
        call    print_hex
        call    space
        movl    E820_BUFFER + 12, %eax
        call    print_hex
        movl    E820_BUFFER + 8, %eax
        call    print_hex
        call    space
        movl    E820_BUFFER + 16, %eax
        call    print_hex
        call    newline
        popl    %ebx
        testl   %ebx, %ebx
        jnz     1b
2:      ret

report_cpuid:
        movw    $leaves, %bp
1:      cmpl    $0xffffffff, (%bp)
        je      2f
        movw    $text_cpuid, %si
        call    print
        movl    (%bp), %eax
        call    print_hex
        xorl    %ecx, %ecx
        cpuid
        call    space_hex
        movl    %ebx, %eax
        call    space_hex
        movl    %ecx, %eax
        call    space_hex
        movl    %edx, %eax
        call    space_hex
        call    newline
        addw    $4, %bp
        jmp     1b
2:      ret

/* %fs: base 0, limit 4 GiB. */
unreal: cli
        lgdt    gdt_pointer
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        jmp     1f
1:      movw    $8, %bx
        movw    %bx, %fs
        andb    $0xfe, %al
        movl    %eax, %cr0
        ret

/* Walk RSDP, RSDT; name each table; count processors in the MADT. */
report_acpi:
        movl    $0xe0000, %ebx
1:      cmpl    $0x20445352, %fs:(%ebx)         /* "RSD PTR " */
        jne     2f
        cmpl    $0x20525450, %fs:4(%ebx)
        je      3f
2:      addl    $16, %ebx
        cmpl    $0x100000, %ebx
        jb      1b
        ret

3:      movl    %fs:16(%ebx), %ebx              /* the RSDT */
        movl    %fs:4(%ebx), %ecx
        addl    %ebx, %ecx                      /* its end */
        addl    $36, %ebx                       /* behind its header */
4:      cmpl    %ecx, %ebx
        jae     6f
        movl    %fs:(%ebx), %edi
        movw    $text_acpi, %si
        call    print
        movl    %fs:(%edi), %eax
        call    print_signature
        call    newline
        cmpl    $0x43495041, %fs:(%edi)         /* "APIC", the MADT */
        jne     5f
        pushl   %ebx
        pushl   %ecx
        call    report_madt
        popl    %ecx
        popl    %ebx
5:      addl    $4, %ebx
        jmp     4b
6:      ret

/* MADT at %edi: entries of type 0 are processors, flag 1 means enabled. */
report_madt:
        movl    %fs:4(%edi), %ecx
        addl    %edi, %ecx
        addl    $44, %edi
        xorl    %ebx, %ebx                      /* enabled */
        xorl    %ebp, %ebp                      /* present */
1:      cmpl    %ecx, %edi
        jae     3f
        cmpb    $0, %fs:(%edi)
        jne     2f
        incl    %ebp
        testb   $1, %fs:4(%edi)
        jz      2f
        incl    %ebx
2:      movzbl  %fs:1(%edi), %eax
        testl   %eax, %eax
        jz      3f                              /* a broken table */
        addl    %eax, %edi
        jmp     1b
3:      movw    $text_cpus, %si
        call    print
        movl    %ebx, %eax
        call    print_hex
        movw    $text_present, %si
        call    print
        movl    %ebp, %eax
        call    print_hex
        call    newline
        ret

report_rtc:
        movb    $0x0a, %al                      /* no update in progress */
        call    cmos
        testb   $0x80, %al
        jnz     report_rtc
        movw    $text_rtc, %si
        call    print
        movw    $rtc_format, %bp
1:      movb    (%bp), %al
        call    cmos                            /* BCD */
        call    print_byte
        movb    1(%bp), %al
        call    putc
        addw    $2, %bp
        cmpw    $rtc_format_end, %bp
        jb      1b
        ret

cmos:   outb    %al, $0x70
        inb     $0x71, %al
        ret

space_hex:
        call    space
/* %eax as eight hex digits. Keeps all registers. */
print_hex:
        pushw   %cx
        movw    $4, %cx
1:      roll    $8, %eax
        call    print_byte
        loop    1b
        popw    %cx
        ret

/* %al as two hex digits. Keeps all registers. */
print_byte:
        pushw   %ax
        pushw   %ax
        shrb    $4, %al
        call    print_digit
        popw    %ax
        andb    $0xf, %al
        call    print_digit
        popw    %ax
        ret

print_digit:
        addb    $'0', %al
        cmpb    $'9', %al
        jbe     putc
        addb    $'a' - '9' - 1, %al
        jmp     putc

/* %eax as four characters. */
print_signature:
        pushw   %cx
        movw    $4, %cx
1:      call    putc
        shrl    $8, %eax
        loop    1b
        popw    %cx
        ret

space:  pushw   %ax
        movb    $' ', %al
        call    putc
        popw    %ax
        ret

newline:
        pushw   %ax
        movb    $'\n', %al
        call    putc
        popw    %ax
        ret

        .balign 8
gdt:    .quad   0
        .quad   0x008f92000000ffff              /* data, base 0, 4 GiB */
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt

leaves: .long   1, 0x40000000, 0x40000003, 0x40000004, 0x80000001, 0xffffffff

/* CMOS register, and the character that follows its value. */
rtc_format:
        .byte   9, '-', 8, '-', 7, ' ', 4, ':', 2, ':', 0, '\n'
rtc_format_end:

text_start:     .asciz  "bootdisk start\n"
text_e820:      .asciz  "e820 "
text_cpuid:     .asciz  "cpuid "
text_acpi:      .asciz  "acpi "
text_cpus:      .asciz  "cpus enabled="
text_present:   .asciz  " present="
text_rtc:       .asciz  "rtc "
text_done:      .asciz  "bootdisk done\n"
text_count:     .asciz  "bootdisk count="
text_wrong:     .asciz  "bootdisk wrong\n"
counter:        .long   0

        .set    REST_SECTORS, 4
        .org    SECTOR + REST_SECTORS * SECTOR  /* fails when it is full */
        .org    0x100000                        /* a BIOS wants some size */
