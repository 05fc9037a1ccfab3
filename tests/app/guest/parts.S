# Something for each part of the translator; ends with a checksum as its status. For a 7400.
        .globl  _start
_start:
        lis     31, 4           # rounds: enough that code is translated
        li      30, 0           # the checksum
        lis     29, data@ha
        addi    29, 29, data@l
        li      28, 1
        li      27, 0
        b       check
loop:
        add     3, 28, 31
        rlwimi  3, 28, 7, 3, 20
        addc    4, 3, 3
        adde    27, 27, 28
        stw     4, 0(29)
        lhz     5, 2(29)
        cmpw    1, 5, 3
        mfcr    6
        crxor   2, 4, 5
        cmplwi  7, 3, 77
        beq     7, skip
        addi    30, 30, 1
skip:
        stw     3, 8(29)
        stw     4, 12(29)
        lfd     1, 8(29)
        fadd    2, 1, 1
        stfd    2, 16(29)
        lvx     1, 0, 29
        vadduwm 2, 1, 1
        stvx    2, 0, 29
        lwz     7, 4(29)
        mtspr   256, 3          # VRSAVE
        mfspr   8, 256
        li      9, 1
        mr      9, 8
        lis     10, data@ha
        lwz     11, data@l(10)
        li      12, 3
        bl      sum
short:  addi    12, 12, -1
        cmpwi   6, 12, 0
        bne     6, short
        addi    31, 31, -1
check:
        cmpwi   31, 0
        bgt     loop
        clrlwi  3, 30, 24
        li      0, 1            # exit
        sc
sum:
        add     30, 30, 5
        xor     30, 30, 6
        add     30, 30, 7
        rotlwi  30, 30, 5
        add     30, 30, 9
        add     30, 30, 11
        add     30, 30, 27
        blr

        .data
        .balign 16
data:   .long   1, 2, 3, 4, 5, 6, 7, 8
