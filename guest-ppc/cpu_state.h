// The registers of one 32-bit PowerPC processor (PEM 2, 2.3; AltiVec PEM 2; MPC750UM 2.1, MPC7400UM 2.1),
// laid out so that every engine works on the same bytes.
#pragma once

#include <array>

#include "guest-ppc/cr_field.h"
#include "guest-ppc/types.h"
#include "guest-ppc/vector_value.h"

namespace quince::ppc {

struct CpuState {
  std::array<u32, 32> gpr{};
  std::array<CrField, 8> cr{};
  u32 pc = 0;  // address of the next instruction
  u32 lr = 0;
  u32 ctr = 0;
  u32 msr = 0;
  u8 xer_ca = 0;     // 0 or 1
  u8 xer_ov = 0;     // 0 or 1
  u8 xer_so = 0;     // 0 or 1
  u32 xer_rest = 0;  // the other implemented bits of XER, in place: 0x0000ff7f
  u32 fpscr = 0;     // FEX and VX are kept up to date
  u32 vscr = 0;      // NJ (0x10000), SAT (0x1)
  u32 vrsave = 0;
  bool reservation = false;
  u64 reserved_word = 0;              // its address in host memory; 0: a device has it
  std::array<u64, 2> engine_words{};  // not the guest's: see Cpu::engine_area
  std::array<u64, 32> fpr{};
  std::array<V128, 32> vr{};

  // Operating environment.
  u32 srr0 = 0, srr1 = 0, dar = 0, dsisr = 0, sdr1 = 0;
  std::array<u32, 16> sr{};
  struct Bat {
    u32 upper = 0, lower = 0;
  };
  std::array<Bat, 4> ibat{}, dbat{};
  std::array<u32, 1024> spr{};  // SPRs that only store (HID0, SPRG0, PMCs ...); see spr_table.h

  u32 cr_word() const;
  void set_cr_word(u32 word);
  u32 xer() const { return u32{xer_so} << 31 | u32{xer_ov} << 30 | u32{xer_ca} << 29 | xer_rest; }
  void set_xer(u32 word) {
    xer_so = word >> 31 & 1;
    xer_ov = word >> 30 & 1;
    xer_ca = word >> 29 & 1;
    xer_rest = word & 0x0000'ff7f;
  }
};

// MSR bits (PEM 2.3.1; VEC only on processors with AltiVec).
namespace msr {
inline constexpr u32 vec = bit32(6), pow = bit32(13), ile = bit32(15), ee = bit32(16), pr = bit32(17),
                     fp = bit32(18), me = bit32(19), fe0 = bit32(20), se = bit32(21), be = bit32(22),
                     fe1 = bit32(23), ip = bit32(25), ir = bit32(26), dr = bit32(27), pm = bit32(29),
                     ri = bit32(30), le = bit32(31);
}  // namespace msr

inline u32 CpuState::cr_word() const {
  u32 word = 0;
  for (unsigned f = 0; f < 8; ++f) word |= cr[f].nibble() << (28 - 4 * f);
  return word;
}

inline void CpuState::set_cr_word(u32 word) {
  for (unsigned f = 0; f < 8; ++f) cr[f] = CrField::from_nibble(word >> (28 - 4 * f) & 15);
}

}  // namespace quince::ppc
