# What all hostile guests begin with: exception vectors that call handle_exception(vector, frame), and an entry that
# clears the memory of zeros and calls hostile(). On the Beige G3 the image below is copied out of the ROM first (rom.S).
        .set    EXCEPTION_STACK, 0x78000
        .set    STACK, 0x80000
        .set    FRAME_BYTES, 176

        .section .vectors, "ax"
        .macro  vector at
        .org    \at
        mtsprg  0, 3
        mflr    3
        mtsprg  1, 3
        bl      save_all                # LR tells the vector
        .endm
        .irp    at, 0x100, 0x200, 0x300, 0x400, 0x500, 0x600, 0x700, 0x800, 0x900, 0xc00, 0xd00, 0xe00, 0xf00, 0xf20
        vector  \at
        .endr
        .irp    at, 0x1300, 0x1400, 0x1600, 0x1700
        vector  \at
        .endr

        .org    0x2000
save_all:
        mtsprg  2, 1
        lis     1, (EXCEPTION_STACK - FRAME_BYTES)@ha
        addi    1, 1, (EXCEPTION_STACK - FRAME_BYTES)@l
        stw     0, 16(1)
        stw     2, 24(1)
        stmw    4, 32(1)
        mfsprg  3, 2
        stw     3, 20(1)
        mfsprg  3, 0
        stw     3, 28(1)
        mfsprg  3, 1
        stw     3, 144(1)
        mfctr   3
        stw     3, 148(1)
        mfxer   3
        stw     3, 152(1)
        mfcr    3
        stw     3, 156(1)
        mfsrr0  3
        stw     3, 160(1)
        mfsrr1  3
        stw     3, 164(1)
        mflr    3
        rlwinm  3, 3, 0, 16, 26         # the vector: LR is 16 further
        addi    4, 1, 16
        li      0, 0
        stw     0, 0(1)                 # the end of the chain
        bl      handle_exception
        lwz     3, 164(1)
        mtsrr1  3
        lwz     3, 160(1)
        mtsrr0  3
        lwz     3, 156(1)
        mtcr    3
        lwz     3, 152(1)
        mtxer   3
        lwz     3, 148(1)
        mtctr   3
        lwz     3, 144(1)
        mtlr    3
        lwz     0, 16(1)
        lwz     2, 24(1)
        lmw     4, 32(1)
        lwz     3, 28(1)
        lwz     1, 20(1)
        rfi

        .org    0x2fff
        .byte   0

        .text
        .globl  _start
_start:
        lis     1, (STACK - 16)@ha
        addi    1, 1, (STACK - 16)@l
        lis     3, __bss_start@ha
        addi    3, 3, __bss_start@l
        lis     4, _end@ha
        addi    4, 4, _end@l
        li      0, 0
1:      cmplw   3, 4
        bge     2f
        stw     0, 0(3)
        addi    3, 3, 4
        b       1b
2:      stw     0, 0(1)
        bl      hostile
        li      3, 0
        bl      finish
3:      b       3b

        .section .note.GNU-stack, "", @progbits
