// The disassembler by itself: one example of each kind of operand and of each simplified mnemonic.
#include "guest-ppc/disassembler.h"

#include <gtest/gtest.h>

namespace quince::ppc::test {
namespace {

struct Example {
  u32 word;
  const char* simplified;
  const char* standard = nullptr;  // if not the same
};

constexpr u32 address = 0x1000'0100;

constexpr Example examples[] = {
    // Integer
    {0x3860'ffff, "li      r3,-1", "addi    r3,0,-1"},
    {0x3c60'8000, "lis     r3,-32768", "addis   r3,0,-32768"},
    {0x3821'ffe0, "addi    r1,r1,-32"},
    {0x7c64'2e15, "addo.   r3,r4,r5"},
    {0x7c64'00d0, "neg     r3,r4"},
    {0x7083'0001, "andi.   r3,r4,1"},
    {0x6000'0000, "nop", "ori     r0,r0,0"},
    {0x6800'0000, "xnop", "xori    r0,r0,0"},
    {0x7c83'2378, "mr      r3,r4", "or      r3,r4,r4"},
    {0x7c83'20f9, "not.    r3,r4", "nor.    r3,r4,r4"},
    {0x7c83'1e70, "srawi   r3,r4,3"},
    {0x2c03'fff0, "cmpwi   r3,-16", "cmpi    cr0,0,r3,-16"},
    {0x2b83'fff0, "cmplwi  cr7,r3,65520", "cmpli   cr7,0,r3,65520"},
    {0x7f03'2000, "cmpw    cr6,r3,r4", "cmp     cr6,0,r3,r4"},
    {0x7c03'2040, "cmplw   r3,r4", "cmpl    cr0,0,r3,r4"},
    {0x7c23'2000, "cmp     cr0,1,r3,r4"},
    {0x7fe0'0008, "trap", "tw      31,r0,r0"},
    {0x7c83'2008, "tweq    r3,r4", "tw      4,r3,r4"},
    {0x0ca3'0004, "twlgei  r3,4", "twi     5,r3,4"},
    {0x0c63'0004, "twi     3,r3,4"},
    // Rotates
    {0x5483'1838, "slwi    r3,r4,3", "rlwinm  r3,r4,3,0,28"},
    {0x5483'e13e, "srwi    r3,r4,4", "rlwinm  r3,r4,28,4,31"},
    {0x5483'043e, "clrlwi  r3,r4,16", "rlwinm  r3,r4,0,16,31"},
    {0x5483'0036, "clrrwi  r3,r4,4", "rlwinm  r3,r4,0,0,27"},
    {0x5483'283f, "rotlwi. r3,r4,5", "rlwinm. r3,r4,5,0,31"},
    {0x5c83'283e, "rotlw   r3,r4,r5", "rlwnm   r3,r4,r5,0,31"},
    {0x5483'1f3e, "rlwinm  r3,r4,3,28,31"},
    {0x5083'442e, "rlwimi  r3,r4,8,16,23"},
    // Memory
    {0x8061'fff8, "lwz     r3,-8(r1)"},
    {0x8060'0008, "lwz     r3,8(0)"},
    {0x8464'0004, "lwzu    r3,4(r4)"},
    {0x7c60'202e, "lwzx    r3,0,r4"},
    {0x7c64'04aa, "lswi    r3,r4,32"},
    {0x7d20'192d, "stwcx.  r9,0,r3"},
    {0xc822'0010, "lfd     f1,16(r2)"},
    {0x7c22'1dae, "stfdx   f1,r2,r3"},
    {0x7c00'1fec, "dcbz    0,r3"},
    {0x7c00'04ac, "sync"},
    {0x7c20'04ac, "lwsync", "sync"},
    // Branches
    {0x4800'0011, "bl      0x10000110"},
    {0x4800'0802, "ba      0x800"},
    {0x4182'0018, "beq-    0x10000118", "bc      12,eq,0x10000118"},
    {0x41a2'0018, "beq+    0x10000118", "bc      13,eq,0x10000118"},
    {0x409e'fff0, "bne+    cr7,0x100000f0", "bc      4,4*cr7+eq,0x100000f0"},
    {0x4200'fffc, "bdnz+   0x100000fc", "bc      16,lt,0x100000fc"},
    {0x4106'0010, "bdnzt-  4*cr1+eq,0x10000110", "bc      8,4*cr1+eq,0x10000110"},
    {0x429f'0005, "bcl     20,4*cr7+so,0x10000104"},
    {0x4e80'0020, "blr", "bclr    20,lt"},
    {0x4e80'0421, "bctrl", "bcctrl  20,lt"},
    {0x4c82'0020, "bnelr-", "bclr    4,eq"},
    {0x4d9e'0421, "beqctrl- cr7", "bcctrl  12,4*cr7+eq"},
    {0x4e40'0020, "bdzlr-", "bclr    18,lt"},
    // Condition and special registers
    {0x4cc6'3242, "crset   4*cr1+eq", "creqv   4*cr1+eq,4*cr1+eq,4*cr1+eq"},
    {0x4cc6'3182, "crclr   4*cr1+eq", "crxor   4*cr1+eq,4*cr1+eq,4*cr1+eq"},
    {0x4c06'3382, "crmove  lt,4*cr1+eq", "cror    lt,4*cr1+eq,4*cr1+eq"},
    {0x4c06'3042, "crnot   lt,4*cr1+eq", "crnor   lt,4*cr1+eq,4*cr1+eq"},
    {0x4c22'1a02, "crand   gt,eq,so"},
    {0x4f9c'0000, "mcrf    cr7,cr7"},
    {0x7c8f'f120, "mtcr    r4", "mtcrf   255,r4"},
    {0x7c80'8120, "mtcrf   8,r4"},
    {0x7c68'02a6, "mflr    r3", "mfspr   r3,8"},
    {0x7c69'03a6, "mtctr   r3", "mtspr   9,r3"},
    {0x7c70'faa6, "mfhid0  r3", "mfspr   r3,1008"},
    {0x7c92'43a6, "mtsprg  2,r4", "mtspr   274,r4"},
    {0x7c70'82a6, "mfibatu r3,0", "mfspr   r3,528"},
    {0x7c7f'42a6, "mfpvr   r3", "mfspr   r3,287"},
    {0x7c7f'43a6, "mtspr   287,r3"},
    {0x7c6c'42e6, "mftb    r3", "mftb    r3,268"},
    {0x7c6d'42e6, "mftbu   r3", "mftb    r3,269"},
    {0x7c65'04a6, "mfsr    r3,5"},
    {0x7c65'01a4, "mtsr    5,r3"},
    {0x4400'0002, "sc"},
    // Floating point
    {0xfc22'182a, "fadd    f1,f2,f3"},
    {0xec22'00f3, "fmuls.  f1,f2,f3"},
    {0xfc22'20fa, "fmadd   f1,f2,f3,f4"},
    {0xff02'1800, "fcmpu   cr6,f2,f3"},
    {0xfdfe'058e, "mtfsf   255,f0"},
    {0xff80'f10c, "mtfsfi  7,15"},
    {0xfdc0'008c, "mtfsb0  14"},
    {0xfd0c'0080, "mcrfs   cr2,cr3"},
    // AltiVec
    {0x1022'1800, "vaddubm v1,v2,v3"},
    {0x1022'20ee, "vmaddfp v1,v2,v3,v4"},
    {0x1022'18ec, "vsldoi  v1,v2,v3,3"},
    {0x1022'1c06, "vcmpequb. v1,v2,v3"},
    {0x1022'1484, "vmr     v1,v2", "vor     v1,v2,v2"},
    {0x103f'034c, "vspltish v1,-1"},
    {0x1023'120c, "vspltb  v1,v2,3"},
    {0x7e22'1aac, "dstt    r2,r3,1"},
    {0x7e00'066c, "dssall"},
    // No instruction
    {0x0000'0001, ".long 0x1"},
};

TEST(Disassembler, PrintsTheExamples) {
  for (const Example& example : examples) {
    EXPECT_EQ(disassemble(example.word, address, Style::simplified), example.simplified);
    EXPECT_EQ(disassemble(example.word, address, Style::standard),
              example.standard ? example.standard : example.simplified);
  }
}

TEST(Disassembler, TargetsWrapAround) {
  EXPECT_EQ(disassemble(0x4bff'fffc, 0), "b       0xfffffffc");
  EXPECT_EQ(disassemble(0x4800'0008, 0xffff'fffc), "b       0x4");
}

}  // namespace
}  // namespace quince::ppc::test
