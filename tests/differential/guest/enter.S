/* Into a case and out of it: everything but the general registers and CTR, which the case's own first and last words
 * load and store. */
#include "tests/differential/layout.h"

  .machine "7400"
  .text

/* void enter(const void* code, int altivec) */
  .globl enter
enter:
  stwu 1, -112(1)
  mflr 0
  stw 0, 116(1)
  mfcr 0
  stw 0, 8(1)
  stw 2, 12(1)
  stmw 13, 16(1)
  lis 5, LAYOUT_REGISTERS@h
  ori 5, 5, LAYOUT_REGISTERS@l
  stw 1, LAYOUT_STACK(5)
  stw 4, LAYOUT_ALTIVEC(5)
  lis 6, leave@ha
  addi 6, 6, leave@l
  stw 6, LAYOUT_LEAVE(5)
  mtctr 3
  lfd 0, LAYOUT_FPSCR(5)
  mtfsf 255, 0
  .set n, 0
  .rept 32
  lfd n, LAYOUT_FPR + 8 * n(5)
  .set n, n + 1
  .endr
  cmpwi 4, 0
  beq 1f
  li 6, LAYOUT_VSCR
  lvx 0, 5, 6
  mtvscr 0
  .set n, 0
  .rept 32
  li 6, LAYOUT_VR + 16 * n
  lvx n, 5, 6
  .set n, n + 1
  .endr
  lwz 6, LAYOUT_VRSAVE(5)
  mtspr 256, 6
1:
  stwcx. 5, 0, 5 /* an earlier case's reservation ends here, and is for another address */
  lwz 6, LAYOUT_CR(5)
  mtcrf 255, 6
  lwz 6, LAYOUT_XER(5)
  mtxer 6
  lwz 6, LAYOUT_LR(5)
  mtlr 6
  bctr

leave:
  lis 5, LAYOUT_REGISTERS@h
  ori 5, 5, LAYOUT_REGISTERS@l
  mfcr 6
  stw 6, LAYOUT_CR(5)
  mfxer 6
  stw 6, LAYOUT_XER(5)
  mflr 6
  stw 6, LAYOUT_LR(5)
  .set n, 0
  .rept 32
  stfd n, LAYOUT_FPR + 8 * n(5)
  .set n, n + 1
  .endr
  mffs 0
  stfd 0, LAYOUT_FPSCR(5)
  lwz 4, LAYOUT_ALTIVEC(5)
  cmpwi 4, 0
  beq 1f
  .set n, 0
  .rept 32
  li 6, LAYOUT_VR + 16 * n
  stvx n, 5, 6
  .set n, n + 1
  .endr
  mfvscr 0
  li 6, LAYOUT_VSCR
  stvx 0, 5, 6
  mfspr 6, 256
  stw 6, LAYOUT_VRSAVE(5)
1:
  lwz 1, LAYOUT_STACK(5)
  lmw 13, 16(1)
  lwz 2, 12(1)
  lwz 0, 8(1)
  mtcrf 255, 0
  lwz 0, 116(1)
  mtlr 0
  addi 1, 1, 112
  blr

  .globl _start
_start:
  li 0, 0
  stwu 1, -16(1)
  stw 0, 0(1)
  bl serve

  .section .note.GNU-stack, "", @progbits
