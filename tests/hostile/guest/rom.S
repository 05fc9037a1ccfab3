# A firmware for the Beige G3 that is nothing but a hostile guest: copies it to memory and starts it there.
        .section .image, "a"
image:  .incbin IMAGE
        .balign 4
image_end:

        .section .reset, "ax"
        .globl  _reset
_reset:
        lis     3, (image - 4)@ha
        addi    3, 3, (image - 4)@l
        li      4, -4
        lis     5, ((image_end - image) / 4)@ha
        addi    5, 5, ((image_end - image) / 4)@l
        mtctr   5
1:      lwzu    0, 4(3)
        stwu    0, 4(4)
        bdnz    1b
        sync
        isync
        li      3, 0x2000               # floating point on, vectors at 0
        mtmsr   3
        isync
        ba      0x3000

        .section .note.GNU-stack, "", @progbits
