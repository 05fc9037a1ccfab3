// A PowerPC Linux program that executes AltiVec instructions on demand: requests on standard input, results
// on standard output, all big-endian. The instruction words are the assembler's, from the rows of ops.inc.
//
// request: u32 operation (row of ops.inc, 0 = first), u32 immediate, u32 record form (0 or 1), u32 count;
// then
//          count times vA, vB, vC, VSCR, each 16 bytes (VSCR as mtvscr takes it). count = 0 ends the program.
//          The immediate is 0 for instructions that have none.
// result:  count times vD, then 16 bytes: CR, 8 of no meaning, VSCR.
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH 4096

typedef struct {
  uint8_t operands[4][16];
} In;
typedef struct {
  uint8_t vd[16], status[16];
} Out;

static In in[BATCH] __attribute__((aligned(16)));
static Out out[BATCH] __attribute__((aligned(16)));

extern const uint32_t op_words[], op_words_end[];
extern uint32_t slot[];
void run(const In* from, Out* to, unsigned count);

#define ASM_VA_VB " 3,0,1\n"
#define ASM_VA_VB_VC " 3,0,1,2\n"
#define ASM_VB " 3,1\n"
#define ASM_VB_UIMM " 3,1,0\n"
#define ASM_VA_VB_SH " 3,0,1,0\n"
#define ASM_SIMM " 3,0\n"

__asm__(
    ".section .rodata\n.align 2\n.globl op_words, op_words_end\nop_words:\n"
#define QUINCE_VEC_OP(id, shape, effect) #id ASM_##shape
#include "guest-ppc/vector/ops.inc"
    "op_words_end:\n");

// The loop is in a section of its own that can be written, for the instruction goes where "slot" is.
__asm__(
    ".section .patched,\"awx\"\n.align 5\n.globl run, slot\n"
    "run:\n"
    "  mtctr 5\n"
    "  li 6,16\n  li 7,32\n  li 8,48\n  li 10,0\n"
    "1:\n"
    "  lvx 0,0,3\n  lvx 1,6,3\n  lvx 2,7,3\n  lvx 4,8,3\n"
    "  vspltisw 3,5\n"
    "  mtvscr 4\n"
    "  mtcrf 255,10\n"
    "slot:\n"
    "  nop\n"
    "  mfvscr 5\n"
    "  mfcr 9\n"
    "  stvx 3,0,4\n  stvx 5,6,4\n  stw 9,16(4)\n"
    "  addi 3,3,64\n  addi 4,4,32\n"
    "  bdnz 1b\n"
    "  blr\n"
    ".text\n");

static void transfer(ssize_t (*f)(int, void*, size_t), int fd, void* data, size_t size) {
  for (char* at = data; size != 0;) {
    const ssize_t done = f(fd, at, size);
    if (done <= 0) exit(1);
    at += done;
    size -= (size_t)done;
  }
}
static ssize_t put(int fd, void* data, size_t size) { return write(fd, data, size); }

// The assembler takes vmaddfp and vnmsubfp as vD, vA, vC, vB; the table has vC last.
static uint32_t with_vc_last(uint32_t word) {
  const uint32_t fields = 31 << 11 | 31 << 6;
  return (word & 0xfc00003e) == 0x1000002e ? (word & ~fields) | 1 << 11 | 2 << 6 : word;
}

static void patch(uint32_t word) {
  slot[0] = word;
  __asm__ volatile("dcbst 0,%0\nsync\nicbi 0,%0\nsync\nisync" : : "r"(slot) : "memory");
}

int main(void) {
  for (;;) {
    uint32_t head[4];
    transfer(read, 0, head, sizeof head);
    const uint32_t op = head[0], imm = head[1], record = head[2], count = head[3];
    if (count == 0) return 0;
    if (op >= (uint32_t)(op_words_end - op_words) || count > BATCH) return 2;
    transfer(read, 0, in, count * sizeof in[0]);
    const uint32_t word = with_vc_last(op_words[op]);
    // vsldoi alone has its immediate lower down; its primary and extended opcode are 4 and 44.
    const uint32_t field = (word & 0xfc00003f) == 0x1000002c ? (imm & 15) << 6 : (imm & 31) << 16;
    patch(word | field | (record ? 0x400 : 0));
    run(in, out, count);
    transfer(put, 1, out, count * sizeof out[0]);
  }
}
