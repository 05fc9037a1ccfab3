/* Exception vectors and entry of the system benchmark, an image for physical address 0. What the script that starts
 * it writes and reads is at 0x3000. */
        .set RESULT, 0x3000
        .set BARE_CONSOLE, 0xf1000000

        .macro vector number
        .org \number
        .endm

        .text
        .globl start, parameters, leave, data_fault_skip
        .irp number, 0x100,0x200
        vector \number
        b       failed
        .endr
        vector 0x300                    /* skip the instruction */
        mtsprg  1, %r31
        mfsrr0  %r31
        addi    %r31, %r31, 4
        mtsrr0  %r31
        mfsprg  %r31, 1
        rfi
        .irp number, 0x400,0x500,0x600
        vector \number
        b       failed
        .endr
        vector 0x700
        mtsprg  1, %r31
        mfsrr0  %r31
        addi    %r31, %r31, 4
        mtsrr0  %r31
        mfsprg  %r31, 1
        rfi
        vector 0x800
        b       failed
        vector 0x900
        rfi
        .irp number, 0xa00,0xb00
        vector \number
        b       failed
        .endr
        vector 0xc00                    /* r0 is 1: back to the caller in supervisor mode, in r4 */
        cmpwi   %cr7, %r0, 1
        beq-    %cr7, 1f
        rfi
1:      mtlr    %r4
        mfsrr1  %r0
        rlwinm  %r0, %r0, 0, 18, 16     /* MSR[PR] off */
        mtsrr1  %r0
        mtsrr0  %r4
        rfi
        vector 0xd00
        b       failed

        .org RESULT
parameters:
        .long   0, 0                    /* experiment, rounds: written before the start */
        .long   0, 0                    /* at the end: "DONE" or "FAIL", checksum */
        .long   BARE_CONSOLE            /* a register that takes bytes of text */
        .globl  device_register
device_register:
        .long   BARE_CONSOLE + 4        /* a register of a device to read, in 0xf0000000 to 0xffffffff */

        .org 0x3100
start:
        li      %r0, 0
        ori     %r0, %r0, 0x2000        /* MSR[FP] only */
        mtmsr   %r0
        isync
        lis     %r0, 0x7fff             /* no decrementer exception disturbs */
        mtdec   %r0
        lis     %r1, 0x18
        lis     %r13, 0
        lis     %r3, parameters@ha
        addi    %r3, %r3, parameters@l
        lwz     %r4, 4(%r3)
        lwz     %r3, 0(%r3)
        bl      run
        lis     %r5, 0x444f
        ori     %r5, %r5, 0x4e45
        b       leave
failed:
        li      %r3, 0
        lis     %r5, 0x4641
        ori     %r5, %r5, 0x494c
leave:                                  /* r3: checksum; r5: the marker */
        li      %r0, 0
        mtmsr   %r0
        isync
        lis     %r6, parameters@ha
        addi    %r6, %r6, parameters@l
        stw     %r3, 12(%r6)
        stw     %r5, 8(%r6)
        mr      %r31, %r3
        mr      %r30, %r5
        lwz     %r7, 16(%r6)            /* the console: "DONE " or "FAIL ", the checksum in hexadecimal */
        li      %r8, 4
1:      rotlwi  %r5, %r5, 8
        stb     %r5, 0(%r7)
        subic.  %r8, %r8, 1
        bne     1b
        li      %r9, ' '
        stb     %r9, 0(%r7)
        li      %r8, 8
2:      rlwinm  %r9, %r31, 4, 28, 31
        rotlwi  %r31, %r31, 4
        cmpwi   %r9, 10
        addi    %r9, %r9, '0'
        blt     3f
        addi    %r9, %r9, 'a' - '0' - 10
3:      stb     %r9, 0(%r7)
        subic.  %r8, %r8, 1
        bne     2b
        li      %r9, 10
        stb     %r9, 0(%r7)
        lis     %r8, BARE_CONSOLE@h     /* the board `bare` ends by a store beside its console */
        cmplw   %r7, %r8
        bne     4f
        xoris   %r9, %r30, 0x444f
        xori    %r9, %r9, 0x4e45
        cntlzw  %r9, %r9
        srwi    %r9, %r9, 5
        xori    %r9, %r9, 1             /* status 1 for failed */
        stw     %r9, 4(%r7)
4:      lis     %r0, 0x0040             /* the others sleep until the script has read the result */
        mtspr   1008, %r0
        lis     %r0, 0x0004
        mtmsr   %r0
        isync
5:      b       5b
