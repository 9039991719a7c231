/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 the xenguest authors
 * hvm-linux.S - Linux as an HVM guest's firmware: needs no disk, and so no device
 * model.
 *
 * hvmloader takes the whole image for OVMF: puts it where its last byte is the
 * last below 4 GiB, and starts it as a processor after its reset. The image is a
 * bzImage, an initramfs (INITRD_OFFSET, INITRD_BYTES) and, in its last 64 KiB, of
 * which hvmloader leaves a copy below 1 MiB, this: a loader by Linux's 32-bit boot
 * protocol. */
        .set    BOOT_PARAMS, 0x10000
        .set    HVM_INFO, 0x9f800
        .set    LOW_END, HVM_INFO + 20          /* in pages, as its header has it */
        .set    HIGH_END, HVM_INFO + 28
        .set    KERNEL, 0x100000
        .set    INITRD, 0x8000000
        .set    HERE, 0xf0000
        .set    IMAGE, 0 - IMAGE_BYTES          /* below 4 GiB */

        .text
        .code16
        .global _start
_start:
start:  cli
        lgdtl   %cs:gdt_pointer
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $0x10, $HERE + flat

        .code32
flat:   movl    $0x18, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    $BOOT_PARAMS, %esp
        cld

        xorl    %eax, %eax
        movl    $BOOT_PARAMS, %edi
        movl    $1024, %ecx
        rep stosl

/* The kernel's header, as long as it says. */
        movl    $IMAGE + 0x1f1, %esi
        movl    $BOOT_PARAMS + 0x1f1, %edi
        movzbl  IMAGE + 0x201, %ecx
        addl    $0x202 - 0x1f1, %ecx
        rep movsb
        movb    $0xff, BOOT_PARAMS + 0x210      /* a loader without a number */
        movl    $INITRD, BOOT_PARAMS + 0x218
        movl    $INITRD_BYTES, BOOT_PARAMS + 0x21c
        movl    $HERE + cmdline, BOOT_PARAMS + 0x228

/* The memory map: RAM as hvmloader has left it. */
        movl    $HERE + map, %esi
        movl    $BOOT_PARAMS + 0x2d0, %edi
        movl    $(map_end - map) / 4, %ecx
        rep movsl
        movb    $(map_end - map) / 20, BOOT_PARAMS + 0x1e8
        movl    LOW_END, %eax
        shll    $12, %eax
        subl    $0x100000, %eax
        movl    %eax, BOOT_PARAMS + 0x2d0 + 2 * 20 + 8
        movl    HIGH_END, %eax
        subl    $0x100000, %eax
        jbe     1f
        movl    %eax, %edx
        shll    $12, %eax
        shrl    $20, %edx
        movl    $BOOT_PARAMS + 0x2d0 + (map_end - map), %edi
        movl    $1, 4(%edi)
        movl    %eax, 8(%edi)
        movl    %edx, 12(%edi)
        movl    $1, 16(%edi)
        incb    BOOT_PARAMS + 0x1e8

1:      movl    $IMAGE + INITRD_OFFSET, %esi
        movl    $INITRD, %edi
        movl    $(INITRD_BYTES + 3) / 4, %ecx
        rep movsl

/* What runs in protected mode is behind the header's sectors. */
        movzbl  IMAGE + 0x1f1, %esi
        incl    %esi
        shll    $9, %esi
        movl    $INITRD_OFFSET / 4, %ecx
        addl    $IMAGE, %esi
        movl    $KERNEL, %edi
        rep movsl

        movl    $BOOT_PARAMS, %esi
        xorl    %ebp, %ebp
        xorl    %edi, %edi
        xorl    %ebx, %ebx
        movl    $KERNEL, %eax
        jmp     *%eax

        .balign 8
gdt:    .quad   0, 0
        .quad   0x00cf9b000000ffff              /* 0x10: code, all of 4 GiB */
        .quad   0x00cf93000000ffff              /* 0x18: data */
gdt_pointer:
        .word   gdt_pointer - gdt - 1
        .long   HERE + gdt

        .macro  range start, bytes, type
        .quad   \start, \bytes
        .long   \type
        .endm
        .balign 4
map:    range   0, 0x9e000, 1
        range   0x9e000, 0x62000, 2
        range   0x100000, 0, 1                  /* up to LOW_END */
        range   0xfc000000, 0x4000000, 2
map_end:

cmdline:
        .incbin "cmdline"
        .byte   0

        .org    0xfff0
        .code16
        jmp     start
        .org    0x10000
