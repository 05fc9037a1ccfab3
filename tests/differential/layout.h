/* Where things are while a case runs, for the host (C++), the guest program (C) and its assembly.
 *
 * A slot is what travels through the pipes, big-endian: code, registers, scratch memory. Cases run one by
 * one: the guest copies registers and scratch memory of a slot to fixed addresses, runs the code where it is,
 * and copies them back. All addresses are below the 4 MiB of RAM that our own machine has at 0. */
#pragma once

#define LAYOUT_SLOTS 64
#define LAYOUT_SLOT_BYTES 4096
#define LAYOUT_SLOT_AREA 0x00100000
#define LAYOUT_CODE_WORDS 512 /* from the beginning of the slot */
#define LAYOUT_SLOT_REGISTERS 2048
#define LAYOUT_SLOT_SCRATCH 3072

/* Two half pages of scratch memory around the boundary at LAYOUT_CENTRE; one register holds its address. */
#define LAYOUT_FIXED_AREA 0x00200000
#define LAYOUT_FIXED_BYTES 0x3000
#define LAYOUT_CENTRE 0x00201000
#define LAYOUT_SCRATCH 0x00200e00
#define LAYOUT_SCRATCH_BYTES 1024

/* The registers in memory, and where they are from LAYOUT_CENTRE. */
#define LAYOUT_REGISTERS 0x00202000
#define LAYOUT_REGISTERS_FROM_CENTRE 0x1000
#define LAYOUT_REGISTERS_BYTES 1024
#define LAYOUT_GPR 0
#define LAYOUT_FPR 128
#define LAYOUT_VR 384
#define LAYOUT_CR 896
#define LAYOUT_XER 900
#define LAYOUT_CTR 904
#define LAYOUT_LR 908
#define LAYOUT_FPSCR 912 /* a doubleword, as stfd of mffs writes it */
#define LAYOUT_VSCR 928  /* a quadword, as stvx of mfvscr writes it */
#define LAYOUT_VRSAVE 944
#define LAYOUT_LEAVE 948 /* where a case goes when it is done; the guest program's own, as the rest */
#define LAYOUT_STACK 952
#define LAYOUT_ALTIVEC 956
