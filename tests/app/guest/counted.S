# A program whose instructions can be counted: a short loop, then LONG of them in a row, executed ROUNDS times.
        .globl  _start
_start:
        li      3, 1000
        mtctr   3
1:      bdnz    1b
        li      14, ROUNDS
2:      bl      long
        addi    14, 14, -1
        cmpwi   14, 0
        bne     2b
        li      0, 1            # exit
        li      3, 0
        sc

long:
        .rept   LONG
        stw     20, 0(1)
        .endr
        blr
