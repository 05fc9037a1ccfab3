#include "tests/jit/float_program.h"

namespace quince::test {

namespace {

using ppc::u32;
using ppc::u64;

constexpr u32 form_x(u32 d, u32 a, u32 b, u32 opcode, u32 rc) {
  return 63u << 26 | d << 21 | a << 16 | b << 11 | opcode << 1 | rc;
}
constexpr u32 form_a(u32 primary, u32 d, u32 a, u32 b, u32 c, u32 opcode, u32 rc) {
  return primary << 26 | d << 21 | a << 16 | b << 11 | c << 6 | opcode << 1 | rc;
}

// PEM 8.2: the five-bit opcodes that 59 (single) and 63 (double) share.
constexpr u32 arith_opcodes[] = {18 /* div */,
                                 20 /* sub */,
                                 21 /* add */,
                                 25 /* mul */,
                                 28 /* msub */,
                                 29 /* madd */,
                                 30 /* nmsub */,
                                 31 /* nmadd */,
                                 29,
                                 21,
                                 25};

constexpr u32 fsel = 23, fres = 24, frsqrte = 26;
constexpr u32 fcmpu = 0, frsp = 12, fctiw = 14, fctiwz = 15, fcmpo = 32, mtfsb1 = 38, fneg = 40, mcrfs = 64,
              mtfsb0 = 70, fmr = 72, mtfsfi = 134, fnabs = 136, fabs = 264, mffs = 583, mtfsf = 711;
constexpr u32 lfs = 48, lfsu = 49, lfd = 50, lfdu = 51, stfs = 52, stfd = 54, stfdu = 55;
constexpr u32 lwz = 32, stw = 36, stb = 38, sth = 44;
constexpr u32 stfiwx = 983, lfdx = 599, lfsx = 535, stfsx = 663;
constexpr u32 system_call = 0x4400'0002;

}  // namespace

// Few registers, so that they meet; of those that generated code keeps in the host's registers, and others.
u32 FloatPrograms::fpr() {
  static constexpr u32 numbers[] = {0, 1, 2, 3, 13, 14, 31};
  return random_.one_in(8) ? below(32) : numbers[below(std::size(numbers))];
}

u32 FloatPrograms::arithmetic() {
  const u32 primary = random_.one_in(2) ? 59 : 63;
  const u32 opcode = arith_opcodes[below(std::size(arith_opcodes))];
  return form_a(primary, fpr(), fpr(), fpr(), fpr(), opcode, rc());
}

u32 FloatPrograms::memory(bool faults) {
  static constexpr u32 displaced[] = {lfs, lfs, lfsu, lfd, lfd, lfdu, stfs, stfs, stfd, stfd, stfdu};
  static constexpr u32 indexed[] = {lfdx, lfsx, stfiwx, stfsx};
  const u32 base = faults && random_.one_in(6) ? 4 : 3;
  if (random_.one_in(4)) {
    return 31u << 26 | fpr() << 21 | base << 16 | 5u << 11 | indexed[below(std::size(indexed))] << 1;
  }
  const u32 opcode = displaced[below(std::size(displaced))];
  // Updating forms step by a little, so that the pointer stays near the data.
  const bool update = opcode == lfsu || opcode == lfdu || opcode == stfdu;
  const u32 step = update ? (random_.one_in(2) ? 8u : 0xfff8u) : 4 * below(FloatPrograms::data_bytes / 4);
  return opcode << 26 | fpr() << 21 | base << 16 | step;
}

// Near to each other, so that words make doubles; the registers change between.
u32 FloatPrograms::words() {
  static constexpr u32 opcodes[] = {stw, stw, stw, stw, stw, lfd, lfd, lfd, stb, sth, stfs, lwz};
  const u32 opcode = opcodes[below(std::size(opcodes))];
  const u32 offset = 4 * below(5) + (random_.one_in(16) ? below(4) : 0);
  const u32 number = opcode == lfd || opcode == stfs ? fpr() : 8 + below(4);
  return opcode << 26 | number << 21 | 3u << 16 | offset;
}

u32 FloatPrograms::status_instruction() {
  switch (below(11)) {
    case 9:
    case 10: return 63u << 26 | 255u << 17 | fpr() << 11 | mtfsf << 1;
    case 6: return form_x(7u << 2, 0, below(4) << 1, mtfsfi, 0);  // rounding mode
    case 7: return form_x(30 + below(2), 0, 0, random_.one_in(2) ? mtfsb0 : mtfsb1, 0);
    case 8: return form_x(24 + below(8), 0, 0, mtfsb0, 0);
    case 0: return form_x(fpr(), 0, 0, mffs, rc());
    case 1: return form_x(below(8) << 2, below(8) << 2, 0, mcrfs, 0);
    case 2: return form_x(below(8) << 2, 0, below(16) << 1, mtfsfi, rc());
    case 3: return form_x(below(32), 0, 0, mtfsb0, rc());
    case 4: return form_x(below(32), 0, 0, mtfsb1, rc());
    default: return 63u << 26 | below(256) << 17 | fpr() << 11 | mtfsf << 1 | rc();
  }
}

u32 FloatPrograms::instruction(u32 left, bool faults) {
  switch (below(32)) {
    case 0:
    case 1:
    case 2: return form_x(below(8) << 2, fpr(), fpr(), random_.one_in(2) ? fcmpu : fcmpo, 0);
    case 3:
    case 4: return form_x(fpr(), 0, fpr(), frsp, rc());
    case 5: return form_x(fpr(), 0, fpr(), fctiw, rc());
    case 6: return form_x(fpr(), 0, fpr(), fctiwz, rc());
    case 7: return form_x(fpr(), 0, fpr(), fmr, rc());
    case 8: return form_x(fpr(), 0, fpr(), fneg, rc());
    case 9: return form_x(fpr(), 0, fpr(), random_.one_in(2) ? fabs : fnabs, rc());
    case 10: return form_a(63, fpr(), fpr(), fpr(), fpr(), fsel, rc());
    case 11: return form_a(59, fpr(), 0, fpr(), 0, fres, rc());
    case 12: return form_a(63, fpr(), 0, fpr(), 0, frsqrte, rc());
    case 13: return random_.one_in(4) ? status_instruction() : arithmetic();
    case 14: {  // bc, forwards over one or two instructions
      if (left < 4) return arithmetic();
      const u32 sense = random_.one_in(2) ? 12 : 4;
      return 16u << 26 | sense << 21 | below(32) << 16 | (8 + 4 * below(2));
    }
    case 15:
    case 16:
    case 17:
    case 18:
    case 19:
    case 20: return memory(faults);
    case 21:
    case 22:
    case 23: return words();
    default: return arithmetic();
  }
}

std::vector<u32> FloatPrograms::program(bool faults) {
  const u32 length = 2 + below(70);
  std::vector<u32> words;
  for (u32 n = 0; n < length; ++n) words.push_back(instruction(length - n, faults));
  words.push_back(system_call);
  return words;
}

u64 FloatPrograms::operand() {
  switch (below(16)) {
    case 0: return 0x7ff0'0000'0000'0000 | random_.next();  // an infinity or, nearly always, a NaN
    case 1: return 0x7ff0'0000'2000'0000 | (random_.next() & 0x8008'0000'0000'0000);
    case 2:
    case 3:
    case 4:
    case 5:
    case 6: {  // a single not far from 1
      const u64 exponent = 1023 - 24 + random_.below(48);
      return (random_.next() & 0x800f'ffff'e000'0000) | exponent << 52;
    }
    case 7:
    case 8: return operands_.operand() & ~u64{0x1fff'ffff};
    default: return operands_.operand();
  }
}

void FloatPrograms::randomise(ppc::CpuState& state) {
  for (u64& value : state.fpr) value = operand();
  for (unsigned n = 8; n < 12; ++n) state.gpr[n] = static_cast<u32>(operand() >> (n % 2 ? 32 : 0));
  state.set_cr_word(static_cast<u32>(random_.next()));
  namespace fpscr = ppc::fpu::fpscr;
  constexpr u32 exact_modes = fpscr::ni | fpscr::ve | fpscr::oe | fpscr::ue | fpscr::ze | fpscr::xe;
  u32 word = static_cast<u32>(random_.next()) & fpscr::implemented;
  if (random_.one_in(2)) word &= ~fpscr::exceptions & ~fpscr::fx;
  if (!random_.one_in(5)) word &= ~exact_modes;
  if (random_.one_in(2)) word &= ~fpscr::rn;
  state.fpscr = ppc::fpu::with_summary(word);
  state.msr &= ~(ppc::msr::fe0 | ppc::msr::fe1);
  if (random_.one_in(4)) state.msr |= ppc::msr::fe0;
}

}  // namespace quince::test
