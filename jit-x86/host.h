// How generated code uses the host: which registers hold what, and where the guest's state is.
#pragma once

#include <asmjit/x86.h>

#include <array>

#include "guest-ppc/cpu.h"
#include "translator/runtime.h"

namespace quince::jit {

using namespace ppc;  // NOLINT(google-build-using-namespace): the guest's vocabulary
namespace x86 = asmjit::x86;

// rbp: CpuState + state_bias, so that the GPRs are reached with one-byte displacements.
// r15: exec tags, read and write tables of the current address space, see TlbLayout.
// rax, rcx, rdx: temporaries. All other general registers but rsp hold a guest register each, in every block,
// so that blocks can be linked without moving anything. The ten are those that compiled PowerPC code uses
// most: 72 % of the register operands of a C library.
inline constexpr i32 state_bias = 128;

struct PinnedRegister {
  u8 guest;
  u8 host;
};
inline constexpr PinnedRegister pinned[] = {
    {1, x86::Gp::kIdBx},   {9, x86::Gp::kIdDi},   {3, x86::Gp::kIdSi},   {10, x86::Gp::kIdR8},
    {31, x86::Gp::kIdR12}, {30, x86::Gp::kIdR13}, {29, x86::Gp::kIdR14}, {8, x86::Gp::kIdR9},
    {4, x86::Gp::kIdR10},  {28, x86::Gp::kIdR11},
};
inline constexpr u8 jump_opcode = 0xe9, call_opcode = 0xe8;  // with displacements of 32 bits

inline constexpr u8 not_pinned = 0xff;

constexpr auto make_host_of_guest() {
  std::array<u8, 32> table{};
  table.fill(not_pinned);
  for (const PinnedRegister& p : pinned) table[p.guest] = p.host;
  return table;
}
inline constexpr std::array<u8, 32> host_of_guest = make_host_of_guest();

constexpr auto make_guest_of_host() {
  std::array<u8, 16> table{};
  table.fill(not_pinned);
  for (const PinnedRegister& p : pinned) table[p.host] = p.guest;
  return table;
}
inline constexpr std::array<u8, 16> guest_of_host = make_guest_of_host();

// xmm0 and xmm1: temporaries. xmm2 to xmm15: f0 to f13, while Area::fprs says so. A block that computes with
// them begins with a look at it, so that code without floating point never moves them.
inline constexpr u8 pinned_fprs = 14;
inline constexpr u8 first_fpr_host = 2;
inline constexpr u32 fprs_in_memory = 0, fprs_in_host = 1, fprs_saved = 2;  // saved: around a call

// Or xmm3 to xmm13 hold the vector registers that compilers take first, xmm15 gathers VSCR[SAT] (see
// vector_code.h) and MXCSR is what VSCR[NJ] wants; a block that computes with vectors begins with a look,
// too. xmm0 to xmm2 are temporaries, xmm14 holds results for registers in memory.
inline constexpr u32 vrs_in_host = 3, vrs_saved = 4;
inline constexpr PinnedRegister pinned_vrs[] = {{0, 3},  {1, 4},   {2, 5},  {3, 6},  {13, 7}, {12, 8},
                                                {11, 9}, {10, 10}, {9, 11}, {8, 12}, {7, 13}};
inline constexpr u8 vector_result_host = 14, saturated_host = 15;

constexpr auto make_host_of_vr() {
  std::array<u8, 32> table{};
  table.fill(not_pinned);
  for (const PinnedRegister& p : pinned_vrs) table[p.guest] = p.host;
  return table;
}
inline constexpr std::array<u8, 32> host_of_vr = make_host_of_vr();

// Constants at a fixed distance from rbp: indices into Area::backend. Of those of 128 bits the upper half is
// zero.
struct Constant {
  static constexpr unsigned sign = 0, absolute = 2, swap_bytes = 4, below_single = 6;  // 128 bits
  static constexpr unsigned least_normal = 8, least_normal_single = 9, single_bits = 10, converted_high = 11,
                            host_mxcsr = 12, directed_mxcsr = 13;
};
inline constexpr std::array<u64, 16> constants = {
    0x8000'0000'0000'0000,
    0,  // sign
    0x7fff'ffff'ffff'ffff,
    0,  // absolute
    0x0001'0203'0405'0607,
    0x8080'8080'8080'8080,  // swap_bytes, for vpshufb
    0x1fff'ffff,
    0,                      // below_single: bits of a double that a single lacks
    0x0010'0000'0000'0000,  // least_normal: 2^-1022
    0x3810'0000'0000'0000,  // least_normal_single: 2^-126
    0xc7ff'ffff'e000'0000,  // single_bits: what stfs takes of a double, for pext
    0xfff8'0000'0000'0000,  // converted_high: over the integer that fctiw makes
    0x7f80'0000'1f80,       // host_mxcsr: of code in C++, above it rounding to zero
    0x5f80'0000'3f80,       // directed_mxcsr: rounding down, above it up
};

// Displacements from rbp. Area follows CpuState at a fixed distance.
struct StateOffsets {
  static constexpr i32 gpr(unsigned n) { return at(offsetof(CpuState, gpr)) + static_cast<i32>(4 * n); }
  static constexpr i32 cr(unsigned f) { return at(offsetof(CpuState, cr)) + static_cast<i32>(8 * f); }
  static constexpr i32 fpr(unsigned n) { return at(offsetof(CpuState, fpr)) + static_cast<i32>(8 * n); }
  static constexpr i32 vr(unsigned n) { return at(offsetof(CpuState, vr)) + static_cast<i32>(16 * n); }
  static constexpr i32 word(u32 offset) { return at(offset); }
  static constexpr i32 pc = offsetof(CpuState, pc) - state_bias;
  static constexpr i32 msr = offsetof(CpuState, msr) - state_bias;
  static constexpr i32 lr = offsetof(CpuState, lr) - state_bias;
  static constexpr i32 ctr = offsetof(CpuState, ctr) - state_bias;
  static constexpr i32 ca = offsetof(CpuState, xer_ca) - state_bias;
  static constexpr i32 ov = offsetof(CpuState, xer_ov) - state_bias;
  static constexpr i32 so = offsetof(CpuState, xer_so) - state_bias;
  static constexpr i32 reservation = offsetof(CpuState, reservation) - state_bias;
  static constexpr i32 reserved_word = offsetof(CpuState, reserved_word) - state_bias;
  static constexpr i32 fpscr = offsetof(CpuState, fpscr) - state_bias;
  static constexpr i32 vscr = offsetof(CpuState, vscr) - state_bias;
  static constexpr i32 hot = offsetof(CpuState, engine_words) - state_bias;
  static constexpr i32 countdown = hot + offsetof(translator::HotWords, countdown);
  static constexpr i32 quiet = hot + offsetof(translator::HotWords, quiet);
  static constexpr i32 call_stack_limit = hot + offsetof(translator::HotWords, call_stack_limit);

 private:
  static constexpr i32 at(std::size_t offset) { return static_cast<i32>(offset) - state_bias; }
};
static_assert(offsetof(CpuState, gpr) == 0);
static_assert(StateOffsets::hot + sizeof(translator::HotWords) <= 128);  // short displacements

// engine_area is the member after state.
inline constexpr i32 area_offset = (sizeof(CpuState) + 63) / 64 * 64 - state_bias;
constexpr i32 in_area(std::size_t offset) { return area_offset + static_cast<i32>(offset); }

}  // namespace quince::jit
