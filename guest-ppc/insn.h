// One 32-bit instruction word and its fields, by the names of the PowerPC manuals (PEM chapter 8,
// AltiVec PEM chapter 6). Nothing here knows what an instruction does.
#pragma once

#include "guest-ppc/types.h"

namespace quince::ppc {

// The mask that rlwinm and its relatives build from MB and ME, bits numbered from the left; MB > ME wraps.
constexpr u32 rotate_mask(unsigned mb, unsigned me) {
  const u32 from_mb = 0xffff'ffffu >> mb;
  const u32 to_me = 0xffff'ffffu << (31 - me);
  return mb <= me ? (from_mb & to_me) : (from_mb | to_me);
}

// Word is any type that converts to the instruction word: a plain u32, or one of which some bits are known
// when the compiler runs (see interpreter), so that tests of those fields cost nothing.
template <class Word>
class BasicInsn {
 public:
  constexpr BasicInsn() = default;
  constexpr explicit BasicInsn(u32 word) : word_(word) {}

  constexpr u32 word() const { return static_cast<u32>(word_); }
  // Bits first..last, numbered from the left as in the manuals.
  constexpr u32 bits(unsigned first, unsigned last) const {
    return (word() >> (31 - last)) & (0xffff'ffffu >> (31 - (last - first)));
  }
  constexpr bool bit(unsigned n) const { return bits(n, n) != 0; }

  constexpr unsigned opcd() const { return bits(0, 5); }
  constexpr unsigned rd() const { return bits(6, 10); }
  constexpr unsigned rs() const { return bits(6, 10); }
  constexpr unsigned ra() const { return bits(11, 15); }
  constexpr unsigned rb() const { return bits(16, 20); }
  constexpr unsigned rc_reg() const { return bits(21, 25); }  // frC and vC of A- and VA-form
  constexpr bool rc() const { return bit(31); }               // record bit
  constexpr bool oe() const { return bit(21); }
  constexpr bool lk() const { return bit(31); }
  constexpr bool aa() const { return bit(30); }
  constexpr i32 simm() const { return static_cast<i16>(word()); }
  constexpr u32 uimm() const { return word() & 0xffff; }
  constexpr i32 d() const { return simm(); }
  constexpr unsigned sh() const { return bits(16, 20); }
  constexpr unsigned mb() const { return bits(21, 25); }
  constexpr unsigned me() const { return bits(26, 30); }
  constexpr unsigned nb() const { return bits(16, 20); }
  constexpr unsigned bo() const { return bits(6, 10); }
  constexpr unsigned bi() const { return bits(11, 15); }
  constexpr i32 bd() const { return static_cast<i16>(word() & 0xfffc); }
  constexpr i32 li() const { return static_cast<i32>((word() & 0x03ff'fffc) << 6) >> 6; }
  constexpr unsigned to() const { return bits(6, 10); }
  constexpr unsigned crfd() const { return bits(6, 8); }
  constexpr unsigned crfs() const { return bits(11, 13); }
  constexpr unsigned crbd() const { return bits(6, 10); }
  constexpr unsigned crba() const { return bits(11, 15); }
  constexpr unsigned crbb() const { return bits(16, 20); }
  constexpr u32 crm() const { return bits(12, 19); }
  constexpr u32 fm() const { return bits(7, 14); }
  constexpr u32 mtfsfi_imm() const { return bits(16, 19); }
  constexpr unsigned sr() const { return bits(12, 15); }
  constexpr unsigned spr() const { return (bits(16, 20) << 5) | bits(11, 15); }
  // AltiVec
  constexpr bool vrc() const { return bit(21); }
  constexpr unsigned vsh() const { return bits(22, 25); }
  constexpr i32 vsimm() const { return static_cast<i32>(bits(11, 15) << 27) >> 27; }
  constexpr unsigned vuimm() const { return bits(11, 15); }
  constexpr unsigned strm() const { return bits(9, 10); }

 private:
  Word word_{};
};

using Insn = BasicInsn<u32>;

}  // namespace quince::ppc
