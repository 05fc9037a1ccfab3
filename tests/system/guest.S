/* Runs a list of experiments on the memory management unit and the exceptions, and records what happened.
 * An image for physical address 0, started at `start` with translation off. See cases.h for the layout of
 * cases and results. r31 is the case, r30 its result, r29 the cases left; r3 and r4 belong to the experiment. */
        .set CASES,   0x00100000
        .set RESULTS, 0x00800000
        .set STUB,    0x5000
        .set DONE,    0x444f4e45        /* "DONE", as the first word of the results */

        .text
        .org 0x100
        .macro vector number
        .org \number
        mtsprg  1, %r5
        li      %r5, \number
        b       record
        .endm
        .irp number, 0x100,0x200,0x300,0x400,0x500,0x600,0x700,0x800,0x900,0xa00,0xb00,0xc00,0xd00,0xe00,0xf00,0xf20
        vector \number
        .endr
        .irp number, 0x1000,0x1100,0x1200,0x1300,0x1400,0x1500,0x1600,0x1700
        vector \number
        .endr

        .org 0x4000
start:
        li      %r0, 0                  /* MSR[IP] is set after reset; the vectors are here */
        mtmsr   %r0
        isync
        lis     %r31, CASES@h
        lwz     %r29, 0(%r31)           /* number of cases */
        addi    %r31, %r31, 16
        lis     %r30, RESULTS@h
        addi    %r30, %r30, 16
        b       experiment

record:
        stw     %r5, 0(%r30)
        mfsrr0  %r6
        stw     %r6, 4(%r30)
        mfsrr1  %r6
        stw     %r6, 8(%r30)
        mfmsr   %r6
        stw     %r6, 12(%r30)
        mfdsisr %r6
        stw     %r6, 16(%r30)
        mfdar   %r6
        stw     %r6, 20(%r30)
        stw     %r4, 24(%r30)
        lwz     %r7, 56(%r31)           /* what is at the target now */
        lwz     %r6, 0(%r7)
        stw     %r6, 28(%r30)
        lwz     %r8, 44(%r31)           /* the page table entry's second word */
        lwz     %r6, 4(%r8)
        stw     %r6, 32(%r30)

        li      %r0, 0                  /* leave no traces for the next case */
        stw     %r0, 0(%r7)
        stw     %r0, 4(%r7)
        dcbst   0, %r7
        sync
        icbi    0, %r7
        stw     %r0, 0(%r8)
        stw     %r0, 4(%r8)
        sync
        lwz     %r3, 12(%r31)
        tlbie   %r3
        tlbsync
        sync
        addi    %r31, %r31, 68
        addi    %r30, %r30, 36
        subic.  %r29, %r29, 1
        bne     experiment
        lis     %r3, RESULTS@h
        lis     %r4, DONE@h
        ori     %r4, %r4, DONE@l
        stw     %r4, 0(%r3)
        b       .

experiment:
        lwz     %r3, 12(%r31)
        lwz     %r6, 20(%r31)
        mtsdr1  %r6
        lwz     %r6, 24(%r31)
        mtsrin  %r6, %r3
        lwz     %r6, 28(%r31)
        mtspr   530, %r6                /* IBAT1U */
        lwz     %r6, 32(%r31)
        mtspr   531, %r6
        lwz     %r6, 36(%r31)
        mtspr   540, %r6                /* DBAT2U */
        lwz     %r6, 40(%r31)
        mtspr   541, %r6
        lwz     %r7, 44(%r31)
        lwz     %r6, 48(%r31)
        stw     %r6, 0(%r7)
        lwz     %r6, 52(%r31)
        stw     %r6, 4(%r7)
        lwz     %r7, 56(%r31)
        lwz     %r6, 60(%r31)
        stw     %r6, 0(%r7)
        lwz     %r6, 64(%r31)
        stw     %r6, 4(%r7)
        dcbst   0, %r7
        sync
        icbi    0, %r7
        li      %r7, STUB
        lwz     %r6, 0(%r31)
        stw     %r6, 0(%r7)
        dcbst   0, %r7
        sync
        icbi    0, %r7
        tlbie   %r3
        tlbsync
        sync
        isync
        li      %r0, 0
        mtdar   %r0
        mtdsisr %r0
        lis     %r0, 0x7fff             /* no decrementer exception disturbs */
        mtdec   %r0
        lwz     %r6, 4(%r31)
        mtsrr0  %r6
        lwz     %r6, 8(%r31)
        mtsrr1  %r6
        lwz     %r4, 16(%r31)
        rfi

        .org STUB
        .long   0                       /* the instruction of the case */
        sc
