# A program that spends its time in one block.
        .globl  _start, spin
_start:
        lis     3, ROUNDS >> 16
        mtctr   3
spin:   addi    4, 4, 1
        bdnz    spin
        li      0, 1            # exit
        li      3, 0
        sc
