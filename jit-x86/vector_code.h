// Host code for one computational AltiVec instruction, from registers or memory to a register. What each
// instruction becomes is a row of the table in vector_code.cpp; the sequences are in vector_integer.cpp,
// vector_permute.cpp and vector_float.cpp.
//
// The host's vector registers hold guest registers as V128 has them. xmm0 to xmm2 are temporaries, xmm15
// gathers saturation: any bit in it that is not zero stands for VSCR[SAT]. MXCSR is as VSCR[NJ] wants it.
#pragma once

#include <cstddef>

#include "guest-ppc/vector/op.h"
#include "jit-x86/far_code.h"
#include "jit-x86/host.h"
#include "jit-x86/vector_constants.h"

namespace quince::jit {

class VectorCode {
 public:
  struct Insn {
    vec::Op op;
    asmjit::Operand a, b, c;  // vA, vB, vC: registers or memory
    u32 imm;
    x86::Xmm to;  // may be an operand's register; written last
  };

  explicit VectorCode(x86::Assembler& assembler) : a(assembler) {}

  void emit(const Insn& insn);
  // Whether there is code for the instruction; the others are left to their exact functions.
  static bool has(vec::Op op);

  // Jumps to be patched, as offsets of their displacements in the assembler: the operands are such that only
  // the exact function gives the result. Nothing has been written when they are taken.
  Jumps exact;

  static x86::Mem constant(std::size_t member, u32 bytes = 16);

  static inline const x86::Xmm t0 = x86::xmm0, t1 = x86::xmm1, t2 = x86::xmm2, saturated = x86::xmm15;

 private:
  struct Row {
    void (VectorCode::*code)(const Row&) = nullptr;
    asmjit::InstId first = 0, second = 0;
    u32 constant = 0, other_constant = 0;  // offsets in VectorConstants
  };
  static Row row_of(vec::Op op);

  // --- Building blocks ---
  void put(asmjit::InstId id, x86::Xmm to, x86::Xmm x, const asmjit::Operand& y);
  void put(asmjit::InstId id, x86::Xmm to, x86::Xmm x, const asmjit::Operand& y, u32 imm);
  void move(x86::Xmm to, const asmjit::Operand& from);
  x86::Xmm in_register(const asmjit::Operand& operand, x86::Xmm scratch);
  void shift(asmjit::InstId id, x86::Xmm to, const asmjit::Operand& from, u32 bits);  // `to` is the scratch
  void ones(x86::Xmm to);
  void zero(x86::Xmm to);
  void mask(x86::Xmm to, u32 constant_offset, const asmjit::Operand& with);
  void note_saturation(x86::Xmm bits);
  void exact_if(x86::Xmm bits);  // any bit is one
  void exact_if_any_sign(x86::Xmm words);
  void exact_if_nan(x86::Xmm result);           // uses t1
  void exact_if_nan_or_least(x86::Xmm result);  // likewise; 2^-126 may have been less before it was rounded
  bool is_operand(x86::Xmm r) const;
  x86::Xmm early_target(x86::Xmm otherwise) const;         // where a result may be before `exact` is decided
  void add_words_unsigned(const asmjit::Operand& addend);  // t0 + addend, saturated, to the result
  void saturate_signed_words();
  void add_words_signed(const asmjit::Operand& addend);

  // --- Forms: integer ---
  void direct(const Row& row);     // first(a, b)
  void commuting(const Row& row);  // likewise, the operands in any order
  void swapped(const Row& row);    // first(b, a)
  void saturate(const Row& row);   // first(a, b) saturates, second is modulo
  void add_unsigned_words(const Row& row);
  void subtract_unsigned_words(const Row& row);
  void add_signed_words(const Row& row);
  void subtract_signed_words(const Row& row);
  void carry(const Row& row);
  void no_borrow(const Row& row);
  void average(const Row& row);  // first: shift, second: subtraction
  void average_signed_bytes(const Row& row);
  void compare_unsigned(const Row& row);  // first: signed comparison; constant: sign bits
  void nor(const Row& row);
  void select(const Row& row);
  void multiply_odd_bytes(const Row& row);
  void multiply_odd_signed_bytes(const Row& row);
  void multiply_even_bytes(const Row& row);     // first: shift
  void multiply_signed_halves(const Row& row);  // constant: the halves that count
  void multiply_odd_halves(const Row& row);
  void multiply_even_halves(const Row& row);
  void multiply_add_low(const Row& row);
  void multiply_add_high(const Row& row);
  void multiply_add_rounded(const Row& row);
  void saturated_sum_of_high(const Row& row);
  void multiply_sum_bytes(const Row& row);
  void multiply_sum_mixed(const Row& row);
  void multiply_sum_halves(const Row& row);
  void multiply_sum_unsigned_halves(const Row& row);
  void multiply_sum_unsigned_saturate(const Row& row);
  void multiply_sum_signed_saturate(const Row& row);
  void products_of_halves();  // t0, t1: of a and b
  void sum_unsigned_bytes(const Row& row);
  void sum_signed_bytes(const Row& row);
  void sum_halves(const Row& row);
  void sum_pairs(const Row& row);
  void sum_all(const Row& row);

  // --- Forms: shifts and movements ---
  void rotate_words(const Row& row);
  void shift_words(const Row& row);
  void half_counts();  // t0, t1: of the high and low halves of each word
  void shift_halves_left(const Row& row);
  void shift_halves_right(const Row& row);
  void shift_halves_right_signed(const Row& row);
  void rotate_halves(const Row& row);
  void byte_powers(u32 table);  // t0
  void shift_bytes_left(const Row& row);
  void shift_bytes_right(const Row& row);  // first: psrlw, psraw
  void rotate_bytes(const Row& row);
  void shift_bits(const Row& row);    // first: by bits, second: the other way
  void shift_octets(const Row& row);  // first: psubb left, paddb right
  void shift_double(const Row& row);
  void permute(const Row& row);
  void splat_element(const Row& row);  // first: broadcast; constant: bytes
  void splat_word(const Row& row);
  void splat_immediate(const Row& row);  // first: broadcast; constant: bytes
  void pack_modulo(const Row& row);      // first: pack; constant: mask
  void pack_unsigned(const Row& row);    // likewise; second: minimum; other_constant: bits that saturate
  void pack_signed_to_unsigned(const Row& row);
  void pack_signed(const Row& row);  // second: addition; constant: half of the range
  void pack_pixels(const Row& row);
  void unpack_high(const Row& row);  // first: unpack, second: shift; constant: bits
  void unpack_low(const Row& row);   // first: extension
  void unpack_pixels_high(const Row& row);
  void unpack_pixels_low(const Row& row);
  void widen_pixels();  // t0: signed words

  // --- Forms: floating point ---
  void add_floats(const Row& row);
  void multiply_add_floats(const Row& row);
  void negative_multiply_subtract(const Row& row);
  void limit_floats(const Row& row);    // first: maximum or minimum, second: what decides between zeros
  void round_floats(const Row& row);    // constant: the host's rounding control
  void compare_floats(const Row& row);  // constant: the host's predicate
  void compare_bounds(const Row& row);
  void reciprocal(const Row& row);
  void reciprocal_root(const Row& row);
  void from_unsigned(const Row& row);
  void from_signed(const Row& row);
  void scale_down();     // t0 by 2^-imm, to the result
  x86::Xmm scaled_up();  // b * 2^imm
  void to_unsigned(const Row& row);
  void to_signed(const Row& row);

  x86::Assembler& a;
  Insn insn_{};
};

}  // namespace quince::jit
